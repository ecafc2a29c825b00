"""The same run on many machines: photographs of a folder or a bucket, coloured by the workers of a Ray cluster.

Each worker is an actor that holds the network. Workers may die: their photographs are given to others, and doing one
twice is harmless, because a result appears under its name whole or not at all. A folder must be one that all machines
see; s3:// and gs:// addresses are read and written through pyarrow, with the credentials that each machine has.
"""

import contextlib
import logging
import os
import pickle
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from colorlib import _atomic
from colorlib.album import contact_sheet, report_table
from colorlib.album import run as local
from colorlib.album.naming import result_names
from colorlib.album.outcome import Job, Outcome, Report
from colorlib.album.results import sweep_results
from colorlib.album.run import AlbumColorizer
from colorlib.album.twins import folded, refuse_twins, would_both
from colorlib.images import folder as contact
from colorlib.images.folder import LeftOut
from colorlib.images.kinds import NAMED
from colorlib.images.write import WRITABLE
from colorlib.settings import install_hint

try:
    import pyarrow as pa
    import ray
    import ray.data

    from colorlib.album import remote
    from colorlib.album.address import Place
except ImportError as error:
    raise ModuleNotFoundError(f"--ray needs the extra `archive` ({error}): {install_hint('archive')}") from error
MOST_PORTIONS = 400  # the photographs are handed out in so many portions, or one by one when they are fewer
TRIES = 3  # workers that may die while they work on one photograph


def plan_on_cluster(
    inputs: Iterable[str], out: str, format: str | None = None, left_out: LeftOut | None = None
) -> list[Job]:
    """List the photographs among files, folders and addresses, each with the place for its coloured copy.

    Parameters
    ----------
    inputs : iterable of str
        Photographs and folders, as paths or as addresses of what pyarrow can reach.
    out : str
        The folder for the results, path or address.
    format : str, optional
        As in `album.plan`.
    left_out : LeftOut, optional
        As in `album.plan`. Behind an address photographs are known by name.

    Returns
    -------
    list of Job
        As from `album.plan`, with absolute paths; or, when there is an address among them, with places.

    Raises
    ------
    FileNotFoundError, ValueError
        As from `album.plan`.
    """
    inputs, left_out = list(inputs), LeftOut() if left_out is None else left_out
    if not any(map(_remote, (*inputs, out))):
        return local.plan([Path(given).absolute() for given in inputs], Path(out).absolute(), format, left_out)
    target, found, jobs = Place.of(out), [], {}
    for given in map(Place.of, inputs):
        sources = given.files()
        if not sources and not given.exists():
            raise FileNotFoundError(f"{given}: no such file or folder")
        folder = given.path if [given] != sources else given.path.rpartition("/")[0]
        if given.scheme == target.scheme and f"{folder}/".startswith(f"{target.path}/"):
            raise ValueError(f"{out}: the output folder is the folder of the input {given}; give another --out")
        for source in sources:
            name = Path(source.path).relative_to(folder)
            inside = source.scheme == target.scheme and source.path.startswith(target.path + "/")
            other = "hidden" if name.name.startswith(".") else "" if name.suffix.lower() in NAMED else "no photograph"
            reason = "result" if inside else "thumbnail" if contact.THUMBNAILS in name.parts else other
            if reason:
                left_out.note(reason, str(source))
            else:
                found.append((source, name))
    names = result_names({name: None for _, name in found}, format)
    for source, name in found:
        result = names[name].as_posix()
        job = jobs.setdefault(folded(result), Job(source, target / result, result))
        if (job.source, job.name) != (source, result):
            raise ValueError(would_both(source, job.source, target / result, job.target))
    if not jobs:
        raise ValueError(f"no photographs in {' '.join(inputs)}: expected {' '.join(sorted(WRITABLE))}")
    refuse_twins(target, [job.name for job in jobs.values()], _names(target))
    return list(jobs.values())


def run_on_cluster(
    colorizer: AlbumColorizer, jobs: Sequence[Job], report: Report, workers: int | None = None, address: str = "auto"
) -> Iterator[Outcome]:
    """Do the jobs on a Ray cluster.

    Parameters
    ----------
    colorizer : AlbumColorizer
        Is sent to the workers with its network, so they need the package but no weights.
    jobs : sequence of Job
        From `plan_on_cluster`. Those whose result is there are told at once and not sent.
    report : Report
        Each outcome is noted here.
    workers : int, optional
        How many actors; each has one core. By default as many as the cluster has cores.
    address : str
        Of the cluster, as `ray.init` takes it: "auto" for the one this machine belongs to, "local" for a new one on
        this machine alone. When Ray is connected already, that connection is used.

    Yields
    ------
    Outcome
        One for each job. A photograph that no worker survives is told as failed.

    Raises
    ------
    ValueError
        If there is no cluster at the address.
    """
    out = str(Place.of(str(colorizer.out))) if _remote(colorizer.out) else Path(colorizer.out).absolute()
    colorizer = replace(colorizer, out=out)
    _sweep(colorizer, jobs)
    todo = []
    for job, outcome in _done_before(colorizer, jobs):
        if outcome is None:
            todo.append(job)
        else:
            report.outcomes.append(outcome)
            yield outcome
    if not todo:
        return
    with _connected(address):
        workers = min(workers or int(ray.cluster_resources().get("CPU", 1)), len(todo))
        tally = ray.remote(num_cpus=0, max_restarts=-1)(_Tally).remote()
        held = ray.put(replace(colorizer, resume=True))
        portions = ray.data.from_items(
            [{"job": pickle.dumps(job)} for job in todo], override_num_blocks=min(len(todo), MOST_PORTIONS)
        )
        outcomes = portions.map_batches(
            _Worker,
            fn_constructor_kwargs={"held": [held], "tally": tally},
            batch_size=None,
            batch_format="pyarrow",
            compute=ray.data.ActorPoolStrategy(size=workers),
            num_cpus=1,
        )
        for row in outcomes.iter_rows():  # Ray restarts an actor that died, and gives it the portion again
            outcome = pickle.loads(row["outcome"])
            report.outcomes.append(outcome)
            yield outcome
    _sweep(colorizer, todo)  # what workers have left that died


