"""Chapter 14: a fusion layer by hand, what a local feature sees, and a sign that changes."""

from typing import Any

import torch

from colorlib.teach.compare import Wrong, called, choice, number
from colorlib.teach.exercises.registry import exercise


@exercise("fusion-by-hand")
def _fusion(answer: Any, seed: int = 0) -> str | None:
    drawn = torch.Generator().manual_seed(seed)
    local, vector = torch.randn(2, 3, 4, 5, generator=drawn), torch.randn(2, 6, generator=drawn)

    def right(local: torch.Tensor, vector: torch.Tensor) -> torch.Tensor:
        return torch.cat([local, vector[:, :, None, None].expand(-1, -1, *local.shape[-2:])], dim=1)

    def looked_at(local: torch.Tensor, vector: torch.Tensor) -> Any:
        given, wanted = answer(local, vector), right(local, vector)
        if getattr(given, "shape", None) == wanted.shape:
            if torch.allclose(given, torch.cat([wanted[:, 3:], local], dim=1)):
                raise Wrong("the local features come first, then the vector.")
            if torch.allclose(given[:, :3], local) and (given[:, 3:] == 0).any():
                raise Wrong("the vector stands at some places only; it belongs to every one.")
            if torch.allclose(given[:, 3:], wanted[:1, 3:].expand_as(given[:, 3:])):
                raise Wrong("every picture got the vector of the first one.")
        return given

    if not callable(answer):
        return "the answer is no function yet: hand over its name, without brackets."
    return called(looked_at, [(local, vector)], right, 1e-5)


@exercise("share-in-sight")
def _share(answer: Any) -> str | None:
    right = (75 / 256) ** 2
    known = {
        75 / 256: "that is the share of the width; a field has a height as well.",
        75.0**2: "those are its pixels; their share of the picture is asked for.",
        1.0: "in a picture of 64 pixels it would be nearly all; this one has 256.",
    }
    return number(answer, right, 0.002, known, "the share")


@exercise("changing-sign")
def _sign(letter: Any, because: Any) -> str | None:
    why = {
        "a": "with seed 43 the interval is on the other side of zero, and just as sure.",
        "b": (
            "the two signs cancel in a mean, and a mean of three says little; "
            "the change of sign is the finding."
        ),
        "d": (
            "the interval is right about these networks and "
            "other photographs. It knows of no other training."
        ),
    }
    return choice(letter, because, "c", why)
