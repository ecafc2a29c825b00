"""Chapter 18: Wilson's interval, how many answers, and whose they are."""

from typing import Any

import numpy as np

from colorlib.study.scores import wilson
from colorlib.teach.compare import Wrong, called, choice, number
from colorlib.teach.exercises.registry import exercise


def _ends(k: int, n: int, z: float = 1.96) -> np.ndarray:
    p = k / n
    middle = (p + z**2 / (2 * n)) / (1 + z**2 / n)
    reach = z / (1 + z**2 / n) * (p * (1 - p) / n + z**2 / (4 * n**2)) ** 0.5
    return np.array([middle - reach, middle + reach])


@exercise("wilson-interval")
def _interval(answer: Any, seed: int = 0) -> str | None:
    rng = np.random.default_rng(seed)

    def looked_at(k: int, n: int) -> Any:
        low, high = (float(end) for end in answer(k, n))
        p = k / n
        plain = 1.96 * (p * (1 - p) / n) ** 0.5
        if low > high:
            raise Wrong("its lower end comes first.")
        if np.allclose((low, high), (p - plain, p + plain), atol=1e-6):
            raise Wrong(
                "that is the plain interval, "
                "which leaves 0 to 1 and has no width where nobody was fooled."
            )
        if np.allclose((low, high), _ends(k, n, 1.64), atol=2e-3):
            raise Wrong(
                "it is too narrow: 95 % leaves a fortieth out on either side, so z is larger."
            )
        return low, high

    if not callable(answer):
        return "the answer is no function yet: hand over its name, without brackets."
    cases = [(7, 20), (0, 10), *((int(rng.integers(0, n + 1)), n) for n in (15, 40, 200))]
    return called(looked_at, cases, _ends, 1e-3)


def _needed(width: float) -> int:
    return next(
        n for n in range(5, 10_000, 5) if np.subtract(*wilson(round(0.4 * n), n)[:0:-1]) < width
    )


@exercise("answers-needed")
def _answers(answer: Any) -> str | None:
    known: dict[float, str] = {
        _needed(0.2): "ten points are the whole width of the interval, not the reach to one side.",
        _needed(0.05): "that makes it five points wide; ten are asked for.",
        100: "with a hundred answers it is still nearly twice as wide: try it.",
    }
    return number(answer, _needed(0.1), 0.5, known, "the number of answers")


@exercise("whose-answers")
def _whose(letter: Any, because: Any) -> str | None:
    why = {
        "a": "four hundred answers of ten people are no answers of four hundred people.",
        "c": (
            "an estimate below one half is not yet a "
            "difference from one half: look at the interval."
        ),
        "d": "ten people give an interval too, a wide one; that is what it is for.",
    }
    return choice(letter, because, "b", why)
