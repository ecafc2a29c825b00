"""From Lab to the pixels of a screen, for arrays: what no screen shows gives up chroma.

What ``lab_to_rgb(fit_gamut(lab))`` of `colorlib.color` is, within 1 of 255, in a fraction of the
time: every step is one call for all three channels, 8 bits are looked up in a table, and only
colours that no screen shows, few in a photograph, are fitted. Work on a band of rows at a time, and
what is in between stays in the processor's cache.
"""

from functools import lru_cache

import cv2
import numpy as np

from colorlib.color.constants import RGB_FROM_WHITE, TOLERANCE

__all__ = ["displayed_bytes", "displayed_rgb"]

STEPS = 8  # of Newton's method at most; three or four are taken in photographs
SETTLED = 0.01  # of the factor: a step as small leaves an error of about its square
FARTHEST = 140.0  # chroma in CIE units; the largest of sRGB is 134
JOINT = 0.2068966  # CIE's cube becomes a line below it
# From L, a, b and 1 to the cube roots of X, Y and Z, as parts of white.
ROOTS = np.array(
    [[1 / 116, 1 / 500, 0, 16 / 116], [1 / 116, 0, 0, 16 / 116], [1 / 116, 0, -1 / 200, 16 / 116]]
)
RGB = np.array(RGB_FROM_WHITE)


def displayed_rgb(L: np.ndarray, a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Convert Lab to sRGB; a colour that no screen shows gives up chroma, never lightness.

    Parameters
    ----------
    L, a, b : ndarray, (H, W), float32
        In CIE units.

    Returns
    -------
    ndarray, (H, W, 3), float32
        In [0, 1].
    """
    return np.clip(_encoded(_displayed_light(L, a, b)), 0, 1)


def displayed_bytes(L: np.ndarray, a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Convert Lab to 8-bit sRGB, as `displayed_rgb` does, rounded.

    Parameters
    ----------
    L, a, b : ndarray, (H, W), float32
        In CIE units.

    Returns
    -------
    ndarray, (H, W, 3), uint8
    """
    light = _displayed_light(L, a, b)
    # In 16 bits, limited to them, for the table: at black, where the sRGB curve is steepest, a
    # twentieth of a level.
    places = np.asarray(cv2.addWeighted(light, 65535, light, 0, 0, dtype=cv2.CV_16U), np.uint16)
    return np.take(_levels(), places)


def _displayed_light(L: np.ndarray, a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Return the linear light (H, W, 3) of displayable colours, about in [0, 1].

    Whether a colour is displayable is seen in its linear light, and then that is already the
    result.
    """
    light = _light(L, a, b)
    least, most = _bounds(TOLERANCE)
    outside = np.flatnonzero(cv2.inRange(light, (least,) * 3, (most,) * 3) == 0)
    if len(outside):
        L, a, b = (plane.reshape(1, -1)[:, outside] for plane in (L, a, b))
        factor = _largest_factor(L, a, b)
        light.reshape(-1, 3)[outside] = _light(L, a * factor, b * factor)[0]
    return light


def _light(L: np.ndarray, a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Lab to linear RGB, (H, W, 3), unclipped (CIE 15:2004, section 8.2.1, inverse)."""
    return cv2.transform(_cubed(cv2.transform(cv2.merge([L, a, b]), ROOTS)), RGB)


def _bounds(tolerance: float) -> tuple[float, float]:
    """Return the least and the most linear light of a screen; the sRGB curve is monotone."""
    return -tolerance / 12.92, ((1 + tolerance + 0.055) / 1.055) ** 2.4


def _largest_factor(L: np.ndarray, a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Find the factor (1, N) that makes a and b of impossible colours just possible.

    On the way from grey, where the factor is 0, each channel of RGB rises or falls until it leaves
    what a screen shows. Newton's method goes back along the tangent of the channel that is farthest
    behind its bound; where that tangent leads away, along the chord from grey. What is known to lie
    inside and outside holds it.
    """
    least, most = _bounds(TOLERANCE / 2)  # rounding must not put the result outside again
    y = L * np.float32(1 / 116) + np.float32(16 / 116)
    farthest = FARTHEST / np.maximum(np.hypot(a, b), np.float32(FARTHEST))
    toward = np.concatenate([a * farthest / 500, b * farthest / -200])  # (2, N): X and Z; Y stays
    matrix = RGB[:, ::2].astype(np.float32)
    grey = _cubed(y.copy())
    above, below = np.float32(most) - grey, grey - np.float32(least)
    factor = np.ones_like(L)  # of the way to `farthest`
    inside, outside = np.zeros_like(L), factor
    for _ in range(STEPS):
        roots = toward * factor + y
        held = np.maximum(roots, np.float32(JOINT))
        # The line's slope, too: it is a tangent of the cube.
        slope = matrix @ (held * held * toward) * np.float32(3)
        change = matrix @ (_cubed(roots) - grey)  # (3, N): of each channel of RGB, from grey
        distance = np.abs(change)
        excess = distance - np.where(change > 0, above, below)
        speed = np.where(change * slope > 0, np.abs(slope), distance / factor)
        back = (excess / np.maximum(speed, np.float32(1e-9))).max(axis=0, keepdims=True)
        inside, outside = np.where(back > 0, inside, factor), np.where(back > 0, factor, outside)
        factor = factor - back
        factor = np.where((factor >= inside) & (factor <= outside), factor, (inside + outside) / 2)
        if np.abs(back).max() < SETTLED:
            break
    return factor * farthest


# Each curve is a power above a joint and a line below it. Both are computed for every pixel and
# added, each held at the joint where it does not apply: quicker than choosing. Arrays are
# overwritten, since new memory costs more than the arithmetic.


def _cubed(roots: np.ndarray) -> np.ndarray:
    """Undo the cube root of CIE Lab."""
    below = _split(roots, JOINT)
    return cv2.addWeighted(cv2.pow(roots, 3, roots), 1, below, 1 / 7.787, -JOINT / 7.787, roots)


def _encoded(linear: np.ndarray) -> np.ndarray:
    """Apply the sRGB curve (IEC 61966-2-1)."""
    joint = 0.0031308
    below = _split(linear, joint)
    return cv2.addWeighted(
        cv2.pow(linear, 1 / 2.4, linear), 1.055, below, 12.92, -0.055 - 12.92 * joint, linear
    )


def _split(values: np.ndarray, joint: float) -> np.ndarray:
    """Hold values at a joint from above, and return them held from below."""
    below = cv2.threshold(values, joint, 0, cv2.THRESH_TRUNC)[1]
    cv2.addWeighted(values, 1, below, -1, joint, values)
    return below


@lru_cache(maxsize=1)
def _levels() -> np.ndarray:
    """Return the 8-bit sRGB of each of 65,536 steps of linear light."""
    return cv2.convertScaleAbs(
        _encoded(np.linspace(0, 1, 65536, dtype=np.float32)), alpha=255
    ).ravel()
