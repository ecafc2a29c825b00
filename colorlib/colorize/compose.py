"""The pixels of a picture at both ends of a colorizer: a small view for the network, the full picture in colour.

The full picture exists only as it came, 8 or 16 bits a channel, and as the result. Everything between (lightness, Lab,
linear light) is floating point, ten times as large, and is there for one band of rows at a time.
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageOps
from torch import Tensor

from colorlib.color.fast import displayed_bytes, displayed_rgb, integer_lightness
from colorlib.color.lab import lightness
from colorlib.colorize.upsample import Enlargement
from colorlib.images.decode import opened
from colorlib.images.modes import as_rgb, plain

__all__ = ["PhotographLike", "check_range", "paint", "pixels_of", "shrunk", "small_view"]

PhotographLike = str | Path | Image.Image | np.ndarray
PIXELS_AT_ONCE = 2**18  # pixels that are converted at once: little memory, and few steps of Python


def pixels_of(image: PhotographLike) -> np.ndarray:
    """The pixels of a file, of a PIL picture, or of an array.

    Parameters
    ----------
    image : str, Path, PIL.Image.Image or ndarray
        A file (its EXIF rotation is applied); a PIL picture of any mode; or an array (H, W), (H, W, 1) or (H, W, 3)
        of uint8, uint16, or floats in [0, 1].

    Returns
    -------
    ndarray
        (H, W) or (H, W, 3) of uint8, uint16 or floats. Greys of 16 bits keep them; transparency is laid on white.

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
            return pixels_of(ImageOps.exif_transpose(file))
    if isinstance(image, Image.Image):
        if 0 in image.size:
            raise ValueError(f"a picture must have pixels, not {image.width} x {image.height}")
        image = plain(image)
        return np.asarray(as_rgb(image) if "A" in image.getbands() else image)
    if isinstance(image, np.ndarray):
        return _checked(image)
    raise TypeError(f"cannot colorize a {type(image).__name__}; give a path, a PIL picture, an array or a batch")


def _checked(image: np.ndarray) -> np.ndarray:
    """An array (H, W) or (H, W, 3) of uint8, uint16 or floats in [0, 1], or a clear error."""
    if isinstance(image, np.ma.MaskedArray):
        raise ValueError("an array must not be masked: say what is under the mask, as in image.filled(0)")
    values = image[..., 0] if image.ndim == 3 and image.shape[2] == 1 else image
    if values.ndim not in (2, 3) or values.shape[2:] not in ((), (3,)) or 0 in values.shape:
        hint = "; leave the alpha channel out: image[..., :3]" if values.ndim == 3 and values.shape[2] == 4 else ""
        raise ValueError(f"an array must be (H, W), (H, W, 1) or (H, W, 3), not {image.shape}{hint}")
    if values.dtype in (np.uint8, np.uint16):
        return values
    if not np.issubdtype(values.dtype, np.floating):
        raise ValueError(f"an array must be uint8, uint16 or float in [0, 1], not {values.dtype}")
    check_range(float(values.min()), float(values.max()))
    return values


def check_range(low: float, high: float) -> None:
    """Raise ValueError when the smallest or the largest of some floats is outside [0, 1], or NaN."""
    if not (low >= -1e-3 and high <= 1 + 1e-3):
        raise ValueError(f"floats must be in [0, 1], not {low:g} ... {high:g}: divide 8-bit values by 255")


def shrunk(values: np.ndarray, height: int, width: int) -> np.ndarray:
    """A picture at another size, as the photographs are in training: resized in 8-bit sRGB.

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
    small = Image.fromarray(_eight_bits(values)).resize((width, height), Image.Resampling.BICUBIC, reducing_gap=3.0)
    return np.array(small)


def small_view(values: np.ndarray, height: int, width: int) -> Tensor:
    """A picture as the network sees it: `shrunk`, as a batch of one.

    Parameters
    ----------
    values : ndarray
        (H, W) or (H, W, 3), from `pixels_of`.
    height, width : int
        In pixels.

    Returns
    -------
    Tensor, (1, 3, height, width)
        sRGB in [0, 1], float32.
    """
    rgb = torch.from_numpy(shrunk(values, height, width))
    rgb = rgb.expand(3, *rgb.shape) if rgb.ndim == 2 else rgb.permute(2, 0, 1)
    return rgb[None].float() / 255


def paint(values: np.ndarray, L: Tensor, ab: Tensor, dtype: type) -> np.ndarray:
    """Give a picture the colours that were found for its small view; its lightness stays, pixel by pixel.

    The colours are enlarged along the edges of the lightness (`Enlargement`). Where the two make a colour that no
    screen shows, chroma is reduced until one does (`fit_gamut`).

    Parameters
    ----------
    values : ndarray
        (H, W) or (H, W, 3), from `pixels_of`.
    L, ab : Tensor, (1, 1, h, w) and (1, 2, h, w)
        The small view's lightness and its colours, in CIE units. The work is done on their device.
    dtype : type
        numpy.uint8, numpy.uint16 or numpy.float32: what the result shall be.

    Returns
    -------
    ndarray
        (H, W, 3) sRGB. 8-bit values are within 1 of the rounded exact ones, most of them equal.
    """
    height, width = values.shape[:2]
    chroma = Enlargement(L, ab, height, width)
    result = np.empty((height, width, 3), dtype)
    for rows in _bands(height, width):
        band = _lightness(values[rows]).to(L.device)
        lab = torch.cat([band, chroma.rows(rows, band)], dim=1)
        if dtype == np.uint8:
            planes = displayed_bytes(lab)[0].cpu().numpy()
        else:
            planes = displayed_rgb(lab)[0].cpu().numpy()
            if dtype != np.float32:
                planes = np.rint(planes * np.iinfo(dtype).max)
        for channel, plane in enumerate(planes):
            result[rows, :, channel] = plane
    return result


def _bands(height: int, width: int) -> Iterator[slice]:
    """Cut a picture into bands of rows that are converted one after the other."""
    step = max(1, PIXELS_AT_ONCE // width)
    return (slice(top, min(top + step, height)) for top in range(0, height, step))


def _eight_bits(values: np.ndarray) -> np.ndarray:
    """Any accepted values as uint8."""
    if values.dtype == np.uint8:
        return values
    scale = 255 / (65535 if values.dtype == np.uint16 else 1)
    result = np.empty(values.shape, np.uint8)
    for rows in _bands(*values.shape[:2]):
        result[rows] = np.rint(values[rows] * np.float32(scale)).clip(0, 255)
    return result


def _lightness(values: np.ndarray) -> Tensor:
    """L* (1, 1, h, W) of some rows of any accepted values."""
    if values.dtype in (np.uint8, np.uint16):
        return integer_lightness(torch.from_numpy(np.array(values)))
    rgb = torch.from_numpy(values.astype(np.float32))
    rgb = rgb.expand(3, *rgb.shape) if rgb.ndim == 2 else rgb.permute(2, 0, 1)
    return lightness(rgb[None])
