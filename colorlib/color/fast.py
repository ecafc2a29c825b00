"""Whole numbers in and out: what a loader does thousands of times an epoch, and a colorizer for millions of pixels.

The same numbers as `colorlib.color`, in a fraction of the time: 8 bits have only 256 values, so the sRGB curve is a
table, and nothing has to remember how a gradient would flow.
"""

import sys
from functools import lru_cache

import numpy as np
import torch
from torch import Tensor

from colorlib.color.gamut import largest_factor, outside_gamut, picked
from colorlib.color.lab import (
    AB_RANGE,
    L_HALF,
    WHITE_FROM_RGB,
    lab_to_linear_rgb,
    lightness,
    linear_to_rgb,
)

__all__ = ["bytes_to_network", "displayed_bytes", "integer_lightness"]


def displayed_rgb(lab: Tensor) -> Tensor:
    """sRGB of displayable colours: ``lab_to_rgb(fit_gamut(lab))``, for large pictures.

    Parameters
    ----------
    lab : Tensor, (B, 3, H, W) or (3, H, W)
        CIE Lab, floating point, L in [0, 100].

    Returns
    -------
    Tensor, same shape
        sRGB in [0, 1]; without gradient.

    Raises
    ------
    ValueError
        When the tensor has not 3 channels in its third dimension from the end, or holds integers.
    """
    return linear_to_rgb(fitted_linear_rgb(lab)).clamp_(0, 1)


def fitted_linear_rgb(lab: Tensor, tolerance: float = 1e-3) -> Tensor:
    """The linear light of displayable colours: `fit_gamut` and `lab_to_linear_rgb` in one, for large pictures.

    Most pixels of a photograph are displayable. Whether they are is seen in their linear light, and then that is
    already the result; only the others are fitted.

    Parameters
    ----------
    lab : Tensor, (B, 3, H, W) or (3, H, W)
        CIE Lab, floating point, L in [0, 100].
    tolerance : float
        What counts as displayable, as in `in_gamut`.

    Returns
    -------
    Tensor, same shape
        Linear RGB, in [0, 1] give or take the tolerance; without gradient.

    Raises
    ------
    ValueError
        When the tensor has not 3 channels in its third dimension from the end, or holds integers.
    """
    with torch.no_grad():
        linear = lab_to_linear_rgb(lab)
        outside = outside_gamut(linear, tolerance).squeeze(-3)
        if outside.any():
            colors = picked(lab, outside)
            colors[1:] *= largest_factor(colors, tolerance)
            for channel, fitted in zip(linear.unbind(-3), lab_to_linear_rgb(colors[:, None]), strict=True):
                channel[outside] = fitted[0]
    return linear


# Pixels converted at once: on a CPU the temporaries then stay in its cache, on a GPU the batch is one piece.
_CHUNK = 65_536
# numpy's cbrt is vectorised on Linux where there is AVX-512, and slower than a logarithm and an exponential elsewhere.
_QUICK_CBRT = sys.platform == "linux" and torch.backends.cpu.get_cpu_capability() == "AVX512"
# How finely linear light is looked up: a step is a twentieth of an 8-bit one near black, where the curve is steepest.
_STEPS = 2**16


@lru_cache(maxsize=4)
def _linear_table(device: torch.device, values: int = 256) -> Tensor:
    """The linear light of each of the values of 8-bit (or deeper) sRGB (IEC 61966-2-1)."""
    value = torch.arange(values, dtype=torch.float64) / (values - 1)
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
def integer_lightness(pixels: Tensor) -> Tensor:
    """L* of a picture of whole numbers, grey or in colour.

    Parameters
    ----------
    pixels : Tensor, (H, W) or (H, W, 3), uint8 or uint16
        sRGB, on the CPU.

    Returns
    -------
    Tensor, (1, 1, H, W)
        L* in [0, 100], float32; equal to `lightness` of the same pixels up to float32 rounding.
    """
    values = torch.iinfo(pixels.dtype).max + 1
    if pixels.ndim == 2:
        return _looked_up(_lightness_table(values), pixels)[None, None]
    red, green, blue = (_looked_up(_linear_table(pixels.device, values), plane) for plane in pixels.unbind(-1))
    light = red.mul_(WHITE_FROM_RGB[1][0]).add_(green, alpha=WHITE_FROM_RGB[1][1])
    light.add_(blue, alpha=WHITE_FROM_RGB[1][2])
    root = _cube_root_(light.clamp(min=0.008856)).add_(light.sub_(0.008856).clamp_(max=0), alpha=7.787)
    return root.mul_(116).sub_(16)[None, None]


@torch.no_grad()
def displayed_bytes(lab: Tensor) -> Tensor:
    """Lab to 8-bit RGB; a colour that no screen shows gives up chroma, never lightness.

    Parameters
    ----------
    lab : Tensor, (B, 3, H, W)
        CIE Lab, float32.

    Returns
    -------
    Tensor, (B, 3, H, W), uint8
        ``lab_to_rgb(fit_gamut(lab)) * 255``, rounded; where that is near a half, the other neighbour may come.
    """
    light = fitted_linear_rgb(lab).clamp_(0, 1).mul_(_STEPS).add_(0.5)
    return _looked_up(_byte_table(lab.device), light)


@lru_cache(maxsize=2)
def _lightness_table(values: int) -> Tensor:
    """L* of each grey of 8-bit (or deeper) sRGB."""
    grey = torch.arange(values, dtype=torch.float64) / (values - 1)
    return lightness(grey.expand(3, 1, -1))[0, 0].float()


@lru_cache(maxsize=2)
def _byte_table(device: torch.device) -> Tensor:
    """The 8-bit sRGB value of each step of linear light (IEC 61966-2-1)."""
    linear = torch.arange(_STEPS + 1, dtype=torch.float64) / _STEPS
    value = torch.where(linear > 0.0031308, 1.055 * linear ** (1 / 2.4) - 0.055, 12.92 * linear)
    return value.mul(255).round().to(device, torch.uint8)


def _looked_up(table: Tensor, index: Tensor) -> Tensor:
    """The entries of a table, in the shape of the index; the quickest of torch's ways."""
    return table.index_select(0, index.flatten().int()).view(index.shape)


def _convert(rgb: Tensor, L: Tensor, ab: Tensor) -> None:
    """Fill L and ab. Written out with in-place steps; a matrix product could be made coarse by autocast or TF32."""
    planes = rgb.transpose(0, 1).contiguous()
    linear = _looked_up(_linear_table(rgb.device), planes)
    white = torch.empty_like(linear)
    for out, (red, green, blue) in zip(white, WHITE_FROM_RGB, strict=True):
        torch.mul(linear[0], red, out=out).add_(linear[1], alpha=green).add_(linear[2], alpha=blue)
    # CIE's cube root above the joint, a line below it; each is held at the joint where it does not apply.
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
