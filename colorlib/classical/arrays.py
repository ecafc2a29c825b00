"""From a photograph to the arrays of the methods before deep learning, and back.

The networks see batches of tensors with the channels first. Here a picture is one array with the
channels last, (H, W, 3), as in NumPy, SciPy and scikit-image.
"""

from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike
from PIL import Image

from colorlib.color.display import displayed_rgb
from colorlib.color.fast import lab_of_pixels
from colorlib.images.decode import open_rgb

__all__ = ["ab_rms", "lab_pixels", "painted"]


def lab_pixels(path: str | Path, longer_side: int | None = None) -> np.ndarray:
    """Open a photograph as an array in CIE Lab.

    Parameters
    ----------
    longer_side : int, optional
        Make it smaller, so that neither side is longer than this. By default it keeps its size.

    Returns
    -------
    ndarray, (H, W, 3)
        float64, L in [0, 100].

    Raises
    ------
    ValueError
        If the file is no picture.
    """
    image = open_rgb(path)
    if longer_side is not None:
        image.thumbnail((longer_side, longer_side), Image.Resampling.LANCZOS)
    return lab_of_pixels(np.asarray(image)).astype(np.float64)


def painted(L: ArrayLike, ab: ArrayLike) -> np.ndarray:
    """Join lightness and colours into a picture; what no screen can show fades, L stays.

    Parameters
    ----------
    L : array_like, (H, W)
        Lightness in [0, 100].
    ab : array_like, (H, W, 2)
        CIE units.

    Returns
    -------
    ndarray, (H, W, 3)
        sRGB in [0, 1], float32.

    Raises
    ------
    ValueError
        If the shapes do not fit.
    """
    L, ab = np.asarray(L), np.asarray(ab)
    if L.ndim != 2 or ab.shape != (*L.shape, 2):
        raise ValueError(f"L must be (H, W) and ab (H, W, 2), not {L.shape} and {ab.shape}")
    return displayed_rgb(
        *(np.ascontiguousarray(plane, np.float32) for plane in (L, ab[..., 0], ab[..., 1]))
    )


def ab_rms(ab: ArrayLike, truth: ArrayLike) -> float:
    """Measure how far off a and b are, as the root of their mean square.

    Parameters
    ----------
    ab, truth : array_like, (H, W, 2)
        CIE units; whatever broadcasts, such as 0 for grey.

    Returns
    -------
    float
        CIE units, 0 if they are the same.

    Examples
    --------
    >>> ab_rms([[3.0, -4.0]], 0)
    3.5355339059327378
    """
    return float(np.sqrt(np.square(np.subtract(ab, truth)).mean()))
