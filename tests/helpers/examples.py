"""What several test files share: examples."""

import numpy as np

from colorlib.classical.arrays import lab_pixels
from colorlib.data.sources import package_photographs


def photograph(name: str, size: int = 96) -> np.ndarray:
    """A package photograph in Lab, (H, W, 3), its longer side `size`."""
    return lab_pixels(package_photographs()[name], size)


def scene(seed: int, trees: int, height: int = 40, width: int = 48) -> np.ndarray:
    """A smooth blue sky over rough green trees of the same mean lightness; the lowest `trees` rows are trees."""
    rng = np.random.default_rng(seed)
    lab = np.array([60.0, -5, -30]) + rng.normal(0, 0.5, (height, width, 3))
    lab[-trees:] = np.array([60, -30, 35]) + rng.normal(0, 1, (trees, width, 3)) * [12, 1, 1]
    return lab


def error(ab: np.ndarray, truth: np.ndarray) -> float:
    """Root mean square over a and b."""
    return float(np.sqrt(np.square(ab - truth[..., 1:]).mean()))
