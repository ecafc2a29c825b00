"""Several processes, and processes that die: each result is of its own photograph, and nothing stays behind."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from colorlib.album.ledger import FOLDER
from colorlib.images.folder import THUMBNAILS

# The command as it is, but for what it paints with: grey stays grey, and takes its time.
COMMAND = """
import sys, time
import numpy as np
from importlib import import_module
from colorlib import cli
seconds = float(sys.argv.pop(1))
def paint(page):
    time.sleep(seconds)
    return np.dstack([page] * 3)
import_module("colorlib.cli.colorize")._page_colorizer = lambda *_: (
    paint,
    {"weights": {"name": "none", "sha256": "0" * 64}},
)
cli.main()
"""


def start(seconds, *arguments):
    """Run the command in a process of its own."""
    call = [sys.executable, "-c", COMMAND, str(seconds), "colorize", *map(str, arguments)]
    return subprocess.Popen(call, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def make(path, level):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("L", (64, 48), level).save(path)


def level(path):
    with Image.open(path) as image:
        return round(float(np.asarray(image.convert("L")).mean()))


def temporary(out):
    return [path for path in out.rglob(".colorlib-*")]


@pytest.mark.timeout(300)
def test_two_processes_and_one_name(tmp_path):
    make(tmp_path / "x/0001.png", 50)
    make(tmp_path / "y/0001.png", 200)
    out = tmp_path / "out"
    runs = {name: start(3, tmp_path / name, "--out", out) for name in ("x", "y")}
    told = {name: run.communicate(timeout=200)[1] for name, run in runs.items()}
    codes = {name: run.returncode for name, run in runs.items()}
    assert sorted(codes.values()) == [0, 1], told
    (won,), (lost,) = ([name for name in codes if codes[name] == code] for code in (0, 1))
    assert level(out / "0001.png") == {"x": 50, "y": 200}[won]
    assert f"{out / '0001.png'}: " in told[lost]
    assert "already there and not overwritten" in told[lost] or "of another photograph" in told[lost]
    assert temporary(out) == []


@pytest.mark.skipif(os.name == "nt", reason="kills as Linux does")
@pytest.mark.timeout(300)
def test_a_killed_command_is_gone_on_with_and_swept_after(tmp_path):
    """With names that begin alike; the record of what was done is whole, or its cut end is left out."""
    album, out = tmp_path / "album", tmp_path / "out"
    long = "Photographs of the estate, third box, page"
    for number in range(12):
        make(album / f"{number % 2}/{long} {number:03}.png", 10 * number + 20)
    run = start(0.3, album, "--out", out, "--jobs", 3)
    while len(list(out.glob("*/[!.]*.png"))) < 4 or not temporary(out):
        assert run.poll() is None, run.stderr.read()
        time.sleep(0.02)
    run.send_signal(signal.SIGKILL)
    run.communicate()
    done = set(out.glob("*/[!.]*.png"))
    assert 4 <= len(done) < 12
    assert temporary(out), "killed in the middle of writing"
    journal = next(path for path in (out / FOLDER).iterdir())
    with journal.open("ab") as file:
        file.write(b'{"result": "0/Photo')  # as if it had been killed a moment later
    before = {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in done}

    run = start(0, album, "--out", out, "--jobs", 3)
    text = run.communicate(timeout=200)[1]
    assert run.returncode == 0, text
    assert f"{12 - len(done)} colorized, {len(done)} skipped" in text
    assert {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in done} == before
    for number in range(12):
        assert level(out / f"{number % 2}/{long} {number:03}.png") == 10 * number + 20
    assert temporary(out) == []
    assert len(list((out / THUMBNAILS).iterdir())) == 24
    for file in (out / FOLDER).iterdir():
        assert [json.loads(line) for line in file.read_bytes().splitlines()[:-1] if line]


def test_the_command_names_what_differs(tmp_path):
    make(tmp_path / "album/a.png", 50)
    (tmp_path / "out").mkdir()
    Path(tmp_path / "out/b.png").write_text("mine")
    make(tmp_path / "album/b.png", 60)
    run = start(0, tmp_path / "album", "--out", tmp_path / "out")
    text = run.communicate(timeout=200)[1]
    assert run.returncode == 1
    assert "1 colorized, 1 failed:" in text
    assert "b.png: there is no record that colorlib made it" in text
    run = start(0, tmp_path / "album", "--out", tmp_path / "out", "--redo", "--no-resume")
    assert "--redo and --no-resume contradict each other" in run.communicate(timeout=200)[1]
    assert run.returncode == 2
