"""Chapter 3: a skip by hand, what a value sees, and what learning by heart proves."""

from typing import Any

import torch
from torch import nn

from colorlib.teach.compare import Wrong, called, choice, number
from colorlib.teach.exercises.registry import exercise


@exercise("unet-skip")
def _skip(answer: Any, seed: int = 0) -> str | None:
    torch.manual_seed(seed)
    down, inside, up = (
        nn.Conv2d(3, 5, 4, stride=2, padding=1),
        nn.Conv2d(5, 5, 3, padding=1),
        nn.ConvTranspose2d(5, 3, 4, stride=2, padding=1),
    )
    x = torch.randn(2, 3, 8, 8)
    right = torch.cat([x, up(inside(down(x)))], dim=1)

    def looked_at(*parts: Any) -> Any:
        given = answer(*parts)
        if getattr(given, "shape", None) == right.shape:
            if torch.allclose(given, torch.cat([right[:, 3:], x], dim=1), atol=1e-4):
                raise Wrong("both halves are there, in the other order: the input comes first.")
            if torch.allclose(given, torch.cat([x, up(down(x))], dim=1), atol=1e-4):
                raise Wrong("what is inside was never called.")
        elif getattr(given, "shape", None) == x.shape:
            raise Wrong("as many channels come out as went in: a skip is laid beside, not added.")
        return given

    if not callable(answer):
        return "the answer is no function yet: hand over its name, without brackets."
    return called(looked_at, [(x, down, inside, up)], lambda *_: right, 1e-4)


@exercise("pixels-seen")
def _seen(answer: Any) -> str | None:
    known: dict[float, str] = {
        22: "that is the side of the field; its pixels are asked for.",
        64: "8 by 8 pixels is how far apart two values are. What each looks at is wider than that.",
        4096: "that is every pixel: the gradient was taken of all values together. Take one.",
        100: "two halvings see 10 by 10; there are three.",
    }
    return number(answer, 22 * 22, 0.5, known, "the number of pixels")


@exercise("by-heart")
def _by_heart(letter: Any, because: Any) -> str | None:
    why = {
        "a": (
            "it was cut, and the network learnt the cup all the same. "
            "But only one cup, in one place."
        ),
        "b": (
            "on moving windows the network with skips had "
            "the smaller error: there they were needed."
        ),
        "d": "both losses were small. The experiment worked; it asked the wrong question.",
    }
    return choice(letter, because, "c", why)
