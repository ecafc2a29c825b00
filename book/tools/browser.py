"""The browsers that print and test the pages, and the server from which they take them."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

NAMES = {"chromium": ("chromium", "chromium-browser", "google-chrome"), "firefox": ("firefox-esr", "firefox")}
FLAGS = [  # of Chromium
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


class QuietHandler(SimpleHTTPRequestHandler):
    """Serve files and say nothing."""

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@contextmanager
def serve(folder: Path) -> Iterator[str]:
    """Serve a folder on this machine while the context lasts, and give its address."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(QuietHandler, directory=folder)) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def found(kind: str) -> str:
    """Return the path of the first browser of that kind; FileNotFoundError where none is installed."""
    path = next(filter(None, map(shutil.which, NAMES[kind])), None)
    if path is None:
        names = ", ".join(NAMES[kind])
        raise FileNotFoundError(f"no {kind}: none of {names} is installed (Debian: apt-get install {NAMES[kind][0]})")
    return path


@contextmanager
def launch(playwright: Any, kind: str = "chromium", downloads: Path | None = None) -> Iterator[Any]:
    """Start a headless browser, "chromium" or "firefox"; FileNotFoundError where there is none."""
    path = found(kind)
    if kind == "chromium":
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS, downloads_path=downloads)
    else:  # by WebDriver BiDi: Playwright's own protocol needs Playwright's own Firefox
        browser = playwright.firefox.launch(executable_path=path, channel="moz-firefox", downloads_path=downloads)
    yield browser
    browser.close()
