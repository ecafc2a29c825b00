"""The pages fetch nothing from another server: MathJax is copied into the book, and Thebe is left out.

Jupyter Book always loads sphinx-thebe, whose script fetches a kernel from elsewhere; the chapters need none.
"""

import shutil
from importlib.util import find_spec
from pathlib import Path

from sphinx.application import Sphinx
from sphinx.errors import ExtensionError

PACKAGE = "sphinx-mathjax-offline"  # a distribution that carries the files of MathJax 3
FILES = ("tex-chtml.js", "output/chtml/fonts/woff-v2")


def copy_mathjax(app: Sphinx, exception: Exception | None) -> None:
    """Copy the one script and the fonts that it loads, when the book was built."""
    if exception or app.builder.format != "html":
        return
    spec = find_spec(PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise ExtensionError(f"{PACKAGE} is not installed; `make book` installs it, or: pip install {PACKAGE}")
    source = Path(spec.submodule_search_locations[0], "static", "mathjax")
    target = Path(app.outdir, "_static", "mathjax")
    for name in FILES:
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        if (source / name).is_dir():
            shutil.copytree(source / name, target / name, dirs_exist_ok=True)
        else:
            shutil.copyfile(source / name, target / name)


def leave_out_thebe(app: Sphinx) -> None:
    """Disconnect what sphinx-thebe would add to every page."""
    for name, listeners in app.events.listeners.items():
        app.events.listeners[name] = [one for one in listeners if one.handler.__module__ != "sphinx_thebe"]
    app.registry.css_files = [(name, how) for name, how in app.registry.css_files if name != "sphinx-thebe.css"]


def setup(app: Sphinx) -> dict[str, bool]:
    """Called by Sphinx."""
    leave_out_thebe(app)
    app.connect("build-finished", copy_mathjax)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
