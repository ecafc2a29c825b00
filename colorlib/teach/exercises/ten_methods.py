"""Chapter 12: ranks, twenty points, and a fair comparison."""

from typing import Any

import numpy as np
from scipy.stats import rankdata

from colorlib.classical import BY_SCRIBBLES, points_from_truth
from colorlib.classical.arrays import lab_pixels
from colorlib.data import package_photographs
from colorlib.teach.compare import Wrong, called, choice, number
from colorlib.teach.exercises.registry import exercise


@exercise("mean-rank")
def _mean_rank(answer: Any, seed: int = 0) -> str | None:
    errors = np.random.default_rng(seed).permuted(np.arange(20.0).reshape(4, 5), axis=None)

    def looked_at(errors: np.ndarray) -> Any:
        given = np.asarray(answer(errors), dtype=float)
        means, ranks = errors.mean(axis=1), rankdata(errors, axis=0).mean(axis=1)
        known = {
            "those are mean errors; one photograph with large errors decides them alone": means,
            "the largest error got rank 1; the smallest should": 5 - ranks,
            "the photographs were ranked, not the methods": rankdata(errors, axis=1).mean(axis=1),
        }
        for reason, wrong in known.items():
            if given.shape == wrong.shape and np.allclose(given, wrong):
                raise Wrong(f"{reason}.")
        return given + 1 if np.allclose(given + 1, ranks) else given

    if not callable(answer):
        return "the answer is no function yet: hand over its name, without brackets."
    return called(looked_at, [(errors,)], lambda e: rankdata(e, axis=0).mean(axis=1), 1e-6)


@exercise("twenty-points")
def _twenty(answer: Any) -> str | None:
    lab = lab_pixels(package_photographs()["coffee"], 64)
    L, truth = lab[..., 0], lab[..., 1:]
    if not isinstance(answer, dict) or set(answer) != {"grey", *BY_SCRIBBLES}:
        return f"a dict with the keys {', '.join(map(repr, ['grey', *BY_SCRIBBLES]))} is asked for."
    found = {"grey": np.zeros_like(truth)}
    found |= {
        name: method(L, *points_from_truth(truth, 20)) for name, method in BY_SCRIBBLES.items()
    }
    for name, ab in found.items():
        right = float(np.abs(ab - truth).mean())
        squared = float(np.sqrt(np.square(ab - truth).mean()))
        known = {squared: f"{name}: the mean *absolute* error is asked for."}
        if message := number(answer[name], right, 0.05, known, f"the error of {name}"):
            return message
    return None


@exercise("fair-comparison")
def _fair(letter: Any, because: Any) -> str | None:
    why = {
        "b": "three plates hold the colour: who is told the answer should be nearer to it.",
        "c": (
            "a reference holds colours, twenty points hold "
            "colours in their places: that is another question."
        ),
        "d": "the network is told nothing about this photograph; Levin gets twenty of its colours.",
    }
    return choice(letter, because, "a", why)
