"""Run somebody else's cells where they do no harm: no network, one folder, limited time and memory.

This file is started as a process of its own, ``python -m colorlib.teach.sandbox``. It reads a job
as JSON from stdin, shuts itself in, runs the cells, and writes a line of JSON for each exercise to
the file whose descriptor the job names. On Linux the kernel does the shutting in: a network
namespace without a network, and Landlock, which allows no file outside of the folder to be changed.
Where the kernel does not offer it, Python's audit events are all there is: they stop ordinary code,
not somebody who means harm. The checks run in the same process as the cells, so somebody who means
to can forge a result: look at the notebook of a mark that surprises you.
"""

import contextlib
import ctypes
import json
import os
import resource
import signal
import struct
import sys
from pathlib import Path
from typing import Any

LONGEST = 2000  # characters of an answer or a message that are kept
_NEWUSER, _NEWNET = 0x10000000, 0x40000000  # of unshare(2)
_RULESET, _RULE, _RESTRICT = 444, 445, 446  # Landlock's system calls
# Every way to change a file: write, remove and make of any kind, refer and truncate. Bits 1 and 4
# to 14 of Landlock.
_CHANGES = sum(1 << bit for bit in (1, *range(4, 15)))
_FORBIDDEN = ("socket.connect", "socket.bind", "socket.getaddrinfo", "socket.sendto")
_CHANGING = (
    "os.remove",
    "os.rename",
    "os.rmdir",
    "os.mkdir",
    "os.link",
    "os.symlink",
    "os.truncate",
    "os.chmod",
)


class TooLong(BaseException):  # so that `except Exception` in a cell does not stop it
    """A cell ran longer than it may."""


def shut_in(folder: str | Path) -> list[str]:
    """Take network and other folders from this process for good. Call it before there are threads.

    Parameters
    ----------
    folder : str or Path
        Where files may be changed.

    Returns
    -------
    list of str
        What the kernel took: ``"network"``, ``"files"``. Audit events are there in any case.
    """
    folder, taken, libc = os.path.realpath(folder), [], None
    with contextlib.suppress(OSError):
        libc = ctypes.CDLL(None, use_errno=True)
    if sys.platform == "linux" and libc is not None:
        if libc.unshare(_NEWUSER | _NEWNET) == 0 or libc.unshare(_NEWNET) == 0:
            taken.append("network")
        if _landlock(libc, folder):
            taken.append("files")
    sys.addaudithook(lambda event, given: _audit(event, given, folder))
    return taken


def _limit(memory: int) -> None:
    """Allow so many bytes of memory beyond what is in use, and no file larger than 256 MB."""
    sizes = Path("/proc/self/statm")
    used = int(sizes.read_text().split()[0]) * resource.getpagesize() if sizes.exists() else 0
    for kind, most in (
        (resource.RLIMIT_AS, used + memory),
        (resource.RLIMIT_FSIZE, 2**28),
        (resource.RLIMIT_CORE, 0),
    ):
        hard = resource.getrlimit(kind)[1]
        resource.setrlimit(
            kind, (most, most) if hard == resource.RLIM_INFINITY else (min(most, hard), hard)
        )


def _landlock(libc: ctypes.CDLL, folder: str) -> bool:
    """Allow changes of files in one folder and in /dev only; tell whether the kernel does that."""
    version = libc.syscall(_RULESET, None, 0, 1)
    if version < 1:
        return False
    # Refer and truncate came later.
    changes = _CHANGES & ~((1 << 13) * (version < 2) | (1 << 14) * (version < 3))
    rules = ctypes.create_string_buffer(struct.pack("Q", changes))
    handle = libc.syscall(_RULESET, rules, 8, 0)
    if handle < 0:
        return False
    for place in (folder, "/dev"):
        opened = os.open(place, os.O_PATH | os.O_CLOEXEC)
        rule = ctypes.create_string_buffer(struct.pack("=Qi", changes, opened))
        libc.syscall(_RULE, handle, 1, rule, 0)
        os.close(opened)
    # 38: no new privileges.
    done = libc.prctl(38, 1, 0, 0, 0) == 0 and libc.syscall(_RESTRICT, handle, 0) == 0
    os.close(handle)
    return done


