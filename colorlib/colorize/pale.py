"""A result that is hardly coloured says so, and which size of the network gives more colour."""

import copy
from collections.abc import Sequence
from typing import TYPE_CHECKING, TypedDict, Unpack

import cv2
import numpy as np

from colorlib.images.notes import note
from colorlib.images.sixteen_bit import eight_bits

if TYPE_CHECKING:
    from colorlib.colorize.colorizer import Colorizer
    from colorlib.colorize.compose import PhotographLike
    from colorlib.colorize.hints import Point

__all__ = ["PALE", "colored_page", "mean_chroma"]

# CIE units of mean chroma; of 400 photographs that no weight had seen, one in fifty came out so
# pale.
PALE = 2.0
OTHERS = (0.6, 1.6)  # times the size of the network that was used
MORE = 1.3  # times as much chroma, to be worth a word


def mean_chroma(pixels: np.ndarray) -> float:
    """Say how colourful a picture is.

    Parameters
    ----------
    pixels : ndarray, (H, W, 3), uint8 or uint16
        sRGB.

    Returns
    -------
    float
        Mean chroma in CIE units of a copy of at most 256 pixels a side; 0 for grey.
    """
    height, width = pixels.shape[:2]
    scale = min(1, 256 / max(height, width))
    size = max(1, round(scale * width)), max(1, round(scale * height))
    small = cv2.resize(eight_bits(pixels), size, interpolation=cv2.INTER_AREA)
    ab = cv2.cvtColor(small.astype(np.float32) / 255, cv2.COLOR_RGB2Lab)[..., 1:]
    return float(np.linalg.norm(ab, axis=-1).mean())


class Hints(TypedDict, total=False):
    """What a call of a colorizer may be told beside the page."""

    points: "Sequence[Point]"
    reference: "PhotographLike"


def colored_page(page: np.ndarray, colorizer: "Colorizer", **hints: Unpack[Hints]) -> np.ndarray:
    """Colour a page; when hardly anything came out, note what another size of the network gives.

    Parameters
    ----------
    page : ndarray
        As `Colorizer` takes it.
    colorizer : Colorizer
    **hints
        As for a call of it.

    Returns
    -------
    ndarray
        Coloured by `colorizer` as it is.
    """
    result = colorizer(page, **hints)
    if (found := mean_chroma(result)) >= PALE or not colorizer.saturation:
        return result
    others = {}
    for factor in OTHERS:
        other = copy.copy(colorizer)
        other.sizes = type(colorizer.sizes)(
            [min(max(round(factor * max(colorizer.sizes)), 8), 4096)]
        )
        others[other.sizes[0]] = mean_chroma(other(page, **hints))
    size = max(others, key=others.__getitem__)
    if others[size] > max(MORE * found, 0.5):
        advice = f"--size {size} gives {others[size]:.1f}"
    else:
        advice = "other sizes give no more; --weights vivid or --point may"
    note("a page", f"hardly anything was coloured (mean chroma {found:.1f}): {advice}")
    return result
