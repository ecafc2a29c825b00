"""Chapter 10: five pixels by hand, what points are worth, and two colours of one lightness."""

from typing import Any

import numpy as np

from colorlib.classical import points_from_truth, propagate
from colorlib.classical.arrays import lab_pixels
from colorlib.data import package_photographs
from colorlib.teach.compare import choice, difference, number
from colorlib.teach.exercises.registry import exercise


@exercise("levin-row")
def _row(answer: Any) -> str | None:
    message = difference(answer, [0, 8, 16, 32, 40], 0.1, "the row")
    hints: dict[tuple[int, ...], str] = {
        (0, 10, 20, 30, 40): (
            "that is the straight line of equal weights; "
            "here one pair is less alike than the others."
        ),
        (0, 11, 23, 29, 40): "a small weight lets the colours differ more across it, not less.",
        (0, 0, 20, 40, 40): "no pixel was asked to be the weighted mean of its neighbours.",
    }
    if message is None:
        return None
    try:
        return hints.get(tuple(round(float(v)) for v in answer), message)
    except (TypeError, ValueError):
        return message


@exercise("worth-of-points")
def _points(answer: Any) -> str | None:
    lab = lab_pixels(package_photographs()["flower"], 64)
    if not isinstance(answer, dict) or set(answer) != {5, 50}:
        return "a dict with the keys 5 and 50 is asked for."
    for count in (5, 50):
        off = propagate(lab[..., 0], *points_from_truth(lab[..., 1:], count)) - lab[..., 1:]
        right = float(np.sqrt(np.square(off).mean()))
        mean = float(np.abs(off).mean())
        known = {
            right**2: "take the root of the mean square.",
            mean: "that is the mean absolute error; the root of the mean square is asked for.",
        }
        if message := number(answer[count], right, 0.05, known, f"the error with {count} points"):
            return message
    return None


@exercise("equal-lightness")
def _equal(letter: Any, because: Any) -> str | None:
    why = {
        "a": "a solver finds the exact solution of equations that do not know the border.",
        "b": "there is no edge in L at all, so no threshold finds one.",
        "d": "a path from one side to the other crosses no change of lightness: it costs nothing.",
    }
    return choice(letter, because, "c", why)
