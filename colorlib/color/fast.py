"""Lightness and Lab of whole pictures as arrays: where photographs and films pass, without tensors.

The same numbers as `colorlib.color.lab`, in a fraction of the time: 8 bits have only 256 values, so
the sRGB curve is a table on the way in, and OpenCV takes powers of many numbers at once. Work on a
band of rows at a time, and the temporaries stay in the processor's cache.
"""

from functools import lru_cache

import cv2
import numpy as np

from colorlib.color.constants import WHITE_FROM_RGB

__all__ = ["integer_lightness", "lab_of_pixels", "lightness_of_pixels"]


def integer_lightness(pixels: np.ndarray) -> np.ndarray:
    """Take the L* of a picture of whole numbers, grey or in colour.

    Parameters
    ----------
    pixels : ndarray, (H, W) or (H, W, 3), uint8 or uint16
        sRGB.

    Returns
    -------
    ndarray, (H, W), float32
        In [0, 100]; equal to `lab.lightness` of the same pixels up to float32 rounding.

    References
    ----------
    CIE 15:2004, section 8.2.1; IEC 61966-2-1.
    """
    values = np.iinfo(pixels.dtype).max + 1
    if pixels.ndim == 2:
        return _looked_up(_lightness_table(values), pixels)
    return _lightness(cv2.transform(_looked_up(_linear_table(values), pixels), _row(1)))


def lightness_of_pixels(pixels: np.ndarray) -> np.ndarray:
    """Take the L* of a picture of whole numbers, or of floats in [0, 1].

    Parameters
    ----------
    pixels : ndarray, (H, W) or (H, W, 3)
        sRGB.

    Returns
    -------
    ndarray, (H, W), float32
        In [0, 100].
    """
    if pixels.dtype in (np.uint8, np.uint16):
        return integer_lightness(pixels)
    linear = _decoded(pixels.astype(np.float32))
    return _lightness(linear if linear.ndim == 2 else cv2.transform(linear, _row(1)))


def lab_of_pixels(pixels: np.ndarray) -> np.ndarray:
    """Convert a picture to CIE Lab.

    Parameters
    ----------
    pixels : ndarray, (H, W, 3), uint8, uint16 or float
        sRGB; floats in [0, 1].

    Returns
    -------
    ndarray, (H, W, 3), float32
        L in [0, 100], a and b in about [-110, 110]; equal to `lab.rgb_to_lab` up to float32
        rounding.
    """
    if pixels.dtype in (np.uint8, np.uint16):
        linear = _looked_up(_linear_table(np.iinfo(pixels.dtype).max + 1), pixels)
    else:
        linear = _decoded(pixels)
    x, y, z = (_lab_curve(cv2.transform(linear, _row(row))) for row in range(3))
    return cv2.merge([116 * y - 16, 500 * (x - y), 200 * (y - z)])


# Each curve is a power above a joint and a line below it. Both are computed for every pixel and
# added, each held at the joint where it does not apply: quicker than choosing.


def _lab_curve(t: np.ndarray) -> np.ndarray:
    """CIE's cube root, with a straight line near zero."""
    joint = np.float32(0.008856)
    return cv2.pow(np.maximum(t, joint), 1 / 3) + np.minimum(t - joint, 0) * np.float32(7.787)


def _lightness(luminance: np.ndarray) -> np.ndarray:
    """L* of linear light, as a part of white."""
    return _lab_curve(luminance) * np.float32(116) - np.float32(16)


def _decoded(value: np.ndarray) -> np.ndarray:
    """Undo the sRGB curve, also of what lies slightly outside of [0, 1]."""
    joint = np.float32(0.04045)
    value = value.astype(np.float32)
    above = cv2.pow((np.maximum(value, joint) + np.float32(0.055)) * np.float32(1 / 1.055), 2.4)
    return above + np.minimum(value - joint, 0) * np.float32(1 / 12.92)


@lru_cache(maxsize=2)
def _linear_table(values: int) -> np.ndarray:
    """Return the linear light of each of the values of 8-bit (or deeper) sRGB, float32."""
    value = np.arange(values) / (values - 1)
    return np.where(value > 0.04045, ((value + 0.055) / 1.055) ** 2.4, value / 12.92).astype(
        np.float32
    )


@lru_cache(maxsize=2)
def _lightness_table(values: int) -> np.ndarray:
    """L* of each grey of 8-bit (or deeper) sRGB, float32."""
    return _lightness(_linear_table(values)[None])[0]


@lru_cache(maxsize=3)
def _row(row: int) -> np.ndarray:
    """One row of the matrix from linear RGB to XYZ, as parts of white."""
    return np.array([WHITE_FROM_RGB[row]])


def _looked_up(table: np.ndarray, index: np.ndarray) -> np.ndarray:
    """Look up the entries of a table, in the shape of the index."""
    return cv2.LUT(index, table) if index.dtype == np.uint8 else np.take(table, index)
