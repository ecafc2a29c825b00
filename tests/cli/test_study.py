"""The commands `colorlib study ...`, called as from a terminal."""

import json
import re
import signal
import subprocess
import sys
import threading

import httpx
import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from colorlib.cli import app
from colorlib.study.answers import read_key


def call(*words):
    return CliRunner().invoke(app, ["study", *map(str, words)])


@pytest.fixture
def made(tmp_path):
    """A study of five photographs and two methods, made by the command."""
    rng = np.random.default_rng(0)
    for folder in ("truth", "one", "two"):
        (tmp_path / folder).mkdir()
        for n in range(5):
            Image.fromarray(rng.integers(0, 255, (20, 30, 3), dtype=np.uint8)).save(tmp_path / folder / f"{n}.png")
    study = tmp_path / "study"
    words = ["--pictures", tmp_path / "truth", "--methods", f"A={tmp_path / 'one'}", f"B={tmp_path / 'two'}"]
    result = call("new", study, *words, "--design", "which-is-better", "--practice", 1, "--checks", 1, "--seconds", 3)
    assert result.exit_code == 0, result.stderr
    assert "12 pictures, 4 scored trials for each of 100 participants" in result.stderr
    return study


def answers(key, number, said):
    planned = key["slots"][number]
    given = [{"trial": n, "answer": said, "ms": 800, "shown": 1} for n in range(len(planned))]
    return json.dumps({"study": key["study"], "participant": f"{number:032x}", "slot": number, "answers": given})


def test_the_help_imports_nothing_heavy():
    late = {"torch", "numpy", "scipy", "choix", "jinja2", "starlette", "uvicorn", "PIL"}
    code = f"import sys, colorlib.cli; print({late} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
    for command in ("new", "serve", "report", "power"):
        assert call(command, "--help").exit_code == 0


def test_from_pictures_to_a_report(made):
    key = read_key(made / "key.json")
    assert key["methods"] == ["A", "B"]
    assert key["seconds"] == 3
    (made / "files").mkdir()
    for number in range(12):
        text = answers(key, number, ("first", "second", "tie")[number % 3])
        (made / "files" / f"{number}.json").write_text(text)
    result = call("report", made / "files")
    assert result.exit_code == 0, result.stderr
    assert "12 participants" in result.stdout
    assert "failed an attention check" in result.stderr
    assert {path.name for path in (made / "report").iterdir()} == {
        "report.html",
        "methods.csv",
        "differences.csv",
        "answers.csv",
    }
    elsewhere = call("report", made / "files" / "1.json", "--key", made / "key.json", "--out", made / "one")
    assert elsewhere.exit_code == 0, elsewhere.stderr
    assert (made / "one" / "report.html").is_file()


def test_serve_takes_answers_until_it_is_stopped(made):
    command = [sys.executable, "-m", "colorlib", "study", "serve", str(made), "--port", "0"]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    timer = threading.Timer(120, process.kill)
    timer.start()
    try:
        address = re.search(r"http://\S+", process.stderr.readline())[0]
        organiser = re.search(r"http://\S+", process.stderr.readline())[0]
        key = read_key(made / "key.json")
        transport = httpx.HTTPTransport(retries=20)
        with httpx.Client(transport=transport, timeout=60) as client:
            sent = client.post(f"{address}/api/answers", content=answers(key, 0, "tie"))
            assert sent.status_code == 200
            assert 'id="participants">1<' in client.get(organiser).text
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 130
    finally:
        timer.cancel()
        process.kill()
        process.communicate()
    assert call("report", made / "answers.db").exit_code == 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["power", "--design", "which-is-better", "--expected", 0.6, "--icc", 0, "--trials", 20], "10 raters"),
        (["power", "--design", "real-or-coloured", "--expected", 0.5], "two different rates"),
        (["power", "--design", "any", "--expected", 0.6], "--design any: choose"),
        (["new", "x", "--pictures", "p", "--methods", "A", "--design", "any"], "give a name and a folder"),
        (["new", "x", "--pictures", "p", "--methods", "A=a", "A=b", "--design", "any"], "A has a folder already"),
        (["new", "x", "--pictures", "p", "--methods", "A=a", "--design", "any"], "p does not exist"),
        (["serve", "nowhere"], "key.json does not exist"),
        (["report", "nowhere/answers.db"], "there is no key.json near"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(words, said, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    result = call(*words)
    assert said in result.output
    assert result.exit_code == (0 if "raters" in said else 2)
    assert len(result.output.splitlines()) == 1
    assert not list(tmp_path.iterdir())


def test_a_missing_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    result = call("serve", "anywhere")
    assert result.exit_code == 2
    assert "pip install 'colorlib-book[study] @ git+" in result.output
