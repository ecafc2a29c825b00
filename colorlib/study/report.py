"""What a study found: a table of methods, one of their differences, and what to know of both."""

from __future__ import annotations

import csv
import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np

from colorlib.study import scores
from colorlib.study.answers import parse_answers, table_rows, trial_rows
from colorlib.study.design import ORIGINAL, REAL_OR_COLOURED
from colorlib.study.scores import Interval
from colorlib.study.site import render
from colorlib.study.store import read_answers

__all__ = [
    "Difference",
    "Finding",
    "Result",
    "evaluate_study",
    "read_sources",
    "write_study_report",
]

Rows = list[dict[str, Any]]


@dataclass(frozen=True)
class Finding:
    """One method: its score, and which methods cannot be told from it."""

    method: str
    answers: int
    score: Interval
    alike: tuple[str, ...] = ()


@dataclass(frozen=True)
class Difference:
    """How much one method scores above another, and whether that can be more than chance."""

    first: str
    second: str
    value: Interval
    told_apart: bool


@dataclass(frozen=True)
class Result:
    """All that a report tells; `problem` says why there are no scores."""

    design: str
    participants: int
    answers: int
    left_out: int
    findings: list[Finding]
    differences: list[Difference]
    agreement: float
    failed_checks: dict[str, int]
    level: float  # of the differences, so that all of them hold together 95 % of the time
    problem: str | None = None
    notes: list[str] = field(default_factory=list)


def read_sources(sources: Iterable[str | Path], key: dict[str, Any]) -> tuple[Rows, list[str]]:
    """Read answers from files, folders of files and databases.

    Parameters
    ----------
    sources : iterable of str or Path
        json files of participants, folders of them, or the answers.db of a served study.
    key : dict
        As `colorlib.study.answers.read_key` returns it.

    Returns
    -------
    list of dict
        As `trial_rows` makes them; each participant once.
    list of str
        What was refused, and why.

    Raises
    ------
    FileNotFoundError, ValueError
        When a source is not there, or none of them holds an answer of this study.
    """
    bodies: list[tuple[str, bytes | str]] = []
    for source in map(Path, sources):
        if not source.exists():
            raise FileNotFoundError(
                f"{source} does not exist: give json files, a folder of them, or answers.db"
            )
        if source.is_file() and source.suffix != ".json":
            bodies += [
                (f"{source} row {n}", body) for n, body in enumerate(read_answers(source), 1)
            ]
        else:
            files = sorted(source.rglob("*.json")) if source.is_dir() else [source]
            bodies += [(str(file), file.read_bytes()) for file in files]
    known: dict[str, dict[str, Any]] = {}
    rows, notes = [], []
    for name, body in bodies:
        try:
            answers = parse_answers(body, key)
        except ValueError as error:
            notes.append(f"{name} is left out: {error}")
            continue
        if known.setdefault(answers["participant"], answers) is answers:
            rows += trial_rows(answers, key)
        elif known[answers["participant"]] != answers:
            notes.append(f"{name} is left out: its participant has given other answers before")
    if not rows:
        raise ValueError(
            "there are no answers of this study" + "".join(f"; {note}" for note in notes[:3])
        )
    return rows, notes


def evaluate_study(
    rows: Rows, design: str, methods: Sequence[str], *, notes: Iterable[str] = ()
) -> Result:
    """Score the methods of a study.

    Parameters
    ----------
    rows : list of dict
        As `read_sources` returns them.
    design : str
    methods : sequence of str
    notes : iterable of str
        To hand on.

    Returns
    -------
    Result
        Scores are rates of being called real, for the originals too, or Bradley-Terry strengths.
    """
    failed: dict[str, int] = defaultdict(int)
    for row in rows:
        if row["passed"] is False:
            failed[row["participant"]] += 1
    scored = [row for row in rows if row["kind"] == "trial" and row["answer"] is not None]
    methods = [*methods, ORIGINAL] if design == REAL_OR_COLOURED else list(methods)
    pairs = len(methods) * (len(methods) - 1) // 2
    level = 1 - 0.05 / max(pairs, 1)
    score = _fooling if design == REAL_OR_COLOURED else _strength
    findings, differences, problem = score(scored, methods, level)
    alike: dict[str, list[str]] = defaultdict(list)
    for difference in differences:
        if not difference.told_apart:
            alike[difference.first].append(difference.second)
            alike[difference.second].append(difference.first)
    findings = [
        Finding(f.method, f.answers, f.score, tuple(sorted(alike[f.method]))) for f in findings
    ]
    return Result(
        design=design,
        participants=len({row["participant"] for row in rows}),
        answers=len(scored),
        left_out=sum(row["kind"] == "trial" and row["answer"] is None for row in rows),
        findings=sorted(findings, key=lambda finding: -finding.score.value),
        differences=differences,
        agreement=scores.agreement(map(_rating, scored)),
        failed_checks=dict(sorted(failed.items())),
        level=level,
        problem=problem,
        notes=list(notes),
    )


