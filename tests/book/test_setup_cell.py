"""The set-up cell on a machine like Colab: torch and fastai are there and stay, colorlib arrives."""

import os
import re
import shutil
import subprocess
import sys
import sysconfig
from importlib.metadata import distribution
from pathlib import Path

import lazy_loader
import nbformat
import pytest

from helpers.environments import closure, link, sources

ROOT = Path(__file__).resolve().parents[2]
CHAPTER = ROOT / "notebooks" / "01_colour_spaces.ipynb"
SITE = Path(sysconfig.get_path("purelib"))
WATCHED = ("torch", "torchvision", "fastai", "numpy", "pandas", "pillow", "scipy", "matplotlib")


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


def unrelated(site: Path) -> None:
    """Put a package there that has the name of ours on PyPI and nothing else in common with it."""
    (site / "colorlib").mkdir()
    (site / "colorlib" / "__init__.py").write_text("def mix(a, b):\n    return a\n")
    info = site / "colorlib-0.1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: colorlib\nVersion: 0.1.0\n")
    names = ["colorlib/__init__.py", f"{info.name}/METADATA", f"{info.name}/RECORD"]
    (info / "RECORD").write_text("".join(f"{name},,\n" for name in names))


@pytest.mark.timeout(600)
def test_the_set_up_cell_brings_colorlib_and_touches_nothing_else(tmp_path):
    subprocess.run([sys.executable, "-m", "venv", tmp_path / "colab"], check=True)
    python = tmp_path / "colab" / "bin" / "python"
    site = next((tmp_path / "colab" / "lib").glob("python*")) / "site-packages"
    for dist in closure("torch", "torchvision", "fastai"):
        link(dist, site)
    unrelated(site)
    before = state(site)
    assert len(before) > 1000

    source = sources(tmp_path / "repository")
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
    assert "removed colorlib 0.1.0, an unrelated package" in first
    assert re.search(r"colorlib installed in \d+ s", first)
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


# A pip that needs no network: it says what it was asked, and puts into `site` what ours is recognised by.
FAKE_PIP = """
import pathlib, shutil, subprocess, sys
site = pathlib.Path(sys.argv[1])
sys.path.insert(0, str(site))
def run(command, **options):
    print("pip", *command[3:5])
    if "uninstall" in command:
        for path in site.glob("colorlib*"):
            shutil.rmtree(path)
    else:
        print(command[-1])
        (site / "colorlib").mkdir(exist_ok=True)
        (site / "colorlib/__init__.py").write_text('__all__ = ["Colorizer"]; OURS = True')
    return subprocess.CompletedProcess(command, 0, "", "")
subprocess.run = run
"""


def cell(tools, site, before=""):
    """Run the set-up cell, and it alone, where `site` holds everything that is installed."""
    after = "import colorlib\nassert colorlib.OURS\nprint('ours')"
    script = site.with_suffix(".py")
    script.write_text("\n".join([FAKE_PIP, before, tools.setup_source("https://github.com/some/body"), after]))
    return subprocess.run([sys.executable, "-I", "-S", script, site], capture_output=True, text=True)


@pytest.mark.parametrize("before", ["", "import colorlib; assert not hasattr(colorlib, 'OURS')"])
def test_an_unrelated_package_of_the_name_is_not_ours(tmp_path, tools, before):
    (tmp_path / "site").mkdir()
    unrelated(tmp_path / "site")
    result = cell(tools, tmp_path / "site", before)
    assert result.returncode == 0, result.stderr
    lines = result.stdout.splitlines()
    assert lines[0] == "pip uninstall -q"
    assert lines[1].startswith("removed colorlib 0.1.0")
    assert lines[2:4] == ["pip install -q", "colorlib-book[train] @ git+https://github.com/some/body@main"]
    assert lines[-1] == "ours"


def test_the_empty_package_that_is_on_pypi_today_stays(tmp_path, tools):
    (tmp_path / "site").mkdir()
    unrelated(tmp_path / "site")
    shutil.rmtree(tmp_path / "site" / "colorlib")
    result = cell(tools, tmp_path / "site")
    assert result.returncode == 0, result.stderr
    assert "uninstall" not in result.stdout
    assert result.stdout.splitlines()[-1] == "ours"


def test_ours_is_left_alone_wherever_it_lies(tmp_path, tools):
    ours = tmp_path / "site" / "colorlib"
    ours.mkdir(parents=True)
    (ours / "__init__.py").write_text((ROOT / "colorlib" / "__init__.py").read_text("utf8") + "\nOURS = True\n")
    shutil.copytree(Path(lazy_loader.__file__).parent, tmp_path / "site" / "lazy_loader")  # which it imports
    result = cell(tools, tmp_path / "site")
    assert result.returncode == 0, result.stderr
    assert result.stdout.splitlines() == ["ours"]


def test_a_file_that_hides_ours_is_named(tmp_path, tools):
    (tmp_path / "site").mkdir()
    hidden = tmp_path / "elsewhere"
    hidden.mkdir()
    (hidden / "colorlib.py").write_text("mine = 1")
    result = cell(tools, tmp_path / "site", f"sys.path.insert(0, {str(hidden)!r})")
    assert result.returncode != 0
    assert f"{hidden / 'colorlib.py'} hides the book's colorlib" in result.stderr
