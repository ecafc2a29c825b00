"""What a file is known by: its size and times at a glance, its sha256 when that leaves a doubt."""

import os
import time
from pathlib import Path
from typing import NamedTuple

from colorlib._atomic import sha256_of

__all__ = ["Stamp", "Watch", "stamp"]

_RECENT = 2_000_000_000  # nanoseconds; FAT counts time in steps of two seconds


class Stamp(NamedTuple):
    """Size in bytes, and when a file was last written and last changed at all, in ns."""

    size: int
    mtime_ns: int
    ctime_ns: int = 0  # tools that change a file and put its old time back cannot put this back


def stamp(path: str | Path) -> Stamp:
    """Return the stamp of a file, or of the file that a link points to."""
    found = os.stat(path)
    return Stamp(found.st_size, found.st_mtime_ns, found.st_ctime_ns)


class Watch:
    """A file that must stay as it is from now until all of it has been read.

    Raises
    ------
    OSError
        If it cannot be read.
    """

    def __init__(self, path: Path) -> None:
        self.path, self.before = path, _identity(path)
        # A change within one tick of the file system's clock leaves the time as it was.
        recent = abs(time.time_ns() - self.before[-2]) < _RECENT
        self.digest = sha256_of(path) if recent else None

    def check(self) -> None:
        """Raise ValueError if the file is another than at first."""
        try:
            same = _identity(self.path) == self.before
        except OSError:
            same = False
        if not same:
            raise ValueError(
                f"{self.path} was changed meanwhile, and nothing is written: "
                "call the same command again when it stays as it is"
            )

    def finish(self) -> tuple[Stamp, str]:
        """Return what the file that was read is known by; raise ValueError if it was changed."""
        self.check()
        digest = sha256_of(self.path)
        if self.digest not in (None, digest):
            self.before = ()  # as no file is
        self.check()
        return Stamp(*self.before[-3:]), digest


def _identity(path: Path) -> tuple[int, ...]:
    """Identify a file and its stamp; opened, since a network share knows only then."""
    with open(path, "rb") as file:
        found = os.fstat(file.fileno())
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns
