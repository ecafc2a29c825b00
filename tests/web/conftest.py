"""The colouring page as the book has it, on a page of its own, in a browser."""

import os
from collections.abc import Callable, Iterator
from functools import partial
from http.server import ThreadingHTTPServer
from importlib import import_module
from pathlib import Path
from threading import Thread
from types import SimpleNamespace

import pytest
from browser import QuietHandler, found, launch

from colorlib.demo import page


@pytest.fixture(scope="session")
def built() -> Path:
    """The files of the page. Without npm the tests are skipped; on continuous integration they fail."""
    folder, problem = import_module("web").build()
    if problem:
        pytest.skip(f"the page cannot be built: {problem}")
    return folder


@pytest.fixture(scope="session")
def colouring_site(built: Path) -> Iterator[SimpleNamespace]:
    """The address of the page, and the paths that were asked for."""
    asked: list[str] = []
    part = page.fragment("", {"china": 96}, "Nothing is sent.")
    head = '<link rel="stylesheet" href="page.css"><script defer src="page.js"></script>'
    whole = page.whole_page(part, head).encode()

    class Handler(QuietHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            if self.path != "/":
                super().do_GET()
                return
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(whole)))
            self.end_headers()
            self.wfile.write(whole)

    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=built)) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield SimpleNamespace(address=f"http://127.0.0.1:{server.server_port}", asked=asked)
        server.shutdown()


@pytest.fixture(scope="session")
def downloads(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where Firefox saves files."""
    return tmp_path_factory.mktemp("downloads")


@pytest.fixture(scope="session", params=["chromium", "firefox"])
def either(request: pytest.FixtureRequest, downloads: Path) -> Iterator[object]:
    """A headless Chromium, and a headless Firefox where one is installed."""
    if request.param == "chromium":
        yield request.getfixturevalue("browser")
        return
    try:
        found("firefox")
    except FileNotFoundError as error:
        pytest.skip(str(error))
    with launch(request.getfixturevalue("playwright"), "firefox", downloads) as firefox:
        yield firefox


@pytest.fixture(scope="module")
def context(either: object) -> Iterator[object]:
    """What a reader's visits share: the browser's cache."""
    context = either.new_context(viewport={"width": 1280, "height": 900})
    yield context
    context.close()


@pytest.fixture(scope="module")
def tab(context: object, colouring_site: SimpleNamespace) -> Iterator[object]:
    """The page, opened."""
    tab = context.new_page()
    tab.set_default_timeout(120_000)
    tab.goto(colouring_site.address)
    yield tab
    tab.close()


@pytest.fixture(scope="session")
def colour() -> Callable[..., str]:
    """Give the page a file and wait until it is coloured or refused; returns what the page says."""

    def give(tab: object, file: str | os.PathLike | dict, state: str = "done") -> str:
        tab.evaluate("document.getElementById('colour').dataset.state = 'asked'")
        tab.set_input_files("#photo", file)
        tab.wait_for_selector("#colour:is([data-state=done], [data-state=failed])")
        says = tab.inner_text("#colour-status")
        assert tab.get_attribute("#colour", "data-state") == state, says
        return says

    return give


@pytest.fixture
def save(tab: object, downloads: Path) -> Callable[..., bytes]:
    """Press a button of the page that saves a file; returns what is in the file."""

    def press(button: str = "#save") -> bytes:
        if tab.context.browser.browser_type.name == "chromium":
            with tab.expect_download() as download:
                tab.click(button)
            return download.value.path().read_bytes()
        # Playwright hears nothing of what Firefox saves from a page's memory.
        tab.click(button)
        for _ in range(600):
            files = list(downloads.iterdir())
            if [file.suffix != ".part" and file.stat().st_size > 0 for file in files] == [True]:
                content = files[0].read_bytes()
                files[0].unlink()
                return content
            tab.wait_for_timeout(100)
        pytest.fail(f"Firefox saved no file: {files}")

    return press
