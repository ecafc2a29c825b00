"""Chapter 4: a receptive field by hand, the map of a photograph, and the size of a patch."""

from typing import Any

import numpy as np

from colorlib.teach.compare import called, choice, difference
from colorlib.teach.exercises.registry import exercise


def _field(layers: list[tuple[int, int]]) -> int:
    size = 1
    for kernel, stride in reversed(layers):
        size = (size - 1) * stride + kernel
    return size


@exercise("receptive-field")
def _receptive_field(answer: Any, seed: int = 0) -> str | None:
    rng = np.random.default_rng(seed)
    drawn = [(int(rng.integers(2, 6)), int(rng.integers(1, 4))) for _ in range(4)]
    chains = [[(3, 1)], [(4, 2), (4, 1)], [(4, 2)] * 3 + [(4, 1)] * 2, drawn]
    for chain in chains:
        message = called(answer, [(list(chain),)], _field, 0.5)
        if message is None:
            continue
        given = answer(list(chain))
        size = 1
        for kernel, stride in chain:
            size = (size - 1) * stride + kernel
        if given == size:
            return (
                "the layers were walked from the first to the last; "
                "this formula goes backwards, from one mark on."
            )
        if given == sum(kernel for kernel, _ in chain):
            return (
                "kernels do not simply add up: "
                "a stride before a layer makes its kernel reach further."
            )
        if given == np.prod([stride for _, stride in chain]):
            return "that is how far apart two marks are, not how much one of them sees."
        return f"for {len(chain)} layers {message}"
    return None


@exercise("map-of-a-photograph")
def _map(answer: Any) -> str | None:
    message = difference(answer, (23, 35), 0.1, "the map")
    hints: dict[tuple[int, ...], str] = {
        (35, 23): "height comes first in PyTorch, then width.",
        (25, 37): "three halvings are right; two more convolutions take a row and a column each.",
        (30, 30): "that is the map of a square of 256 pixels.",
    }
    try:
        return message and hints.get(tuple(int(v) for v in answer), message)
    except (TypeError, ValueError):
        return message


@exercise("size-of-a-patch")
def _patch(letter: Any, because: Any) -> str | None:
    why = {
        "a": (
            "one pixel knows which colours are common, "
            "and nothing of places: it cannot see a blotch."
        ),
        "b": (
            "16 pixels see the texture. That a whole cheek "
            "is green they cannot compare with anything."
        ),
        "d": (
            "a patch of everything gives few marks, "
            "and a blotch is a small part of each; it has more to learn."
        ),
    }
    return choice(letter, because, "c", why)
