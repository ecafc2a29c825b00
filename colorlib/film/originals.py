"""The file that a run works on: what it holds, and that it stays the same."""

import hashlib
import os
from pathlib import Path
from typing import BinaryIO

__all__ = ["Original"]

# A film is read once before the work to know its content: at some hundred megabytes a second less
# than a hundredth of the time that colouring takes. Beyond this size, where a preview of ten
# seconds would wait for minutes, pieces stand for it, spread evenly from its first byte to its
# last; and the time of its last change.
WHOLE = 8 << 30  # bytes
PIECE, PIECES = 4 << 20, 128


class Original:
    """A file as it is at one moment.

    Parameters
    ----------
    path : Path

    Raises
    ------
    OSError
        When it cannot be looked at.
    """

    def __init__(self, path: Path) -> None:
        self.path, self._state = path, _state(path)

    def content(self) -> dict[str, object]:
        """Return what tells its content from any other, as JSON: mostly its sha256 and size.

        Raises
        ------
        OSError, ValueError
            When it cannot be read, or changes meanwhile.
        """
        with open(self.path, "rb") as file:
            size = os.fstat(file.fileno()).st_size
            if size <= WHOLE:
                content = {"sha256": hashlib.file_digest(file, "sha256").hexdigest(), "bytes": size}
            else:
                changed = os.fstat(file.fileno()).st_mtime_ns
                content = {
                    "sha256 of pieces": _of_pieces(file, size),
                    "bytes": size,
                    "changed": changed,
                }
        self.check()
        return content

    def check(self) -> None:
        """Raise ValueError when the file is no more what it was."""
        if _state(self.path) != self._state:
            raise ValueError(
                f"{self.path}: the file was changed while it was read; "
                "wait until nothing writes to it, and call the same command again"
            )


def _state(path: Path) -> tuple[int, ...]:
    """Return what changes when a file is replaced or written to."""
    state = os.stat(path)
    return state.st_dev, state.st_ino, state.st_size, state.st_mtime_ns


def _of_pieces(file: BinaryIO, size: int) -> str:
    """Compute a sha256 of pieces of a file, the first and the last among them."""
    digest = hashlib.sha256()
    for index in range(PIECES):
        file.seek((size - PIECE) * index // (PIECES - 1))
        digest.update(file.read(PIECE))
    return digest.hexdigest()
