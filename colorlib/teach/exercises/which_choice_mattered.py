"""Chapter 16: differences of pairs, a bootstrap, and whether a change counts."""

from typing import Any

import numpy as np

from colorlib.teach.compare import Wrong, called, choice, difference
from colorlib.teach.exercises.registry import exercise


def _paired(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    apart = one - other
    return np.array([apart.mean(), apart.std(ddof=1) / np.sqrt(len(apart))])


@exercise("paired-difference")
def _difference(answer: Any, seed: int = 0) -> str | None:
    rng = np.random.default_rng(seed)
    photographs = rng.normal(12, 5, 100)
    one, other = photographs + rng.normal(0.3, 1, 100), photographs + rng.normal(0, 1, 100)

    def looked_at(one: np.ndarray, other: np.ndarray) -> Any:
        mean, wide = (float(value) for value in answer(one, other))
        right = _paired(one, other)
        unpaired = np.sqrt((one.var(ddof=1) + other.var(ddof=1)) / len(one))
        if np.isclose(mean, -right[0]):
            raise Wrong("the second was to be subtracted from the first.")
        if np.isclose(wide, unpaired, rtol=0.02):
            raise Wrong(
                "that is as wide as photographs differ: subtract photograph by photograph first."
            )
        if np.isclose(wide, right[1] * 10, rtol=0.02):
            raise Wrong("that is the deviation of one difference, not of their mean.")
        return mean, wide

    if not callable(answer):
        return "the answer is no function yet: hand over its name, without brackets."
    return called(looked_at, [(one, other)], _paired, 2e-3)


@exercise("bootstrap-interval")
def _bootstrap(answer: Any) -> str | None:
    values = np.random.default_rng(0).normal(0.2, 1, 200)
    means = np.random.default_rng(1).choice(values, (4000, 200)).mean(axis=1)
    low, high = np.quantile(means, [0.025, 0.975])
    message = difference(answer, (low, high), 0.03, "the interval")
    if message is None:
        return None
    try:
        first, second = (float(value) for value in answer)
    except (TypeError, ValueError):
        return message
    if first > second:
        return "its lower end comes first."
    if np.allclose((first, second), np.quantile(values, [0.025, 0.975]), atol=0.1):
        return (
            "that is where the values lie, not where their mean does: "
            "draw, take the mean, and repeat."
        )
    if second - first < 0.9 * (high - low):
        return "it is too narrow: for 95 % a fortieth is left out on either side."
    return message


@exercise("does-it-count")
def _counts(letter: Any, because: Any) -> str | None:
    why = {
        "a": (
            "leaving zero is the first of two tests. "
            "It speaks of other photographs, not of another training."
        ),
        "b": "an interval of this width is narrow; the photographs are not what is missing.",
        "d": "a small difference can be real. The question is whether chance makes as large ones.",
    }
    return choice(letter, because, "c", why)