def _rating(row: dict[str, Any]) -> tuple[object, object]:
    """Return what was judged, and how; which of two stood first does not matter."""
    chosen = {"first": row["first"], "second": row["second"]}.get(row["answer"], row["answer"])
    return (row["picture"], frozenset((row["first"], row["second"]))), chosen


Scored = tuple[list[Finding], list[Difference], str | None]


def _fooling(scored: Rows, methods: list[str], level: float) -> Scored:
    """How often each method was called real."""
    m = len(methods)
    sums = np.zeros((len(scored), 2 * m))
    for place, row in enumerate(scored):
        method = methods.index(row["first"])
        sums[place, [method, m + method]] = row["answer"] == "real", 1
    real, answers = np.split(sums.sum(0).astype(int), 2)
    findings = [
        Finding(method, n, scores.wilson(k, n))
        for method, k, n in zip(methods, real.tolist(), answers.tolist(), strict=True)
    ]
    if not answers.all():
        lacking = ", ".join(f.method for f in findings if not f.answers)
        return findings, [], f"differences cannot be scored: nobody judged {lacking}"
    return findings, _differences(scores.rates, sums, scored, methods, level), None


def _strength(scored: Rows, methods: list[str], level: float) -> Scored:
    """Return the Bradley-Terry strength of each method."""
    m = len(methods)
    sums = np.zeros((len(scored), m, m))
    for place, row in enumerate(scored):
        first, second = methods.index(row["first"]), methods.index(row["second"])
        sums[place, first, second] = {"first": 1, "tie": 0.5, "second": 0}[row["answer"]]
        sums[place, second, first] = 1 - sums[place, first, second]
    wins = sums.sum(0)
    answers = (wins + wins.T).sum(1).astype(int).tolist()
    by_row = sums.reshape(len(scored), m * m)
    if problem := scores.unscorable(wins, methods):
        nothing = Interval(np.nan, np.nan, np.nan)
        return (
            [Finding(method, n, nothing) for method, n in zip(methods, answers, strict=True)],
            [],
            problem,
        )
    estimate = scores.strengths(scores.bradley_terry(wins))
    names = _clusters(scored)
    single = scores.clustered(estimate, by_row, *names)[:m]
    findings = [Finding(*finding) for finding in zip(methods, answers, single, strict=True)]
    return findings, _differences(estimate, by_row, scored, methods, level), None


def _clusters(scored: Rows) -> tuple[list[str], list[str]]:
    """Whose answer each is, and on which picture."""
    return [row["participant"] for row in scored], [row["picture"] for row in scored]


def _differences(
    estimate: Any, sums: np.ndarray, scored: Rows, methods: list[str], level: float
) -> list[Difference]:
    """All pairs of methods, each with its interval at `level`."""
    m = len(methods)
    found = scores.clustered(estimate, sums, *_clusters(scored), level=level)[m:]
    result = []
    for first, second in combinations(range(m), 2):
        value = found[first * m + second]
        apart = value.low > 0 or value.high < 0  # False where there is no interval
        result.append(Difference(methods[first], methods[second], value, bool(apart)))
    return result


def write_study_report(result: Result, rows: Rows, folder: str | Path) -> list[Path]:
    """Write `report.html`, and as csv files the methods, their differences and every answer.

    Parameters
    ----------
    result : Result
    rows : list of dict
        What it was made of.
    folder : str or Path
        Made when it is not there; reports of before are replaced.

    Returns
    -------
    list of Path
        `report.html`, `methods.csv`, `differences.csv`, which is missing where there are no scores,
        and `answers.csv`.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    page = folder / "report.html"
    ends = [end for f in result.findings for end in f.score if np.isfinite(end)]
    span = (min(ends), max(ends)) if ends and min(ends) < max(ends) else (0.0, 1.0)
    page.write_text(render("report.html", result=result, span=span, original=ORIGINAL), "utf8")
    methods = [
        {
            "method": f.method,
            "answers": f.answers,
            **f.score._asdict(),
            "cannot be told from": json.dumps(f.alike, ensure_ascii=False),
        }
        for f in result.findings
    ]
    differences = [
        {"first": d.first, "second": d.second, **d.value._asdict(), "told apart": d.told_apart}
        for d in result.differences
    ]
    written = [page]
    for name, lines in (("methods", methods), ("differences", differences), ("answers", rows)):
        path = folder / f"{name}.csv"
        path.unlink(missing_ok=True)
        if lines:
            with open(path, "w", newline="", encoding="utf8") as file:
                writer = csv.writer(file)
                writer.writerow(lines[0])
                writer.writerows(table_rows(lines))
            written.append(path)
    return written
