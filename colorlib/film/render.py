"""The colours of a film's frames at full size: what `colorlib.colorize.compose` does for a photograph, at the speed of
a film.

A film has 24 frames a second or more, and every one has to be converted, enlarged and rounded at full size, whether
its colours were guessed or carried along. OpenCV's conversion is several times quicker than the exact one, and differs
from it by less than one 8-bit step. It clips the colours that no screen shows, which would change their lightness;
those few pixels give up chroma instead, as much as a table says.
"""

from functools import lru_cache

import cv2
import numpy as np
import torch

from colorlib.color.fast import integer_lightness
from colorlib.color.gamut import fit_gamut
from colorlib.color.lab import grey_rgb
from colorlib.colorize.compose import paint
from colorlib.colorize.upsample import slope_and_rest

__all__ = ["frame_lightness", "paint_frame", "upscaled"]

CACHED_PIXELS = 30_000  # converted at once: they stay in the processor's cache, and OpenCV's remap takes no more
LIMITS_PER_UNIT = 2  # rows of the table of largest chromas for each unit of lightness


def frame_lightness(frame: np.ndarray) -> np.ndarray:
    """L* of a frame.

    Parameters
    ----------
    frame : ndarray, (H, W) or (H, W, 3), uint8 or uint16
        sRGB, grey or in colour.

    Returns
    -------
    ndarray, (H, W), float32
        In [0, 100].
    """
    return integer_lightness(torch.from_numpy(np.array(frame)))[0, 0].numpy()


def paint_frame(frame: np.ndarray, L: np.ndarray, ab: np.ndarray, times: int = 1) -> np.ndarray:
    """Give a frame the colours that were found for its small view; its lightness stays, pixel by pixel.

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
        sRGB. Colours are enlarged along the edges of the lightness (`colorlib.colorize.upsample`) and fitted to the
        gamut.

    References
    ----------
    He, Sun and Tang 2010, equations 5 and 6, as in `upsample.Enlargement`.
    """
    small_L = torch.from_numpy(L)[None, None]
    small_ab = torch.from_numpy(np.ascontiguousarray(ab.transpose(2, 0, 1)))[None]
    if times > 1:
        sharp = torch.from_numpy(upscaled(frame_lightness(frame), times))
        return paint(grey_rgb(sharp[None])[0].numpy(), small_L, small_ab, frame.dtype.type)
    if frame.dtype != np.uint8:
        return paint(frame, small_L, small_ab, frame.dtype.type)
    height, width = frame.shape[:2]
    small = torch.cat(slope_and_rest(small_L, small_ab), dim=1)[0].numpy()
    slope_a, slope_b, rest_a, rest_b = (cv2.resize(x, (width, height), interpolation=cv2.INTER_CUBIC) for x in small)
    result = np.empty((height, width, 3), np.uint8)
    step = max(1, CACHED_PIXELS // width)
    for rows in (slice(top, top + step) for top in range(0, height, step)):
        band = frame_lightness(frame[rows])
        a = cv2.add(cv2.multiply(slope_a[rows], band), rest_a[rows])
        b = cv2.add(cv2.multiply(slope_b[rows], band), rest_b[rows])
        lab = cv2.merge([band, a, b])
        rgb = cv2.convertScaleAbs(cv2.cvtColor(lab, cv2.COLOR_Lab2RGB), alpha=255)
        # What has a channel at either end may have been clipped.
        clipped = np.flatnonzero(cv2.inRange(rgb, (1, 1, 1), (254, 254, 254)) == 0)
        if len(clipped):
            rgb.reshape(-1, 3)[clipped] = _displayable(lab.reshape(-1, 1, 3)[clipped])[:, 0]
        result[rows] = rgb
    return result


def _displayable(lab: np.ndarray) -> np.ndarray:
    """Lab (N, 1, 3), overwritten, as 8-bit RGB, with no more chroma than a screen can show at its lightness and hue."""
    chroma, hue = cv2.cartToPolar(lab[..., 1], lab[..., 2], angleInDegrees=True)
    limit = cv2.remap(_limits(), hue, lab[..., 0] * LIMITS_PER_UNIT, cv2.INTER_LINEAR)
    lab[..., 1:] *= np.minimum(limit / np.maximum(chroma, 1e-3), 1)[..., None]
    return cv2.convertScaleAbs(cv2.cvtColor(lab, cv2.COLOR_Lab2RGB), alpha=255)


@lru_cache(maxsize=1)
def _limits() -> np.ndarray:
    """The largest chroma that a screen shows, by lightness (rows, halves of a unit) and hue (columns, degrees)."""
    L, hue = torch.meshgrid(torch.arange(0, 100.1, 1 / LIMITS_PER_UNIT), torch.arange(361.0).deg2rad(), indexing="ij")
    beyond = torch.stack([L, 200 * hue.cos(), 200 * hue.sin()])
    return fit_gamut(beyond)[1:].norm(dim=0).numpy()


ROUNDS = 2  # after which nothing changes that could be seen


def upscaled(L: np.ndarray, times: int = 2) -> np.ndarray:
    """Enlarge lightness so that its block means are the lightness that it came from.

    The first guess is enlarged with a Lanczos kernel of four lobes. Shrinking is the mean over the block of pixels that
    one old pixel becomes, as a coarser sensor in the same camera would see them.

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
    Irani and Peleg 1991, section 3 (iterative back-projection, here from one frame); Duchon 1979 (the kernel).
    """
    if L.ndim != 2 or 0 in L.shape or times < 1:
        raise ValueError(f"L must be (H, W) and times at least 1, not {L.shape} and {times}")
    size, small = (times * L.shape[1], times * L.shape[0]), L.shape[::-1]
    guess = cv2.resize(L, size, interpolation=cv2.INTER_LANCZOS4)
    for _ in range(ROUNDS):
        missing = L - cv2.resize(guess, small, interpolation=cv2.INTER_AREA)
        guess += cv2.resize(missing, size, interpolation=cv2.INTER_LANCZOS4)
    return guess.clip(0, 100)
