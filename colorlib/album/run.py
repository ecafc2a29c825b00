"""A folder of photographs as it is found: which files, where copies go, and a run.

An original is never touched: results go to another folder, in the same layout, and nothing that is
already there is overwritten, unless it is a stale result of ours and we are told to. A result
appears when it is complete.
"""

import sys
import threading
import time
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import Any, overload

import cv2
import numpy as np

from colorlib._atomic import ALREADY_THERE
from colorlib.album.earlier import earlier_results
from colorlib.album.naming import result_names
from colorlib.album.outcome import Job, Outcome, Report, Size
from colorlib.album.results import Results, sweep_results
from colorlib.album.twins import files_below, folded, refuse_twins, would_both
from colorlib.images.decode import memory_needed
from colorlib.images.folder import THUMBNAILS, LeftOut, album
from colorlib.images.label import Label
from colorlib.images.notes import collected
from colorlib.images.printable import one_line, printable
from colorlib.images.read import read_document
from colorlib.settings import cores

# bytes, 30 megapixels of 8-bit colour; above this, one file at a time fills the memory enough
GIANT = 450_000_000
MOST_WORKERS = 4  # each may hold a picture of `GIANT` bytes
_one_giant = threading.Lock()


def plan(
    inputs: Iterable[str | Path],
    out: str | Path,
    format: str | None = None,
    left_out: LeftOut | None = None,
) -> list[Job]:
    """List the photographs among files and folders, each with the place for its coloured copy.

    A file goes to `out/NAME`. Folders are searched recursively and keep their layout:
    `FOLDER/a/b.jpg` goes to `out/a/b.jpg`. Photographs are known by their content (`folder.album`);
    their names stay, or get a suffix more (`naming.result_names`), and the format stays unless
    another one is asked for. What already lies in `out` is no input, so that `out` may be inside an
    input folder; neither are thumbnails of a contact sheet, and results of other runs in folders of
    a folder (`earlier.earlier_results`).

    Parameters
    ----------
    inputs : iterable of str or Path
        Photographs and folders of photographs.
    out : str or Path
        The folder for the results. It need not exist and is not made here.
    format : str, optional
        One of `write.FORMATS`, for all results. By default each has the format of its original.
    left_out : LeftOut, optional
        Everything in the folders that becomes no job is noted here.

    Returns
    -------
    list of Job
        In the order of `inputs`, sorted by name within each folder; a file named twice comes once.

    Raises
    ------
    FileNotFoundError
        If an input does not exist.
    ValueError
        If there is no photograph, a file is none, `out` is the folder an input lies in or no
        folder, an input lies in `out`, the format is unknown, or two inputs would get the same
        result.
    """
    out = Path(out)
    if out.exists() and not out.is_dir():
        raise ValueError(f"{out}: the output is a file; give a folder for the results")
    here, sources, kinds, inside, folders = out.resolve(), [], {}, [], set()
    left_out = LeftOut() if left_out is None else left_out
    # The photographs of what was given; results of earlier runs are none.
    for given in map(Path, inputs):
        folder = given if given.is_dir() else given.parent
        folders.add(folder.resolve())
        if folder.resolve() == here:
            raise ValueError(
                f"{out}: the output folder is the folder of the input {given}; give another --out"
            )
        if here in given.resolve().parents:
            inside.append(given)
        found = album(given, out, left_out)
        for source in earlier_results(given, found):
            del found[source]
            left_out.note("earlier result", source)
        for source, kind in found.items():
            sources.append((source, source.relative_to(folder)))
            kinds[source.relative_to(folder)] = kind
    # A result for each: no two in one file, however the file system folds names, none on an input.
    names = result_names(kinds, format)
    jobs: dict[Path, Job] = {}
    taken: dict[str, tuple[Path, Path, Path]] = {}
    for source, name in sources:
        real, target = source.resolve(), out / names[name]
        key = folded(names[name].as_posix())
        if (first := taken.setdefault(key, (target, source, real)))[::2] != (target, real):
            raise ValueError(would_both(source, first[1], target, first[0]))
        if target.resolve() == real:
            raise ValueError(
                f"{source}: its result would be the photograph itself; give another --out"
            )
        jobs.setdefault(target, Job(source, target, names[name].as_posix()))
    if not jobs:
        raise ValueError("no photographs to colorize; everything given is a result or a thumbnail")
    if inside:
        raise ValueError(
            f"{inside[0]} lies in {out}, where the results go and nothing is an input; "
            "give another --out"
        )
    _refuse_links_back(out, {job.target.parent for job in jobs.values()}, folders)
    refuse_twins(out, [job.name for job in jobs.values()], files_below(out, THUMBNAILS))
    return list(jobs.values())


def _refuse_links_back(out: Path, targets: Iterable[Path], folders: set[Path]) -> None:
    """Raise ValueError if a folder of results links back to among the inputs."""
    here = out.resolve()
    for target in targets:
        real = target.resolve()
        if here not in (real, *real.parents) and folders.intersection((real, *real.parents)):
            raise ValueError(
                f"{target} leads into {real}, a folder of the inputs; "
                "remove the link or give another --out"
            )


