"""Run somebody else's cells where they do no harm: no network, one folder, limited time and memory.

This file is started as a process of its own, ``python -m colorlib.teach.sandbox``, with the
descriptor of a socket. It reads a job from it, a line of JSON, shuts itself in, runs the cells of
an exercise, sends its answers as data (`plain`), and calls the functions among them as often as it
is asked to. The key is never in this process, and nothing that it says is a mark: `grade` judges.
On Linux the kernel does the shutting in: a network namespace without a network, and Landlock, which
allows no file outside of the folder to be changed. Where the kernel does not offer it, Python's
audit events are all there is: they stop ordinary code, not somebody who means harm.
"""

import base64
import contextlib
import ctypes
import json
import os
import pickle
import resource
import signal
import socket
import struct
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from colorlib.teach.plain import packed

Line = dict[str, Any]
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
    changes = _CHANGES & ~(
        (1 << 13) * (version < 2) | (1 << 14) * (version < 3)
    )  # refer and truncate came later
    rules = ctypes.create_string_buffer(struct.pack("Q", changes))
    handle = libc.syscall(_RULESET, rules, 8, 0)
    if handle < 0:
        return False
    for place in (folder, "/dev"):
        opened = os.open(place, os.O_PATH | os.O_CLOEXEC)
        rule = ctypes.create_string_buffer(struct.pack("=Qi", changes, opened))
        libc.syscall(_RULE, handle, 1, rule, 0)
        os.close(opened)
    done = (
        libc.prctl(38, 1, 0, 0, 0) == 0 and libc.syscall(_RESTRICT, handle, 0) == 0
    )  # 38: no new privileges
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


def run_exercises(job: Line, ask: Callable[[], Line], tell: Callable[[Line], None]) -> None:
    """Run the cells of a notebook, one exercise after the other, and call their functions.

    Parameters
    ----------
    job : dict
        ``cells``, a list of lists: the code of each exercise; ``answers``, a list of lists: the
        names that are asked for; ``seconds`` for one exercise.
    ask : callable
        Gives the next request: ``call``, the place of a function, with its pickled ``arguments``;
        or ``next``.
    tell : callable
        Called with what came of the cells (``answers``, ``missing``, ``trouble``) or of a call
        (``returns``); with ``raises``, the kind and text of an error; or with ``late``.
    """
    from IPython.core.interactiveshell import InteractiveShell

    shell = InteractiveShell.instance()
    if shell.history_manager is not None:
        shell.history_manager.enabled = False
    signal.signal(signal.SIGALRM, _stop)
    for codes, names in zip(job["cells"], job["answers"], strict=True):
        until = time.monotonic() + job["seconds"]
        functions: list[Any] = []
        tell(_within(until, partial(_run, shell, codes, names, functions)))
        while "call" in (request := ask()):
            tell(_within(until, partial(_call, request, functions)))


def _run(shell: Any, codes: list[str], names: list[str], functions: list[Any]) -> Line:
    """Run the cells of an exercise and pack its answers."""
    trouble = None
    for name in names:
        shell.user_ns.pop(name, None)  # of an exercise before
    for code in codes:
        done = shell.run_cell(code, store_history=False)
        error = done.error_before_exec or done.error_in_exec
        if isinstance(error, TooLong):
            raise TooLong
        trouble = f"{type(error).__name__}: {error}" if error else trouble
    missing = [name for name in names if name not in shell.user_ns]
    answers = [packed(shell.user_ns.get(name), functions) for name in names]
    return {"answers": answers, "missing": missing, "trouble": trouble}


def _call(request: Line, functions: list[Any]) -> Line:
    """Call one of the functions; its arguments come from the process that judges."""
    positional, by_name = pickle.loads(base64.b64decode(request["arguments"]))
    return {"returns": packed(functions[request["call"]](*positional, **by_name), functions)}


def _within(until: float, work: Callable[[], Line]) -> Line:
    """Return what some work gives, or how it ended: by an error, or because its time was over."""
    try:
        signal.setitimer(signal.ITIMER_REAL, max(until - time.monotonic(), 1e-3))
        return work()
    except TooLong:
        return {"late": True}
    except Exception as error:
        return {"raises": [type(error).__name__, str(error)]}
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def _stop(*_: object) -> None:
    raise TooLong


def _main() -> None:
    """Take a job from the socket, shut the process in, and run it."""
    stream = socket.socket(fileno=int(sys.argv[1])).makefile("rw", encoding="utf8")
    job = json.loads(stream.readline())
    nothing = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nothing, descriptor)  # megabytes of output go nowhere
    taken = shut_in(os.getcwd())
    import matplotlib

    import colorlib.teach.exercises

    matplotlib.use("agg")
    # Imports what is needed, so that it counts for nobody's memory or time.
    colorlib.teach.exercises.exercises()
    _limit(job["memory"])

    def tell(what: Line) -> None:
        stream.write(json.dumps(what) + "\n")
        stream.flush()

    tell({"taken": taken})
    run_exercises(job, lambda: json.loads(stream.readline()), tell)


if __name__ == "__main__":
    _main()
