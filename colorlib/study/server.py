"""Serve a study, collect its answers, and show the organiser how it goes.

Participants get the pages and may hand in their answers, once. Nothing about them is kept: no
address, no browser, no log of requests. The organiser's pages need the token of `key.json`.
"""

from __future__ import annotations

import csv
import io
import itertools
import json
import secrets
import time
from collections import OrderedDict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from colorlib.study.answers import COLUMNS, LONGEST, parse_answers, read_key, table_rows, trial_rows
from colorlib.study.site import KEY, SITE, render
from colorlib.study.store import ConflictError, Store, read_answers

__all__ = ["DATABASE", "Limit", "create_app"]

DATABASE = "answers.db"
_HEADERS = {
    b"content-security-policy": b"default-src 'self'; img-src 'self' data:; frame-ancestors 'none'",
    b"referrer-policy": b"no-referrer",
    b"x-content-type-options": b"nosniff",
}


class Limit:
    """How often one address may do something: a bucket of tokens that fills up again.

    Parameters
    ----------
    burst : int
        How many at once. A classroom behind one router is one address.
    per_second : float
        How fast the bucket fills.
    """

    def __init__(self, burst: int, per_second: float) -> None:
        self._burst, self._rate = burst, per_second
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def allows(self, address: str) -> bool:
        """Take a token of this address; whether there was one."""
        now = time.monotonic()
        tokens, before = self._buckets.pop(address, (float(self._burst), now))
        tokens = min(self._burst, tokens + (now - before) * self._rate)
        self._buckets[address] = (tokens - 1 if tokens >= 1 else tokens, now)
        # Whoever was away longest has a full bucket again, or nearly.
        if len(self._buckets) > 10_000:
            self._buckets.popitem(last=False)
        return tokens >= 1


class _SafeHeaders:
    """Add headers that keep pages from running or leaking anything foreign."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_more(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", []), *_HEADERS.items()]
            await send(message)

        await self._app(scope, receive, send_more)


async def _body(request: Request) -> bytes:
    """Read the body of a request, or refuse it as soon as it is too long."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > LONGEST:
            raise HTTPException(413, f"the answers are longer than {LONGEST} bytes")
    return bytes(body)


async def _refusal(_: Request, error: Exception) -> Response:
    """Answer with an error in words, as JSON."""
    assert isinstance(error, HTTPException)
    return JSONResponse({"error": error.detail}, error.status_code, headers=error.headers)


def create_app(
    folder: str | Path, *, submissions: Limit | None = None, attempts: Limit | None = None
) -> Starlette:
    """Make the web application of a study.

    Parameters
    ----------
    folder : str or Path
        As `colorlib.study.site.new_study` wrote it. The answers go to `answers.db` in it.
    submissions : Limit, optional
        How often one address may hand in answers; 1,000 at once, then 10 a second, when not given.
    attempts : Limit, optional
        How often one address may give a wrong token; 10, then one in 6 seconds, when not given.

    Returns
    -------
    starlette.applications.Starlette
        `/` the study, `/where.js` where its answers go, `/api/answers` takes them, `/organiser` and
        `/organiser/answers.csv` want the token, as `?token=` or in an Authorization header.

    Raises
    ------
    FileNotFoundError, ValueError
        When the folder is no study.
    """
    folder = Path(folder)
    key = read_key(folder / KEY)
    if not (folder / SITE / "index.html").is_file():
        raise FileNotFoundError(f"{folder / SITE} lacks its pages: make the study anew")
    store = Store(folder / DATABASE)
    submissions = submissions or Limit(1000, 10)
    attempts = attempts or Limit(10, 1 / 6)
    slots = itertools.count(len(store))  # the next participant gets the next order of trials

    def address(request: Request) -> str:
        return request.client.host if request.client else ""

    # Who may: the organiser has the token, and nobody may try many.
    def organiser(request: Request) -> None:
        bearer = request.headers.get("authorization", "").removeprefix("Bearer ")
        given = request.query_params.get("token") or bearer
        if not secrets.compare_digest(given.encode(), key["token"].encode()):
            if not attempts.allows(address(request)):
                raise HTTPException(429, "too many wrong tokens", {"Retry-After": "60"})
            raise HTTPException(403, "give the token of the study, as in /organiser?token=...")

    # For participants: where their answers go, with the order of trials that is theirs.
    async def where(_: Request) -> Response:
        told = {"answers": "api/answers", "slot": next(slots) % len(key["slots"])}
        script = f"window.STUDY_SERVER = {json.dumps(told)};\n"
        return Response(script, media_type="text/javascript", headers={"Cache-Control": "no-store"})

    async def take(request: Request) -> Response:
        if not submissions.allows(address(request)):
            raise HTTPException(429, "too many at once; try again soon", {"Retry-After": "5"})
        try:
            answers = parse_answers(await _body(request), key)
            await store.add(answers)
        except ConflictError as error:
            raise HTTPException(409, str(error)) from None
        except ValueError as error:
            raise HTTPException(400, str(error)) from None
        except OSError as error:
            raise HTTPException(503, f"the answers could not be stored ({error})") from None
        return JSONResponse({"stored": answers["participant"]})

    # For the organiser: how many there are, and all that was answered.
    def overview(request: Request) -> Response:
        organiser(request)
        page = render(
            "organiser.html",
            participants=len(read_answers(folder / DATABASE)),
            design=key["design"],
            methods=key["methods"],
            token=key["token"],
        )
        return HTMLResponse(page, headers={"Cache-Control": "no-store"})

    def table(request: Request) -> Response:
        organiser(request)
        text = io.StringIO(newline="")
        writer = csv.writer(text)
        writer.writerow(COLUMNS)
        for body in read_answers(folder / DATABASE):
            writer.writerows(table_rows(trial_rows(json.loads(body), key)))
        headers = {"Cache-Control": "no-store"}
        headers["Content-Disposition"] = 'attachment; filename="answers.csv"'
        return Response(text.getvalue(), media_type="text/csv", headers=headers)

    @asynccontextmanager
    async def life(_: Starlette) -> AsyncIterator[None]:
        yield
        store.close()

    app = Starlette(
        routes=[
            Route("/where.js", where),
            Route("/api/answers", take, methods=["POST"]),
            Route("/organiser", overview),
            Route("/organiser/answers.csv", table),
            Mount("/", StaticFiles(directory=folder / SITE, html=True)),
        ],
        exception_handlers={HTTPException: _refusal},
        lifespan=life,
    )
    app.add_middleware(_SafeHeaders)
    return app