def _audit(event: str, given: tuple, folder: str) -> None:
    """Refuse what reaches out: connections, and changes of files elsewhere."""
    if event in _FORBIDDEN:
        raise PermissionError("there is no network here")
    paths: list[Any] = []
    if (
        event == "open"
        and isinstance(given[2], int)
        and given[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC)
    ):
        paths = [given[0]]
    elif event in _CHANGING:
        paths = [path for path in given[:2] if isinstance(path, str | bytes | os.PathLike)]
    for path in paths:
        if isinstance(path, str | bytes | os.PathLike):
            real = os.path.realpath(os.fsdecode(path))
            if not real.startswith((folder + os.sep, "/dev/")) and real != folder:
                raise PermissionError(
                    f"{os.fsdecode(path)} is outside of the folder of this notebook"
                )


def run_exercises(job: dict[str, Any], tell: Any) -> None:
    """Run the cells of a notebook and judge its exercises, one after the other.

    Parameters
    ----------
    job : dict
        ``cells``, a list of lists: the code of each exercise; ``exercises``, their entries of the
        key with their ``name``; ``seed``; ``seconds`` for one exercise.
    tell : callable
        Called with a dict before an exercise (``begins``) and after it (``name``, ``passed``,
        ``message``, ``answer``).
    """
    from IPython.core.interactiveshell import InteractiveShell

    from colorlib.teach.checks import judge

    shell = InteractiveShell.instance()
    shell.history_manager.enabled = False
    signal.signal(signal.SIGALRM, _stop)
    for codes, entry in zip(job["cells"], job["exercises"], strict=True):
        tell({"begins": entry["name"]})
        trouble = None
        for name in entry["answers"]:
            shell.user_ns.pop(name, None)  # of an exercise before
        signal.setitimer(signal.ITIMER_REAL, job["seconds"])
        try:
            for code in codes:
                done = shell.run_cell(code, store_history=False)
                error = done.error_before_exec or done.error_in_exec
                if isinstance(error, TooLong):
                    raise TooLong
                trouble = f"{type(error).__name__}: {error}" if error else trouble
            missing = [name for name in entry["answers"] if name not in shell.user_ns]
            answers = [shell.user_ns.get(name) for name in entry["answers"]]
            found = judge(entry["name"], *answers, seed=job["seed"])
            passed, message = found.passed, found.message
            if missing:
                passed, message = False, f"there is no {', '.join(missing)}"
            if passed and entry.get("hidden"):
                passed, message = _hidden(entry, answers)
        except TooLong:
            passed, message, answers = False, f"ran longer than {job['seconds']:g} s", []
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
        if trouble and not passed:
            message = f"{message} (a cell ended with {trouble})"
        words = [answer for answer in answers if isinstance(answer, str)]
        tell(
            {
                "name": entry["name"],
                "passed": passed,
                "message": message[:LONGEST],
                "answer": "\n".join(words)[:LONGEST],
            }
        )


def _hidden(entry: dict[str, Any], answers: list[Any]) -> tuple[bool, str]:
    """Run the teacher's own check on the answers: whether it holds, and what it says."""
    try:
        exec(entry["hidden"], dict(zip(entry["answers"], answers, strict=True)))
    except Exception as error:
        said = f": {error}" if str(error) else " does not hold"
        return False, f"the teacher's own check{said}"
    return True, "right."


def _stop(*_: object) -> None:
    """Called when the time of an exercise is over."""
    raise TooLong


def _main() -> None:
    """Take a job from stdin, shut the process in, and run it."""
    job = json.load(sys.stdin)
    out = os.fdopen(job["out"], "w", encoding="utf8")
    nothing = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nothing, stream)  # megabytes of output go nowhere
    taken = shut_in(os.getcwd())
    import matplotlib

    import colorlib.teach.exercises

    matplotlib.use("agg")
    # Imports what is needed, so that it counts for nobody's memory or time.
    colorlib.teach.exercises.exercises()
    _limit(job["memory"])

    def tell(what: dict[str, Any]) -> None:
        out.write(json.dumps(what) + "\n")
        out.flush()

    tell({"taken": taken})
    run_exercises(job, tell)
    tell({"ends": True})


if __name__ == "__main__":
    _main()
