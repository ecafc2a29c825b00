"""The same run on many machines: a folder or a bucket, coloured by a Ray cluster.

Each worker is an actor that holds the network. Workers may die: their photographs are given to
others, and doing one twice is harmless, because a result appears under its name whole or not at
all. A folder must be one that all machines see; s3:// and gs:// addresses are read and written
through pyarrow, with the credentials that each machine has.
"""

import contextlib
import logging
import os
import pickle
from collections import Counter
from collections.abc import Generator, Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from colorlib import _atomic
from colorlib.album.outcome import Job, Outcome, Report
from colorlib.album.results import sweep_results
from colorlib.album.run import AlbumColorizer
from colorlib.settings import install_hint

try:
    import pyarrow as pa
    import ray
    import ray.data

    from colorlib.album import remote
    from colorlib.album.address import Place, RemoteJob
    from colorlib.album.ray_files import is_remote, names_below
except ImportError as error:
    raise ModuleNotFoundError(
        f"--ray needs the extra `archive` ({error}): {install_hint('archive')}"
    ) from error
# the photographs are handed out in so many portions, or one by one when they are fewer
MOST_PORTIONS = 400
TRIES = 3  # workers that may die while they work on one photograph


def run_on_cluster(
    colorizer: AlbumColorizer,
    jobs: Sequence[Job | RemoteJob],
    report: Report,
    workers: int | None = None,
    address: str = "auto",
) -> Generator[Outcome, None, None]:
    """Do the jobs on a Ray cluster.

    Parameters
    ----------
    colorizer : AlbumColorizer
        Is sent to the workers with its network, so they need the package but no weights.
    jobs : sequence of Job or RemoteJob
        From `plan_on_cluster`. Those whose result is there are told at once and not sent.
    report : Report
        Each outcome is noted here.
    workers : int, optional
        How many actors; each has one core. By default as many as the cluster has cores.
    address : str
        Of the cluster, as `ray.init` takes it: "auto" for the one this machine belongs to, "local"
        for a new one on this machine alone. When Ray is connected already, that connection is used.

    Yields
    ------
    Outcome
        One for each job. A photograph that no worker survives is told as failed.

    Raises
    ------
    ValueError
        If there is no cluster at the address.
    """
    out = (
        str(Place.of(str(colorizer.out)))
        if is_remote(colorizer.out)
        else Path(colorizer.out).absolute()
    )
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
            [{"job": pickle.dumps(job)} for job in todo],
            override_num_blocks=min(len(todo), MOST_PORTIONS),
        )
        outcomes = portions.map_batches(
            _Worker,
            fn_constructor_kwargs={"held": [held], "tally": tally},
            batch_size=None,
            batch_format="pyarrow",
            compute=ray.data.ActorPoolStrategy(size=workers),
            num_cpus=1,
        )
        # Ray restarts an actor that died, and gives it the portion again
        for row in outcomes.iter_rows():
            outcome = pickle.loads(row["outcome"])
            report.outcomes.append(outcome)
            yield outcome
    _sweep(colorizer, todo)  # what workers have left that died


class _Tally:
    """Counts how often each photograph was begun: one may kill its workers, not for ever."""

    def __init__(self) -> None:
        self.begun: Counter[str] = Counter()

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

    def paint(self, job: Job | RemoteJob) -> Outcome:
        if ray.get(self.tally.begin.remote(job.name)) > TRIES:
            return Outcome(
                job,
                "failed",
                f"{job.source}: {TRIES} workers died of it; is it too large for their memory?",
            )
        return _paint(self.colorizer, job)


def _paint(colorizer: AlbumColorizer, job: Job | RemoteJob) -> Outcome:
    """Do one job on a worker."""
    outcome = (
        remote.colorize_at_address(colorizer, job) if isinstance(job, RemoteJob) else colorizer(job)
    )
    # Nobody else writes here: the result is that of a worker that died before it could tell.
    return (
        replace(outcome, status="done", reason="")
        if outcome.reason == _atomic.ALREADY_THERE
        else outcome
    )


def _done_before(
    colorizer: AlbumColorizer, jobs: Sequence[Job | RemoteJob]
) -> Iterator[tuple[Job | RemoteJob, Outcome | None]]:
    """Yield each job, and what became of it when its result is there before the run."""
    if far := [job for job in jobs if isinstance(job, RemoteJob)]:
        yield from remote.settled(colorizer, far, names_below(Place.of(str(colorizer.out))))
    for job in jobs:
        if isinstance(job, RemoteJob):
            continue
        made = os.path.lexists(job.target) and not _to_be_made(colorizer, job)
        yield job, colorizer(job) if made else None


def _sweep(colorizer: AlbumColorizer, jobs: Iterable[Job | RemoteJob]) -> None:
    """Remove what killed runs have left, where there are temporary names."""
    if out := Place.of(str(colorizer.out)).local:
        sweep_results(out, (out / job.name for job in jobs))


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
    # nothing about anybody's photographs leaves the machines
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    # it warns of how Ray Data itself makes its actors
    os.environ.setdefault("RAY_BACKEND_LOG_LEVEL", "fatal")
    try:
        ray.init(
            address=address,
            log_to_driver=False,
            logging_level=logging.ERROR,
            include_dashboard=False,
        )
    except (ConnectionError, ValueError) as error:
        raise ValueError(
            f"--ray {address}: no Ray cluster there ({error}); start one with `ray start --head`"
        ) from error
    try:
        yield
    finally:
        ray.shutdown()
