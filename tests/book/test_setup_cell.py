"""What the set-up cell asks pip for, and what it says when that fails."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import lazy_loader
import pytest

from helpers.environments import unrelated

ROOT = Path(__file__).resolve().parents[2]


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
    if command[0] == "git":
        return subprocess.CompletedProcess(command, 0, sys.argv[2], "")
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


def cell(tools, site, before="", tags=""):
    """Run the set-up cell, and it alone, where `site` holds everything that is installed, and git lists these tags."""
    after = "import colorlib\nassert colorlib.OURS\nprint('ours')"
    script = site.with_suffix(".py")
    script.write_text("\n".join([FAKE_PIP, before, tools.setup_source("https://github.com/some/body"), after]))
    return subprocess.run([sys.executable, "-I", "-S", script, site, tags], capture_output=True, text=True)


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


def test_the_version_of_the_chapter_is_installed_once_it_is_released(tmp_path, tools):
    (tmp_path / "site").mkdir()
    version = tomllib.loads((ROOT / "pyproject.toml").read_text("utf8"))["project"]["version"]
    result = cell(tools, tmp_path / "site", tags=f"1234\trefs/tags/v{version}\n")
    assert result.returncode == 0, result.stderr
    lines = result.stdout.splitlines()
    assert lines[1] == f"colorlib-book[train] @ git+https://github.com/some/body@v{version}"
    assert re.fullmatch(rf"colorlib installed in \d+ s from \S+@v{version}; torch too stays\.", lines[2])


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