def write_report_on_cluster(
    out: str, rows: Iterable[report_table.Row], left_out: Iterable[report_table.Row] = ()
) -> list[str]:
    """Write the tables and the contact sheet as `contact_sheet.write_report` does, also to an address.

    Parameters
    ----------
    out : str
        The folder of the results, path or address.
    rows, left_out : iterable of dict
        As in `contact_sheet.write_report`.

    Returns
    -------
    list of str
        Where they are.
    """
    if not _remote(out):
        return [str(path) for path in contact_sheet.write_report(out, rows, left_out)]
    target = Place.of(out)
    with tempfile.TemporaryDirectory() as here:
        folder = Path(here, target.path.rpartition("/")[2] or "results")
        folder.mkdir()
        for place in (target / name for name in _names(target)):
            name = place.path.rpartition("/")[2]
            if place.path == f"{target.path}/{name}" and name.startswith(("report", "contact-sheet", "left-out")):
                place.fetch(folder / name)
        written = contact_sheet.write_report(folder, rows, left_out)
        for path in {*written, *folder.glob("left-out*"), *folder.glob("report*damaged*")}:  # what was set aside too
            (target / path.name).put(path)
    return [str(target / path.name) for path in written]


class _Tally:
    """Counts how often each photograph was begun, so that one which kills its worker does not do so for ever."""

    def __init__(self) -> None:
        self.begun = Counter()

    def begin(self, name: str) -> int:
        """Count one more time, and return how often that was."""
        self.begun[name] += 1
        return self.begun[name]


class _Worker:
    """An actor that holds the network and colours one portion of photographs after the other."""

    def __init__(self, held: list[Any], tally: Any) -> None:
        self.colorizer, self.tally = ray.get(held[0]), tally

    def __call__(self, portion: pa.Table) -> pa.Table:
        outcomes = [self.paint(pickle.loads(job)) for job in portion["job"].to_pylist()]
        return pa.table({"outcome": [pickle.dumps(outcome) for outcome in outcomes]})

    def paint(self, job: Job) -> Outcome:
        if ray.get(self.tally.begin.remote(job.name)) > TRIES:
            return Outcome(
                job, "failed", f"{job.source}: {TRIES} workers died of it; is it too large for their memory?"
            )
        return _paint(self.colorizer, job)


def _paint(colorizer: AlbumColorizer, job: Job) -> Outcome:
    """Do one job on a worker."""
    outcome = remote.colorize_at_address(colorizer, job) if isinstance(job.target, Place) else colorizer(job)
    # Nobody else writes here: the result is that of a worker that died before it could tell.
    return replace(outcome, status="done", reason="") if outcome.reason == _atomic.ALREADY_THERE else outcome


def _remote(out: str | Path) -> bool:
    return "://" in str(out)


def _names(out: Place) -> set[str]:
    """The names, in a folder, of the files below it."""
    return {place.path.removeprefix(out.path + "/") for place in out.files()}


def _done_before(colorizer: AlbumColorizer, jobs: Sequence[Job]) -> Iterator[tuple[Job, Outcome | None]]:
    """Each job, and what became of it when its result is there before the run."""
    if isinstance(jobs[0].target, Place):
        yield from remote.settled(colorizer, jobs, _names(Place.of(str(colorizer.out))))
        return
    for job in jobs:
        yield job, None if not os.path.lexists(job.target) or _to_be_made(colorizer, job) else colorizer(job)


def _sweep(colorizer: AlbumColorizer, jobs: Iterable[Job]) -> None:
    """Remove what killed runs have left, where there are temporary names."""
    if out := Place.of(str(colorizer.out)).local:
        sweep_results(out, [replace(job, target=out / job.name) for job in jobs])


def _to_be_made(colorizer: AlbumColorizer, job: Job) -> bool:
    """Whether a result that is there is to be replaced."""
    try:
        return colorizer.results.begin(job) is not None
    except (OSError, ValueError):
        return False


@contextlib.contextmanager
def _connected(address: str) -> Iterator[None]:
    """Connect to a cluster, quietly, unless this process is connected; and leave it again."""
    context = ray.data.DataContext.get_current()
    context.enable_progress_bars = False
    logging.getLogger("ray.data").setLevel(logging.ERROR)
    if ray.is_initialized():
        yield
        return
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # nothing about anybody's photographs leaves the machines
    os.environ.setdefault("RAY_BACKEND_LOG_LEVEL", "fatal")  # it warns of how Ray Data itself makes its actors
    try:
        ray.init(address=address, log_to_driver=False, logging_level=logging.ERROR, include_dashboard=False)
    except (ConnectionError, ValueError) as error:
        raise ValueError(
            f"--ray {address}: no Ray cluster there ({error}); start one with `ray start --head`"
        ) from error
    try:
        yield
    finally:
        ray.shutdown()
