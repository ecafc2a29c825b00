"""The process of a notebook, seen from the one that judges: answers come, functions are called."""

import base64
import contextlib
import json
import os
import pickle
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from types import TracebackType
from typing import Any

from colorlib.teach.plain import named, unpacked

MEMORY = 4 * 2**30  # bytes beyond what Python, torch and the photographs take
START = 180.0  # seconds until the packages are imported, on a busy machine
GRACE = 10.0  # seconds after its limit at which a process that ignores it is killed
MOST = 2**24  # bytes of one line


class Notebook:
    """Run the exercises of a notebook in a process that is shut in (`sandbox`), one by one.

    Used in a ``with``: at its end the process is killed.

    Parameters
    ----------
    cells : list of list of str
        The code of each exercise.
    answers : list of list of str
        The names that each is asked for.
    seconds : float
        How long one exercise may take, with the calls of its functions.

    Attributes
    ----------
    begun : bool
        Whether the process was ready to run.
    gone : str or None
        Why nothing more will come from it.
    """

    def __init__(self, cells: list[list[str]], answers: list[list[str]], seconds: float) -> None:
        self.seconds, self.begun = seconds, False
        self.gone: str | None = None
        self._until, self._buffer, self._first = 0.0, b"", True
        self._home = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        self._line, inside = socket.socketpair()
        home = self._home.name
        environment = {
            **os.environ,
            "HOME": home,
            "TMPDIR": home,
            "IPYTHONDIR": home,
            "MPLCONFIGDIR": home,
        }
        environment |= {
            "OMP_NUM_THREADS": "1",
            "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
        }
        self._process = subprocess.Popen(
            [sys.executable, "-m", "colorlib.teach.sandbox", str(inside.fileno())],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=home,
            env=environment,
            pass_fds=[inside.fileno()],
            start_new_session=True,
        )
        inside.close()
        self._until = time.monotonic() + START
        self._send({"cells": cells, "answers": answers, "seconds": seconds, "memory": MEMORY})
        self.begun = self._receive() is not None

    def __enter__(self) -> "Notebook":
        return self

    def __exit__(
        self, kind: type | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._line.close()
        self._home.cleanup()

    def run_next(self) -> dict[str, Any] | None:
        """Run the next exercise.

        Returns
        -------
        dict or None
            What the process says, as `sandbox.run_exercises` tells it. None when nothing came: see
            `gone`.
        """
        self._until = time.monotonic() + self.seconds + GRACE
        if not self._first:
            self._send({"next": True})
        self._first = False
        return self._receive()

    def function(self, place: int) -> Callable[..., Any]:
        """Make a function that calls one of the notebook's.

        Parameters
        ----------
        place : int
            The number by which it crossed.

        Returns
        -------
        callable
            Gives what the notebook's function returns, as data; raises an error of the same name
            where it does.
        """

        def call(*positional: Any, **by_name: Any) -> Any:
            self._send(
                {
                    "call": place,
                    "arguments": base64.b64encode(pickle.dumps((positional, by_name))).decode(),
                }
            )
            said = self._receive()
            if said is None:
                raise RuntimeError(self.gone)
            if "returns" in said:
                return unpacked(said["returns"], self.function)
            kind, text = said.get("raises") or ("ValueError", "nothing came back")
            raise named(kind, RuntimeError)(str(text))

        return call

    def _send(self, what: dict[str, Any]) -> None:
        """Send a line, as long as there is time."""
        if self.gone is None:
            try:
                self._line.settimeout(max(self._until - time.monotonic(), 1e-3))
                self._line.sendall(json.dumps(what).encode() + b"\n")
            except OSError as error:
                self._lose(error)

    def _receive(self) -> dict[str, Any] | None:
        """Return the next line, or None when there is none in time."""
        while self.gone is None and b"\n" not in self._buffer:
            try:
                self._line.settimeout(max(self._until - time.monotonic(), 1e-3))
                piece = self._line.recv(2**20)
            except OSError as error:
                self._lose(error)
                break
            self._buffer += piece
            if not piece or len(self._buffer) > MOST:
                self.gone = "the notebook crashed in this exercise"
        if self.gone is not None:
            return None
        line, _, self._buffer = self._buffer.partition(b"\n")
        try:
            said = json.loads(line)
        except (ValueError, RecursionError):
            said = None
        if not isinstance(said, dict):
            self.gone = "the notebook said what nobody asked it"
        elif "late" in said:
            self.gone = f"ran longer than {self.seconds:g} s"
        return said if self.gone is None else None

    def _lose(self, error: OSError) -> None:
        """Note why nothing more will come."""
        late = isinstance(error, TimeoutError)
        self.gone = (
            f"ran longer than {self.seconds:g} s"
            if late
            else "the notebook crashed in this exercise"
        )
