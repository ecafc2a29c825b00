"""Results of earlier runs inside an album: they are none of its photographs."""

from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from colorlib.album.fingerprint import stamp
from colorlib.album.ledger import FOLDER, Ledger

__all__ = ["earlier_results"]


def earlier_results(given: Path, sources: Iterable[Path]) -> list[Path]:
    """Find the files that runs into folders of an album have made there.

    A result that somebody changed since is a photograph, and so is one whose folder is given
    itself.

    Parameters
    ----------
    given : Path
        A folder, or a file.
    sources : iterable of Path
        Files in it and in its folders.
    """
    ledgers: dict[Path, list[Ledger]] = {given: [], given.parent: []}

    def above(folder: Path) -> list[Ledger]:
        """Give the records of a folder and of those above it, but for the given one."""
        if folder not in ledgers:
            ledgers[folder] = above(folder.parent)
            if (folder / FOLDER).is_dir():
                ledger = Ledger(folder)
                with suppress(OSError):
                    ledger.refresh()
                ledgers[folder] = [*ledgers[folder], ledger]
        return ledgers[folder]

    def is_result(source: Path) -> bool:
        for ledger in above(source.parent):
            records = ledger.of(source.relative_to(ledger.folder.parent).as_posix())
            with suppress(OSError):
                if records and any(record.made[:2] == stamp(source)[:2] for record in records):
                    return True
        return False

    return [source for source in sources if is_result(source)]
