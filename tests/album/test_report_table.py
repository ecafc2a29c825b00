"""report.csv: no spreadsheet computes a name, what was written is read exactly, what is damaged is set aside."""

import csv
import os
import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from PIL import Image
from typer.testing import CliRunner

from colorlib.album.contact_sheet import write_report
from colorlib.album.report_table import COLUMNS, HEADER, cell, read_table, table_text, uncell
from colorlib.album.run import AlbumColorizer, Report, plan, run
from colorlib.cli import app

FORMULAS = [
    '=HYPERLINK("http:evil","x").jpg',
    "=1+1.jpg",
    "+1.jpg",
    "-1.jpg",
    "@SUM(1).jpg",
    "\t=1.jpg",
    "\r=1.jpg",
    "\n=1.jpg",
    "  =1.jpg",
    "\u00a0=1.jpg",
    "＝1+1.jpg",
    "a;=1+1.jpg",
    'a; "=1+1.jpg',
    "'=1.jpg",
]
TEXTS = st.one_of(
    st.text(st.characters(codec=None)),
    st.binary().map(os.fsdecode),
    st.text("=+-@\t\r\n'\\;x\"u01, \x1b\udce9\ud800", max_size=12),
)


def row(result, status="done", **more):
    return dict.fromkeys(COLUMNS, "") | {"file": f"in/{result}", "result": result, "status": status} | more


def harmless(text):
    """Whether no spreadsheet computes a cell, also one that parts cells at semicolons."""
    parts = [text, *text.split(";")[1:]]
    starts = [part.lstrip(" \u00a0\"'" if number else " \u00a0")[:1] for number, part in enumerate(parts)]
    return not any(start and start in "=+-@\t\r\n＝＋－＠" for start in starts)


# --- a cell ---


@given(TEXTS)
@example("'\\x3d")
@example("'''")
@example("\udcc3\udca9")
@example("caf\udce9;\n=1")
def test_a_cell_is_harmless_and_read_exactly(text):
    written = cell(text)
    assert uncell(written) == text
    assert harmless(written)
    assert not set(map(ord, written)) & ({*range(32), 127, *range(0x80, 0xA0)} - {10})
    written.encode("utf-8", "surrogateescape")


@pytest.mark.parametrize("text", FORMULAS)
def test_formulas_are_marked(text):
    assert cell(text).startswith("'")
    assert harmless(cell(text))
    assert uncell(cell(text)) == text


@pytest.mark.parametrize("text", ["a.jpg", "a b/ü 日本.jpg", "new\nline.jpg", 'quo"te.jpg', "x=1;y.jpg", r"a\x1b.jpg"])
def test_other_cells_stay_as_they_are(text):
    assert cell(text) == text


@pytest.mark.parametrize("old", ["'quoted'.jpg", "'", r"'a\xzz.jpg", r"'\U99999999", "'plain.jpg"])
def test_tables_of_earlier_versions_are_read_as_they_were_meant(old):
    assert uncell(old) == old


# --- a table ---


@given(rows=st.lists(st.fixed_dictionaries({name: TEXTS for name in COLUMNS}), max_size=5))
def test_any_rows_come_back(tmp_path_factory, rows):
    rows = [row | {"result": row["result"] or "x"} for row in rows]
    path = tmp_path_factory.mktemp("table") / "report.csv"
    path.write_bytes(table_text(rows).encode("utf-8", "surrogateescape"))
    assert read_table(path) == (rows, "")


@given(data=st.binary(max_size=300), at=st.integers(0, 200))
def test_any_damage_is_noticed_or_harmless_and_never_an_error(tmp_path_factory, data, at):
    path = tmp_path_factory.mktemp("table") / "report.csv"
    whole = table_text([row("a.jpg"), row("=b.jpg"), row("c\n.jpg")]).encode()
    path.write_bytes(whole[: len(HEADER) + at] + data)
    rows, damage = read_table(path)
    assert isinstance(damage, str)
    assert all(one.keys() == set(COLUMNS) and one["result"] for one in rows)


@given(at=st.integers(len(HEADER), 400))
def test_a_table_that_is_cut_never_has_half_a_name(tmp_path_factory, at):
    path = tmp_path_factory.mktemp("table") / "report.csv"
    rows = [row("a.jpg"), row('=b"\n, .jpg'), row("c.jpg")]
    whole = table_text(rows).encode()
    path.write_bytes(whole[:at])
    found, damage = read_table(path)
    assert found == rows[: len(found)]
    assert damage or found in (rows[:0], rows[:1], rows[:2], rows)
    assert bool(damage) == (whole[:at] != table_text(found).encode())


# --- a run after a run ---


def rows_of(table):
    rows, damage = read_table(table)
    assert not damage
    return {row["result"]: row for row in rows}


