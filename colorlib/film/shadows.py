"""Colour that fades out in the deepest shadows, where there is nothing to see but noise.

In black hair, under a table, at night, a network has next to nothing to go by. What it predicts
there changes from key to key, and shows as dark blotches that wander. The eye sees hardly any
colour at such lightness, so little is lost.
"""

import cv2
import numpy as np

__all__ = ["FADE", "faded"]

FADE = 8.0  # L* from which on colours are whole
# Pixels of the small view: deviation of the neighbourhood whose lightness counts, so that grain
# does not.
AROUND = 1.5


def faded(ab: np.ndarray, L: np.ndarray, below: float = FADE) -> np.ndarray:
    """Take the colours out of the deepest shadows.

    Parameters
    ----------
    ab : ndarray, (h, w, 2), float32
        CIE units.
    L : ndarray, (h, w), float32
        In [0, 100].
    below : float
        L* at which fading begins; at 0 nothing is left.

    Returns
    -------
    ndarray, (h, w, 2), float32

    Examples
    --------
    >>> L = np.full((9, 9), 50, np.float32)
    >>> [float(faded(np.ones((9, 9, 2), np.float32), part * L).max()) for part in (1, 0.08, 0)]
    [1.0, 0.5, 0.0]
    """
    part = np.clip(cv2.GaussianBlur(L, (0, 0), AROUND) / below, 0, 1)
    return ab * (part * part * (3 - 2 * part))[..., None]
