"""Edges that hold colours back: found where the lightness changes more than it usually does nearby.

One threshold for a whole picture finds either the texture of a lawn or the soft outline of a face.
Here it adapts: a pixel lies on an edge when the gradient is a ridge there, and much higher than
what is usual around.
"""

from collections.abc import Sequence

import numpy as np
from scipy.ndimage import gaussian_filter, sobel, uniform_filter
from skimage.filters import apply_hysteresis_threshold

from colorlib.classical.affinity import STEPS, likeness, pairs
from colorlib.classical.levin2004 import spread
from colorlib.classical.scribbles import checked_scribbles

__all__ = ["adaptive_edges", "fenced", "propagate_between_edges"]


def propagate_between_edges(L: np.ndarray, marked: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Spread values as `propagate` does, but not across edges that were found beforehand.

    The edges of `adaptive_edges` become fences: a pair with an end on an edge, or whose connection
    crosses one diagonally, keeps a small part of its weight. A pixel on the edge still is the mean
    of its neighbours, those most like it first, so that no line without colour is left.

    Parameters
    ----------
    L : ndarray, (H, W)
        Lightness in [0, 100].
    marked : ndarray of bool, (H, W)
        Where the values are known.
    values : ndarray, (H, W, channels)
        Only the marked pixels are looked at.

    Returns
    -------
    ndarray, (H, W, channels)
        float32.

    Raises
    ------
    ValueError
        If nothing is marked, shapes do not fit, or a number is not finite.

    References
    ----------
    Huang et al. 2005 (edges found adaptively stop Levin's propagation; the detector here is our
    own).
    """
    L, marked, values = checked_scribbles(L, marked, values)
    return spread(fenced(likeness(L), adaptive_edges(L)), marked, values)


SMOOTH = 1.0  # pixels: deviation of the blur before the gradient, which takes the grain out
AROUND = 31  # pixels: side of the window that says what is usual
# deviations above the usual mean: an edge starts at STRONG and is followed down to WEAK
STRONG, WEAK = 1.5, 0.5
FLAT = 0.75  # CIE units of lightness per pixel: nothing below is an edge
LEAK = 1e-4  # what is left of a weight across an edge


def adaptive_edges(L: np.ndarray) -> np.ndarray:
    """Find the edges of a picture, with thresholds that follow its parts.

    The gradient of the slightly blurred lightness is compared with its mean and deviation in a
    window of 31 pixels. Ridges that stand out start an edge, and are followed along the ridge as
    long as they stand out a little.

    Parameters
    ----------
    L : ndarray, (H, W)
        Lightness in [0, 100].

    Returns
    -------
    ndarray of bool, (H, W)
        Thin lines; all False in a flat picture.

    References
    ----------
    Huang et al. 2005 (the idea: thresholds that adapt); Canny 1986 (ridges and two thresholds).
    """
    smooth = gaussian_filter(np.asarray(L, dtype=np.float64), SMOOTH)
    down, right = sobel(smooth, 0) / 8, sobel(smooth, 1) / 8
    gradient = np.hypot(down, right)
    usual = uniform_filter(gradient, AROUND)
    deviation = np.sqrt(np.maximum(uniform_filter(gradient**2, AROUND) - usual**2, 0))
    ridge = _is_ridge(gradient, down, right)
    outstanding = np.where(ridge, gradient - usual, -np.inf)
    low, high = (
        np.maximum(WEAK * deviation, FLAT - usual),
        np.maximum(STRONG * deviation, FLAT - usual),
    )
    return apply_hysteresis_threshold((outstanding >= low) + 1.0 * (outstanding >= high), 0.5, 1.5)


def fenced(weights: Sequence[np.ndarray], edges: np.ndarray) -> list[np.ndarray]:
    """Weaken the pairs of neighbours that touch or cross an edge.

    Parameters
    ----------
    weights : sequence of four ndarrays, (H, W)
        As `likeness` makes them.
    edges : ndarray of bool, (H, W)

    Returns
    -------
    list of four ndarrays, (H, W)

    Raises
    ------
    ValueError
        If the edges have not the shape of the picture.
    """
    if edges.shape != weights[0].shape or edges.dtype != bool:
        raise ValueError(
            f"edges must be bool of the picture's shape {weights[0].shape}, "
            f"not {edges.dtype} {edges.shape}"
        )
    result = []
    for weight, (down, right), (here, there) in zip(
        weights, STEPS, pairs(edges.shape), strict=True
    ):
        across = edges[here] | edges[there]
        if down and right:  # between two edge pixels that touch at their corners
            columns = here[1]
            beside = edges[: edges.shape[0] - 1, columns.start + right : columns.stop + right]
            across |= beside & edges[1:, columns]
        held = weight.copy()
        held[here] *= np.where(across, LEAK, 1.0)
        result.append(held)
    return result


def _is_ridge(gradient: np.ndarray, down: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Where the gradient is largest along its own direction, rounded to one of four."""
    turn = np.round(np.arctan2(down, right) / (np.pi / 4)).astype(int) % 4
    padded = np.pad(gradient, 1)
    height, width = gradient.shape
    ridge = np.zeros(gradient.shape, dtype=bool)
    for direction, (y, x) in enumerate(((0, 1), (1, 1), (1, 0), (1, -1))):
        ahead = padded[1 + y : 1 + y + height, 1 + x : 1 + x + width]
        behind = padded[1 - y : 1 - y + height, 1 - x : 1 - x + width]
        ridge |= (turn == direction) & (gradient > behind) & (gradient >= ahead)
    return ridge
