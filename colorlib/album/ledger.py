"""The record beside the results: of which photograph each was made, and with which settings.

It lies in the hidden folder `.colorlib` of the results. Every process that makes results appends to
a file of its own there, so that none waits for another and none can spoil another's lines, on one
machine or on many; a line that was cut off by a crash is the last of its file, and is left out. A
line is written before the result gets its name. So there is never a result without its line; a line
without its result, and several lines for one result, are ordinary: which of them tells of the file
that is there, that file's own size, time and sha256 decide.
"""

import hashlib
import json
import secrets
import threading
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any, TypedDict

from colorlib.album.fingerprint import Stamp
from colorlib.album.twins import folded

__all__ = ["FOLDER", "Ledger", "Record"]

FOLDER = ".colorlib"  # in the folder of the results


class Fingerprint(TypedDict):
    """A file as the record of a result names it."""

    name: str
    sha256: str


class Settings(TypedDict, total=False):
    """What changes the pixels of a result, for its record."""

    weights: Fingerprint
    size: list[int]
    vividness: float | None
    saturation: float
    flip: bool
    points: list[str]
    reference: Fingerprint | None
    caption: bool
    keep_grey: bool


@dataclass(frozen=True)
class Record:
    """How one result was made.

    Parameters
    ----------
    result : str
        Its name in the folder of the results, with forward slashes.
    source : str
        The photograph, an absolute path or an address.
    stamp, sha256 : Stamp, str
        What the photograph is known by.
    made, made_sha256 : Stamp, str
        What the result is known by. Its `ctime_ns` is 0: giving the file its name changes that.
    settings : dict
        What changes its pixels, beside the photograph: names to anything that json can hold.
    version : str
        Of the package; for information.
    """

    result: str
    source: str
    stamp: Stamp
    sha256: str
    made: Stamp
    made_sha256: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    version: str = ""

    def lines(self) -> bytes:
        """Return it as two lines of json: the settings, with a name for them, and the rest."""
        about = {"settings": dict(self.settings), "version": self.version}
        name = hashlib.sha256(json.dumps(about, sort_keys=True).encode()).hexdigest()[:16]
        line = {
            "result": self.result,
            "source": self.source,
            "stamp": self.stamp,
            "sha256": self.sha256,
            "made": self.made,
            "made_sha256": self.made_sha256,
            "by": name,
        }
        return b"".join(json.dumps(one).encode() + b"\n" for one in ({"name": name, **about}, line))


class Ledger:
    """The records of a folder of results, for several threads and processes.

    Parameters
    ----------
    folder : str or Path
        The folder of the results. Nothing is read or made before it is needed.
    """

    def __init__(self, folder: str | Path) -> None:
        self.folder = Path(folder, FOLDER)
        self._own = self.folder / f"{secrets.token_hex(8)}.jsonl"
        self._lock = threading.Lock()
        self._read: dict[Path, int] = {}  # how many bytes of each file are known
        self._settings: dict[str, dict[str, Any]] = {}
        # by result; unpacked they would take several times the memory
        self._lines: dict[str, list[bytes]] = {}

    def __reduce__(self) -> tuple:
        return Ledger, (self.folder.parent,)

    def of(self, result: str) -> list[Record]:
        """Return the records of a result that are known, the last read first.

        Parameters
        ----------
        result : str
            Its name. Names that a file system may take for the same are the same.
        """
        with self._lock:
            lines = list(self._lines.get(folded(result), ()))
        return [self._unpacked(json.loads(line)) for line in reversed(lines)]

    def refresh(self) -> None:
        """Read what this and other processes have written since the last time."""
        with self._lock, suppress(FileNotFoundError):
            for path in sorted(self.folder.iterdir()):
                if (
                    path.suffix == ".jsonl"
                    and path.is_file()
                    and path.stat().st_size > self._read.get(path, 0)
                ):
                    with path.open("rb") as file:
                        file.seek(self._read.get(path, 0))
                        data = file.read()
                    whole = data.rfind(b"\n") + 1
                    self._read[path] = self._read.get(path, 0) + whole
                    self._take(data[:whole].splitlines())

    def take(self, lines: bytes) -> None:
        """Add the lines of a record file that was read elsewhere."""
        with self._lock:
            self._take(lines.splitlines())

    def note(self, record: Record) -> None:
        """Write a record down.

        Raises
        ------
        OSError
            If it cannot be written.
        """
        with self._lock:
            self.folder.mkdir(parents=True, exist_ok=True)
            # Opened each time: on a network share that is when others get to see it. An empty line
            # at the front ends what a full disk may have cut off.
            with self._own.open("ab") as file:
                file.write(b"\n" + record.lines())

    def _take(self, lines: Iterable[bytes]) -> None:
        """Remember lines; what cannot be read is not there."""
        for line in lines:
            with suppress(ValueError, TypeError, KeyError, AttributeError, RecursionError):
                entry = json.loads(line)
                if "settings" in entry:
                    self._settings[entry["name"]] = {
                        "settings": dict(entry["settings"]),
                        "version": entry["version"],
                    }
                else:
                    self._lines.setdefault(folded(self._unpacked(entry).result), []).append(line)

    def _unpacked(self, entry: dict[str, Any]) -> Record:
        about = self._settings[entry.pop("by")]
        entry["stamp"], entry["made"] = (
            Stamp(*map(int, entry["stamp"])),
            Stamp(*map(int, entry["made"])),
        )
        return Record(**entry, **about)


def package_version() -> str:
    """Return the version of the package, for a record."""
    return version("colorlib-book")
