"""Chapter 9: two answers in one, what enlarging costs, and sure mistakes."""

from typing import Any

import torch
from torch.nn.functional import interpolate

from colorlib.classical.arrays import lab_pixels
from colorlib.data import package_photographs
from colorlib.teach.compare import Wrong, called, choice, number
from colorlib.teach.exercises.registry import exercise


def _predict(L: torch.Tensor) -> torch.Tensor:
    along = torch.linspace(0, 1, L.shape[-1])
    return torch.cat([L * along, L.roll(1, -1)], dim=1)


@exercise("both-ways")
def _both_ways(answer: Any, seed: int = 0) -> str | None:
    L = torch.rand(1, 1, 4, 6, generator=torch.Generator().manual_seed(seed))
    there, back = _predict(L), _predict(L.flip(-1))

    def looked_at(predict: Any, L: torch.Tensor) -> Any:
        given = answer(predict, L)
        known = {
            "the second answer is still mirrored when the mean is taken": (there + back) / 2,
            "only the picture as it is was asked": there,
            "a sum was returned, not a mean": there + back.flip(-1),
        }
        for reason, wrong in known.items():
            if getattr(given, "shape", None) == wrong.shape and torch.allclose(
                given, wrong, atol=1e-5
            ):
                raise Wrong(f"{reason}.")
        return given

    if not callable(answer):
        return "the answer is no function yet: hand over its name, without brackets."
    return called(looked_at, [(_predict, L)], lambda *_: (there + back.flip(-1)) / 2, 1e-4)


@exercise("enlarged-colour")
def _enlarged(answer: Any) -> str | None:
    lab = (
        torch.from_numpy(lab_pixels(package_photographs()["flower"], 160))
        .permute(2, 0, 1)[None]
        .float()
    )
    small = interpolate(lab, scale_factor=1 / 8, mode="area")

    def error(mode: str, channels: slice) -> float:
        big = interpolate(small[:, channels], size=lab.shape[-2:], mode=mode)
        return float((big - lab[:, channels]).abs().mean())

    if not isinstance(answer, dict) or set(answer) != {"nearest", "bicubic"}:
        return "a dict with the keys 'nearest' and 'bicubic' is asked for."
    ab, light = slice(1, 3), slice(0, 1)
    for mode in ("nearest", "bicubic"):
        other = {"nearest": "bicubic", "bicubic": "nearest"}[mode]
        known = {
            error(mode, light): "that is the error of L, which nobody has to enlarge.",
            error(other, ab): "the two ways are exchanged.",
            error(mode, slice(0, 3)): "L was counted too; a and b alone are asked for.",
        }
        if message := number(answer[mode], error(mode, ab), 0.02, known, f"the error of {mode}"):
            return message
    return None


@exercise("sure-and-wrong")
def _sure(letter: Any, because: Any) -> str | None:
    why = {
        "a": (
            "the map compares answers of one network with each other. "
            "None of them has seen the dress."
        ),
        "b": "where the answers differ the network is unsure; it may be right there all the same.",
        "c": "more sizes give more answers of the same network, which share what it believes.",
    }
    return choice(letter, because, "d", why)
