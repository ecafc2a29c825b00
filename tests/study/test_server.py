"""The server under a full classroom, a power cut, and people who mean no good."""

import asyncio
import csv
import io
import json
import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import httpx
import pytest

from colorlib.study.answers import LONGEST
from colorlib.study.server import DATABASE, Limit, create_app
from colorlib.study.store import Store, read_answers

PARTICIPANTS = 200


SERVE = """
import sys, uvicorn
from colorlib.study.server import create_app
uvicorn.run(create_app(sys.argv[1]), port=int(sys.argv[2]), log_level="warning")
"""


def free_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


@contextmanager
def another_process(folder, port):
    """Serve in a process that can be killed; wait until it answers."""
    process = subprocess.Popen([sys.executable, "-c", SERVE, str(folder), str(port)])
    try:
        for _ in range(600):
            try:
                httpx.get(f"http://127.0.0.1:{port}/study.css")
                break
            except httpx.TransportError:
                assert process.poll() is None
                time.sleep(0.1)
        yield process
    finally:
        process.kill()
        process.wait()


def run(work):
    """Run a coroutine in a thread: where a browser is open, this one has an event loop already."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, work).result()


async def ask(port, method, path, body=""):
    """One request over a bare connection: two hundred clients of a library would be what is measured."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    head = f"{method} {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {len(body)}"
    writer.write(f"{head}\r\n\r\n{body}".encode())
    answer = (await reader.read()).decode()
    writer.close()
    head, _, content = answer.partition("\r\n\r\n")
    assert " 200 " in head.splitlines()[0], answer
    return content


def test_two_hundred_participants_at_once(make_study, answer_all):
    """Each fetches the study, answers, and sends twice, as after a reply that got lost."""
    folder, key = make_study(participants=PARTICIPANTS)
    times = []

    async def take_part(port, number):
        script = await ask(port, "GET", "/where.js")
        slot = json.loads(script.removeprefix("window.STUDY_SERVER = ").rstrip(";\n"))["slot"]
        body = answer_all(key, number, slot=slot)
        for _ in range(2):
            begun = time.perf_counter()
            reply = await ask(port, "POST", "/api/answers", body)
            times.append(time.perf_counter() - begun)
            assert json.loads(reply) == {"stored": f"{number:032x}"}
        return slot, body

    async def classroom(port):
        return await asyncio.gather(*(take_part(port, n) for n in range(PARTICIPANTS)))

    port = free_port()
    with another_process(folder, port):
        sent = run(classroom(port))
    stored = read_answers(folder / DATABASE)
    assert len(stored) == PARTICIPANTS
    assert sorted(map(json.loads, stored), key=str) == sorted((json.loads(b) for _, b in sent), key=str)
    assert sorted(Counter(slot for slot, _ in sent).values()) == [1] * PARTICIPANTS
    p95 = sorted(times)[int(0.95 * len(times))]
    print(f"p95 of {len(times)} submissions, {PARTICIPANTS} at once: {1000 * p95:.0f} ms")


def test_a_kill_in_the_middle_loses_only_what_was_not_confirmed(make_study, answer_all):
    folder, key = make_study()
    port = free_port()
    confirmed, sent = [], 0
    with another_process(folder, port) as process, httpx.Client() as client:
        threading.Timer(0.4, os.kill, (process.pid, signal.SIGKILL)).start()
        try:
            while True:
                body = answer_all(key, sent)
                sent += 1
                reply = client.post(f"http://127.0.0.1:{port}/api/answers", content=body)
                confirmed.append(reply.json()["stored"])
        except httpx.TransportError:
            pass
    stored = {json.loads(body)["participant"] for body in read_answers(folder / DATABASE)}
    assert confirmed
    assert set(confirmed) <= stored
    assert len(stored) <= sent == len(confirmed) + 1
    with another_process(folder, port):
        again = httpx.post(f"http://127.0.0.1:{port}/api/answers", content=answer_all(key, sent - 1))
        assert again.status_code == 200
    assert len(read_answers(folder / DATABASE)) == sent


HOSTILE = [
    "'; DROP TABLE answers; --",
    "<script>alert(1)</script>",
    "=cmd|' /C calc'!A0",
    "\u0000",
    "\ud800",
    "x" * 5000,
    -1,
    10**400,
    1e308,
    True,
    None,
    [],
    {},
    ["first"],
]


def test_no_field_takes_anything_foreign(make_study, serving, answer_all):
    folder, key = make_study()
    good = json.loads(answer_all(key))
    bad = []
    for value in HOSTILE:
        bad += [good | {field: value} for field in ("study", "participant", "slot", "answers")]
        for field in ("trial", "answer", "ms", "shown"):
            bad.append(good | {"answers": [good["answers"][0] | {field: value}, *good["answers"][1:]]})
        bad.append(good | {"answers": [value, *good["answers"][1:]]})
        if value is not True:
            bad.append(good | {"answers": [{"trial": 0, "left_out": value}, *good["answers"][1:]]})
    bad += [good | {"name": "Ada"}, {**good, "answers": good["answers"][:-1]}]
    bad += [{**good, "answers": [good["answers"][0]] * len(good["answers"])}]
    bad = [json.dumps(one) for one in bad if one != good]
    bad += ["", "null", "[" * 100_000, "{" + answer_all(key), answer_all(key).replace("900", "NaN")]
    bad += [b"\xff\xfe\x00"]
    with serving(folder) as address, httpx.Client(base_url=address) as client:
        for body in bad:
            reply = client.post("/api/answers", content=body)
            assert reply.status_code == 400, body
            assert set(reply.json()) == {"error"}
            assert reply.headers["content-type"] == "application/json"
            assert reply.headers["x-content-type-options"] == "nosniff"
        for size in (LONGEST + 1, 20 * LONGEST):
            assert client.post("/api/answers", content=b" " * size).status_code == 413
        assert client.post("/api/answers", content=answer_all(key)).status_code == 200
    assert [json.loads(body) for body in read_answers(folder / DATABASE)] == [good]


def test_other_answers_of_a_participant_do_not_replace_the_first(make_study, serving, answer_all):
    folder, key = make_study()
    with serving(folder) as address:
        assert httpx.post(f"{address}/api/answers", content=answer_all(key)).status_code == 200
        reply = httpx.post(f"{address}/api/answers", content=answer_all(key, said="tie"))
    assert reply.status_code == 409
    assert "stored already" in reply.json()["error"]
    assert [json.loads(body) for body in read_answers(folder / DATABASE)] == [json.loads(answer_all(key))]


def test_nothing_that_is_stored_can_be_changed(make_study, answer_all):
    folder, key = make_study()
    store = Store(folder / DATABASE)
    run(store.add(json.loads(answer_all(key))))
    store.close()
    connection = sqlite3.connect(folder / DATABASE)
    for statement in ("UPDATE answers SET body = ''", "DELETE FROM answers"):
        with pytest.raises(sqlite3.IntegrityError, match="answers are never"):
            connection.execute(statement)
    connection.close()
    (folder / "other.db").write_bytes(b"no database" * 200)
    with pytest.raises(ValueError, match="cannot hold the answers"):
        Store(folder / "other.db")


def test_the_organisers_pages_want_the_token(make_study, serving, answer_all):
    folder, key = make_study()
    token = key["token"]
    with serving(folder, attempts=Limit(12, 0)) as address, httpx.Client(base_url=address) as client:
        client.post("/api/answers", content=answer_all(key))
        for page in ("/organiser", "/organiser/answers.csv"):
            for wrong in ("", "?token=", "?token=wrong", f"?token={token[:-1]}", "?token=%00%ff"):
                reply = client.get(page + wrong)
                assert reply.status_code == 403
                assert key["methods"][0] not in reply.text
            assert client.get(page, params={"token": token}).status_code == 200
            assert client.get(page, headers={"Authorization": f"Bearer {token}"}).status_code == 200
        for path in ("/key.json", "/../key.json", "/%2e%2e/key.json", "/answers.db", "/..%2fkey.json"):
            assert client.get(path).status_code == 404
        codes = [client.get("/organiser?token=guess").status_code for _ in range(4)]
        assert codes == [403, 403, 429, 429]
        assert client.get("/organiser", params={"token": token}).status_code == 200


def test_the_organiser_sees_how_many_and_exports_all(make_study, serving, answer_all, methods):
    folder, key = make_study()
    with serving(folder) as address, httpx.Client(base_url=address) as client:
        for number in range(3):
            client.post("/api/answers", content=answer_all(key, number))
        page = client.get("/organiser", params={"token": key["token"]}).text
        table = client.get("/organiser/answers.csv", params={"token": key["token"]}).text
    assert re.search(r'id="participants">3<', page)
    assert "&lt;img src=x" in page
    assert "<img" not in page
    rows = list(csv.DictReader(io.StringIO(table)))
    assert len(rows) == 3 * len(key["slots"][0])
    assert {row["first"] for row in rows} <= {*methods, "check", "original"}
    assert {row["answer"] for row in rows} == {"first"}


def test_who_sends_too_much_has_to_wait(make_study, serving, answer_all):
    folder, key = make_study()
    with serving(folder, submissions=Limit(3, 0)) as address:
        replies = [httpx.post(f"{address}/api/answers", content=answer_all(key, n)) for n in range(5)]
    assert [reply.status_code for reply in replies] == [200] * 3 + [429] * 2
    assert replies[-1].headers["retry-after"] == "5"


def test_a_bucket_fills_again(monkeypatch):
    now = [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    limit = Limit(2, 0.5)
    assert [limit.allows("a") for _ in range(3)] == [True, True, False]
    assert limit.allows("b")
    now[0] = 2.0
    assert [limit.allows("a") for _ in range(2)] == [True, False]


def test_the_pages_are_served_with_where_the_answers_go(make_study, serving):
    folder, _ = make_study()
    with serving(folder) as address:
        assert "<main" in httpx.get(f"{address}/").text
        assert '"answers": "api/answers"' in httpx.get(f"{address}/where.js").text
        policy = httpx.get(f"{address}/").headers["content-security-policy"]
    assert policy.startswith("default-src 'self'")
    with pytest.raises(FileNotFoundError, match=r"key\.json does not exist"):
        create_app(folder / "site")
