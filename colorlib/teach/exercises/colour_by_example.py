"""Chapter 11: a transfer by hand, two marginals, and which photograph to show."""

from typing import Any

import numpy as np

from colorlib.teach.compare import called, choice, number
from colorlib.teach.exercises.registry import exercise


def _transfer(L: np.ndarray, reference_L: np.ndarray, reference_c: np.ndarray) -> np.ndarray:
    sign = -1 if np.corrcoef(reference_L, reference_c)[0, 1] < 0 else 1
    return sign * (L - L.mean()) / L.std() * reference_c.std() + reference_c.mean()


@exercise("reinhard-channel")
def _reinhard(answer: Any, seed: int = 0) -> str | None:
    rng = np.random.default_rng(seed)
    L, other = rng.uniform(10, 90, 50), rng.uniform(10, 90, 60)
    rising, falling = 0.5 * other + rng.normal(0, 6, 60), 40 - 0.4 * other + rng.normal(0, 6, 60)
    for c, turned in ((rising, False), (falling, True)):
        message = called(answer, [(L, other, c)], _transfer, 1e-3)
        if message is None:
            continue
        try:
            given = np.asarray(answer(L, other, c), dtype=float)
        except Exception:
            return message
        right = _transfer(L, other, c)
        if (
            turned
            and given.shape == right.shape
            and np.allclose(given, 2 * c.mean() - right, atol=1e-3)
        ):
            return (
                "where the reference's colour falls as it gets lighter, "
                "lightness is turned round first."
            )
        if given.shape == right.shape and np.isclose(given.mean(), 0, atol=1e-6):
            return "the mean of the result is zero, not the reference's."
        if given.shape == right.shape and not np.isclose(given.std(), c.std(), rtol=1e-3):
            return "the deviation of the result is not the reference's."
        return message
    return None


@exercise("two-marginals")
def _marginals(answer: Any) -> str | None:
    known = {
        -0.99: "that is the correlation of the cloud to be reached. Look at the one that moved.",
        0.0: "nothing became uncorrelated: sorting keeps who is larger than whom.",
    }
    return number(answer, 0.99, 0.02, known, "the correlation")


@exercise("which-reference")
def _reference(letter: Any, because: Any) -> str | None:
    why = {
        "a": "it is a fine photograph of other things: every method would bring its colours along.",
        "b": "the same things in other amounts: statistics of the whole then do harm.",
        "d": (
            "no method of the chapter says that it has not seen this before. The reference decides."
        ),
    }
    return choice(letter, because, "c", why)
