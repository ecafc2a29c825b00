"""Chapter 6: the generator's loss, its slope, and a curve that falls."""

import math
from typing import Any

import torch
from torch.nn import functional

from colorlib.teach.compare import Wrong, called, choice, number
from colorlib.teach.exercises.registry import exercise


@exercise("generator-loss")
def _generator_loss(answer: Any, seed: int = 0) -> str | None:
    drawn = torch.Generator().manual_seed(seed)
    logits = torch.randn(2, 1, 6, 6, generator=drawn)
    fake, ab = torch.rand(2, 2, 8, 8, generator=drawn), torch.rand(2, 2, 8, 8, generator=drawn)

    def right(logits: torch.Tensor, fake: torch.Tensor, ab: torch.Tensor) -> torch.Tensor:
        return functional.softplus(-logits).mean() + 100 * (fake - ab).abs().mean()

    def looked_at(*parts: Any) -> Any:
        value = float(answer(*parts))
        pixels = 100 * (fake - ab).abs().mean().item()
        known = {
            functional.softplus(logits).mean().item()
            + pixels: "the generator wants to be taken for true: ones, not zeros",
            pixels
            - functional.softplus(logits)
            .mean()
            .item(): "that is log(1 - D) as in the formula: flat where it is caught",
            functional.softplus(-logits).mean().item()
            + pixels / 100: "L1 counts lambda times, and lambda is 100",
            pixels: "only the L1 term is there; nothing fools the discriminator",
        }
        for wrong, reason in known.items():
            if math.isclose(value, wrong, abs_tol=1e-3):
                raise Wrong(f"{reason}.")
        return value

    if not callable(answer):
        return "the answer is no function yet: hand over its name, without brackets."
    return called(looked_at, [(logits, fake, ab)], right, 1e-3)


@exercise("steeper-by")
def _steeper(answer: Any) -> str | None:
    right = math.exp(4)
    known = {
        math.exp(-4): "the slopes were divided the other way round.",
        -right: "the logarithms' slopes are both negative; mind the signs, or take sizes.",
        1.0: "at a logit of 0 both are equally steep; -4 is asked for.",
    }
    return number(answer, right, 0.3, known, "the ratio")


@exercise("falling-loss")
def _falling(letter: Any, because: Any) -> str | None:
    why = {
        "a": (
            "a discriminator that finds its work easy is no sign "
            "that the colours are good; rather of the opposite."
        ),
        "b": "its loss is compared with log 2, which is chance, and it is far below.",
        "c": "a generator that wins would push this loss up towards log 2.",
    }
    return choice(letter, because, "d", why)