def test_names_that_are_formulas_go_through_two_runs(tmp_path, monkeypatch):
    """D1: inputs given as `.`, so that cells begin with the names."""
    album = tmp_path / "album"
    album.mkdir()
    monkeypatch.chdir(album)
    for name in FORMULAS:
        Image.new("L", (16, 16), 90).save(name)
    for _ in range(2):
        report = Report()
        for _ in run(
            AlbumColorizer(lambda page: page[..., None].repeat(3, 2), tmp_path / "out"), plan(["."], "../out"), report
        ):
            pass
        table, _ = write_report(tmp_path / "out", [outcome.row() for outcome in report.outcomes])
        assert {name: line["status"] for name, line in rows_of(table).items()} == dict.fromkeys(FORMULAS, "done")
        with table.open(encoding="utf-8", newline="") as file:
            cells = [text for line in csv.reader(file) for text in line]
        assert all(map(harmless, cells))
    assert table.name == "report.csv"


WHOLE = table_text([row("old.jpg"), row("older.jpg", "failed", reason="bad")])
DAMAGED = {
    "stray quote": WHOLE + '"stray,' + "x,x,x,x,x,x,x,x\n" * 5000,
    "small stray quote": WHOLE + '"stray' + "x,x,x,x,x,x,x,x\n" * 5,
    "huge field": WHOLE + "x" * 200_000 + ",b.jpg,done,,,,,\n",
    "cut": WHOLE + "in/b.jpg,b.j",
    "cut between cells": WHOLE + "in/b.jpg,b.jpg,done,,,,,",
    "zero bytes": WHOLE + "in/b.jpg,b\0.jpg,done,,,,,\n",
    "zeros at the end": WHOLE + "\0" * 4096,
    "too many columns": WHOLE + "in/b.jpg,b.jpg,done,,,,,,,\n",
    "too few columns": WHOLE + "b.jpg;done\n",
    "text behind a quote": WHOLE + '"in/b.jpg"x,b.jpg,done,,,,,\n',
    "no name": WHOLE + ",,,,,,,\n",
}
NOT_OURS = {
    "wrong header": b"name,result\na,b\n",
    "UTF-16": WHOLE.encode("utf-16"),
    "with a mark of Excel": b"\xef\xbb\xbf" + WHOLE.encode(),
    "semicolons": WHOLE.replace(",", ";").encode(),
    "other line ends": WHOLE.replace("\n", "\r\n").encode(),
    "empty": b"",
    "random": bytes(range(256)) * 10,
    "cut header": HEADER[:20].encode(),
}


def colorize_over(tmp_path, make):
    """What the command leaves of a folder of results in which something stands in the way of the report."""
    (tmp_path / "album").mkdir()
    Image.new("L", (16, 16), 90).save(tmp_path / "album/new.png")
    (tmp_path / "out").mkdir()
    make(tmp_path / "out/report.csv")
    arguments = ["colorize", str(tmp_path / "album"), "--out", str(tmp_path / "out"), "--size", "16"]
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 0, result.output
    return result


@pytest.mark.parametrize("kind", DAMAGED)
def test_a_damaged_table_is_set_aside(tmp_path, kind):
    """C8: whole, with a message; and what stands before the damage goes on in the new table."""
    old = DAMAGED[kind].encode()
    with pytest.warns(UserWarning, match=r"report\.csv is damaged \(.+\): it is now report-damaged\.csv"):
        colorize_over(tmp_path, lambda path: path.write_bytes(old))
    assert (tmp_path / "out/report-damaged.csv").read_bytes() == old
    rows = rows_of(tmp_path / "out/report.csv")
    assert rows.keys() == {"old.jpg", "older.jpg", "new.png"}
    assert rows["older.jpg"]["reason"] == "bad"


def test_no_damaged_table_replaces_another(tmp_path):
    for number in range(3):
        (tmp_path / "report.csv").write_text(f"{HEADER}{number},")
        with pytest.warns(UserWarning, match="is damaged"):
            write_report(tmp_path, [])
    found = {path.name: path.read_text()[len(HEADER) :] for path in tmp_path.glob("report-damaged*")}
    assert found == {"report-damaged.csv": "0,", "report-damaged-2.csv": "1,", "report-damaged-3.csv": "2,"}


@pytest.mark.parametrize("kind", [*NOT_OURS, "folder", "link to nowhere", "pipe"])
def test_what_is_not_our_table_stays_and_the_report_stands_beside(tmp_path, kind):
    def make(path):
        if kind == "folder":
            path.mkdir()
        elif kind == "link to nowhere":
            path.symlink_to("nowhere")
        elif kind == "pipe":
            os.mkfifo(path)
        else:
            path.write_bytes(NOT_OURS[kind])

    with pytest.warns(UserWarning, match=r"report\.csv is not from here .* see report-2\.csv"):
        result = colorize_over(tmp_path, make)
    assert "report-2.csv" in re.sub(r"\s", "", result.output)
    path = tmp_path / "out/report.csv"
    assert path.is_dir() or path.is_symlink() or path.is_fifo() or path.read_bytes() == NOT_OURS[kind]
    assert rows_of(tmp_path / "out/report-2.csv").keys() == {"new.png"}


def test_names_that_are_no_utf_8_are_no_damage(tmp_path):
    names = [os.fsdecode(b"caf\xe9.jpg"), os.fsdecode(b"\xff\xfe.jpg")]
    for _ in range(2):
        table, _ = write_report(tmp_path, [row(name) for name in names])
    assert rows_of(table).keys() == set(names)
    assert b"caf\xe9.jpg" in table.read_bytes()
