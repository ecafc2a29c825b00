"""One process at a film; killed at any moment; combs that no flag tells of; frames too large for the memory."""

import errno
import json
import signal
import subprocess
import sys
import threading
import time

import av
import numpy as np
import pytest

from colorlib.film import colorize, locking
from colorlib.film.colorize import colorize_video
from colorlib.film.combs import comb_share
from colorlib.film.pixel_formats import to_frame
from helpers.video import Sepia, child, left_over, make, pictures_of, same_film, scene


@pytest.fixture(autouse=True)
def small_segments(monkeypatch):
    monkeypatch.setattr(colorize, "SEGMENT", 10)


def wait_for(condition, process=None):
    deadline = time.monotonic() + 60
    while not condition():
        assert process is None or process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.01)


def no_flock(monkeypatch):
    def unknown(file, how):
        raise OSError(errno.ENOTSUP, "no locks here")

    monkeypatch.setattr(locking.fcntl, "flock", unknown)


NO_FLOCK = """
from colorlib.film import locking
def unknown(file, how):
    raise OSError(95, "no locks here")
locking.fcntl.flock = unknown
"""


@pytest.mark.parametrize("flock", [True, False])
def test_the_second_process_is_told_at_once_and_the_first_ends_well(tmp_path, monkeypatch, flock):
    source = make(tmp_path / "in.mkv", frames=60, sounds=1)
    whole = colorize_video(source, tmp_path / "whole.mkv", Sepia()).path
    out = tmp_path / "out.mkv"
    folder = tmp_path / "out.mkv.parts"
    code = child(source, out, pause=0.05, before="" if flock else NO_FLOCK)
    process = subprocess.Popen([sys.executable, "-c", code])
    if not flock:
        no_flock(monkeypatch)
    wait_for(lambda: (folder / "000000.nut").exists(), process)
    colorizer = Sepia()
    for resume in (True, False):
        with pytest.raises(BlockingIOError, match=rf"out\.mkv\.parts: another run \(process {process.pid} on ") as told:
            colorize_video(source, out, colorizer, resume=resume)
        assert "\n" not in str(told.value)
    assert colorizer.seen == 0
    assert process.wait() == 0
    assert same_film(out, whole)
    assert left_over(tmp_path) == []


def test_two_threads_are_two_runs(tmp_path):
    source, out = make(tmp_path / "in.mkv"), tmp_path / "out.mkv"
    told = []

    class Meets(Sepia):
        def paint(self, frames):
            try:
                colorize_video(source, out, Sepia())
            except BlockingIOError as error:
                told.append(error)
            return super().paint(frames)

    assert colorize_video(source, out, Meets()).frames == 24
    assert len(told) == 1


@pytest.mark.parametrize("flock", [True, False])
def test_the_lock_of_a_dead_process_does_not_block(tmp_path, monkeypatch, flock):
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    lock = tmp_path / "x.parts" / "colorlib.lock"
    lock.parent.mkdir()
    if not flock:
        no_flock(monkeypatch)
    for owner in (
        {**locking._this_process(), "process": dead.pid},
        {**locking._this_process(), "begun": "1"},  # the process id is used again, be it by us
    ):
        for path in locking.lock_names(lock):
            path.write_text(json.dumps(owner))
        with locking.locked(lock), pytest.raises(BlockingIOError), locking.locked(lock):
            pass
    if not flock:
        other = locking.lock_names(lock)[1]
        other.write_text(json.dumps({**locking._this_process(), "host": "elsewhere", "process": 7}))
        with pytest.raises(BlockingIOError, match=r"process 7 on elsewhere.*if there is none, remove .*owner"):
            locking.locked(lock).__enter__()
        assert other.exists()


def test_a_file_of_somebody_else_is_no_lock(tmp_path):
    lock = tmp_path / "colorlib.lock"
    lock.write_text("my notes")
    with pytest.raises(ValueError, match="is in the way"), locking.locked(lock):
        pass
    assert lock.read_text() == "my notes"


def test_many_threads_take_turns(tmp_path):
    """The lock file goes away and comes again; never are two inside."""
    lock, inside, most = tmp_path / "x" / "lock", [], []

    def work():
        for _ in range(30):
            try:
                with locking.locked(lock):
                    inside.append(1)
                    most.append(len(inside))
                    inside.pop()
            except BlockingIOError:
                pass

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most
    assert max(most) == 1


# --- killed at any moment ---

KILL = """
import os, signal
from colorlib.film import colorize as video, parts
count = 0
def counted(function):
    def killed(*arguments, **options):
        global count
        mine = count = count + 1
        if mine == {at} and not {after}:
            os.kill(os.getpid(), signal.SIGKILL)
        result = function(*arguments, **options)
        if mine == {at}:
            os.kill(os.getpid(), signal.SIGKILL)
        return result
    return killed
for owner, name in ((parts.Parts, "begin"), (parts.Parts, "add"), (parts.Parts, "will_be"), (parts.Parts, "remove"),
                    (video, "write_segment"), (video, "join_segments"), (os, "replace"), (os, "link")):
    setattr(owner, name, counted(getattr(owner, name)))
"""


