"""Chapter 5: mean and median by hand, a turned hue, and two numbers of two colorizers."""

import math
from typing import Any

import torch

from colorlib.teach.compare import Wrong, called, choice, number
from colorlib.teach.exercises.registry import exercise


def _answers(ab: torch.Tensor, p: torch.Tensor) -> torch.Tensor:
    order = ab.argsort(dim=0)
    half = [int((p[order[:, i]].cumsum(0) >= 0.5).nonzero()[0]) for i in (0, 1)]
    median = torch.stack([ab[order[half[i], i], i] for i in (0, 1)])
    return torch.stack([p @ ab, median])


@exercise("mean-and-median")
def _mean_and_median(answer: Any, seed: int = 0) -> str | None:
    drawn = torch.Generator().manual_seed(seed)
    ab = 50 * torch.randn(6, 2, generator=drawn)
    p = torch.tensor([0.30, 0.05, 0.08, 0.29, 0.17, 0.11])

    def stacked(*parts: Any) -> torch.Tensor:
        mean, median = (torch.as_tensor(part) for part in answer(*parts))
        right = _answers(ab, p)
        if torch.allclose(mean, ab.mean(0), atol=1e-3):
            raise Wrong("the mean counts every colour the same; some are worn more often.")
        if torch.allclose(median, ab.median(0).values, atol=1e-3):
            raise Wrong("the median counts every colour the same; some are worn more often.")
        if torch.allclose(mean, right[1], atol=1e-3):
            raise Wrong("mean and median are exchanged.")
        return torch.stack([mean, median])

    if not callable(answer):
        return "the answer is no function yet: hand over its name, without brackets."
    return called(stacked, [(ab, p)], _answers, 1e-3)


@exercise("turned-hue")
def _turned(answer: Any) -> str | None:
    right = 2 * math.sin(math.radians(20))
    side = math.sin(math.radians(40))
    known = {
        side: "a pixel moves along a chord of the circle, not down its side: half the angle.",
        right**2: "that is the ratio of squared errors.",
        2 * math.sin(math.radians(40)): "the hues were turned by 80 degrees.",
        1 / right: "grey's error was divided by the turned picture's; the other way is asked for.",
    }
    return number(answer, right, 0.005, known, "the ratio")


@exercise("two-colorizers")
def _two(letter: Any, because: Any) -> str | None:
    why = {
        "a": "the first gains by being pale: a picture without any colour comes close to its PSNR.",
        "b": "colourfulness alone is no praise either: colours in the wrong places have it too.",
        "d": (
            "they measure different things, and both are right. "
            "Together they say how much was risked, and for what."
        ),
    }
    return choice(letter, because, "c", why)
