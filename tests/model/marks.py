"""Pictures that tell who they are: a number in coarse blocks of lightness, which colouring keeps.

A mark is 8 x 4 blocks of 8 pixels: a dark and a bright block to measure by, 20 bits of number, 10 bits of its
checksum. What colours them is a network that gives one colour to everything, so that a result also tells which
weights and which strength made it.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from skimage.color import rgb2lab

from colorlib.models.unet import UNet
from colorlib.models.weights import save_weights

COLUMNS, ROWS, CELL = 8, 4, 8
WIDTH, HEIGHT = COLUMNS * CELL, ROWS * CELL
DARK, BRIGHT = 90, 180
BIAS = 0.15  # of the last layer: both ab channels get +-16.5, which every grey of a mark can have
TINTS = ("warm", "cold")


@dataclass(frozen=True)
class Mark:
    """Which picture this is, in which version of its file, and which page or frame of it."""

    picture: int
    version: int = 0
    page: int = 0

    @property
    def number(self) -> int:
        """All three in 20 bits."""
        return (self.picture << 10) | (self.version << 5) | self.page


def stamp(mark: Mark, dtype: type = np.uint8) -> np.ndarray:
    """Draw a mark, (32, 64) of uint8 or uint16."""
    sum_ = zlib.crc32(mark.number.to_bytes(4, "big")) & 0x3FF
    code = f"01{mark.number:020b}{sum_:010b}"
    cells = np.array([BRIGHT if bit == "1" else DARK for bit in code]).reshape(ROWS, COLUMNS)
    pixels = cells.repeat(CELL, 0).repeat(CELL, 1)
    return (pixels * (257 if dtype == np.uint16 else 1)).astype(dtype)


def read_mark(rgb: np.ndarray) -> Mark | None:
    """Read the mark of a picture, (H, W, 3) of uint8; None when there is none or it is damaged anywhere."""
    if rgb.shape[:2] != (HEIGHT, WIDTH):
        return None
    L = rgb2lab(rgb)[..., 0].reshape(ROWS, CELL, COLUMNS, CELL)[:, 2:-2, :, 2:-2]
    cells = np.median(L, axis=(1, 3)).ravel()
    dark, bright = cells[:2]
    share = (cells - dark) / (bright - dark) if bright - dark > 15 else np.full(32, 0.5)
    if (np.abs(share - 0.5) < 0.3).any():
        return None
    code = "".join("1" if value > 0.5 else "0" for value in share)
    number = int(code[2:22], 2)
    mark = Mark(number >> 10, (number >> 5) & 31, number & 31)
    return mark if np.array_equal(stamp(mark)[4::8, 4::8].ravel() == BRIGHT, share > 0.5) else None


def read_tint(rgb: np.ndarray) -> tuple[str, float] | None:
    """Read who coloured a picture: which of `TINTS`, and how strongly; None when it has no colour."""
    a, b = np.median(rgb2lab(rgb)[..., 1:], axis=(0, 1))
    strength = (abs(a) + abs(b)) / 2 / (110 * BIAS)
    if strength < 0.15 or a * b < 0:
        return None
    return TINTS[0 if a > 0 else 1], float(strength)


def tint_weights(path: Path, tint: str) -> Path:
    """Save weights that give everything one colour; none, when it is not one of `TINTS`."""
    torch.manual_seed(0)
    arguments = {"downs": 3, "filters": 4}
    network = UNet(**arguments).eval()
    last = [module for module in network.modules() if getattr(module, "bias", None) is not None][-1]
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.zero_()
        last.bias.fill_({"warm": 1, "cold": -1}.get(tint, 0) * float(np.arctanh(BIAS)))
    return save_weights(network, path, "unet", arguments, {"size": 32})
