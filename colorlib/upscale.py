"""Twice the resolution for a film's lightness: enlarged, and then corrected until shrinking it gives the film back.

Enlarging by interpolation makes a picture larger and a little softer: shrunk again, it is not the picture that it came
from. What is missing can be found by comparing, and put back: the difference between the film and the shrunk guess is
enlarged and added to the guess, twice over. That is iterative back-projection. It invents nothing. A frame does not
hold what is finer than its own pixels, and a network that paints such things would paint them differently in the next
frame; here every frame is treated alike, so that the film stays as steady as it was.
"""

import cv2
import numpy as np

__all__ = ["upscaled"]

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
