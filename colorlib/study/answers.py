"""The answers of one participant: what they must look like, and what they mean.

A participant's file holds no name of a method and nothing about the person. It says which of the
planned orders was shown and what was answered to each trial; the organiser's `key.json` says what
the trials showed. Files come from strangers, so everything that is not exactly as planned is
refused.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from colorlib.study.design import CHECK, REAL_OR_COLOURED

__all__ = ["ANSWERS", "COLUMNS", "LONGEST", "parse_answers", "read_key", "table_rows", "trial_rows"]

LONGEST = 256 * 1024  # bytes of one participant's file; forty trials take about three thousand
ANSWERS = {"real-or-coloured": ("real", "coloured"), "which-is-better": ("first", "second", "tie")}
COLUMNS = (
    "participant",
    "trial",
    "kind",
    "picture",
    "first",
    "second",
    "answer",
    "passed",
    "ms",
    "shown",
)
_FIELDS = {"study", "participant", "slot", "answers"}
_ANSWERED, _LEFT_OUT = {"trial", "answer", "ms", "shown"}, {"trial", "left_out"}
_FORMULA = ("=", "+", "-", "@", "\t", "\r")

Key = Mapping[str, Any]


def read_key(path: str | Path) -> dict[str, Any]:
    """Read the organiser's key file that `colorlib study new` wrote.

    Raises
    ------
    FileNotFoundError, ValueError
        When it is not there, or is no such file; the message says what to do.
    """
    path = Path(path)
    try:
        key = json.loads(path.read_text("utf8"))
        [key[name] for name in ("study", "design", "methods", "pictures", "slots", "token")]
    except FileNotFoundError:
        raise FileNotFoundError(f"{path} does not exist: give the key.json of the study") from None
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(f"{path} is not the key of a study ({error}): give its key.json") from None
    return key


def parse_answers(body: bytes | str, key: Key) -> dict[str, Any]:
    """Read one participant's answers and check every field.

    Parameters
    ----------
    body : bytes or str
        JSON, at most `LONGEST` bytes.
    key : mapping
        As `read_key` returns it.

    Returns
    -------
    dict
        `study`, `participant`, `slot`, and `answers` in the order of the trials.

    Raises
    ------
    ValueError
        When anything is missing, unknown, doubled, of another study or out of range.
    """
    if len(body) > LONGEST:
        raise ValueError(f"the answers are longer than {LONGEST} bytes")
    try:
        found = json.loads(body, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise ValueError("the answers are not JSON") from None
    if not isinstance(found, dict) or set(found) != _FIELDS:
        raise ValueError(
            f"the answers must have the fields {', '.join(sorted(_FIELDS))}, no others"
        )
    if found["study"] != key["study"]:
        raise ValueError("the answers belong to another study")
    participant, answers = found["participant"], found["answers"]
    if not isinstance(participant, str) or not re.fullmatch(r"[0-9a-f]{32}", participant):
        raise ValueError("the participant must be 32 hexadecimal digits")
    if not _whole(found["slot"], len(key["slots"]) - 1):
        raise ValueError("there is no such order of trials")
    planned = key["slots"][found["slot"]]
    if not isinstance(answers, list) or len(answers) != len(planned):
        raise ValueError(f"there must be {len(planned)} answers")
    for answer in answers:
        _check_answer(answer, ANSWERS[key["design"]], len(planned))
    if len({answer["trial"] for answer in answers}) != len(planned):
        raise ValueError("a trial is answered twice")
    return found | {"answers": sorted(answers, key=lambda answer: answer["trial"])}


def _check_answer(answer: object, allowed: tuple[str, ...], trials: int) -> None:
    """Raise ValueError unless this is an answer to a trial, or says that it was left out."""
    if not isinstance(answer, dict) or set(answer) not in (_ANSWERED, _LEFT_OUT):
        raise ValueError("an answer has unknown or missing fields")
    if not _whole(answer["trial"], trials - 1):
        raise ValueError("there is no such trial")
    if "left_out" in answer:
        if answer["left_out"] is not True:
            raise ValueError("left_out can only be true")
    elif answer["answer"] not in allowed:
        raise ValueError(f"an answer must be one of {', '.join(allowed)}")
    elif not (_whole(answer["ms"], 10**9) and _whole(answer["shown"], 10**6)):
        raise ValueError("ms and shown must be whole numbers, not negative")


def _whole(value: object, largest: int) -> bool:
    """Whether a value from JSON is a whole number from 0 to `largest`; true and false are none."""
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= largest


def _no_constant(name: str) -> float:
    """Refuse NaN and Infinity, which are no JSON."""
    raise ValueError(name)


def trial_rows(answers: Mapping[str, Any], key: Key) -> list[dict[str, Any]]:
    """Say what each answer of one participant was about.

    Parameters
    ----------
    answers : mapping
        As `parse_answers` returns them.
    key : mapping
        As `read_key` returns it.

    Returns
    -------
    list of dict
        With the keys `COLUMNS`. `first` and `second` are methods; `answer` is None when the trial
        was left out because a picture failed; `passed` is None except for attention checks.
    """
    rows = []
    for answer in answers["answers"]:
        kind, files = key["slots"][answers["slot"]][answer["trial"]]
        shown = [key["pictures"][file] for file in files]
        first, second = shown[0]["method"], shown[1]["method"] if len(shown) > 1 else None
        given = answer.get("answer")
        right = "coloured"  # to an attention check; of two pictures the one without false colours
        if key["design"] != REAL_OR_COLOURED:
            right = "second" if first == CHECK else "first"
        rows.append(
            {
                "participant": answers["participant"],
                "trial": answer["trial"],
                "kind": kind,
                "picture": shown[0]["picture"],
                "first": first,
                "second": second,
                "answer": given,
                "passed": given == right if kind == "check" and given is not None else None,
                "ms": answer.get("ms"),
                "shown": answer.get("shown"),
            }
        )
    return rows


def table_rows(rows: Iterable[Mapping[str, Any]]) -> list[list[str]]:
    """Turn rows into cells for a csv file; no spreadsheet takes a text of ours for a formula.

    Examples
    --------
    >>> table_rows([{"first": "=1+1", "second": None, "value": -7.5}])
    [["'=1+1", '', '-7.5']]
    """
    return [["" if value is None else _cell(value) for value in row.values()] for row in rows]


def _cell(value: object) -> str:
    """Return a number as it is, and a text like a formula behind an apostrophe."""
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else str(value)
