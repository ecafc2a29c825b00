"""From the files of participants to scores: what counts, what is refused, what is said."""

import csv
import json

import numpy as np
import pytest

from colorlib.study.answers import parse_answers, trial_rows
from colorlib.study.design import REAL_OR_COLOURED, WHICH_IS_BETTER
from colorlib.study.report import evaluate_study, read_sources, write_report


def row(participant, picture, first, second, answer, kind="trial", passed=None):
    return {
        "participant": participant,
        "trial": 0,
        "kind": kind,
        "picture": picture,
        "first": first,
        "second": second,
        "answer": answer,
        "passed": passed,
        "ms": 900,
        "shown": 1,
    }


def pairs(outcomes, methods=("A", "B")):
    """Rows of raters and pictures, one a number, with the given answers in turn."""
    return [row(f"r{n % 5}", f"p{n // 5}", *methods, answer) for n, answer in enumerate(outcomes)]


def test_wins_ties_and_sides():
    rows = [*pairs(["first"] * 12 + ["tie"] * 4 + ["second"] * 4)]
    rows += [row("r0", "p9", "B", "A", "second"), row("r1", "p9", "B", "A", "first")]
    result = evaluate_study(rows, WHICH_IS_BETTER, ["A", "B"])
    best, worst = result.findings
    assert (best.method, best.answers, result.answers) == ("A", 22, 22)
    assert best.score.value - worst.score.value == pytest.approx(np.log(15 / 7))
    assert result.differences[0].value.value == pytest.approx(np.log(15 / 7))


def test_only_what_counts_is_counted():
    rows = pairs(["first", "second"] * 10)
    extra = [
        row("r0", "q", "A", "B", "first", kind="practice"),
        row("r0", "q", "check", "original", "first", kind="check", passed=False),
        row("r1", "q", "check", "original", "second", kind="check", passed=True),
        row("r2", "q", "A", "B", None),
    ]
    result = evaluate_study(rows + extra, WHICH_IS_BETTER, ["A", "B"])
    assert result.answers == 20
    assert result.left_out == 1
    assert result.failed_checks == {"r0": 1}
    assert result.findings[0].score.value == pytest.approx(0)
    assert result.findings[0].alike == ("B",)


def test_a_clear_winner_is_told_apart_and_equals_are_not():
    rng = np.random.default_rng(0)
    wins = {("A", "B"): 0.5, ("A", "C"): 0.85, ("B", "C"): 0.85}
    rows = [
        row(f"r{rater}", f"p{picture}", *pair, "first" if rng.random() < chance else "second")
        for rater in range(20)
        for picture in range(15)
        for pair, chance in wins.items()
    ]
    result = evaluate_study(rows, WHICH_IS_BETTER, ["A", "B", "C"])
    assert {f.method: f.alike for f in result.findings} == {"A": ("B",), "B": ("A",), "C": ()}
    assert result.findings[-1].method == "C"
    assert result.level == pytest.approx(1 - 0.05 / 3)
    assert result.agreement > 0.1


def test_a_graph_in_two_pieces_cannot_be_scored(tmp_path):
    rows = pairs(["first", "second"] * 5) + pairs(["first", "second"] * 5, ("C", "D"))
    result = evaluate_study(rows, WHICH_IS_BETTER, ["A", "B", "C", "D"])
    assert result.problem == "cannot be scored: nobody compared A with B, nor C with D"
    assert not result.differences
    page, table, _ = write_report(result, rows, tmp_path)
    assert not (tmp_path / "differences.csv").exists()
    assert result.problem in page.read_text("utf8")
    assert "nan" in table.read_text("utf8")


