"""Photographs that must stay as they are while a network learns from them."""

import hashlib
import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from colorlib._atomic import sha256_of

__all__ = ["SourceChangedError", "Unchanged", "contents_hash"]


class SourceChangedError(ValueError):
    """A photograph is not the one any more that the training began with; one line names it."""


class Unchanged:
    """Remember sizes and times of some files, to notice when one of them is another.

    Parameters
    ----------
    paths : iterable of Path
        A file that is missing now is remembered as missing.
    """

    def __init__(self, paths: Iterable[Path]) -> None:
        self.noted = {path: _stamp(path) for path in paths}

    def check(self, path: Path) -> None:
        """Compare one file with what was noted.

        Parameters
        ----------
        path : Path
            One of those that were given.

        Raises
        ------
        SourceChangedError
            If it was changed, replaced or removed meanwhile, or has appeared.
        """
        now, before = _stamp(path), self.noted[path]
        if now != before:
            what = "vanished" if now is None else "appeared" if before is None else "changed"
            raise SourceChangedError(
                f"{path} {what} during the training: put it back as it was and call the same "
                "command again, "
                "or begin anew in another folder"
            )

    def check_all(self) -> None:
        """Compare all files.

        Raises
        ------
        SourceChangedError
            As `check`, for the first that differs.
        """
        for path in self.noted:
            self.check(path)


def contents_hash(paths: Sequence[Path]) -> str:
    """Hash a list of photographs: names, folders, contents, and the order.

    Where the folders lie does not count, so that a collection may move.

    Parameters
    ----------
    paths : sequence of Path
        One that occurs twice is read once.

    Returns
    -------
    str
        sha256, 64 hexadecimal digits.
    """
    known: dict[Path, bytes] = {}
    total = hashlib.sha256()
    for path in paths:
        if path not in known:
            name = os.fsencode(f"{path.parent.name}/{path.name}")
            try:
                content = bytes.fromhex(sha256_of(path))
            except OSError:  # a file that cannot be read is skipped in training, with a warning
                content = b""
            known[path] = hashlib.sha256(name + b"\0" + content).digest()
        total.update(known[path])
    return total.hexdigest()


def _stamp(path: Path) -> tuple[int, int] | None:
    """Size and time of the last change of a file; None when it is not there."""
    try:
        status = os.stat(path)
    except OSError:
        return None
    return status.st_size, status.st_mtime_ns