@dataclass(frozen=True)
class AlbumColorizer:
    """Read each photograph, colour it page by page, write it, put it on the contact sheet.

    Parameters
    ----------
    colorize : callable
        Takes a page, (H, W) or (H, W, 3) of uint8 or uint16, and returns it coloured, (H, W, 3) of
        the same type.
    out : str or Path
        The folder of the results, where the thumbnails go.
    resume : bool
        A photograph whose result is there, made of it and with these settings, is skipped;
        otherwise that is an error.
    redo : bool
        What was made of an earlier state of the photograph or with other settings is made anew, if
        nobody changed it since; otherwise that is an error. A file that this package has not made
        is never replaced.
    settings : dict
        What `colorize` does to the pixels: names to anything that json can hold.
    label : Label, optional
        What each result says about its colours.
    skip_color : bool
        A photograph with colours is skipped; a tint over all of it, such as sepia, is none.
    """

    colorize: Callable[[np.ndarray], np.ndarray]
    out: str | Path
    resume: bool = True
    skip_color: bool = False
    thumbnails: bool = True
    redo: bool = False
    settings: Mapping[str, Any] = field(default_factory=dict)
    label: Label | None = None
    results: Results = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        ways = (self.settings, self.resume, self.redo, self.thumbnails, self.label)
        object.__setattr__(self, "results", Results(self.out, *ways))

    @overload
    def __call__(self, job: Job) -> Outcome: ...
    @overload
    def __call__(self, job: Job, stopped: Callable[[], bool]) -> Outcome | None: ...
    def __call__(self, job: Job, stopped: Callable[[], bool] = lambda: False) -> Outcome | None:
        """Do one job; write nothing and return None if `stopped`, asked between pages, says yes.

        Whatever a file provokes becomes an outcome that says so.
        """
        start = time.perf_counter()
        with collected() as notes:
            try:
                outcome = self._done(job, stopped)
            except _Stopped:
                return None
            except Exception as error:  # whatever a file provokes, the album goes on
                outcome = Outcome(job, "failed", _one_line(job.source, error))
        if outcome.status == "done":
            outcome = replace(outcome, reason=" ".join("; ".join(notes).split()))
        return replace(outcome, seconds=time.perf_counter() - start)

    def _done(self, job: Job, stopped: Callable[[], bool]) -> Outcome:
        if not job.source.is_file():  # reading from a pipe would wait for ever
            raise ValueError(f"{job.source} is not a file")
        if (task := self.results.begin(job)) is None:
            return Outcome(job, "skipped", ALREADY_THERE, **self.results.catch_up(job))
        with _one_giant if memory_needed(job.source) > GIANT else nullcontext():
            document = read_document(job.source)
            first = document.pages[0]
            height, width = first.shape[:2]
            size: Size = {"width": width, "height": height, "pages": len(document.pages)}
            if self.skip_color and first.ndim == 3:
                from colorlib.images.color_or_grey import judge_picture

                if (found := judge_picture(first[..., :3])).in_color:
                    return Outcome(job, "skipped", f"already {found}", **size)

            def colored() -> Iterator[np.ndarray]:
                for page in document.pages:
                    task.check()
                    if stopped():
                        raise _Stopped
                    yield self.colorize(page)

            task.write(document, colored())
        return Outcome(job, "done", **size)


def sensible_workers() -> int:
    """Return how many photographs to colorize at once: the cores, at most `MOST_WORKERS`."""
    return min(cores(), MOST_WORKERS)


def run(
    colorizer: AlbumColorizer, jobs: Sequence[Job], report: Report, workers: int = 1
) -> Generator[Outcome, None, None]:
    """Do the jobs, several at once; a file that fails is told and the others are done.

    The workers are threads: decoding, the network and encoding all let go of Python's lock. The
    cores are shared among them, which for many pictures is quicker than all cores on one. Nothing
    is read ahead.

    Parameters
    ----------
    report : Report
        Each worker notes its outcomes here, so that none is missing when the run is broken off.
    workers : int
        How many of the jobs of `plan` are worked on at the same time.

    Yields
    ------
    Outcome
        One for each job, when it is finished. Close the iterator to drop what is being coloured.
    """
    stop, waiting = threading.Event(), iter(jobs)
    running: set[Future[Outcome | None]] = set()
    workers = max(1, min(workers, len(jobs)))

    def work(job: Job) -> Outcome | None:
        if not stop.is_set() and (outcome := colorizer(job, stop.is_set)):
            report.outcomes.append(outcome)
            return outcome
        return None

    sweep_results(Path(colorizer.out), (job.target for job in jobs))
    pool = ThreadPoolExecutor(
        workers, initializer=_take_threads, initargs=(max(1, cores() // workers),)
    )
    try:
        while True:
            running |= {
                pool.submit(work, job) for job in islice(waiting, 2 * workers - len(running))
            }
            if not running:
                break
            finished, running = wait(running, return_when=FIRST_COMPLETED)
            yield from filter(None, (future.result() for future in finished))
    finally:
        stop.set()
        pool.shutdown(cancel_futures=True)
        _take_threads(cores())


def _take_threads(count: int) -> None:
    """Say how many threads a worker's arithmetic may take: OpenCV's, and torch's if at work."""
    cv2.setNumThreads(count)
    if torch := sys.modules.get("torch"):
        torch.set_num_threads(count)


class _Stopped(Exception):  # noqa: N818
    """The run was broken off."""


def _one_line(source: Path, error: Exception) -> str:
    """Say in one line what went wrong, with the file's name in front."""
    text, name = one_line(error, source) or type(error).__name__, printable(source)
    return text if name in text else f"{name}: {text}"
