"""The pixels at both ends of a colorizer: a small view for the network, the full picture in colour.

The full picture exists only as it came, 8 or 16 bits a channel, and as the result. Everything
between (lightness, Lab, linear light) is floating point, ten times as large, and is there for one
band of rows at a time, which stays in the processor's cache. Photographs and the frames of films go
the same way.
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import DTypeLike
from PIL import Image, ImageOps

from colorlib.color.display import displayed_bytes, displayed_rgb
from colorlib.color.fast import lab_of_pixels, lightness_of_pixels
from colorlib.colorize.upsample import Enlargement
from colorlib.images.decode import opened
from colorlib.images.modes import as_rgb, plain

__all__ = [
    "PhotographLike",
    "check_range",
    "paint",
    "pixels_of",
    "shrunk",
    "small_lab",
    "small_lightness",
]

PhotographLike = str | Path | Image.Image | np.ndarray
# Pixels that are converted at once: they stay in the cache, and steps of Python are few.
PIXELS_AT_ONCE = 2**16


def pixels_of(image: PhotographLike) -> np.ndarray:
    """Read the pixels of a file, of a PIL picture, or of an array.

    Parameters
    ----------
    image : str, Path, PIL.Image.Image or ndarray
        A file (its EXIF rotation is applied); a PIL picture of any mode; or an array (H, W), (H, W,
        1) or (H, W, 3) of uint8, uint16, or floats in [0, 1].

    Returns
    -------
    ndarray
        (H, W) or (H, W, 3) of uint8, uint16 or floats. Greys of 16 bits keep them; transparency is
        laid on white.

    Raises
    ------
    FileNotFoundError
        If the file is missing.
    TypeError, ValueError
        If it is no picture: damaged, or of the wrong kind, shape, dtype or range.
    """
    if isinstance(image, str | Path):
        with opened(image) as file:
            file.load()
            return _pixels(ImageOps.exif_transpose(file), image)
    if isinstance(image, Image.Image):
        if 0 in image.size:
            raise ValueError(f"a picture must have pixels, not {image.width} x {image.height}")
        return _pixels(image, "a picture")
    if isinstance(image, np.ndarray):
        return _checked(image)
    raise TypeError(
        f"cannot colorize a {type(image).__name__}; give a path, a PIL picture, an array or a batch"
    )


def _pixels(image: Image.Image, name: str | Path) -> np.ndarray:
    image = plain(image, name)
    return np.asarray(as_rgb(image) if "A" in image.getbands() else image)


def _checked(image: np.ndarray) -> np.ndarray:
    """Return an array (H, W) or (H, W, 3) of uint8, uint16 or floats in [0, 1]; else raise."""
    if isinstance(image, np.ma.MaskedArray):
        raise ValueError(
            "an array must not be masked: say what is under the mask, as in image.filled(0)"
        )
    values = image[..., 0] if image.ndim == 3 and image.shape[2] == 1 else image
    if values.ndim not in (2, 3) or values.shape[2:] not in ((), (3,)) or 0 in values.shape:
        hint = (
            "; leave the alpha channel out: image[..., :3]"
            if values.ndim == 3 and values.shape[2] == 4
            else ""
        )
        raise ValueError(
            f"an array must be (H, W), (H, W, 1) or (H, W, 3), not {image.shape}{hint}"
        )
    if values.dtype in (np.uint8, np.uint16):
        return values
    if not np.issubdtype(values.dtype, np.floating):
        raise ValueError(f"an array must be uint8, uint16 or float in [0, 1], not {values.dtype}")
    check_range(float(values.min()), float(values.max()))
    return values


def check_range(low: float, high: float) -> None:
    """Raise ValueError when the least or the largest of some floats is outside [0, 1], or NaN."""
    if not (low >= -1e-3 and high <= 1 + 1e-3):
        raise ValueError(
            f"floats must be in [0, 1], not {low:g} ... {high:g}: divide 8-bit values by 255"
        )


def shrunk(values: np.ndarray, height: int, width: int) -> np.ndarray:
    """Resize a picture in 8-bit sRGB, as the photographs are in training.

    Parameters
    ----------
    values : ndarray
        (H, W) or (H, W, 3), from `pixels_of`.
    height, width : int
        In pixels.

    Returns
    -------
    ndarray, (height, width) or (height, width, 3), uint8
    """
    # The gap makes Pillow average whole blocks first: a large picture is read once, and quickly.
    small = Image.fromarray(_eight_bits(values)).resize(
        (width, height), Image.Resampling.BICUBIC, reducing_gap=3.0
    )
    return np.array(small)


def small_lightness(values: np.ndarray, height: int, width: int) -> np.ndarray:
    """Take the lightness of a picture as the network sees it, of `shrunk`.

    Parameters
    ----------
    values : ndarray
        (H, W) or (H, W, 3), from `pixels_of`.
    height, width : int
        In pixels.

    Returns
    -------
    ndarray, (height, width), float32
        L* in [0, 100].
    """
    return lightness_of_pixels(shrunk(values, height, width)).clip(0, 100)


def small_lab(values: np.ndarray, height: int, width: int) -> np.ndarray:
    """Return a picture in colour as the network would see it: `shrunk`, in CIE Lab.

    Parameters
    ----------
    values : ndarray
        (H, W) or (H, W, 3), from `pixels_of`.
    height, width : int
        In pixels.

    Returns
    -------
    ndarray, (height, width, 3), float32
    """
    small = shrunk(values, height, width)
    return lab_of_pixels(small if small.ndim == 3 else np.dstack([small] * 3))


def paint(values: np.ndarray, L: np.ndarray, ab: np.ndarray, dtype: DTypeLike) -> np.ndarray:
    """Give a picture the colours that were found for its small view; every pixel keeps its L*.

    The colours are enlarged along the edges of the lightness (`Enlargement`). Where the two make a
    colour that no screen shows, chroma is reduced until one does (`color.display.displayed_rgb`).

    Parameters
    ----------
    values : ndarray
        (H, W) or (H, W, 3), from `pixels_of`; or the lightness itself, (H, W, 1), L* in [0, 100].
    L : ndarray, (h, w), float32
        The small view's lightness, in [0, 100].
    ab : ndarray, (h, w, 2), float32
        Its colours, in CIE units.
    dtype : dtype
        numpy.uint8, numpy.uint16 or numpy.float32: what the result shall be.

    Returns
    -------
    ndarray
        (H, W, 3) sRGB. 8-bit values are within 1 of the rounded exact ones, most of them equal.
    """
    height, width = values.shape[:2]
    chroma = Enlargement(L, ab, height, width)
    result: np.ndarray = np.empty((height, width, 3), dtype)
    known = values.ndim == 3 and values.shape[2] == 1
    for rows in _bands(height, width):
        band = values[rows, :, 0] if known else lightness_of_pixels(values[rows])
        a, b = chroma.rows(rows, band)
        if result.dtype == np.uint8:
            result[rows] = displayed_bytes(band, a, b)
        elif result.dtype == np.float32:
            result[rows] = displayed_rgb(band, a, b)
        else:
            result[rows] = np.rint(
                displayed_rgb(band, a, b) * np.float32(np.iinfo(result.dtype).max)
            )
    return result


def _bands(height: int, width: int) -> Iterator[slice]:
    """Cut a picture into bands of rows that are converted one after the other."""
    step = max(1, PIXELS_AT_ONCE // width)
    return (slice(top, min(top + step, height)) for top in range(0, height, step))


def _eight_bits(values: np.ndarray) -> np.ndarray:
    if values.dtype == np.uint8:
        return values
    scale = 255 / (65535 if values.dtype == np.uint16 else 1)
    result = np.empty(values.shape, np.uint8)
    for rows in _bands(*values.shape[:2]):
        result[rows] = np.rint(values[rows] * np.float32(scale)).clip(0, 255)
    return result