# begin 1, job.json 2; of each segment: write 3, link 4, add 5, job.json 6; join 15, will_be 16, job.json 17, link 18;
# remove 19. Before it or after it.
MOMENTS = [(1, True), (2, False), (4, True), (5, False), (9, True), (15, False), (17, True), (18, True), (19, True)]


@pytest.mark.parametrize(("step", "after"), MOMENTS)
def test_killed_at_any_moment_and_called_again(tmp_path, step, after):
    source = make(tmp_path / "in.mkv", frames=30, sounds=1)
    whole = colorize_video(source, tmp_path / "whole.mkv", Sepia()).path
    out = tmp_path / "out.mkv"
    before = KILL.format(at=step, after=after)
    done = subprocess.run([sys.executable, "-c", child(source, out, before=before)], capture_output=True)
    assert done.returncode == -signal.SIGKILL, done.stderr
    colorize_video(source, out, Sepia())
    assert same_film(out, whole)
    assert left_over(tmp_path) == []
    assert {path.name for path in tmp_path.iterdir()} == {"in.mkv", "whole.mkv", "out.mkv"}


# --- combs ---


def woven(path):
    """A film whose frames are of two moments and flagged as progressive."""
    with av.open(str(path), "w") as film:
        shown = film.add_stream("ffv1", rate=25)
        shown.height, shown.width, shown.pix_fmt = 48, 64, "yuv420p"
        for index in range(12):
            frame = scene(3 * index)
            frame[1::2] = scene(3 * index + 1)[1::2]
            frame = to_frame(frame[..., None].repeat(3, 2), "yuv420p", False)
            frame.pts = index
            film.mux(shown.encode(frame))
        film.mux(shown.encode(None))
    return path


def combs(pictures):
    return np.mean([comb_share(picture[..., 1]) for picture in pictures])


def test_combs_are_told_and_can_be_removed(tmp_path):
    source = woven(tmp_path / "in.mkv")
    with av.open(str(source)) as film:
        assert not any(frame.interlaced_frame for frame in film.decode(video=0))
    notes = colorize_video(source, tmp_path / "out.mkv", Sepia()).notes
    assert any("calls itself progressive and has combs" in note and "--deinterlace" in note for note in notes)
    whole = colorize_video(source, tmp_path / "whole.mkv", Sepia(), deinterlace=True)
    assert (whole.frames, whole.notes) == (12, [])
    assert combs(pictures_of(whole.path)) < 0.2 * combs(pictures_of(tmp_path / "out.mkv"))


def test_stripes_and_grain_are_no_combs():
    rng = np.random.default_rng(0)
    y, x = np.mgrid[:96, :128]
    for picture in (
        rng.normal(128, 40, (96, 128)),
        128 + 90 * np.sin(2 * np.pi * (x + 2 * y) / 9),
        np.where((x + y) % 2, 60, 190),
        scene(3, 96, 128),
    ):
        assert comb_share(picture.clip(0, 255).astype(np.uint8)) < 0.004


# --- memory ---


def test_frames_that_would_fill_the_memory_are_refused(tmp_path, monkeypatch):
    source, colorizer = make(tmp_path / "in.mkv", frames=3), Sepia()
    monkeypatch.setenv("COLORLIB_MAX_GB", "0.0001")
    with pytest.raises(ValueError, match=r"in\.mkv claims 64 x 48 pixels.*; the limit is .* set COLORLIB_MAX_GB"):
        colorize_video(source, tmp_path / "out.mkv", colorizer)
    assert colorizer.seen == 0
    assert left_over(tmp_path) == []
    monkeypatch.setenv("COLORLIB_MAX_GB", "1")
    assert colorize_video(source, tmp_path / "out.mkv", colorizer).frames == 3


def test_one_frame_is_held_while_a_film_is_looked_into(tmp_path, monkeypatch):
    from colorlib.film import checks
    from colorlib.film.probe import read_film

    film = read_film(make(tmp_path / "in.mkv", frames=40))
    alive, most = [0], []

    class Frame:
        interlaced_frame = False

        def __init__(self):
            alive[0] += 1
            most.append(alive[0])

        def __del__(self):
            alive[0] -= 1

        def to_ndarray(self, format, width=64, height=48):
            return np.full((48, 64) if format == "gray" else (48, 64, 3), 90, np.uint8)

    monkeypatch.setattr(checks, "sample_frames", lambda _: (Frame() for _ in range(12)))
    monkeypatch.setattr(checks, "has_chroma", lambda _: False)
    assert checks.look_into(film, False, False) == (False, [])
    assert len(most) == 12
    assert max(most) <= 2
