"""What `film.resume` promises."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from colorlib.film import colorize, frame_colorizer
from colorlib.film.colorize import colorize_video
from helpers.disks import small_disk
from helpers.video import Sepia, Stops, child, left_over, make, packets_of, same_pictures, times_of


def test_a_result_that_is_there_stays(grey_film, tmp_path):
    out = tmp_path / "out.mkv"
    out.write_text("my own")
    result = colorize_video(grey_film, out, Sepia())
    assert (result.frames, result.notes) == (0, [f"{out}: the result was already there"])
    with pytest.raises(FileExistsError, match=r"out\.mkv: already there and not overwritten"):
        colorize_video(grey_film, out, Sepia(), resume=False)
    assert out.read_text() == "my own"


def test_a_run_goes_on_where_it_was_stopped(tmp_path, monkeypatch):
    monkeypatch.setattr(colorize, "SEGMENT", 10)
    monkeypatch.setattr(frame_colorizer, "WARM_UP", 4)
    source = make(tmp_path / "in.mp4", times=[0.04 * index + 0.01 * (index % 3) for index in range(60)], sounds=1)
    whole = colorize_video(source, tmp_path / "whole.mp4", Sepia())
    out = tmp_path / "out.mp4"
    with pytest.raises(KeyboardInterrupt):
        colorize_video(source, out, Stops(37))
    assert not out.exists()
    assert left_over(tmp_path) == ["out.mp4.parts"]
    with pytest.raises(ValueError, match=r"out\.mp4\.parts holds a run .* had another options"):
        colorize_video(source, out, Sepia(), crf=30)
    with pytest.raises(ValueError, match="had another label"):
        colorize_video(source, out, Sepia(), label="redder")
    colorizer, expected = Sepia(), []
    result = colorize_video(source, out, colorizer, progress=lambda frames, total: expected.append(total) or frames)
    assert result.notes == ["going on after 30 frames"]
    assert (result.frames, colorizer.seen, expected) == (60, 30 + 4, [30])
    assert times_of(out) == times_of(whole.path) == times_of(source)
    assert packets_of(out) == packets_of(source)
    assert same_pictures(out, whole.path)  # this colorizer has no memory
    assert left_over(tmp_path) == []


def test_begin_anew_when_asked(tmp_path, grey_film, monkeypatch):
    monkeypatch.setattr(colorize, "SEGMENT", 5)
    out = tmp_path / "out.mkv"
    with pytest.raises(KeyboardInterrupt):
        colorize_video(grey_film, out, Stops(12))
    colorizer = Sepia()
    assert colorize_video(grey_film, out, colorizer, crf=30, resume=False).frames == colorizer.seen == 24


def test_killed_and_taken_up_again(tmp_path, monkeypatch):
    """SIGKILL leaves no time to tidy up; the next call has all frames, at the times of a run that was left alone."""
    monkeypatch.setattr(colorize, "SEGMENT", 10)
    source = make(tmp_path / "in.mkv", frames=90, sounds=1)
    whole = colorize_video(source, tmp_path / "whole.mkv", Sepia())
    out = tmp_path / "out.mkv"
    parts = tmp_path / "out.mkv.parts"
    process = subprocess.Popen([sys.executable, "-c", child(source, out, pause=0.05)])
    deadline = time.monotonic() + 60
    while len(list(parts.glob("[0-9]*.nut"))) < 3 or not list(parts.glob(".*.part.nut")):
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert not out.exists()
    assert list(parts.glob(".*.part.nut"))  # what it was at
    result = colorize_video(source, out, Sepia())
    assert result.frames == whole.frames == 90
    assert result.notes[-1].startswith("going on after ")
    assert times_of(out) == times_of(whole.path) == times_of(source)
    assert packets_of(out, ("audio",)) == packets_of(whole.path, ("audio",))
    assert same_pictures(out, whole.path)
    assert left_over(tmp_path) == []


def test_a_file_that_may_not_grow_is_told_and_nothing_is_left(tmp_path):
    """A limit on the size of files: the same road as a full disk, and open to everybody."""
    source, out = make(tmp_path / "in.mkv", sounds=1), tmp_path / "out.mkv"
    limit = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (3000, 3000))"
    done = subprocess.run([sys.executable, "-c", child(source, out, before=limit)], capture_output=True, text=True)
    assert "File too large" in done.stderr.splitlines()[-1]
    assert "000000.nut" in done.stderr.splitlines()[-1] or "out.mkv" in done.stderr.splitlines()[-1]
    assert not out.exists()
    assert not list(tmp_path.rglob(".*.part*"))
    assert colorize_video(source, out, Sepia()).frames == 24


@pytest.fixture
def disk(tmp_path):
    """A disk of 64 KB."""
    with small_disk(tmp_path / "disk", "64k") as folder:
        yield folder


def test_a_full_disk_is_told_and_the_run_goes_on_when_there_is_room(disk, tmp_path, monkeypatch):
    monkeypatch.setattr(colorize, "SEGMENT", 20)
    source = make(tmp_path / "in.mkv", frames=80)
    out = disk / "out.mkv"
    with pytest.raises(OSError, match=r"No space left on device.*out\.mkv") as caught:
        colorize_video(source, out, Sepia(), codec="ffv1")
    assert caught.value.errno == 28
    assert not out.exists()
    there = list(disk.glob("out.mkv.parts/[0-9]*.nut"))
    assert there
    assert not list(disk.rglob(".*.part*"))
    subprocess.run(["mount", "-o", "remount,size=4m", str(disk)], check=True)
    result = colorize_video(source, out, Sepia(), codec="ffv1")
    assert (result.frames, len(times_of(out))) == (80, 80)
    assert result.notes == [f"going on after {20 * len(there)} frames"]


# --- memory ---

MEASURE = """
import sys
from pathlib import Path
sys.path[:0] = {paths!r}
from helpers.video import Sepia
from colorlib.film.colorize import colorize_video
for source in {sources!r}:
    colorize_video(source, source + ".out.mkv", Sepia())
    print(int(Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0]) // 1024)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc of Linux")
def test_memory_does_not_grow_with_the_film(tmp_path):
    """Peak memory, in one process, after a film of 2 seconds and one of 48."""
    sources = [str(make(tmp_path / f"{count}.mkv", frames=count, sounds=1)) for count in (60, 1200)]
    code = MEASURE.format(paths=[str(Path(__file__).parents[1]), *sys.path], sources=sources)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    short, long = map(int, done.stdout.split())
    assert long - short < 40, f"{short} MB, then {long} MB"
