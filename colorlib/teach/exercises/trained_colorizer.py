"""Chapter 7: PSNR of bytes, colours on one line, and three pictures."""

from typing import Any

import numpy as np

from colorlib.classical.arrays import lab_pixels
from colorlib.data import package_photographs
from colorlib.teach.compare import Wrong, called, choice, number
from colorlib.teach.exercises.registry import exercise


def _psnr(result: np.ndarray, truth: np.ndarray) -> float:
    return 10 * np.log10(255**2 / np.square(result.astype(float) - truth).mean())


@exercise("psnr-of-bytes")
def _psnr_of_bytes(answer: Any, seed: int = 0) -> str | None:
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, 256, (8, 9, 3), dtype=np.uint8)
    result = np.clip(truth + rng.normal(0, 20, truth.shape), 0, 255).astype(np.uint8)

    def looked_at(result: np.ndarray, truth: np.ndarray) -> float:
        value, mean = float(answer(result, truth)), np.square(result.astype(float) - truth).mean()
        wrapped = np.square(result - truth).mean()
        half = 10 * np.log10(255 / np.sqrt(mean))
        known = {
            10 * np.log10(1 / mean): "the largest value of a byte is 255, not 1",
            half: "that is half of it: either squares inside, or 20 in front",
            10
            * np.log10(
                255**2 / wrapped
            ): "bytes wrap around: 3 - 5 is 254 in 8 bits. Make them floats first",
        }
        for wrong, reason in known.items():
            if abs(value - wrong) < 1e-3:
                raise Wrong(f"{reason}.")
        return value

    if not callable(answer):
        return "the answer is no function yet: hand over its name, without brackets."
    return called(looked_at, [(result, truth)], _psnr, 1e-3)


@exercise("one-line")
def _one_line(answer: Any) -> str | None:
    ab = lab_pixels(package_photographs()["coffee"], 128)[..., 1:].reshape(-1, 2).T
    small, large = np.linalg.eigvalsh(np.cov(ab))
    known = {
        small / (small + large): "that is the share of the *shorter* direction.",
        large / small: "that is a ratio of the two; a share of their sum is asked for.",
        large**0.5
        / (small**0.5 + large**0.5): "those are deviations; variances add up, deviations do not.",
    }
    return number(answer, large / (small + large), 0.01, known, "the share")


@exercise("three-pictures")
def _three(letter: Any, because: Any) -> str | None:
    why = {
        "a": "three that were picked can show anything. Who picked them, from how many?",
        "b": "it trained on these: the gap between them and others is what was learnt by heart.",
        "d": (
            "a mean hides much, but it is of photographs "
            "that nobody picked; three pictures hide more."
        ),
    }
    return choice(letter, because, "c", why)
