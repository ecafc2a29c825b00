"""The set-up cell on a machine like Colab: torch and fastai are there and stay, colorlib arrives."""

import os
import re
import shutil
import subprocess
import sys
import sysconfig
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

import nbformat
import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]
CHAPTER = ROOT / "notebooks" / "01_colour_spaces.ipynb"
SITE = Path(sysconfig.get_path("purelib"))
WATCHED = ("torch", "torchvision", "fastai", "numpy", "pandas", "pillow", "scipy", "matplotlib")


def closure(*names: str) -> list[Distribution]:
    """These distributions and everything that they require here."""
    found: dict[str, Distribution] = {}
    todo = [Requirement(name) for name in names]
    while todo:
        requirement = todo.pop()
        try:
            dist = distribution(requirement.name)
        except PackageNotFoundError:
            continue
        extras = requirement.extras or {""}
        for text in dist.requires or []:
            child = Requirement(text)
            wanted = child.marker is None or any(child.marker.evaluate({"extra": extra}) for extra in extras)
            if wanted and canonicalize_name(child.name) not in found:
                todo.append(child)
        found[canonicalize_name(dist.name)] = dist
    return list(found.values())


def link(dist: Distribution, target: Path) -> None:
    """Give another site-packages the same files without copying them."""
    for file in dist.files or []:
        source = Path(dist.locate_file(file))
        if ".." in file.parts or not source.is_file():
            continue  # scripts in bin/
        place = target / file
        place.parent.mkdir(parents=True, exist_ok=True)
        try:
            os.link(source, place)
        except OSError:  # another file system
            shutil.copy2(source, place)


def state(site: Path) -> dict[str, tuple[int, int, int]]:
    """Inode, modification time and size of every file of the watched distributions."""
    found = {}
    for name in WATCHED:
        for file in distribution(name).files or []:
            place = site / file
            if ".." not in file.parts and "__pycache__" not in file.parts and place.is_file():
                status = place.stat()
                found[str(file)] = (status.st_ino, status.st_mtime_ns, status.st_size)
    return found


@pytest.mark.timeout(600)
def test_the_set_up_cell_brings_colorlib_and_touches_nothing_else(tmp_path):
    subprocess.run([sys.executable, "-m", "venv", tmp_path / "colab"], check=True)
    python = tmp_path / "colab" / "bin" / "python"
    site = next((tmp_path / "colab" / "lib").glob("python*")) / "site-packages"
    for dist in closure("torch", "torchvision", "fastai"):
        link(dist, site)
    before = state(site)
    assert len(before) > 1000

    source = tmp_path / "repository"
    source.mkdir()
    shutil.copytree(ROOT / "colorlib", source / "colorlib", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)

    cells = nbformat.read(CHAPTER, as_version=4).cells
    setup = cells[1].source
    assert "setup" in cells[1].metadata["tags"]
    imports = next(cell.source for cell in cells[2:] if cell.cell_type == "code")
    assert "colorlib" in imports
    versions = "from importlib.metadata import version; print('versions', version('torch'), version('fastai'))"
    where = "import colorlib; print('colorlib is in', colorlib.__file__)"
    script = tmp_path / "first_cells.py"
    script.write_text("\n\n".join([setup, "print('second run:')", setup, imports, versions, where]))

    environment = {key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", "VIRTUAL_ENV"))}
    environment["COLORLIB_REPOSITORY"] = source.as_uri()
    result = subprocess.run([python, script], cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr[-4000:]

    first, second = result.stdout.split("second run:")
    seconds = int(re.search(r"installed in (\d+) s", first)[1])
    assert seconds < 60
    assert "installed" not in second, "the second run must do nothing"
    assert f"versions {distribution('torch').version} {distribution('fastai').version}" in second
    assert str(site) in second
    assert state(site) == before


def test_an_install_that_fails_says_why(tmp_path, tools):
    source = tools.setup_source("https://github.com/somebody/else")
    blind = f"import sys\nsys.path = [p for p in sys.path if p != {str(ROOT)!r}]\n"
    hide = "import importlib.util\nfind = importlib.util.find_spec\n"
    hide += "importlib.util.find_spec = lambda name, *rest: None if name == 'colorlib' else find(name, *rest)\n"
    script = tmp_path / "cell.py"
    script.write_text(blind + hide + source)
    environment = {**os.environ, "COLORLIB_REPOSITORY": (tmp_path / "nothing").as_uri()}
    result = subprocess.run([sys.executable, script], cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert result.returncode != 0
    assert "colorlib could not be installed" in result.stderr
    assert "nothing" in result.stderr
