"""What killed writers leave is swept; what is being written, and what is somebody else's, stays."""

import errno
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from colorlib import _atomic
from colorlib._atomic import atomic, sweep

# What a process does that holds a temporary file until it is told or killed.
HOLD = """
import sys, time
from colorlib._atomic import atomic
with atomic(sys.argv[1]) as temporary:
    temporary.write_bytes(b"half")
    print(temporary, flush=True)
    sys.stdin.readline()
"""


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def holder(path):
    """A process in the middle of writing `path`, and its temporary file."""
    command = [sys.executable, "-c", HOLD, str(path)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    return process, Path(process.stdout.readline().strip())


def killed(path):
    """Leave what a process leaves that is killed while it writes `path`; return its temporary file."""
    process, temporary = holder(path)
    process.kill()
    process.communicate()
    assert temporary.exists()
    return temporary


def test_what_killed_processes_leave_is_swept_and_nothing_else(tmp_path):
    killed(tmp_path / ("x" * 251 + ".jpg"))
    killed(tmp_path / "a.nut")
    mine = [".07.4711.part.png", ".colorlib-notes.part.txt", "a.part.jpg", ".colorlib-0123.lock", ".colorlib"]
    for name in mine:
        (tmp_path / name).write_text("mine")
    assert len(names(tmp_path)) == len(mine) + 4
    sweep([tmp_path, tmp_path / "nowhere"])
    assert names(tmp_path) == sorted(mine)


@pytest.mark.parametrize("stopped", [False, True])
def test_what_a_live_process_writes_stays_however_old(tmp_path, stopped):
    process, temporary = holder(tmp_path / "a.jpg")
    if stopped:
        process.send_signal(signal.SIGSTOP)
    for path in tmp_path.iterdir():
        os.utime(path, (0, 0))
    sweep([tmp_path])
    assert temporary.exists()
    if stopped:
        process.send_signal(signal.SIGCONT)
    process.communicate("go on\n")
    assert names(tmp_path) == ["a.jpg"]


def test_what_this_process_writes_stays(tmp_path):
    with atomic(tmp_path / "a.txt") as temporary:
        sweep([tmp_path])
        temporary.write_text("whole")
        sweep([tmp_path])
    assert names(tmp_path) == ["a.txt"]


def test_another_machines_files_stay_for_a_day(tmp_path, monkeypatch):
    """Its locks may be invisible here, as on NFS without locks."""
    killed(tmp_path / "a.jpg")
    monkeypatch.setattr(_atomic, "_machine", lambda: "0" * 8)
    sweep([tmp_path])
    assert len(names(tmp_path)) == 2
    some = next(tmp_path.iterdir())
    os.utime(some, (time.time() - 90000,) * 2)
    sweep([tmp_path])
    assert len(names(tmp_path)) == 2, "one of them was written just now"
    for path in tmp_path.iterdir():
        os.utime(path, (time.time() - 90000,) * 2)
    sweep([tmp_path])
    assert names(tmp_path) == []


def test_without_locks_files_stay_for_a_day(tmp_path, monkeypatch):
    killed(tmp_path / "a.jpg")

    def unknown(*_):
        raise OSError(errno.ENOTSUP, "Operation not supported")

    monkeypatch.setattr(_atomic.fcntl, "flock", unknown)
    sweep([tmp_path])
    assert len(names(tmp_path)) == 2
    with atomic(tmp_path / "b.txt") as temporary:
        temporary.write_text("whole")
    for path in tmp_path.glob(".*"):
        os.utime(path, (0, 0))
    sweep([tmp_path])
    assert names(tmp_path) == ["b.txt"]


def test_a_temporary_file_without_its_lock_is_a_copy(tmp_path):
    temporary = killed(tmp_path / "a.jpg")
    temporary.with_suffix("").with_suffix(".lock").unlink()
    sweep([tmp_path])
    assert names(tmp_path) == []


def test_writing_and_sweeping_at_once(tmp_path):
    """A sweep may come between any two steps of a writer."""
    done = threading.Event()

    def sweeping():
        while not done.is_set():
            sweep([tmp_path])

    sweepers = [threading.Thread(target=sweeping) for _ in range(2)]
    for thread in sweepers:
        thread.start()
    try:
        for number in range(300):
            with atomic(tmp_path / f"{number}.txt", replace=False) as temporary:
                temporary.write_text(str(number))
    finally:
        done.set()
        for thread in sweepers:
            thread.join()
    assert all((tmp_path / f"{number}.txt").read_text() == str(number) for number in range(300))
    assert len(names(tmp_path)) == 300
