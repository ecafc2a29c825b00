"""What a folder may hold and what a machine may do: a clear error, the right exit code, the others done, no half file.

Where signals and limits play a part the command is a process of its own.
"""

import csv
import os
import signal
import struct
import subprocess
import sys
import time
import zlib
from contextlib import suppress
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from colorlib.cli import app
from colorlib.models.unet import UNet
from colorlib.models.weights import save_weights
from helpers.disks import small_disk
from helpers.hostile import ARGUMENTS, files

resource = pytest.importorskip("resource", reason="Windows sets no limits")
COMMAND = [sys.executable, "-m", "colorlib", "colorize"]  # as somebody would type it


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    path = tmp_path_factory.mktemp("weights") / "tiny.safetensors"
    return save_weights(UNet(**ARGUMENTS), path, "unet", ARGUMENTS, {"size": 32})


@pytest.fixture
def album(tmp_path):
    """Two good photographs; the tests add what is bad."""
    (tmp_path / "album/sub").mkdir(parents=True)
    ramp = np.tile(np.arange(120, dtype=np.uint8), (90, 1))
    Image.fromarray(ramp).save(tmp_path / "album/aaa.jpg")
    Image.fromarray(ramp).save(tmp_path / "album/sub/zzz.png")
    return tmp_path / "album"


def call(*arguments):
    """Run the command in this process and return what came of it."""
    return CliRunner().invoke(app, ["colorize", *map(str, arguments)])


def failures(out):
    """The failed files of a report by name, and why."""
    with (out / "report.csv").open(newline="", encoding="utf-8", errors="surrogateescape") as file:
        return {Path(row["file"]).name: row["reason"] for row in csv.DictReader(file) if row["status"] == "failed"}


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png_claiming(width, height):
    """A small and valid beginning of a giant picture."""
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(bytes(10_000))) + chunk(b"IEND", b"")


