"""Execute the chapters that are not in the cache side by side, one process a core, before Sphinx reads them.

myst-nb would execute them one after the other, on one core and a bit. Here each gets one core, and what comes out goes
into the cache where myst-nb looks first. A chapter that fails is left to myst-nb, which says why.
"""

import os
import time
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from multiprocessing import get_context
from pathlib import Path

from jupyter_cache import get_cache
from jupyter_cache.base import CacheBundleIn
from jupyter_cache.executors.utils import ExecutionResult, single_nb_execution
from myst_nb.core.read import create_nb_reader
from nbformat import NotebookNode
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util.logging import getLogger

from colorlib import settings

# Begun first, so that the longest is not the last one alone; the others follow in the order of the pages.
LONGEST = ("14_", "08_", "15_", "05_", "07_", "13_")
EVERY = 30  # seconds between two lines that say what runs

say = getLogger(__name__).info


def cores() -> int:
    """How many processes may run at once: one a core, or as many as COLORLIB_JOBS says."""
    return max(1, int(os.environ.get("COLORLIB_JOBS", settings.cores())))


def one_core() -> None:
    """Tell the libraries of a process and of the kernels that it starts to keep to one core."""
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[name] = "1"


def execute(notebook: NotebookNode, folder: str, timeout: int) -> ExecutionResult:
    """Execute one notebook in a kernel of its own."""
    result = single_nb_execution(notebook, cwd=folder, timeout=timeout, allow_errors=False)
    result.err = result.err and RuntimeError(str(result.err))  # the original cannot be sent to another process
    return result


def waiting(app: Sphinx, names: list[str]) -> Iterator[tuple[str, NotebookNode]]:
    """The pages with code that the cache does not know."""
    env, cache = app.env, get_cache(app.config.nb_execution_cache_path)
    for name in names:
        path = env.doc2path(name)
        text = Path(path).read_text("utf8")
        reader = create_nb_reader(path, env.myst_config, env.mystnb_config, text)
        notebook = reader and reader.read(text)
        if notebook and any(cell.cell_type == "code" for cell in notebook.cells):
            try:
                cache.match_cache_notebook(notebook)
            except KeyError:
                yield path, notebook


def execute_side_by_side(app: Sphinx, env: BuildEnvironment, names: list[str]) -> None:
    """Fill the cache; called by Sphinx with the pages that it is about to read."""
    todo = list(waiting(app, names))
    todo.sort(key=lambda item: next((i for i, n in enumerate(LONGEST) if n in item[0]), len(LONGEST)))
    workers = min(cores(), len(todo))
    if workers < 2:
        return
    cache, timeout = get_cache(app.config.nb_execution_cache_path), app.config.nb_execution_timeout
    begun = time.monotonic()
    say(f"executing {len(todo)} pages, {workers} at once")
    running: dict[Future, str] = {}
    with ProcessPoolExecutor(workers, get_context("spawn"), one_core) as pool:
        while todo or running:
            while todo and len(running) < workers:
                path, notebook = todo.pop(0)
                running[pool.submit(execute, notebook, str(Path(path).parent), timeout)] = path
            for future in wait(running, EVERY, FIRST_COMPLETED).done:
                path, result = running.pop(future), future.result()
                if result.err is None:
                    bundle = CacheBundleIn(result.nb, path, data={"execution_seconds": result.time, "cores": 1})
                    cache.cache_notebook_bundle(bundle, check_validity=False, overwrite=True)
                outcome = "failed" if result.err else "done"
                say(f"{Path(path).name} {outcome} in {result.time:.0f} s")
            now = ", ".join(Path(path).name for path in running.values())
            if now:
                say(f"{time.monotonic() - begun:.0f} s: {now} running, {len(todo)} waiting")


def setup(app: Sphinx) -> dict[str, bool]:
    """Called by Sphinx."""
    app.connect("env-before-read-docs", execute_side_by_side)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
