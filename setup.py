"""What pyproject.toml cannot say: the results that `book/results` records travel inside the package."""

import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py


class WithResults(build_py):
    """Put the recorded results into what is built; an editable install reads those of the repository."""

    def run(self) -> None:
        """Build the package, then copy them to `colorlib/results`."""
        super().run()
        if not self.editable_mode:
            shutil.copytree("book/results", Path(self.build_lib, "colorlib", "results"), dirs_exist_ok=True)


setup(cmdclass={"build_py": WithResults})
