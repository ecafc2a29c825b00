"""Whether a result is what a run would make: same photograph, same settings, unharmed.

A glance at sizes and times decides where it can; where these differ the contents are compared, so
that an album that was moved or copied is not coloured anew.
"""

import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from colorlib._atomic import sha256_of
from colorlib.album.fingerprint import Stamp, stamp
from colorlib.album.ledger import Ledger, Record

if TYPE_CHECKING:
    from colorlib.album.address import Place

__all__ = ["Standing", "standing"]

_REDO = "give --redo (redo=True) to have it made anew, or choose another folder"
_AWAY = "move it away, or choose another folder"


@dataclass(frozen=True)
class Standing:
    """What a file that has the name of a result is.

    Parameters
    ----------
    differs : str
        "" when it is the result that a run would make; otherwise what differs and what to do, in
        one sentence.
    stale : str
        The sha256 of the result as it was made, if it may be replaced when that is asked for: it
        was made by this package, of an earlier state of the same photograph, of one that is gone,
        or with other settings.
    """

    differs: str = ""
    stale: str = ""


def standing(
    ledger: Ledger,
    result: str,
    source: "Path | Place",
    target: "Path | Place",
    settings: Mapping[str, Any],
) -> Standing:
    """Compare a result that is there with what a run would make.

    Parameters
    ----------
    ledger : Ledger
        Of the folder of the results. What is found out by comparing contents is noted there.
    result : str
        Its name in that folder, with forward slashes.
    source, target : Path or Place
        The photograph and the result. The latter is there.
    settings : dict
        What would change the pixels. Where a value is a dict with "sha256", that alone is compared.

    Raises
    ------
    OSError
        If one of the files cannot be read.
    """
    # Is it ours, and as we left it? Another process may have written since the records were read.
    if isinstance(target, Path) and not target.is_file():
        return Standing(f"{target}: is in the way and no file; {_AWAY}")
    records, exact = _fitting(ledger.of(result), target)
    if not records:
        ledger.refresh()
        records, exact = _fitting(ledger.of(result), target)
    if not records:
        if ledger.of(result):
            return Standing(
                f"{target}: was changed since it was made, and is not replaced; {_AWAY}"
            )
        return Standing(
            f"{target}: there is no record that colorlib made it, and it is not replaced; {_AWAY}"
        )
    # Is it of this photograph? Its address, size and time tell at a glance, else its content.
    here, now = _address(source), _stamp(source)
    glance = [record for record in records if (record.source, record.stamp) == (here, now)]
    digest = (
        ""
        if glance or not any(record.stamp.size == now.size for record in records)
        else _sha256(source)
    )
    same = glance or [record for record in records if record.sha256 == digest]
    for record in same:
        if not _differing(record.settings, settings):
            if not (exact and glance):
                _note_again(ledger, record, source, target)
            return Standing()
    # Something differs: the settings, the photograph, or it is of another photograph.
    record = (same or records)[0]
    if same:
        what = ", ".join(_differing(record.settings, settings))
        return Standing(
            f"{target}: was made with other settings: {what}; {_REDO}", record.made_sha256
        )
    if record.source == here:
        return Standing(
            f"{target}: {source} was changed since the result was made; {_REDO}", record.made_sha256
        )
    of_another = f"{target}: the result there is of another photograph: {record.source}"
    if _exists(record.source, source):
        return Standing(f"{of_another}; colorize {source} into another folder")
    return Standing(f"{of_another}, which is gone; {_REDO}", record.made_sha256)


def _fitting(records: list[Record], target: "Path | Place") -> tuple[list[Record], bool]:
    """Find the records of the file that is there, and whether size and time sufficed."""
    there = _stamp(target)
    if exact := [record for record in records if record.made[:2] == there[:2]]:
        if len({(record.sha256, str(record.settings)) for record in exact}) == 1:
            return exact, True
        records = exact
    same_size = [record for record in records if record.made.size == there.size]
    digest = _sha256(target) if same_size else ""
    return [record for record in same_size if record.made_sha256 == digest], False


def _differing(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """Name the settings that differ."""
    differences = []
    for key in dict.fromkeys([*before, *now]):
        old, new = (settings.get(key) for settings in (before, now))
        if _value(old) == _value(new):
            continue
        shown, wanted = _shown(old), _shown(new)
        differences.append(
            f"{key} {shown}, now {'others of that name' if shown == wanted else wanted}"
        )
    return differences


def _value(setting: Any) -> Any:
    """Return what of a setting is compared."""
    if isinstance(setting, Mapping):
        return setting.get("sha256")
    return list(setting) if isinstance(setting, tuple) else setting


def _shown(setting: Any) -> str:
    if isinstance(setting, Mapping):
        return str(setting.get("name"))
    if isinstance(setting, bool) or setting is None:
        return {True: "on", False: "off", None: "none"}[setting]
    return ",".join(map(str, setting)) if isinstance(setting, list | tuple) else str(setting)


def _note_again(
    ledger: Ledger, record: Record, source: "Path | Place", target: "Path | Place"
) -> None:
    """Note places and times of both files: the next run need not compare contents."""
    if not isinstance(target, Path):
        return  # the records beside it are of its own run
    now = Record(
        record.result,
        _address(source),
        _stamp(source),
        record.sha256,
        Stamp(*_stamp(target)[:2]),
        record.made_sha256,
        record.settings,
        record.version,
    )
    with suppress(OSError):  # where nothing can be written it is compared each time
        ledger.note(now)


def _address(file: "Path | Place") -> str:
    return os.path.abspath(file) if isinstance(file, Path) else str(file)


def _stamp(file: "Path | Place") -> Stamp:
    return stamp(file) if isinstance(file, Path) else file.stamp()


def _sha256(file: "Path | Place") -> str:
    return sha256_of(file) if isinstance(file, Path) else file.sha256()


def _exists(address: str, like: "Path | Place") -> bool:
    """Whether the photograph of a record is still there; where that is unknown it is."""
    if "://" not in address:
        return os.path.exists(address)
    return isinstance(like, Path) or like.of(address).exists()
