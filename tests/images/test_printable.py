"""Names are data: whatever a file is called, a message shows it and the terminal obeys nothing."""

import io
import os
import subprocess
import sys
import unicodedata
import warnings
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from PIL import Image
from typer.testing import CliRunner

from colorlib import cli
from colorlib.album.outcome import Job
from colorlib.album.run import AlbumColorizer, Report, plan, run
from colorlib.cli import console
from colorlib.data.scan import Scan, scan_photographs
from colorlib.experiments.recipe import SHIPPED
from colorlib.images.printable import MOST_LINES, first_few, one_line, printable

HARMFUL = {
    "escape": "bad\x1b]0;OWNED\x07\x1b[31mRED.jpg",
    "return": "all is well\rerror.jpg",
    "line": "a.jpg\nerror: lost\nb.jpg",
    "next line": "a\x85b.jpg",
    "csi": "a\x9b31mb.jpg",
    "bidi": "photo\u202egpj.exe.jpg",
    "isolate": "a\u2066b\u2069.jpg",
    "separators": "a\u2028b\u2029c.jpg",
    "invisible": "a\u200bb\ufeff.jpg",
    "bytes": os.fsdecode(b"caf\xe9.jpg"),
    "tag": "a\U000e0041.jpg",
    "backspace": "a\b\b\bb.jpg",
    "delete": "a\x7f.jpg",
}
MARKUP = ["a[/b].jpg", "[red]x.jpg", ":cat:.jpg", "[link=http:x]y[/link].jpg", "{task}.jpg", "%s %d.jpg", "\\[a].jpg"]


def harmless(text):
    """Whether nothing in a line of text does anything but being seen."""
    kinds = {unicodedata.category(character) for character in text if character not in "\u200c\u200d"}
    return not kinds & {"Cc", "Cf", "Cs", "Zl", "Zp"}


# --- the function ---


@given(st.text(st.characters(codec=None)))
@example("".join(HARMFUL.values()))
def test_any_text_becomes_harmless_and_stays_so(text):
    shown = printable(text)
    assert harmless(shown)
    assert printable(shown) == shown
    shown.encode("utf-8")


@given(st.text(st.characters(exclude_categories=["Cc", "Cf", "Cs", "Zl", "Zp"])))
@example("Oma & Opa, 1950 – ü 日本 نص \\ 😀")
def test_what_can_be_seen_is_left_alone(text):
    assert printable(text) == text


@given(st.binary(max_size=40))
def test_different_bytes_look_different(data):
    """Of bytes that are no backslash: what is shown tells one file from another."""
    data = data.replace(b"\\", b"")
    shown = printable(os.fsdecode(data))
    assert shown.encode("utf-8").decode("utf-8") == shown
    raw = printable(os.fsdecode(data + b"\xff"))
    assert raw == shown + r"\xff" or data.endswith(tuple(bytes([first]) for first in range(0xC0, 0xF8)))


def test_it_reads_as_in_python():
    assert printable(HARMFUL["escape"]) == r"bad\x1b]0;OWNED\x07\x1b[31mRED.jpg"
    assert printable(HARMFUL["bytes"]) == r"caf\xe9.jpg"
    assert printable("a\nb\tc\u202ed\x85e\U000e0041") == r"a\nb\tc\u202ed\u0085e\U000e0041"
    assert printable("می\u200cخواهم.jpg") == "می\u200cخواهم.jpg"
    assert printable(Path("a  b.jpg")) == "a  b.jpg"


def test_a_message_is_one_line_and_a_name_in_it_is_whole():
    assert one_line("torn:\n   in\r\ntwo  halves \n") == "torn: in two  halves"
    assert one_line("x/a\nb.jpg is bad:\nvery", "x/a\nb.jpg") == r"x/a\nb.jpg is bad: very"


def test_of_many_lines_the_first_few():
    assert first_few(["a", "b"]) == ["  a", "  b"]
    many = first_few(map(str, range(20_000)))
    assert len(many) == MOST_LINES + 1
    assert many[-1] == f"  ... and {20_000 - MOST_LINES} more"


# --- the terminal ---


@pytest.mark.parametrize("name", [*HARMFUL.values(), *MARKUP])
@pytest.mark.parametrize("talk", [console.say, console.tell])
def test_what_is_said_is_what_it_is_called(name, talk, capsys):
    talk(f"see {name}" if "\n" not in name else f"see {printable(name)}")
    out, err = capsys.readouterr()
    assert out + err == f"see {printable(name)}\n"


@pytest.mark.parametrize("talk", [console.say, console.tell])
def test_a_long_line_is_not_broken_and_a_poor_encoding_is_no_error(talk, monkeypatch):
    for stream in ("stdout", "stderr"):
        monkeypatch.setattr(sys, stream, io.TextIOWrapper(io.BytesIO(), encoding="ascii", write_through=True))
    talk("x" * 500 + " 日本")
    sys.stdout.seek(0), sys.stderr.seek(0)
    assert sys.stdout.read() + sys.stderr.read() == "x" * 500 + " \\u65e5\\u672c\n"


