"""What several test files share: suites of small photographs."""

from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from colorlib.metrics.assessment import with_chroma
from helpers.metrics import crops


def photographs(folder: Path, count: int, size: int = 48) -> dict[str, Path]:
    """Crops of a photograph as files."""
    folder.mkdir(parents=True, exist_ok=True)
    found = {}
    for number, crop in enumerate(crops(count, size)):
        path = found[f"p{number:03d}"] = folder / f"p{number:03d}.png"
        Image.fromarray((crop * 255).round().byte().permute(1, 2, 0).numpy()).save(path)
    return found


class Pale:
    """A method that knows all hues and gives them a part of their chroma; it counts its calls."""

    def __init__(self, part: float, stop_at: int = 10**9) -> None:
        self.part, self.stop_at, self.calls = part, stop_at, 0

    def __call__(self, truths: Tensor, names: list[str]) -> Tensor:
        self.calls += 1
        if self.calls > self.stop_at:
            raise KeyboardInterrupt
        return with_chroma(truths, self.part)


class Swapped:
    """A method that gives every picture the colours of another hue."""

    def __call__(self, truths: Tensor, names: list[str]) -> Tensor:
        return truths.flip(1)


def arrays_equal(one: dict[str, np.ndarray], other: dict[str, np.ndarray]) -> bool:
    return one.keys() == other.keys() and all(
        torch.allclose(torch.from_numpy(one[key]), torch.from_numpy(other[key]), rtol=1e-4, atol=1e-4) for key in one
    )
