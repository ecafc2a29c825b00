"""Results at an address, such as a bucket: made here, then sent, with their records.

A bucket knows neither appending nor names that only one of two gets. So each result has a record
file of its own, in `.colorlib`, and that nothing is there is asked just before a result is sent:
between the two lies a moment in which somebody else's file could be replaced.
"""

import hashlib
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from colorlib._atomic import ALREADY_THERE, already_there
from colorlib.album.address import Place, RemoteJob
from colorlib.album.contact_sheet import thumbnails
from colorlib.album.fingerprint import Stamp
from colorlib.album.ledger import FOLDER, Ledger
from colorlib.album.outcome import Job, Outcome
from colorlib.album.resume import standing
from colorlib.album.run import AlbumColorizer
from colorlib.images.printable import one_line, printable

__all__ = ["colorize_at_address", "settled"]

_AT_ONCE = 32  # questions that are asked of a bucket; each takes some hundredths of a second


def colorize_at_address(colorizer: AlbumColorizer, job: RemoteJob) -> Outcome:
    """Fetch a photograph, do the job in a folder of this machine, and send the results.

    Parameters
    ----------
    colorizer : AlbumColorizer
        Its `out` is an address.
    job : RemoteJob
    """
    with tempfile.TemporaryDirectory() as here:
        out, source = Path(here, "out"), Path(here, "in", Path(job.source.path).name)
        try:
            there = job.target.exists()
            if there and (outcome := _judged(colorizer, job)):
                return outcome
            before = job.source.stamp()
            job.source.fetch(source)
            if job.source.stamp() != before:
                raise ValueError(
                    f"{job.source} was changed while it was read: call the same command again"
                )
            here_colorizer = replace(colorizer, out=out)
            outcome = here_colorizer(Job(source, out / job.name, job.name))
            if outcome.status == "done":
                _send(colorizer, here_colorizer, job, before, there)
        except (OSError, ValueError) as error:
            text = " ".join(str(error).split())
            return Outcome(
                job, "failed", text if str(job.source) in text else f"{job.source}: {text}"
            )
    return replace(
        outcome, job=job, reason=outcome.reason.replace(printable(source), printable(job.source))
    )


def settled(
    colorizer: AlbumColorizer, jobs: Sequence[RemoteJob], there: set[str]
) -> Iterator[tuple[RemoteJob, Outcome | None]]:
    """Tell which jobs have their result before the run.

    Parameters
    ----------
    colorizer : AlbumColorizer
        Its `out` is an address.
    jobs : sequence of RemoteJob
    there : set of str
        The names of the files that are in `out`.

    Yields
    ------
    (RemoteJob, Outcome or None)
        None where the result is to be made.
    """
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        yield from zip(
            jobs,
            pool.map(lambda job: _judged(colorizer, job) if job.name in there else None, jobs),
            strict=True,
        )


def _judged(colorizer: AlbumColorizer, job: RemoteJob) -> Outcome | None:
    """Say what becomes of a job whose result is there; None if it is to be replaced."""
    if not colorizer.resume:
        return Outcome(job, "failed", str(already_there(job.target)))
    try:
        found = standing(
            _records(colorizer, job), job.name, job.source, job.target, colorizer.settings
        )
    except OSError as error:
        return Outcome(job, "failed", one_line(f"{job.source}: {error}", job.source))
    if not found.differs:
        return Outcome(job, "skipped", ALREADY_THERE)
    if colorizer.redo and found.stale and job.target.sha256() == found.stale:
        return None
    return Outcome(job, "failed", one_line(found.differs, job.source))


def _records(colorizer: AlbumColorizer, job: RemoteJob) -> Ledger:
    ledger = Ledger(Place.of(str(colorizer.out)).local or str(colorizer.out))
    with suppress(FileNotFoundError):
        ledger.take(_place_of_record(colorizer, job).read())
    return ledger


def _place_of_record(colorizer: AlbumColorizer, job: RemoteJob) -> Place:
    key = hashlib.sha256(job.name.encode("utf-8", "surrogateescape")).hexdigest()[:20]
    return Place.of(str(colorizer.out)) / FOLDER / f"{key}.jsonl"


def _send(
    colorizer: AlbumColorizer,
    made_by: AlbumColorizer,
    job: RemoteJob,
    source: Stamp,
    replaces: bool,
) -> None:
    """Send a result that was made here, and what belongs to it."""
    target, out = Place.of(str(colorizer.out)), Path(made_by.out)
    made_by.results.ledger.refresh()
    record = replace(made_by.results.ledger.of(job.name)[0], source=str(job.source), stamp=source)
    place, before = _place_of_record(colorizer, job), b""
    with suppress(FileNotFoundError):
        before = place.read()
    if not replaces and job.target.exists():
        raise already_there(job.target)
    place.write(before + record.lines())
    # The result last: when it is there, all is there.
    for path in thumbnails(out, job.name) if colorizer.thumbnails else ():
        if path.exists():
            (target / path.relative_to(out).as_posix()).put(path)
    job.target.put(out / job.name, replace=replaces)
    # Only now it is known which time a bucket gives it; until it is written down the contents are
    # compared.
    place.write(before + replace(record, made=job.target.stamp()).lines())