def test_a_folder_of_everything_bad(album, weights, tmp_path):
    """One run: what can be coloured is, what cannot is named, nothing else happens."""
    good = (album / "aaa.jpg").read_bytes()
    Image.new("L", (1, 1), 90).save(album / "one.png")
    Image.new("L", (1, 20000), 90).save(album / "tall.png")
    Image.new("L", (20000, 1), 90).save(album / "wide.tif")
    bad = {
        "bomb.png": png_claiming(60_000, 60_000),
        "bomb-of-4-gigapixels.png": png_claiming(2**31 - 1, 2),
        "empty.jpg": b"",
        "zeros.jpg": bytes(1000),
        "cut.jpg": good[: len(good) // 2],
        "head.png": b"\x89PNG\r\n\x1a\n",
        "web page.jpg": b"<!doctype html><title>404</title>",
        "program.png": b"%!PS\n(x) run",
    }
    for name, data in bad.items():
        (album / name).write_bytes(data)
    (album / "folder.jpg").mkdir()
    (album / "folder.jpg/inside.txt").write_text("a folder with the name of a picture")
    (album / "nowhere.jpg").symlink_to(album / "deleted.jpg")
    os.mkfifo(album / "pipe.jpg")
    odd = os.fsdecode(b"caf\xe9.jpg")
    (album / odd).write_bytes(good)
    out = tmp_path / "out"
    arguments = [*COMMAND, album, "--out", out, "--weights", weights]
    result = subprocess.run(arguments, capture_output=True, text=True, timeout=300)
    assert result.returncode == 1, result.stderr
    assert "Traceback" not in result.stderr
    assert f"6 colorized, {len(bad) + 2} failed:" in result.stderr
    assert files(out) == sorted(["aaa.jpg", "one.png", "tall.png", "wide.tif", "sub/zzz.png", odd])
    for name, size in {"one.png": (1, 1), "tall.png": (1, 20000), "wide.tif": (20000, 1)}.items():
        with Image.open(out / name) as image:
            assert (image.size, image.mode) == (size, "RGB")
    told = failures(out)
    assert set(told) == {*bad, "nowhere.jpg", "pipe.jpg"}
    assert "megapixels" in told["bomb.png"]
    assert "the file is empty" in told["empty.jpg"]
    for name, reason in told.items():
        assert name in reason
        assert len(reason) < 400


def test_a_folder_with_the_name_of_a_picture(album, weights, tmp_path):
    (album / "x.jpg").mkdir()
    result = call(album / "x.jpg", "--out", tmp_path / "out", "--weights", weights)
    assert result.exit_code == 2
    assert "no photographs in" in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1


@pytest.mark.parametrize("where", ["file", "below a file", "/proc"])
def test_an_output_that_cannot_be_written(album, weights, tmp_path, where):
    """Permission bits do not stop root, who runs the tests in containers: a file in the way and /proc do."""
    (tmp_path / "file").touch()
    out = {"file": tmp_path / "file", "below a file": tmp_path / "file/out", "/proc": Path("/proc/coloured")}[where]
    if where == "/proc" and not Path("/proc/self").exists():
        pytest.skip("this system has no /proc")
    result = call(album, "--out", out, "--weights", weights)
    assert result.exit_code == 2, result.stderr
    assert "error: " in result.stderr
    assert str(out) in result.stderr
    assert "folder for" in result.stderr  # what to do
    assert "Traceback" not in result.stderr


def test_a_folder_of_the_output_that_cannot_be_written(album, weights, tmp_path):
    """A file stands where one of the folders must go: its photographs fail, the others are done."""
    (tmp_path / "out").mkdir()
    (tmp_path / "out/sub").write_text("in the way")
    result = call(album, "--out", tmp_path / "out", "--weights", weights)
    assert result.exit_code == 1
    assert files(tmp_path / "out") == ["aaa.jpg", "sub"]
    assert "sub" in failures(tmp_path / "out")["zzz.png"]


@pytest.fixture
def disk(tmp_path):
    """A disk of one megabyte."""
    with small_disk(tmp_path / "disk", "1m") as folder:
        yield folder


def noise(path, side):
    """A picture that does not compress."""
    values = np.random.default_rng(0).integers(0, 255, (side, side), dtype=np.uint8)
    Image.fromarray(values).save(path)


def test_a_full_disk(album, weights, disk):
    noise(album / "large.png", 900)
    result = call(album, "--out", disk / "out", "--weights", weights)
    assert result.exit_code == 1, result.stderr
    assert "2 colorized, 1 failed:" in result.stderr
    assert "No space left on device" in result.stderr
    assert files(disk / "out") == ["aaa.jpg", "sub/zzz.png"]


def test_no_room_at_all_not_even_for_the_report(album, weights, disk):
    (disk / "out/sub").mkdir(parents=True)
    with suppress(OSError), (disk / "filler").open("wb", buffering=0) as filler:
        while filler.write(bytes(4096)):
            pass
    result = call(album, "--out", disk / "out", "--weights", weights)
    assert result.exit_code == 1, result.stderr
    assert "2 failed:" in result.stderr
    assert "No space left on device" in result.stderr
    assert "Traceback" not in result.stderr
    assert files(disk / "out") == []


def test_files_that_may_not_grow(album, weights, tmp_path):
    """A limit of the process stands in for a full disk where none can be mounted."""
    noise(album / "large.png", 900)

    def limit():
        resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))

    arguments = [*COMMAND, album, "--out", tmp_path / "out", "--weights", weights]
    result = subprocess.run(arguments, capture_output=True, text=True, timeout=300, preexec_fn=limit)
    assert result.returncode == 1, result.stderr
    assert "2 colorized, 1 failed:" in result.stderr
    assert "File too large" in failures(tmp_path / "out")["large.png"]
    assert files(tmp_path / "out") == ["aaa.jpg", "sub/zzz.png"]


def test_ctrl_c_in_the_middle_of_a_folder(album, weights, tmp_path):
    for number in range(200):
        (album / f"{number:03}.jpg").write_bytes((album / "aaa.jpg").read_bytes())
    out = tmp_path / "out"
    arguments = [*COMMAND, str(album), "--out", str(out), "--weights", str(weights), "--jobs", "2"]
    # A shell's background jobs, and what they start, ignore Ctrl-C: listen again.
    listen = partial(signal.signal, signal.SIGINT, signal.SIG_DFL)
    running = subprocess.Popen(arguments, stderr=subprocess.PIPE, text=True, preexec_fn=listen)
    while running.poll() is None and not list(out.glob("*.jpg")):
        time.sleep(0.005)
    running.send_signal(signal.SIGINT)
    _, told = running.communicate(timeout=120)
    assert running.returncode == 130, told
    assert "call the same command again" in told
    assert "Traceback" not in told
    done = files(out)
    assert 1 <= len(done) < 202
    assert f"{len(done)} colorized" in told
    for name in done:
        with Image.open(out / name) as image:
            image.load()
    with (out / "report.csv").open(newline="") as file:
        assert sorted(row["result"] for row in csv.DictReader(file) if row["status"] == "done") == done
    assert "<img" in (out / "contact-sheet.html").read_text()
    again = call(album, "--out", out, "--weights", weights)
    assert again.exit_code == 0
    assert f"{202 - len(done)} colorized, {len(done)} skipped" in again.stderr
