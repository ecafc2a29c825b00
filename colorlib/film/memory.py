"""What a colorizer remembers at a place of a film, to go on as if it had never stopped."""

import zipfile
from collections import deque
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from colorlib._atomic import atomic, written_by_python

__all__ = ["Memory", "last_memory"]


@dataclass(frozen=True)
class Memory:
    """What is needed to colour the frames of a film from one on.

    Parameters
    ----------
    frame : int
        The number of that frame; the first of the film is 0.
    first : int
        The first frame that has to be shown to the colorizer, at most `frame`.
    known : dict of str to ndarray
        What it has found out up to there.
    """

    frame: int
    first: int
    known: dict[str, np.ndarray] = field(default_factory=dict)

    def save(self, path: Path) -> None:
        """Write it to a file, which appears whole or not at all."""
        arrays: dict[str, Any] = {"_frame": self.frame, "_first": self.first, **self.known}
        with atomic(path) as temporary, written_by_python(temporary) as file:
            np.savez(file, **arrays)

    @classmethod
    def load(cls, path: Path) -> "Memory":
        """Read it from a file.

        Raises
        ------
        OSError, ValueError
            If it cannot be read.
        """
        try:
            with np.load(path, allow_pickle=False) as found:
                known = {name: found[name] for name in found.files}
            return cls(int(known.pop("_frame")), int(known.pop("_first")), known)
        except (KeyError, TypeError, zipfile.BadZipFile) as error:
            raise ValueError(f"{path}: is damaged ({error})") from error


def last_memory(memories: deque[Memory], done: int) -> Memory | None:
    """Return what a colorizer needs after the first `done` frames, and drop what is older."""
    while len(memories) > 1 and memories[1].frame <= done:
        memories.popleft()
    return memories[0] if memories else None
