"""Marks: pixels of known colour, drawn by hand or, to measure a method, taken from the truth."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

__all__ = ["checked_scribbles", "marks", "points_from_truth"]


def marks(
    shape: tuple[int, int], strokes: Sequence[tuple[ArrayLike, ArrayLike]]
) -> tuple[np.ndarray, np.ndarray]:
    """Turn strokes, each some pixels of one colour, into what the methods take.

    Parameters
    ----------
    shape : tuple of int
        Height and width of the picture.
    strokes : sequence of (pixels, ab)
        Pixels (n, 2): row and column of each; ab: the two numbers of their colour, in CIE units.

    Returns
    -------
    marked : ndarray of bool, (H, W)
    values : ndarray, (H, W, 2)
        float64; 0 where nothing is marked.

    Raises
    ------
    ValueError
        If there is no stroke, a pixel is outside the picture, a colour is not two finite numbers,
        or one pixel is given two colours.
    """
    marked, values = np.zeros(shape, dtype=bool), np.zeros((*shape, 2))
    for number, (pixels, ab) in enumerate(strokes):
        pixels, ab = np.asarray(pixels), np.asarray(ab, dtype=np.float64)
        if (
            pixels.ndim != 2
            or pixels.shape[1:] != (2,)
            or not np.issubdtype(pixels.dtype, np.integer)
        ):
            raise ValueError(
                f"stroke {number}: pixels must be whole numbers (n, 2), row and column of each"
            )
        if ab.shape != (2,) or not np.isfinite(ab).all():
            raise ValueError(
                f"stroke {number}: its colour must be two finite numbers, a and b, not {ab}"
            )
        if ((pixels < 0) | (pixels >= shape)).any():
            raise ValueError(
                f"stroke {number} leaves the picture of {shape[0]} x {shape[1]} pixels"
            )
        rows, columns = pixels.T
        before = marked[rows, columns] & (values[rows, columns] != ab).any(axis=1)
        if before.any():
            row, column = pixels[before.argmax()]
            known = values[row, column]
            raise ValueError(
                f"stroke {number} contradicts an earlier one: row {row}, "
                f"column {column} is already "
                f"a = {known[0]:g}, b = {known[1]:g}; leave the pixel out of one of them"
            )
        marked[rows, columns] = True
        values[rows, columns] = ab
    if not marked.any():
        raise ValueError("there are no strokes: give at least one pixel with its colour")
    return marked, values


def points_from_truth(ab: np.ndarray, count: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Mark random single pixels with the photograph's colour: scribbles without a hand.

    The first points are the same whatever their number, so that more points are never worse by bad
    luck alone.

    Parameters
    ----------
    ab : ndarray, (H, W, 2)
        The true colours, in CIE units.
    count : int
        How many pixels, at least 1 and at most all.
    seed : int
        Where they lie.

    Returns
    -------
    marked : ndarray of bool, (H, W)
    values : ndarray, (H, W, 2)
        The truth where it is marked, elsewhere 0.

    Raises
    ------
    ValueError
        If the shape is wrong or `count` is not a possible number of pixels.
    """
    if ab.ndim != 3 or ab.shape[2] != 2:
        raise ValueError(f"the true colours must be (H, W, 2), not {ab.shape}")
    pixels = ab.shape[0] * ab.shape[1]
    if not 1 <= count <= pixels:
        raise ValueError(f"count must be from 1 to the {pixels} pixels of the picture, not {count}")
    marked = np.zeros(pixels, dtype=bool)
    marked[np.random.default_rng(seed).permutation(pixels)[:count]] = True
    marked = marked.reshape(ab.shape[:2])
    return marked, np.where(marked[..., None], ab, 0.0)


def checked_scribbles(
    L: np.ndarray, marked: np.ndarray, values: np.ndarray, axes: str = "H, W"
) -> tuple[np.ndarray, ...]:
    """Lightness, marks and values as every method here takes them, or a clear error.

    Parameters
    ----------
    L : array_like, (H, W), or (T, H, W)
        Lightness in [0, 100].
    axes : str
        The axes of L, named as in the errors.

    Returns
    -------
    L, marked, values : ndarray
        Numbers in float64.

    Raises
    ------
    ValueError
        If nothing is marked, shapes do not fit, or a number is not finite; unmarked values are not
        looked at.
    """
    L, marked, values = (
        np.asarray(L, dtype=np.float64),
        np.asarray(marked),
        np.asarray(values, dtype=np.float64),
    )
    if L.ndim != axes.count(",") + 1 or 0 in L.shape:
        raise ValueError(f"L must be ({axes}), not {L.shape}")
    if marked.shape != L.shape or marked.dtype != bool:
        raise ValueError(
            f"marked must be bool of L's shape {L.shape}, not {marked.dtype} {marked.shape}"
        )
    if values.ndim != L.ndim + 1 or values.shape[:-1] != L.shape:
        raise ValueError(
            f"values must be ({axes}, channels) with L's {L.shape}, not {values.shape}"
        )
    if not marked.any():
        raise ValueError("no pixel is marked: give at least one colour to spread")
    if not (np.isfinite(L).all() and np.isfinite(values[marked]).all()):
        raise ValueError("L and the marked values must be finite numbers")
    return L, marked, values
