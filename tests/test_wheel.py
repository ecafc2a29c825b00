"""The wheel in an empty environment, with what it asks for and nothing else: it colours a folder and a film."""

import csv
import os
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from colorlib.data.sources import package_photographs
from helpers.environments import closure, link, sources
from helpers.video import make, pictures_of

ROOT = Path(__file__).resolve().parents[1]
LARGEST = 550e6  # bytes of disk that an owner of photographs may be asked for; with torch it is 7 GB


@pytest.fixture(scope="module")
def python(tmp_path_factory):
    """The Python of an environment that holds the wheel of this package and its dependencies."""
    folder = tmp_path_factory.mktemp("owner")
    build = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation", "-w", folder / "dist"]
    subprocess.run([*build, sources(folder / "repository")], check=True)
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder / "env"], check=True)
    python = folder / "env" / ("Scripts" if os.name == "nt" else "bin") / "python"
    asked = [python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"]
    site = Path(subprocess.run(asked, check=True, capture_output=True, text=True).stdout.strip())
    for dist in closure(*tomllib.loads((ROOT / "pyproject.toml").read_text("utf8"))["project"]["dependencies"]):
        link(dist, site)
    (wheel,) = (folder / "dist").glob("*.whl")
    zipfile.ZipFile(wheel).extractall(site)
    return python


def run(python, *arguments, **options):
    """Run it away from this repository."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", "VIRTUAL_ENV"))}
    command = [python, *map(str, arguments)]
    return subprocess.run(command, env=environment, cwd=python.parent, capture_output=True, text=True, **options)


def test_it_is_small_and_has_no_torch(python):
    site = next(python.parents[1].rglob("site-packages"))
    names = {path.name for path in site.iterdir()}
    assert {"colorlib", "numpy", "cv2", "av", "onnxruntime"} <= names
    assert not {"torch", "fastai", "scipy", "pandas", "onnx", "matplotlib"} & names
    assert sum(path.stat().st_size for path in site.rglob("*") if path.is_file()) < LARGEST


def test_it_brings_every_recorded_result(python):
    """So that no chapter asks for them one by one."""
    results = next(python.parents[1].rglob("site-packages")) / "colorlib" / "results"
    recorded = ROOT / "book" / "results"
    files = [path.relative_to(recorded) for path in recorded.rglob("*") if path.is_file()]
    assert len(files) > 500
    assert all((results / file).read_bytes() == (recorded / file).read_bytes() for file in files)


def test_it_colours_a_folder(python, tmp_path):
    album, out = tmp_path / "album", tmp_path / "coloured"
    album.mkdir()
    for name in ("coffee", "china", "flower"):
        Image.open(package_photographs()[name]).convert("L").save(album / f"{name}.jpg")
    (album / "broken.jpg").write_bytes(b"\xff\xd8\xff no photograph")
    call = ("-m", "colorlib", "colorize", album, "--out", out)
    done = run(python, *call)
    assert done.returncode == 1, done.stderr
    assert "broken.jpg" in done.stderr
    for name in ("coffee", "china", "flower"):
        before, after = (np.asarray(Image.open(folder / f"{name}.jpg")) for folder in (album, out))
        assert after.shape == (*before.shape, 3)
        assert np.ptp(after.astype(int), axis=-1).mean() > 5, "there are colours"
    with (out / "report.csv").open(encoding="utf-8", newline="") as file:
        assert [row["status"] for row in csv.DictReader(file)].count("done") == 3
    assert (out / "contact-sheet.html").is_file()
    again = run(python, *call)
    assert "3 skipped" in again.stderr or "already" in again.stderr, again.stderr
    one = (album / "coffee.jpg", "--out", tmp_path / "hinted", "--point", "0.4,0.5,#c03020")
    done = run(python, "-m", "colorlib", "colorize", *one)
    assert done.returncode == 0, done.stderr
    hinted, plain = (np.asarray(Image.open(folder / "coffee.jpg")).astype(int) for folder in (tmp_path / "hinted", out))
    assert np.abs(hinted - plain).mean() > 1


@pytest.mark.parametrize("mode", ["off", "exponential", "flow"])
def test_it_colours_a_film(python, tmp_path, mode):
    source, out = make(tmp_path / "in.mkv"), tmp_path / "out.mkv"
    done = run(python, "-m", "colorlib", "video", source, out, "--mode", mode)
    assert done.returncode == 0, done.stderr
    frames = np.stack(pictures_of(out)).astype(int)
    assert len(frames) == len(pictures_of(source))
    assert np.ptp(frames, axis=-1).max() > 10


def test_what_it_lacks_is_named_in_one_line(python, tmp_path):
    done = run(python, "-m", "colorlib", "info")
    assert done.returncode == 0, done.stderr
    assert "onnxruntime" in done.stdout
    for command in (("train", "quick", "--out", tmp_path), ("export", "natural", tmp_path / "n.onnx"), ("evaluate",)):
        done = run(python, "-m", "colorlib", *command)
        assert done.returncode == 2, command
        assert "train" in done.stderr
        assert len(done.stderr.strip().splitlines()) == 1, done.stderr