@pytest.mark.parametrize("name", [*HARMFUL.values(), *MARKUP])
def test_errors_notes_and_lines_of_work_show_names(name, capsys, monkeypatch):
    with pytest.raises(cli.typer.Exit), console.clear_errors():
        raise ValueError(f"{name}: not good")
    monkeypatch.setattr(warnings, "showwarning", warnings.showwarning)
    monkeypatch.setattr(cli, "app", lambda **_: warnings.warn(f"{name}: ignored", stacklevel=1))
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        cli.main()
    list(console.progress(range(3), 3, name))
    lines = capsys.readouterr().err.splitlines()
    told = [line.rstrip() for line in lines if line.strip()]
    assert told[:2] == [f"error: {one_line(name)}: not good", f"note: {one_line(name)}: ignored"]
    assert all(map(harmless, told[:2]))


def test_a_bar_and_a_table_take_their_words_for_words(monkeypatch):
    """On a terminal, where rich draws."""
    written = io.StringIO()
    real = console.Console
    make = lambda *_, **__: real(file=written, force_terminal=True, color_system=None, width=200)  # noqa: E731
    monkeypatch.setattr(console, "Console", make)
    list(console.progress(range(2), 2, "[red]:cat:[/b]{task}\x07"))
    table = pd.DataFrame({"[b]psnr:cat:": [1.0]}, index=["[/x]grey\x1b]0;OWNED\x07"])
    console.tell(console.rich_table(table, "[/title]:cat:\x07"))
    drawn = written.getvalue()
    assert r"[red]:cat:[/b]{task}\x07" in drawn
    for words in (r"[/x]grey\x1b]0;OWNED\x07", "[b]psnr:cat:", r"[/title]:cat:\x07"):
        assert words in drawn
    assert "OWNED\x07" not in drawn


@pytest.mark.parametrize("name", ["runs/a[/b]", "runs/[red]x", "runs/:cat:", "runs/a\x1b[31mb"])
def test_a_training_says_where_its_results_are(name, monkeypatch, tmp_path):
    """C7: the last line of hours of work was a traceback, or named another folder."""
    monkeypatch.setattr("colorlib.experiments.run.run_recipe", lambda *_, **__: None)
    recipe = sorted(SHIPPED.glob("*.toml"))[0].stem
    result = CliRunner().invoke(cli.app, ["train", recipe, "--out", name])
    assert result.exit_code == 0, result.output
    assert result.output == f"the results are in {printable(name)}\n"


# --- a run ---


def broken(folder, names):
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"\xff\xd8\xff cut")
    return folder


def test_a_broken_file_of_any_name_is_told_as_it_is_called(tmp_path):
    """D2, through a pipe, as somebody would type it."""
    names = [*HARMFUL.values(), *MARKUP]
    album = broken(tmp_path / "album", names)
    Image.new("L", (16, 16), 90).save(album / "good\x1b[2J.png")
    (album / "note\x1b]0;x\x07.txt").write_text("no photograph")
    out = tmp_path / "out\x1b[31m"
    command = [sys.executable, "-m", "colorlib", "colorize", str(album), "--out", str(out), "--size", "16"]
    result = subprocess.run(command, capture_output=True, timeout=300)
    assert result.returncode == 1
    told = result.stderr.decode("utf-8").splitlines()
    assert all(map(harmless, told)), told
    assert f"1 colorized, {len(names)} failed:" in told
    for name in names:
        assert sum(line.startswith(f"  {album}/{printable(name)} ") for line in told) == 1, (name, told)
    sheet = (out / "contact-sheet.html").read_text("utf-8")
    assert harmless(sheet.replace("\n", ""))
    assert r"good\x1b[2J.png" in sheet
    assert r"<title>out\x1b[31m: 1 coloured photographs</title>" in sheet
    table = (out / "report.csv").read_bytes()
    assert not set(table) & ({*range(32)} - {10})


def test_thousands_of_broken_files_are_a_screenful(tmp_path):
    """D7: the rest is in the report."""
    jobs = [Job(Path(f"a/{number}.jpg"), tmp_path / f"{number}.jpg", f"{number}.jpg") for number in range(20_000)]
    report = Report()
    for _ in run(AlbumColorizer(None, tmp_path), jobs, report, workers=2):
        pass
    lines = report.summary().splitlines()
    assert len(lines) <= 25
    assert lines[0] == "0 colorized, 20000 failed:"
    assert lines[-1] == f"  ... and {20_000 - MOST_LINES} more"
    scan = Scan(broken=[(job.source, f"{job.source} is bad") for job in jobs])
    assert len(scan.summary().splitlines()) <= 25
    assert "20000 broken" in scan.summary()


def test_a_scan_of_a_training_folder_shows_names(tmp_path):
    album = broken(tmp_path / "album", HARMFUL.values())
    told = scan_photographs(sorted(album.iterdir())).summary().splitlines()
    assert len(told) == len(HARMFUL) + 1
    assert all(map(harmless, told))


@given(name=st.text(st.characters(codec="utf-8", exclude_characters="/\0"), min_size=1, max_size=50))
@example(name="\n")
@example(name=".\x1b")
def test_any_name_in_an_outcome(tmp_path_factory, name):
    folder = tmp_path_factory.mktemp("any")
    if name in (".", "..") or len(os.fsencode(name)) > 200:
        return
    source = folder / (name + ".jpg")
    source.write_bytes(b"\xff\xd8\xff cut")
    report = Report()
    for _ in run(AlbumColorizer(None, folder / "out"), plan([source], folder / "out"), report):
        pass
    (reason,) = (outcome.reason for outcome in report.of("failed"))
    assert reason.startswith(printable(source))
    assert harmless(reason)
