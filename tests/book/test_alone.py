"""A chapter alone on a machine like Colab: torch and fastai are there and stay, colorlib arrives, everything runs."""

import os
import re
import shutil
import subprocess
import sys
from importlib.metadata import distribution
from pathlib import Path
from types import SimpleNamespace

import nbformat
import pytest

from helpers.environments import closure, link, sources, unrelated

CHAPTERS = sorted((Path(__file__).resolve().parents[2] / "notebooks").glob("*.ipynb"))
QUICK = ("06",)  # run here: it trains; the others each week
WATCHED = ("torch", "torchvision", "fastai", "numpy", "pandas", "pillow", "scipy", "matplotlib")
EXECUTE = "import sys; from nbclient.cli import main; sys.exit(main())"


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


@pytest.fixture(scope="module")
def colab(tmp_path_factory):
    """An environment with what Colab has, in which the first cells of a chapter were run, and what they printed."""
    folder = tmp_path_factory.mktemp("colab")
    subprocess.run([sys.executable, "-m", "venv", folder / "colab"], check=True)
    python = folder / "colab" / "bin" / "python"
    site = next((folder / "colab" / "lib").glob("python*")) / "site-packages"
    for dist in closure("torch", "torchvision", "fastai", "ipykernel", "nbclient"):
        link(dist, site)
    unrelated(site)
    before = state(site)
    assert len(before) > 1000
    cells = nbformat.read(CHAPTERS[1], as_version=4).cells
    setup = cells[1].source
    assert "setup" in cells[1].metadata["tags"]
    imports = next(cell.source for cell in cells[2:] if cell.cell_type == "code")
    assert "colorlib" in imports
    versions = "from importlib.metadata import version; print('versions', version('torch'), version('fastai'))"
    where = "import colorlib; print('colorlib is in', colorlib.__file__)"
    script = folder / "first_cells.py"
    script.write_text("\n\n".join([setup, "print('second run:')", setup, imports, versions, where]))
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", "VIRTUAL_ENV"))}
    environment |= {"COLORLIB_REPOSITORY": sources(folder / "repository").as_uri()}
    runs = [
        subprocess.run([python, script], cwd=folder, env=environment, capture_output=True, text=True) for _ in range(2)
    ]
    home = folder / "home"  # with nobody's downloads
    home.mkdir()
    environment |= {"HOME": str(home), "OMP_NUM_THREADS": "1"}
    return SimpleNamespace(python=python, site=site, before=before, runs=runs, environment=environment)


@pytest.mark.timeout(900)
def test_the_set_up_cell_brings_colorlib_and_touches_nothing_else(colab):
    """Nor anything at all the second time, and after a restart."""
    now, restarted = colab.runs
    assert now.returncode == 0, now.stderr[-4000:]
    first, second = now.stdout.split("second run:")
    assert "removed colorlib 0.1.0, an unrelated package" in first
    assert re.search(r"colorlib installed in \d+ s", first)
    assert "installed" not in second, "the second run must do nothing"
    assert f"versions {distribution('torch').version} {distribution('fastai').version}" in second
    assert str(colab.site) in second
    assert restarted.returncode == 0, restarted.stderr[-4000:]
    assert restarted.stdout == f"second run:{second}"
    assert state(colab.site) == colab.before


@pytest.mark.timeout(1800)
@pytest.mark.parametrize(
    "path",
    [
        pytest.param(path, id=path.stem, marks=[] if path.stem[:2] in QUICK else pytest.mark.nightly)
        for path in CHAPTERS
    ],
)
def test_a_chapter_runs_from_an_empty_folder(colab, path, tmp_path):
    shutil.copy(path, tmp_path)
    command = [colab.python, "-c", EXECUTE, "--timeout=1200", path.name]
    done = subprocess.run(command, cwd=tmp_path, env=colab.environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-4000:]
