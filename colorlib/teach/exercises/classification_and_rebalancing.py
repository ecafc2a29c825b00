"""Chapter 15: the annealed mean, how grey photographs are, and what weights cost."""

from typing import Any

import numpy as np
import torch

from colorlib.classical.arrays import lab_pixels
from colorlib.data import package_photographs
from colorlib.teach.compare import Wrong, called, choice, number
from colorlib.teach.exercises.registry import exercise


@exercise("annealed-mean")
def _annealed(answer: Any, seed: int = 0) -> str | None:
    drawn = torch.Generator().manual_seed(seed)
    p, bins = torch.rand(9, generator=drawn).softmax(0), 40 * torch.randn(9, 2, generator=drawn)

    def right(p: torch.Tensor, bins: torch.Tensor, T: float) -> torch.Tensor:
        return (p.log() / T).softmax(0) @ bins

    def looked_at(p: torch.Tensor, bins: torch.Tensor, T: float) -> Any:
        given = torch.as_tensor(answer(p, bins, T))
        known = {
            "the temperature was multiplied; a low one sharpens": (p.log() * T).softmax(0) @ bins,
            "that is the plain mean, T = 1": p @ bins,
            "that is the likeliest bin, T = 0": bins[p.argmax()],
            "the sharpened probabilities do not sum to one": p ** (1 / T) @ bins,
        }
        for reason, wrong in known.items():
            if given.shape == wrong.shape and torch.allclose(given, wrong, atol=1e-4):
                raise Wrong(f"{reason}.")
        return given

    if not callable(answer):
        return "the answer is no function yet: hand over its name, without brackets."
    return called(looked_at, [(p, bins, 0.38)], right, 1e-3)


@exercise("nearly-grey")
def _nearly_grey(answer: Any) -> str | None:
    ab = np.concatenate(
        [lab_pixels(path, 96)[..., 1:].reshape(-1, 2) for path in package_photographs().values()]
    )
    chroma = np.hypot(*ab.T)
    share = float((chroma <= 15).mean())
    square = float((np.abs(ab) <= 15).all(axis=1).mean())
    known = {
        1 - share: "those are the pixels beyond 15.",
        square: "a and b each within 15 is a square; chroma is a circle.",
    }
    return number(answer, share, 0.002, known, "the share")


@exercise("price-of-colour")
def _price(letter: Any, because: Any) -> str | None:
    why = {
        "a": (
            "the bins were there without the weights too, and that network was the dullest of all."
        ),
        "c": (
            "error and decibels became worse; "
            "whoever commits to a colour pays in full when it was another."
        ),
        "d": (
            "the temperature was the same for both. "
            "What differed is how much a rare colour counted."
        ),
    }
    return choice(letter, because, "b", why)
