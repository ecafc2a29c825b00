"""A photograph as a tensor."""

from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from colorlib.images.decode import open_rgb

__all__ = ["read_rgb"]

# Bytes. Larger JPEGs are worth decoding at a fraction of their size.
_SMALL_FILE = 250_000


def read_rgb(path: str | Path, shorter_side: int | None = None) -> Tensor:
    """Read one photograph as a tensor; as `open_rgb`, but a small file is always decoded whole.

    Parameters
    ----------
    shorter_side : int, optional
        As in `open_rgb`.

    Returns
    -------
    Tensor
        (3, H, W) uint8, sRGB.

    Raises
    ------
    FileNotFoundError, ValueError
        As in `open_rgb`.
    """
    small = Path(path).is_file() and Path(path).stat().st_size <= _SMALL_FILE
    image = open_rgb(path, None if small else shorter_side)
    return torch.from_numpy(np.array(image)).permute(2, 0, 1)
