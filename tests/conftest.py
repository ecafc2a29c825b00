"""What several test files share: the book as `make book` builds it, and a browser to open it with."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from types import ModuleType

import pytest
from browser import found, launch, serve
from filelock import FileLock

from helpers.skips import CI, pytest_sessionfinish, pytest_terminal_summary  # noqa: F401

if "PYTEST_XDIST_WORKER" in os.environ:
    os.environ.setdefault("OMP_NUM_THREADS", "1")  # there is a worker for each core

ROOT = Path(__file__).resolve().parents[1]
HTML = ROOT / "_build" / "html"
# The book first: it executes every chapter, so what is broken shows early. Who would wait for it does what needs none.
# Then what takes longest, that no worker is left alone with it at the end.
FIRST = (
    "test_project.py",
    "test_book.py",
    "test_random_trainings.py",
    "test_ray_cluster.py",
    "test_notebooks.py",
    "test_axe.py",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run the tests that say most about a broken tree before the others, which keep their order."""
    order = {name: place for place, name in enumerate(FIRST)}
    items.sort(key=lambda item: order.get(item.path.name, len(order)))
    for item in items:
        if "book" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.timeout(3600))  # the first of them builds it


@dataclass(frozen=True)
class Build:
    """One run of the command behind `make book`."""

    html: Path
    code: int
    log: str


@pytest.fixture(scope="session")
def book(tmp_path_factory: pytest.TempPathFactory) -> Build:
    """The whole book, every page written anew; chapters that did not change come from the cache.

    Of several workers one builds it, and the others wait for that.
    """
    folder = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder = folder.parent  # is the same for all of them
    with FileLock(folder / "book.lock"):
        built = folder / "book.json"
        if not built.exists():
            command = [sys.executable, str(ROOT / "book" / "tools" / "pages.py"), "--all"]
            result = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
            built.write_text(json.dumps({"code": result.returncode, "log": result.stdout}), "utf8")
        return Build(HTML, **json.loads(built.read_text("utf8")))


@pytest.fixture(scope="session")
def site(book: Build) -> Iterator[str]:
    """The address at which the built book is served while the tests run."""
    with serve(book.html) as address:
        yield address


@pytest.fixture(scope="session")
def playwright() -> Iterator[object]:
    """What drives the browsers."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        yield driver


@pytest.fixture(scope="session")
def browser(playwright: object) -> Iterator[object]:
    """A headless Chromium. Without one the tests are skipped; on continuous integration they fail."""
    try:
        found("chromium")
    except FileNotFoundError as error:
        if CI:
            pytest.fail(str(error))
        pytest.skip(str(error))
    with launch(playwright) as chromium:
        yield chromium


@pytest.fixture
def one_thread() -> Iterator[None]:
    """PyTorch on one thread: sums come in one order, and small operations do not suffer where cores are shared."""
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="session")
def tools() -> ModuleType:
    """The module book/tools/notebooks.py."""
    return import_module("notebooks")
