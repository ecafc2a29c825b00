"""The server of `colorlib demo`: the page that colours, for this machine alone."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from colorlib.demo import page
from colorlib.demo.pictures import OpenPictures

__all__ = ["create_server"]

MOST_BYTES = 2 * 10**9  # of a file
ACCEPT = ", .tif, .tiff, .heic, .jp2, .pnm"  # what Python reads and most browsers do not
PROMISE = "It stays on this machine: colorlib colours it, and nothing is sent."
HEAD = (
    '<link rel="stylesheet" href="static/page.css">'
    '<script type="module" src="static/demo.js"></script>'
)
TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".jpg": "image/jpeg",
    ".webp": "image/webp",
}


def create_server(folder: Path, weights: str = "natural", port: int = 0) -> ThreadingHTTPServer:
    """Listen on 127.0.0.1; `serve_forever` of what is returned serves the page.

    Parameters
    ----------
    folder : Path
        For the samples; it should be empty.
    weights : str
        As for `Colorizer.from_pretrained`, with a card: shipped weights or a safetensors file.
    port : int
        0 takes any free one.

    Returns
    -------
    ThreadingHTTPServer
        Its `server_port` tells the port.

    Raises
    ------
    OSError
        If the port is taken.
    FileNotFoundError, ValueError
        As `models.load_named`.
    """
    defaults = page.defaults(weights)
    widths = page.write_samples(folder / "samples")
    whole = page.whole_page(page.fragment("", widths, PROMISE, ACCEPT), HEAD)
    content = {
        "/": ("text/html; charset=utf-8", whole.encode()),
        "/defaults": ("application/json", json.dumps(defaults).encode()),
    }
    for top in (page.STATIC, folder / "samples"):
        for file in top.iterdir():
            if file.suffix in TYPES:
                content[f"/{top.name}/{file.name}"] = (TYPES[file.suffix], file.read_bytes())
    return ThreadingHTTPServer(
        ("127.0.0.1", port), partial(_Handler, content, OpenPictures(weights))
    )


class _Handler(BaseHTTPRequestHandler):
    """Answers one request."""

    protocol_version = "HTTP/1.1"

    def __init__(
        self, content: dict[str, tuple[str, bytes]], pictures: OpenPictures, *arguments: Any
    ) -> None:
        self.content, self.pictures = content, pictures
        super().__init__(*arguments)

    def do_GET(self) -> None:
        """Send the page, its parts, and the grey view of a photograph."""
        path = urlsplit(self.path).path
        if not self._is_ours():
            self._fail(HTTPStatus.FORBIDDEN, "This server is for its own page only")
        elif path in self.content:
            self._answer(*self.content[path])
        elif path.startswith("/before/"):
            self._work(lambda: ("image/png", self.pictures.before(path.rpartition("/")[2])))
        else:
            self._fail(HTTPStatus.NOT_FOUND, f"{path}: there is no such page here")

    def do_POST(self) -> None:
        """Take a photograph to open, or how to colour it."""
        address = urlsplit(self.path)
        length = int(self.headers.get("Content-Length", -1))
        name = parse_qs(address.query).get("name", ["the photograph"])[0]
        if not self._is_ours() or not 0 <= length <= MOST_BYTES:
            self.close_connection = True  # what is sent stays unread
            why = "This server is for its own page only"
            if self._is_ours():
                why = (
                    f"{name}: the file is larger than {MOST_BYTES // 10**6} MB; "
                    "colour it with `colorlib colorize`"
                )
            self._fail(HTTPStatus.FORBIDDEN, why)
            return
        body = self.rfile.read(length)
        if address.path == "/open":
            self._work(
                lambda: (
                    "application/json",
                    json.dumps(self.pictures.open(name, body)._asdict()).encode(),
                )
            )
        elif address.path.startswith("/colour/"):
            picture = address.path.rpartition("/")[2]
            self._work(lambda: ("image/png", self.pictures.colorize(picture, json.loads(body))))
        else:
            self._fail(HTTPStatus.NOT_FOUND, f"{address.path}: there is no such page here")

    def log_message(self, format: str, *arguments: object) -> None:
        """Keep no record of who opens what."""

    def _is_ours(self) -> bool:
        """Whether the request comes from our page: other sites in the browser could ask."""
        port = self.connection.getsockname()[1]
        ours = {f"127.0.0.1:{port}", f"localhost:{port}"}
        origin = self.headers.get("Origin")
        return self.headers.get("Host") in ours and (
            origin is None or origin.removeprefix("http://") in ours
        )

    def _work(self, task: Callable[[], tuple[str, bytes]]) -> None:
        """Answer with what a task returns, or with the sentence of its error."""
        try:
            kind, data = task()
        except KeyError:
            self._fail(HTTPStatus.GONE, "The photograph is open no more; choose it again")
        except (TypeError, ValueError, FloatingPointError, MemoryError) as error:
            self._fail(HTTPStatus.BAD_REQUEST, str(error))
        else:
            self._answer(kind, data)

    def _fail(self, status: HTTPStatus, why: str) -> None:
        self._answer(
            "application/json", json.dumps({"error": why.rstrip(".") + "."}).encode(), status
        )

    def _answer(self, kind: str, data: bytes, status: HTTPStatus = HTTPStatus.OK) -> None:
        try:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(data)))
            self.send_header("X-Content-Type-Options", "nosniff")
            self.end_headers()
            self.wfile.write(data)
        except (BrokenPipeError, ConnectionResetError):  # the page has cancelled, or was closed
            self.close_connection = True
