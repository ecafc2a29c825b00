"""The results of a run: which are there, which are to be made, and how one gets its name."""

import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np

from colorlib._atomic import already_there, sha256_of, sweep
from colorlib.album.contact_sheet import save_thumbnails, small_copy, thumbnails
from colorlib.album.fingerprint import Stamp, Watch, stamp
from colorlib.album.ledger import Ledger, Record, package_version
from colorlib.album.outcome import Job, Size
from colorlib.album.resume import standing
from colorlib.images.folder import THUMBNAILS
from colorlib.images.label import Label
from colorlib.images.read import Document, read_document
from colorlib.images.write import write_document

__all__ = ["Results", "Task", "sweep_results"]


class Results:
    """The folder of the results, and what a run does with a file that has the name of one.

    Parameters
    ----------
    settings : dict
        What changes the pixels, for the record.
    resume, redo, thumbnails : bool
        As for `run.AlbumColorizer`.
    label : Label, optional
        What each result says about its colours.
    """

    def __init__(
        self,
        folder: str | Path,
        settings: Mapping[str, Any],
        resume: bool,
        redo: bool,
        thumbnails: bool,
        label: Label | None = None,
    ) -> None:
        self.folder, self.settings = folder, settings
        self.resume, self.redo, self.thumbnails = resume, redo, thumbnails
        self.ledger, self.label = Ledger(folder), label

    def begin(self, job: Job) -> "Task | None":
        """Look whether there is something to do.

        Returns
        -------
        Task or None
            What makes the result; None when it is there, of this photograph and with these
            settings.

        Raises
        ------
        FileExistsError
            If something else is there that is not to be replaced; the message says what.
        OSError
            If the photograph or the result cannot be read.
        """
        if not os.path.lexists(job.target):
            return Task(self, job)
        if not self.resume:
            raise already_there(job.target)
        found = standing(self.ledger, job.name, job.source, job.target, self.settings)
        if not found.differs:
            return None
        if not (self.redo and found.stale):
            raise FileExistsError(found.differs)
        replaced = Watch(job.target)
        if job.target.is_symlink() or sha256_of(job.target) != found.stale:
            raise FileExistsError(
                f"{job.target}: was changed since it was made, and is not replaced; move it away"
            )
        return Task(self, job, replaced)

    def catch_up(self, job: Job) -> Size:
        """Make the thumbnails of a result that an earlier run has left without.

        Returns
        -------
        Size
            Of the result; empty when there was nothing to do.
        """
        if not self.thumbnails or all(path.exists() for path in thumbnails(self.folder, job.name)):
            return {}
        try:
            before, after = read_document(job.source), read_document(job.target)
            save_thumbnails(self.folder, job.name, before.pages[0], after.pages[0])
        except (OSError, ValueError, MemoryError):
            return {}  # there is no room: the result is there all the same
        return {
            "width": after.pages[0].shape[1],
            "height": after.pages[0].shape[0],
            "pages": len(after.pages),
        }


class Task:
    """One result in the making. The photograph is watched from here on.

    Parameters
    ----------
    replaced : Watch, optional
        The result that is there, if it is to be replaced.
    """

    def __init__(self, results: Results, job: Job, replaced: Watch | None = None) -> None:
        self.results, self.job, self.replaced, self.source = (
            results,
            job,
            replaced,
            Watch(job.source),
        )

    def check(self) -> None:
        """Raise ValueError if the photograph changed; ask after a part of it was read."""
        self.source.check()

    def write(self, document: Document, pages: Iterable[np.ndarray]) -> None:
        """Write the result as `images.write_document`, and its record just before it has its name.

        Parameters
        ----------
        document, pages
            As for `images.write_document`.

        Raises
        ------
        FileExistsError, OSError, ValueError
            As `images.write_document`; or if the photograph was changed while it was read.
        """
        small: list[np.ndarray] = []

        def seen() -> Iterator[np.ndarray]:
            try:
                for page in pages:
                    if self.results.thumbnails and not small:
                        small.extend(map(small_copy, (document.pages[0], page)))
                    yield page
            except Exception:
                self.check()  # a page that cannot be read because the file is another one now
                raise

        write_document(
            document,
            seen(),
            self.job.target,
            replace=self.replaced is not None,
            approve=self._record,
            label=self.results.label,
        )
        # not before: should another process have been quicker, the thumbnails are of its photograph
        if small:
            with suppress(OSError):  # where there is no room, the next run catches up
                save_thumbnails(self.results.folder, self.job.name, *small)

    def _record(self, temporary: Path) -> None:
        """Note the result, which lies complete under a temporary name."""
        seen, digest = self.source.finish()
        if self.replaced:
            self.replaced.check()
        if self.replaced or not os.path.lexists(self.job.target):
            # of an earlier result: they would outlive it
            for path in thumbnails(self.results.folder, self.job.name):
                path.unlink(missing_ok=True)
        source, made = os.path.abspath(self.job.source), Stamp(*stamp(temporary)[:2])
        about = (self.results.settings, package_version())
        self.results.ledger.note(
            Record(self.job.name, source, seen, digest, made, sha256_of(temporary), *about)
        )


def sweep_results(folder: Path, targets: Iterable[Path]) -> None:
    """Remove the temporary files that killed runs have left where these results are written."""
    sweep({folder, folder / THUMBNAILS} | {target.parent for target in targets})
