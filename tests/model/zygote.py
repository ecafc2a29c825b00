"""Calls of the command `colorlib` in processes of their own, started in a moment and stopped at any point.

One helper process has imported everything; each call is a fork of it, so that it does not pay the seconds of the
imports. A call may be broken at its n-th change of a folder: by a signal, as kill -9 does it or Ctrl-C, or by a
full disk. Counting changes instead of seconds makes a failure happen again.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from dataclasses import asdict, dataclass, field
from pathlib import Path

CHANGES = {"os.rename", "os.link", "os.remove", "os.mkdir", "os.rmdir", "os.truncate", "os.utime", "os.symlink"}


@dataclass
class Call:
    """One call of the command.

    Parameters
    ----------
    arguments : list of str
        Of the command, without its name. A name that is no valid text is in them as Python spells it.
    watched : str
        The folder whose changes are counted.
    breaks : "", "KILL", "INT", "ENOSPC"
        What happens at change number `at`; ENOSPC goes on to the end.
    at : int
        From 1.
    most_bytes : int, optional
        No file may grow larger.
    pid : int, optional
        What the process takes for its number, and "container" for the name of its machine.
    patches : dict
        Constants of modules, as in {"colorlib.film.colorize.SEGMENT": 3}.
    environment : dict
    """

    arguments: list[str]
    watched: str = ""
    breaks: str = ""
    at: int = 0
    most_bytes: int | None = None
    pid: int | None = None
    patches: dict[str, int] = field(default_factory=dict)
    environment: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Answer:
    """How a call ended: its exit code, or minus the signal that killed it; what it said; whether it met its break."""

    code: int
    output: str
    broken: bool


class Zygote:
    """The helper process; `run` starts calls, all at once, and waits for them."""

    def __init__(self) -> None:
        environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
        self.process = subprocess.Popen(
            [sys.executable, "-W", "ignore", __file__],
            env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip

    def run(self, *calls: Call) -> list[Answer]:
        """Start the calls together and wait for all of them."""
        self.process.stdin.write(json.dumps([asdict(call) for call in calls]) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        assert line, f"the helper process ended with {self.process.wait()}"
        return [Answer(**answer) for answer in json.loads(line)]

    def close(self) -> None:
        """End the helper process."""
        self.process.kill()
        self.process.wait()


def _prepare(call: Call, broken: str) -> None:
    """Make a fork what the call says."""
    import resource
    import socket
    from importlib import import_module

    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.environ.update(call.environment)
    if call.pid is not None:
        os.getpid = lambda: call.pid
        socket.gethostname = lambda: "container"
        os.uname = lambda: os.uname_result(("Linux", "container", "1", "1", "x86_64"))
    for name, value in call.patches.items():
        module, constant = name.rsplit(".", 1)
        assert hasattr(import_module(module), constant), name
        setattr(import_module(module), constant, value)
    if call.most_bytes is not None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (call.most_bytes, resource.RLIM_INFINITY))
    if call.breaks:
        _break(call, os.fsencode(call.watched), broken)


def _break(call: Call, watched: bytes, broken: str) -> None:
    """Break this process at one of its changes of the watched folder."""
    import errno
    from threading import Lock

    count, lock, number = 0, Lock(), int(os.readlink("/proc/self"))  # os.getpid may be patched

    def hook(event: str, arguments: tuple) -> None:
        nonlocal count
        if event == "open":
            if not (arguments[2] or 0) & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
                return
        elif event not in CHANGES:
            return
        paths = [os.fsencode(part) for part in arguments if isinstance(part, str | bytes) and part]
        if not any(path.startswith(watched) for path in paths):
            return
        with lock:
            count += 1
            now = count == call.at
        if now:
            descriptor = os.open(broken, os.O_CREAT | os.O_WRONLY)
            os.close(descriptor)
            if call.breaks == "ENOSPC":
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), os.fsdecode(paths[0]))
            os.kill(number, getattr(signal, f"SIG{call.breaks}"))

    sys.addaudithook(hook)


def _child(call: Call, output: int, broken: str) -> None:
    """Be the command, in a fork; a pipe takes what it says, since it may be allowed no large file."""
    for stream in (1, 2):
        os.dup2(output, stream)
    code = 70
    try:
        _prepare(call, broken)
        from colorlib.cli import main

        sys.argv = ["colorlib", *call.arguments]
        main()
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:  # a traceback is what a user would see
        import traceback

        traceback.print_exc()
        code = 1
    finally:
        import threading

        sys.stdout.flush()
        sys.stderr.flush()
        for thread in threading.enumerate():  # as at the end of any process
            if thread is not threading.current_thread() and not thread.daemon and thread.is_alive():
                thread.join(60)
        os._exit(code)


def _serve() -> None:
    """Answer one line of calls after the other."""
    import colorlib.album.run
    import colorlib.cli
    import colorlib.colorize.colorizer
    import colorlib.experiments.run
    import colorlib.film.colorize  # noqa: F401

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for line in sys.stdin:
        calls = [Call(**fields) for fields in json.loads(line)]
        with tempfile.TemporaryDirectory() as folder:
            children = []
            for number, call in enumerate(calls):
                said, output = os.pipe()
                pid = os.fork()
                if pid == 0:
                    _child(call, output, f"{folder}/{number}-broken")
                os.close(output)
                children.append((pid, said))
            answers = []
            for number, (pid, said) in enumerate(children):
                with open(said, encoding="utf-8", errors="surrogateescape") as text:
                    output = text.read()
                code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
                answers.append({"code": code, "output": output, "broken": Path(folder, f"{number}-broken").exists()})
        print(json.dumps(answers), flush=True)


if __name__ == "__main__":
    _serve()
