"""Batches of whole numbers as tensors: what a loader does thousands of times an epoch.

The same numbers as `colorlib.color.lab`, in a fraction of the time: 8 bits have only 256 values, so
the sRGB curve is a table, and nothing has to remember how a gradient would flow.
"""

import sys
from functools import lru_cache

import numpy as np
import torch
from torch import Tensor

from colorlib.color import display
from colorlib.color.constants import AB_RANGE, L_HALF, WHITE_FROM_RGB

__all__ = ["bytes_to_network", "lab_to_bytes"]

# Pixels converted at once: on a CPU the temporaries then stay in its cache, on a GPU the batch is
# one piece.
_CHUNK = 65_536
# numpy's cbrt is vectorised on Linux where there is AVX-512, and slower than a logarithm and an
# exponential elsewhere.
_QUICK_CBRT = sys.platform == "linux" and torch.backends.cpu.get_cpu_capability() == "AVX512"


@lru_cache(maxsize=4)
def _linear_table(device: torch.device) -> Tensor:
    """Return the linear light of each of the values of 8-bit sRGB (IEC 61966-2-1)."""
    value = torch.arange(256, dtype=torch.float64) / 255
    linear = torch.where(value > 0.04045, ((value + 0.055) / 1.055) ** 2.4, value / 12.92)
    return linear.float().to(device)


@torch.no_grad()
def bytes_to_network(rgb: Tensor) -> tuple[Tensor, Tensor]:
    """Convert a batch of 8-bit RGB pictures to what the networks see.

    Equal to ``to_network(rgb_to_lab(rgb / 255))`` of `colorlib.color` up to float32 rounding.

    Parameters
    ----------
    rgb : Tensor, (B, 3, H, W), uint8
        sRGB, any device.

    Returns
    -------
    L, ab : Tensor
        (B, 1, H, W) in [-1, 1] and (B, 2, H, W) in about [-1, 1], float32.

    Raises
    ------
    ValueError
        When the batch is not uint8 or has not three channels.

    References
    ----------
    CIE 15:2004, section 8.2.1; IEC 61966-2-1.
    """
    if rgb.dtype != torch.uint8 or rgb.ndim != 4 or rgb.shape[1] != 3:
        raise ValueError(f"expected uint8 of (B, 3, H, W), not {rgb.dtype} of {tuple(rgb.shape)}")
    batch, _, height, width = rgb.shape
    L = torch.empty(batch, 1, height, width, device=rgb.device)
    ab = torch.empty(batch, 2, height, width, device=rgb.device)
    few = max(1, _CHUNK // (height * width)) if rgb.device.type == "cpu" else batch
    for part, L_part, ab_part in zip(rgb.split(few), L.split(few), ab.split(few), strict=True):
        _convert(part, L_part, ab_part)
    return L, ab


@torch.no_grad()
def lab_to_bytes(lab: Tensor) -> Tensor:
    """Convert a batch of Lab pictures to 8-bit RGB: `display.displayed_bytes` of each.

    Parameters
    ----------
    lab : Tensor, (B, 3, H, W)
        CIE Lab.

    Returns
    -------
    Tensor, (B, 3, H, W), uint8
        Displayable: what no screen shows gives up chroma, never lightness. On the device of the
        batch.
    """
    pictures = lab.float().cpu().contiguous().numpy()
    shown = np.stack([display.displayed_bytes(*planes) for planes in pictures])
    return torch.from_numpy(shown).permute(0, 3, 1, 2).contiguous().to(lab.device)


def _looked_up(table: Tensor, index: Tensor) -> Tensor:
    """Look up the entries of a table, in the quickest of torch's ways."""
    return table.index_select(0, index.flatten().int()).view(index.shape)


def _convert(rgb: Tensor, L: Tensor, ab: Tensor) -> None:
    """Fill L and ab, step by step: autocast or TF32 could make a matrix product coarse."""
    planes = rgb.transpose(0, 1).contiguous()
    linear = _looked_up(_linear_table(rgb.device), planes)
    white = torch.empty_like(linear)
    for out, (red, green, blue) in zip(white, WHITE_FROM_RGB, strict=True):
        torch.mul(linear[0], red, out=out).add_(linear[1], alpha=green).add_(linear[2], alpha=blue)
    # CIE's cube root above the joint, a line below it; each is held at the joint where it does not
    # apply.
    root = _cube_root_(white.clamp(min=0.008856))
    x, y, z = root.add_(white.sub_(0.008856).clamp_(max=0), alpha=7.787)
    torch.mul(y, 116 / L_HALF, out=L[:, 0]).sub_(16 / L_HALF + 1)
    torch.sub(x, y, out=ab[:, 0]).mul_(500 / AB_RANGE)
    torch.sub(y, z, out=ab[:, 1]).mul_(200 / AB_RANGE)


def _cube_root_(t: Tensor) -> Tensor:
    """In place, for positive numbers: the quickest of two ways on this machine."""
    if _QUICK_CBRT and t.device.type == "cpu":
        values = t.numpy()  # the same memory
        np.cbrt(values, out=values)
        return t
    return t.log2_().mul_(1 / 3).exp2_()
