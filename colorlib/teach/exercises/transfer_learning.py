"""Chapter 8: a stem for one channel, statistics that drift, and equal minutes."""

from typing import Any

import torch
from torch.nn import functional

from colorlib.teach.compare import called, choice, number
from colorlib.teach.exercises.registry import exercise


@exercise("grey-stem")
def _stem(answer: Any, seed: int = 0) -> str | None:
    drawn = torch.Generator().manual_seed(seed)
    weight = torch.randn(4, 3, 3, 3, generator=drawn)
    grey = torch.randn(1, 1, 6, 6, generator=drawn)
    right = weight.sum(1, keepdim=True)
    if callable(answer) and getattr(given := answer(weight.clone()), "shape", None) == right.shape:
        if torch.allclose(given, right / 3, atol=1e-5):
            return "a mean answers a third as strongly as the three channels did together."
        if any(torch.allclose(given, weight[:, i : i + 1], atol=1e-5) for i in range(3)):
            return (
                "one channel was kept and two were thrown away; in a grey picture all three count."
            )
        three = functional.conv2d(grey.expand(1, 3, 6, 6), weight)
        one = functional.conv2d(grey, given)
        if not torch.allclose(three, one, atol=1e-4):
            off = (three - one).abs().mean()
            return (
                "on a grey picture the new stem does not answer "
                f"as the old one: {off:.2f} off on average."
            )
    return called(answer, [(weight,)], lambda w: w.sum(1, keepdim=True), 1e-4)


@exercise("drifting-mean")
def _drift(answer: Any) -> str | None:
    right = 3 * (1 - 0.9**20)
    known = {
        3.0: "it comes near to the mean of the batches, and in twenty steps not all the way.",
        0.0: "in evaluation mode nothing is counted; call `train()` first.",
        0.3: "that is after one batch.",
        3 * 0.9**20: "that is what is still missing.",
    }
    return number(answer, right, 0.01, known, "the running mean")


@exercise("equal-minutes")
def _minutes(letter: Any, because: Any) -> str | None:
    why = {
        "a": (
            "with days instead of minutes a network from "
            "scratch can catch up: the run did not ask that."
        ),
        "c": (
            "in the same minutes the pretrained one may have "
            "seen more photographs; nothing was said of steps."
        ),
        "d": (
            "imagenette is a part of ImageNet: "
            "its encoder knew this collection. Another album may differ."
        ),
    }
    return choice(letter, because, "b", why)
