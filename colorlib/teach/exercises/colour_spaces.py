"""Chapter 1: L by hand, colours that do not exist, and a wrong grey."""

from typing import Any

import torch

from colorlib import color
from colorlib.classical.arrays import lab_pixels
from colorlib.data import package_photographs
from colorlib.teach.compare import called, choice, number
from colorlib.teach.exercises.registry import exercise


@exercise("lightness-by-hand")
def _lightness(answer: Any, seed: int = 0) -> str | None:
    drawn = torch.rand(1, 3, 4, 5, generator=torch.Generator().manual_seed(seed))
    # Dark enough for the straight pieces.
    ramp = torch.linspace(0, 0.06, 12).reshape(1, 1, 3, 4).expand(1, 3, 3, 4)
    message = called(answer, [(drawn,)], color.lightness, tolerance=0.05)
    return message or called(answer, [(ramp,)], color.lightness, tolerance=0.05)


@exercise("impossible-colours")
def _impossible(answer: Any) -> str | None:
    lab = (
        torch.from_numpy(lab_pixels(package_photographs()["flower"], 128))
        .permute(2, 0, 1)[None]
        .float()
    )

    def outside(gain: float) -> float:
        return float(
            (~color.in_gamut(torch.cat([lab[:, :1], gain * lab[:, 1:]], dim=1))).float().mean()
        )

    share = outside(2)
    known = {
        1 - share: "that is the share that can be shown; the others are asked for.",
        outside(1): "those are the colours as they are: nothing has been doubled.",
    }
    return number(answer, share, 0.01, known, "the share")


@exercise("wrong-grey")
def _wrong_grey(letter: Any, because: Any) -> str | None:
    why = {
        "a": (
            "in fresh snow red, green and blue are nearly equal, "
            "so every idea of grey gives nearly the same."
        ),
        "c": "concrete is grey: its red channel is its lightness, but for a little.",
        "d": (
            "no training took place here: the network meets "
            "a grey that it has never seen, and keeps it as L."
        ),
    }
    return choice(letter, because, "b", why)
