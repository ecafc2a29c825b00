"""Chapter 19: a row beside grey's, the ten worst, and two tables that cannot be subtracted."""

from typing import Any

import numpy as np

from colorlib.teach.compare import Wrong, called, choice, difference
from colorlib.teach.exercises.registry import exercise

Row = dict[str, float]


def _shares(model: Row, grey: Row, truth: Row) -> np.ndarray:
    color = model["colorfulness"] / truth["colorfulness"]
    return np.array([model["psnr"] - grey["psnr"], model["ab_l1"] / grey["ab_l1"], color])


@exercise("beside-grey")
def _beside(answer: Any, seed: int = 0) -> str | None:
    rng = np.random.default_rng(seed)

    def row(color: float) -> Row:
        return {"psnr": rng.uniform(20, 26), "ab_l1": rng.uniform(6, 12), "colorfulness": color}

    def looked_at(model: Row, grey: Row, truth: Row) -> Any:
        found = [float(value) for value in answer(model, grey, truth)]
        right = _shares(model, grey, truth)
        if len(found) == 3 and np.isclose(found[0], -right[0]):
            raise Wrong("grey's decibels are subtracted from the model's, not the other way round.")
        if len(found) == 3 and np.isclose(found[0], model["psnr"] / grey["psnr"]):
            raise Wrong("decibels are a ratio already: subtract them.")
        if len(found) == 3 and np.isclose(found[1], model["ab_l1"] - grey["ab_l1"]):
            raise Wrong("the error is asked for as a part of grey's: divide.")
        return found

    if not callable(answer):
        return "the answer is no function yet: hand over its name, without brackets."
    cases = [(row(rng.uniform(5, 30)), row(0.0), row(40.0)) for _ in range(4)]
    return called(looked_at, cases, _shares, 1e-6)


@exercise("ten-worst")
def _worst(answer: Any) -> str | None:
    rng = np.random.default_rng(19)
    grey = rng.uniform(2, 20, 40)
    model = grey * rng.uniform(0.4, 1.3, 40)
    right = np.argsort(grey - model)[:10]
    given = np.asarray(answer) if answer is not None else np.zeros(0)
    if given.shape == right.shape:
        if (given == np.argsort(-model)[:10]).all():
            return "those have the largest errors; how much did the network add to grey's?"
        if (given == np.argsort(model - grey)[:10]).all():
            return "those are the ten best: the network took most of grey's error from them."
        if sorted(given.tolist()) == sorted(right.tolist()) and (given != right).any():
            return "these ten are right, but the worst comes first."
    return difference(answer, right, 0, "the indices")


@exercise("two-tables")
def _tables(letter: Any, because: Any) -> str | None:
    why = {
        "a": "on other photographs at another size grey alone may differ by more than 0.7 dB.",
        "b": (
            "an interval says how far a mean moves with photographs "
            "of the same kind; these are of another kind."
        ),
        "d": (
            "400 photographs give a number with an interval; "
            "it is what they are compared with that is wrong."
        ),
    }
    return choice(letter, because, "c", why)
