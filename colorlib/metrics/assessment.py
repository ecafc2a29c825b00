"""What a batch of results says, picture by picture, beside its truth: 8-bit pictures."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torchvision.transforms.v2.functional import InterpolationMode, center_crop, resize

from colorlib.color.batches import bytes_to_network, lab_to_bytes
from colorlib.color.scale import from_network
from colorlib.images.tensors import read_rgb
from colorlib.metrics.networks import INCEPTION, LPIPS, lpips
from colorlib.metrics.pictures import (
    ab_accuracy,
    ab_error,
    colorfulness,
    colorfulness_unsigned,
    psnr,
    ssim,
)

__all__ = ["MOST_PSNR", "assess", "features", "measured", "middle_square", "with_chroma"]

# Of two 8-bit pictures that differ by nothing but rounding: an error of 1/12 of a squared step,
# evenly spread. Without this bound one grey photograph, whose grey is its truth, would make the
# mean of a collection infinite.
MOST_PSNR = float(10 * np.log10(255**2 * 12))


def middle_square(path: str | Path, size: int) -> Tensor:
    """Read the middle square of a photograph at one size.

    Parameters
    ----------
    size : int
        Side in pixels.

    Returns
    -------
    Tensor, (3, size, size), uint8
        sRGB; bicubic, antialiased; the aspect ratio is kept.

    Raises
    ------
    FileNotFoundError, ValueError
        As `images.read_rgb`.
    """
    rgb = read_rgb(path, shorter_side=size)
    square = center_crop(rgb, [min(rgb.shape[1:])] * 2)
    return resize(square, [size, size], interpolation=InterpolationMode.BICUBIC, antialias=True)


def measured(rgb: Tensor, lab: Tensor, true_rgb: Tensor, true_lab: Tensor) -> dict[str, Tensor]:
    """Measure each picture of a batch beside its truth, by what needs no network.

    Parameters
    ----------
    rgb, lab, true_rgb, true_lab : Tensor
        (B, 3, H, W), float, on one device: the same pictures as sRGB in [0, 1] and as CIE Lab.

    Returns
    -------
    dict of str to Tensor
        (B,) each: ``psnr``, ``ssim``, ``ab_l1``, ``ab_auc``, ``colorfulness`` and
        ``colorfulness_unsigned``; and ``curve``, (B, 151), the accuracy of `ab_accuracy`.

    Raises
    ------
    ValueError
        If the shapes differ, or the pictures are smaller than the window of `ssim`.
    """
    pairs = zip(lab.split(1), true_lab.split(1), strict=True)
    curves, areas = zip(*(ab_accuracy(one, other) for one, other in pairs), strict=True)
    return {
        "psnr": psnr(rgb, true_rgb),
        "ssim": ssim(rgb, true_rgb),
        "ab_l1": ab_error(lab, true_lab),
        "ab_auc": torch.tensor(areas),
        "colorfulness": colorfulness(rgb),
        "colorfulness_unsigned": colorfulness_unsigned(rgb),
        "curve": torch.stack(curves),
    }


def assess(rgb: Tensor, truth: Tensor, networks: dict[str, nn.Module]) -> dict[str, np.ndarray]:
    """Measure each picture of a batch of files beside its truth, as `measured`, and by LPIPS.

    Parameters
    ----------
    rgb, truth : Tensor
        (B, 3, H, W), uint8 sRGB, on one device.
    networks : dict of str to nn.Module
        As from `metrics.networks.measuring_networks`; the LPIPS network is used here.

    Returns
    -------
    dict of str to ndarray
        What `measured` gives, its ``psnr`` at most `MOST_PSNR`, and perhaps ``lpips``, (B,).

    Raises
    ------
    ValueError
        If the shapes differ, or the pictures are smaller than the window of `ssim`.
    """
    pictures, truths = rgb / 255, truth / 255
    lab, true_lab = (from_network(*bytes_to_network(batch)) for batch in (rgb, truth))
    found = measured(pictures, lab, truths, true_lab)
    found["psnr"] = found["psnr"].clamp(max=MOST_PSNR)
    if LPIPS in networks:
        found[LPIPS] = lpips(networks[LPIPS], pictures, truths)
    return {name: values.double().cpu().numpy() for name, values in found.items()}


@torch.no_grad()
def features(rgb: Tensor, networks: dict[str, nn.Module]) -> dict[str, np.ndarray]:
    """Look at each picture with the networks whose features sets are compared by.

    Parameters
    ----------
    rgb : Tensor, (B, 3, H, W), uint8
    networks : dict of str to nn.Module
        As from `metrics.networks.measuring_networks`.

    Returns
    -------
    dict of str to ndarray
        ``frechet``, (B, 176), and perhaps ``frechet_inception``, (B, 2048).
    """
    found = {"frechet": networks["frechet"](rgb / 255)}
    if INCEPTION in networks:
        found[INCEPTION] = networks[INCEPTION](rgb)
    return {name: values.float().cpu().numpy() for name, values in found.items()}


def with_chroma(rgb: Tensor, factor: float) -> Tensor:
    """Multiply the chroma of pictures; where no screen shows it, chroma gives, not lightness.

    Parameters
    ----------
    rgb : Tensor, (B, 3, H, W), uint8

    Returns
    -------
    Tensor, same shape, uint8
    """
    lab = from_network(*bytes_to_network(rgb))
    lab[:, 1:] *= factor
    return lab_to_bytes(lab)
