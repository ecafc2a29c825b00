"""The colours of a film's frames at full size, and frames made larger."""

import cv2
import numpy as np

from colorlib.color.fast import integer_lightness
from colorlib.colorize.compose import paint

__all__ = ["frame_lightness", "paint_frame", "upscaled"]


def frame_lightness(frame: np.ndarray) -> np.ndarray:
    """Take the L* of a frame: `color.fast.integer_lightness`.

    Parameters
    ----------
    frame : ndarray, (H, W) or (H, W, 3), uint8 or uint16
        sRGB, grey or in colour.

    Returns
    -------
    ndarray, (H, W), float32
        In [0, 100].
    """
    return integer_lightness(frame)


def paint_frame(frame: np.ndarray, L: np.ndarray, ab: np.ndarray, times: int = 1) -> np.ndarray:
    """Give a frame the colours of its small view; its lightness stays, pixel by pixel.

    Parameters
    ----------
    frame : ndarray, (H, W) or (H, W, 3), uint8 or uint16
        sRGB, grey or in colour. Its own colours are ignored.
    L : ndarray, (h, w), float32
        L* of the small view, in [0, 100].
    ab : ndarray, (h, w, 2), float32
        a and b of the small view, in CIE units.
    times : int
        How many times larger the result is; its lightness is that of `film.upscaled`.

    Returns
    -------
    ndarray, (times * H, times * W, 3), of the frame's type
        sRGB. Colours are enlarged along the edges of the lightness (`colorlib.colorize.upsample`)
        and fitted to the gamut.
    """
    seen = frame if times == 1 else upscaled(frame_lightness(frame), times)[..., None]
    return paint(seen, L, ab, frame.dtype.type)


ROUNDS = 2  # after which nothing changes that could be seen


def upscaled(L: np.ndarray, times: int = 2) -> np.ndarray:
    """Enlarge lightness so that its block means are the lightness that it came from.

    The first estimate is enlarged with a Lanczos kernel of four lobes. Shrinking is the mean over
    the block of pixels that one old pixel becomes, as a coarser sensor in the same camera would see
    them.

    Parameters
    ----------
    L : ndarray, (H, W), float32
        L* in [0, 100].
    times : int
        How many times higher and wider, at least 1.

    Returns
    -------
    ndarray, (times * H, times * W), float32
        L* in [0, 100].

    Raises
    ------
    ValueError
        If L is not (H, W) or times is below 1.

    References
    ----------
    Irani and Peleg 1991, section 3 (iterative back-projection, here from one frame); Duchon 1979
    (the kernel).
    """
    if L.ndim != 2 or 0 in L.shape or times < 1:
        raise ValueError(f"L must be (H, W) and times at least 1, not {L.shape} and {times}")
    size, small = (times * L.shape[1], times * L.shape[0]), L.shape[::-1]
    estimate: np.ndarray = cv2.resize(L, size, interpolation=cv2.INTER_LANCZOS4)
    for _ in range(ROUNDS):
        missing = L - cv2.resize(estimate, small, interpolation=cv2.INTER_AREA)
        estimate += cv2.resize(missing, size, interpolation=cv2.INTER_LANCZOS4)
    return estimate.clip(0, 100)
