"""Chapter 17: the best saturation, decibels of grey, and which number to believe."""

from typing import Any

import numpy as np

from colorlib.teach.compare import Wrong, called, choice, number
from colorlib.teach.exercises.registry import exercise


@exercise("best-saturation")
def _saturation(answer: Any, seed: int = 0) -> str | None:
    def best(p: float) -> float:
        return max(0.0, 2 * p - 1)

    def looked_at(p: float) -> float:
        given = float(answer(p))
        if p < 0.5 and given < 0:
            raise Wrong("a saturation is never negative: below one half say grey.")
        if p != 0.5 and abs(given - p) < 1e-6:
            raise Wrong(
                "that is how often the hue is right; being wrong costs more than it takes away."
            )
        if p > 0.5 and given < 1e-6:
            raise Wrong("who is right in most of the cases should paint something.")
        return given

    if not callable(answer):
        return "the answer is no function yet: hand over its name, without brackets."
    shares = np.random.default_rng(seed).uniform(0.05, 0.95, 12)
    return called(looked_at, [(0.8,), (0.3,), *((float(p),) for p in shares)], best, 1e-6)


@exercise("psnr-of-grey")
def _grey(answer: Any) -> str | None:
    truth = np.random.default_rng(5).integers(60, 200, (32, 32, 3)).astype(np.uint8)
    grey = truth.mean(axis=2, keepdims=True).round().astype(np.uint8).repeat(3, axis=2)
    error = np.square(truth.astype(float) - grey).mean()
    wrapped = np.square(truth - grey).mean()
    known = {
        10
        * np.log10(
            255**2 / wrapped
        ): "differences of uint8 wrap around: 3 - 5 is 254. Convert before you subtract.",
        10 * np.log10(255 / error): "the peak is squared like the error is.",
        10 * np.log(255**2 / error): "decibels are ten times the logarithm to the base of ten.",
        10 * np.log10(1 / error): "the peak of 8-bit pictures is 255, not 1.",
    }
    return number(answer, 10 * np.log10(255**2 / error), 0.01, known, "the PSNR")


@exercise("which-number")
def _which(letter: Any, because: Any) -> str | None:
    why = {
        "a": "grey has nearly as many decibels, and no colour at all.",
        "c": (
            "a loud network would win by that rule; the aim is the truth's colourfulness, not more."
        ),
        "d": "one has a tenth of the other's colour: look at each beside grey and the truth.",
    }
    return choice(letter, because, "b", why)
