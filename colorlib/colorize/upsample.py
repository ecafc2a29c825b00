"""Chroma enlarged along the edges of the lightness: colour that ends where things end.

A network predicts colour for a small picture. Enlarged smoothly, the colour of a coat runs over its
outline by a pixel of the small picture, which is twenty of the large one. But where the coat ends
is no secret: the full-resolution L* shows it. In a small window colour mostly follows lightness in
a straight line, ab = slope * L + offset: on an edge both change together. The slope is learnt on
the small picture, where both are known, and applied to the large one.
"""

from collections.abc import Iterator
from functools import lru_cache

import cv2
import numpy as np

__all__ = ["Enlargement", "enlarge", "resize", "slope_and_rest"]

WINDOW = (3, 3)  # small pixels in which colour follows lightness
# Columns, and rows, of the large picture that are made at once: few small pixels belong to them,
# and a product this small is no work for several threads, which would wait for each other in a
# loop.
COLUMNS, ROWS = 32, 8
# Variance of L, CIE units squared, above which an edge is believed: smaller ones may be grain.
EPSILON = 50.0


class Enlargement:
    """The small colours of a picture, ready to be read at any rows of its full resolution.

    What is enlarged (bicubically) is not ab itself but the slope and what remains, ab - slope * L;
    at full resolution they are joined again with the L* that is known there. Where slope is 0, as
    on constant lightness, that is the bicubic enlargement of ab; and a picture that needs no
    enlargement keeps its ab as it is.

    Parameters
    ----------
    L : ndarray, (h, w), float32
        L* in [0, 100] as the network saw it.
    ab : ndarray, (h, w, 2), float32
        a and b in CIE units.
    height, width : int
        Of the full-resolution picture, in pixels.

    References
    ----------
    He, Sun and Tang 2010, equations 5 and 6 (the slope); He and Sun 2015 (found on the small
    picture). Aiazzi et al. 2006 add the detail to the plain enlargement, as is done here; the
    guided filter, which smooths first, was worse than bicubic on photographs.
    """

    def __init__(self, L: np.ndarray, ab: np.ndarray, height: int, width: int) -> None:
        planes = [plane for both in slope_and_rest(L, ab) for plane in cv2.split(both)]
        self.down = _weights(L.shape[0], height)
        # Enlarging is a product with a matrix. Across, that is done now; down, for the rows that
        # are asked for.
        self.columns = _across(np.stack(planes), _weights(L.shape[1], width))

    def rows(self, rows: slice, L: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Read some rows of the full-resolution picture.

        Parameters
        ----------
        rows : slice
        L : ndarray, (number of rows, W), float32
            L* in [0, 100] of these rows, at full resolution.

        Returns
        -------
        a, b : ndarray, (number of rows, W), float32
            In CIE units.
        """
        weights = self.down[rows]
        planes = np.empty((4, *L.shape), np.float32)
        for block in _blocks(len(weights), ROWS):
            near = _used(weights[block])
            np.matmul(weights[block, near], self.columns[:, near], out=planes[:, block])
        a, b, rest_a, rest_b = planes
        for slope, rest in ((a, rest_a), (b, rest_b)):
            slope *= L
            slope += rest
        return a, b


def enlarge(small_L: np.ndarray, ab: np.ndarray, L: np.ndarray) -> np.ndarray:
    """Enlarge the colours of a picture along the edges of its full-resolution lightness.

    Parameters
    ----------
    small_L : ndarray, (h, w), float32
        L* in [0, 100] as the network saw it.
    ab : ndarray, (h, w, 2), float32
        a and b in CIE units.
    L : ndarray, (H, W), float32
        L* in [0, 100] at full resolution.

    Returns
    -------
    ndarray, (H, W, 2), float32
        a and b in CIE units; see `Enlargement`.
    """
    return np.dstack(Enlargement(small_L, ab, *L.shape).rows(slice(None), L))


def slope_and_rest(L: np.ndarray, ab: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Split small colours into what follows the lightness and a rest: ``ab = slope * L + rest``.

    Parameters
    ----------
    L : ndarray, (h, w), float32
        L* in [0, 100].
    ab : ndarray, (h, w, 2), float32
        a and b in CIE units.

    Returns
    -------
    slope, rest : ndarray, (h, w, 2), float32
        What `Enlargement` enlarges.
    """
    L = cv2.merge([L, L])  # (h, w, 2), once for a and once for b
    slope = _mean(_slope(L, ab))
    return slope, ab - slope * L


def resize(picture: np.ndarray, height: int, width: int) -> np.ndarray:
    """Resize a picture bicubically, averaging over what is left out when it shrinks.

    Parameters
    ----------
    picture : ndarray, (h, w) or (h, w, C), float32
    height, width : int
        In pixels.

    Returns
    -------
    ndarray, (height, width) or (height, width, C), float32

    References
    ----------
    Keys 1981 (the kernel, with a = -0.5).
    """
    if picture.shape[:2] == (height, width):
        return picture
    planes = picture if picture.ndim == 2 else np.ascontiguousarray(picture.transpose(2, 0, 1))
    planes = _weights(picture.shape[0], height) @ planes @ _weights(picture.shape[1], width).T
    return planes if picture.ndim == 2 else np.ascontiguousarray(planes.transpose(1, 2, 0))


def _across(planes: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Planes (C, h, w) times the matrix (W, w) of their columns."""
    result = np.empty((*planes.shape[:2], len(weights)), np.float32)
    for block in _blocks(len(weights), COLUMNS):
        near = _used(weights[block])
        result[..., block] = planes[..., near] @ weights[block, near].T
    return result


def _blocks(length: int, size: int) -> Iterator[slice]:
    """Cut rows or columns into blocks."""
    return (slice(first, first + size) for first in range(0, length, size))


def _used(weights: np.ndarray) -> slice:
    """Find the small pixels that some rows of a matrix use: two or four for a large one."""
    used = np.flatnonzero(weights.any(axis=0))
    return slice(used[0], used[-1] + 1)


def _slope(L: np.ndarray, ab: np.ndarray) -> np.ndarray:
    """How much a and b rise with L around each pixel, all (h, w, 2): their covariance over the
    variance of L, held back where that is small.

    The means are taken off first: of numbers near 100, differences of squares would be inexact.
    """
    L = L - L.mean()
    mean = _mean(L)
    variance = _mean(L * L) - mean * mean
    covariance = _mean(L * ab) - mean * _mean(ab)
    return covariance / (np.maximum(variance, 0) + np.float32(EPSILON))


def _mean(x: np.ndarray) -> np.ndarray:
    """Average a picture (h, w, 2) over the window around each pixel, inside the picture."""
    return _total(x) / _counts(x.shape)


def _total(x: np.ndarray) -> np.ndarray:
    """Sum a picture (h, w, 2) over the window around each pixel."""
    return cv2.boxFilter(x, -1, WINDOW, normalize=False, borderType=cv2.BORDER_CONSTANT)


@lru_cache(maxsize=4)
def _counts(shape: tuple[int, int, int]) -> np.ndarray:
    """How many pixels of the window lie inside the picture."""
    return _total(np.ones(shape, np.float32))


@lru_cache(maxsize=4)
def _weights(small: int, large: int) -> np.ndarray:
    """Return the matrix (large, small), float32, that resizes a column of pixels bicubically."""
    scale = small / large
    wide = max(scale, 1.0)  # of the kernel, in pixels: it averages when the picture shrinks
    middle = (np.arange(large) + 0.5) * scale
    first = np.maximum((middle - 2 * wide + 0.5).astype(int), 0)
    last = np.minimum((middle + 2 * wide + 0.5).astype(int), small)
    taps = first[:, None] + np.arange((last - first).max())
    x = np.abs((taps + 0.5 - middle[:, None]) / wide)
    near, far = (1.5 * x - 2.5) * x * x + 1, ((2.5 - 0.5 * x) * x - 4) * x + 2
    kernel = np.where(x < 1, near, np.where(x < 2, far, 0)) * (taps < last[:, None])
    matrix = np.zeros((large, small + taps.shape[1]), np.float32)
    np.put_along_axis(matrix, taps, kernel / kernel.sum(axis=1, keepdims=True), axis=1)
    return np.ascontiguousarray(matrix[:, :small])