def test_fooling_rates_stand_beside_the_originals():
    rng = np.random.default_rng(1)
    chances = {"A": 0.3, "B": 0.32, "original": 0.8}
    rows = [
        row(f"r{rater}", f"p{picture}", method, None, "real" if rng.random() < chance else "coloured")
        for rater in range(25)
        for picture in range(20)
        for method, chance in chances.items()
    ]
    result = evaluate_study(rows, REAL_OR_COLOURED, ["A", "B"])
    assert result.findings[0].method == "original"
    for finding in result.findings:
        assert finding.score.low < chances[finding.method] < finding.score.high
    apart = {(d.first, d.second): d.told_apart for d in result.differences}
    assert apart == {("A", "B"): False, ("A", "original"): True, ("B", "original"): True}


def test_files_folders_and_databases_are_read_and_strangers_refused(make_study, answer_all, tmp_path):
    _, key = make_study()
    folder = tmp_path / "answers"
    folder.mkdir()
    for number in range(3):
        (folder / f"{number}.json").write_text(answer_all(key, number))
    (folder / "again.json").write_text(answer_all(key, 1))
    (folder / "changed.json").write_text(answer_all(key, 2, said="tie"))
    (folder / "other.json").write_text(answer_all(key | {"study": "another"}, 4))
    (folder / "note.json").write_text("{}")
    rows, notes = read_sources([folder, folder / "0.json"], key)
    assert len({row["participant"] for row in rows}) == 3
    assert len(rows) == 3 * len(key["slots"][0])
    assert len(notes) == 3
    assert any("other answers before" in note for note in notes)
    assert any("another study" in note for note in notes)
    with pytest.raises(ValueError, match="there are no answers of this study"):
        read_sources([folder / "note.json"], key)
    with pytest.raises(FileNotFoundError, match="does not exist"):
        read_sources([tmp_path / "nothing.db"], key)


def test_attention_checks_are_judged_by_the_key(make_study, answer_all):
    _, key = make_study(REAL_OR_COLOURED)
    for said, passed in (("coloured", True), ("real", False)):
        rows = trial_rows(parse_answers(answer_all(key, said=said), key), key)
        assert [row["passed"] for row in rows if row["kind"] == "check"] == [passed]
    _, key = make_study(WHICH_IS_BETTER)
    right = {}
    for slot in range(len(key["slots"])):
        for said in ("first", "second", "tie"):
            rows = trial_rows(parse_answers(answer_all(key, slot, said=said), key), key)
            (check,) = [row for row in rows if row["kind"] == "check"]
            assert check["passed"] == (said != "tie" and check[said] == "original")
            right[check["first"]] = True
    assert set(right) == {"check", "original"}


def test_the_report_escapes_and_no_spreadsheet_runs_it(make_study, methods, answer_all, tmp_path):
    _, key = make_study()
    rows = [
        one
        for number, said in enumerate(["first", "second", "tie"] * 6)
        for one in trial_rows(parse_answers(answer_all(key, number, said=said), key), key)
    ]
    rows[1]["picture"] = "=cmd()"
    result = evaluate_study(rows, key["design"], key["methods"], notes=["<i>note</i>"])
    page, table, differences, answers = write_report(result, rows, tmp_path / "report")
    text = page.read_text("utf8")
    assert "<img" not in text
    assert "&lt;img src=x onerror=alert(1)&gt;" in text
    assert "&lt;i&gt;note" in text
    with open(answers, newline="", encoding="utf8") as file:
        lines = list(csv.DictReader(file))
    assert len(lines) == len(rows)
    assert lines[1]["picture"] == "'=cmd()"
    with open(table, newline="", encoding="utf8") as file:
        scored = list(csv.DictReader(file))
    assert {line["method"] for line in scored} == set(methods)
    first = next(line for line in scored if line["method"] == result.findings[0].method)
    assert float(first["value"]) == pytest.approx(result.findings[0].score.value, rel=1e-4)
    with open(differences, newline="", encoding="utf8") as file:
        (difference,) = csv.DictReader(file)
    assert float(difference["low"]) == result.differences[0].value.low < 0
    assert json.loads(first["cannot be told from"]) == list(result.findings[0].alike)
