"""What moved where: optical flow between two frames, and how far it can be believed.

A film shows the same thing again and again, a little further on. Optical flow says, for each pixel
of one frame, where the same thing is in another. With it colour need not be guessed for every
frame: it can be fetched from a frame that has it. Flow is itself a guess, wrong where something was
hidden before, and it does not say so. Two questions find out: does the way there and back end where
it began, and is the lightness at its end the same?

Everything here works on small frames, those that the network sees: a tenth of a second of film has
little motion that is finer than that.
"""

from functools import lru_cache
from threading import local
from typing import Any

import cv2
import numpy as np

__all__ = ["chain", "confidence", "fetch", "find_motion", "round_trip"]

# Where belief has fallen to e^-1/2: pixels between start and end of the way there and back, and CIE
# units between the lightness of both ends.
LOST, CHANGED = 1.0, 6.0
# An estimator works in memory of its own: two threads at one would mix their frames.
_of_this_thread = local()


def _estimator() -> cv2.DISOpticalFlow:
    """Return this thread's dense inverse search: medium care with fewer steps is as exact."""
    if not hasattr(_of_this_thread, "search"):
        search = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
        _of_this_thread.search = search
        search.setPatchStride(4)
        search.setGradientDescentIterations(8)
    return _of_this_thread.search


def find_motion(
    frame: np.ndarray, other: np.ndarray, guess: np.ndarray | None = None
) -> np.ndarray:
    """Find for each pixel of one frame where the same thing is in another one.

    Parameters
    ----------
    frame, other : ndarray, (h, w), uint8
        Grey, of one size, at least 16 pixels a side for motion to be found; smaller ones count as
        standing still.
    guess : ndarray, (h, w, 2), float32, optional
        Where to begin, as for frames that lie far apart. It is not changed.

    Returns
    -------
    ndarray, (h, w, 2), float32
        How far to the right and how far down, in pixels: ``frame[y, x]`` shows what ``other[y + v,
        x + u]`` shows.

    Raises
    ------
    ValueError
        If the frames are not grey, not uint8 or not of one size.

    References
    ----------
    Kroeger et al. 2016 (dense inverse search).
    """
    if (
        frame.ndim != 2
        or frame.shape != other.shape
        or frame.dtype != np.uint8
        or other.dtype != np.uint8
    ):
        raise ValueError(
            "motion is found between two grey uint8 frames of one size, not "
            f"{frame.dtype} of {frame.shape} and {other.dtype} of {other.shape}"
        )
    if min(frame.shape) < 16:
        return np.zeros((*frame.shape, 2), np.float32)
    start: Any = None if guess is None else guess.copy()
    return _estimator().calc(frame, other, start)


def fetch(picture: np.ndarray, flow: np.ndarray) -> np.ndarray:
    """Warp a picture: give each pixel what is found where the flow leads, bilinearly.

    Parameters
    ----------
    picture : ndarray, (h, w) or (h, w, C), float32
        In another frame's place: colours, lightness, or another flow. C is at most 4.
    flow : ndarray, (h, w, 2), float32
        From `find_motion` or `chain`, in pixels. What lies beyond a border is taken from the
        border.

    Returns
    -------
    ndarray
        Like the picture.
    """
    places = flow + _grid(*flow.shape[:2])
    second: Any = None  # of two maps; ours is one
    return cv2.remap(picture, places, second, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)


def chain(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Join the motion to a second frame and from there to a third into the motion to the third.

    Colour that is fetched once over five frames stays sharper than colour fetched from each to the
    next, which is interpolated five times.

    Parameters
    ----------
    first, second : ndarray, (h, w, 2), float32

    Returns
    -------
    ndarray, (h, w, 2), float32
    """
    return first + fetch(second, first)


def round_trip(flow: np.ndarray, back: np.ndarray) -> np.ndarray:
    """Measure how far from its start each pixel ends on the way there and back.

    Parameters
    ----------
    flow, back : ndarray, (h, w, 2), float32
        From a frame to another, and from that one to the first.

    Returns
    -------
    ndarray, (h, w), float32
        In pixels: near 0 where both agree, large where something is hidden in the other frame.

    References
    ----------
    Sundaram et al. 2010, section 4.1 (the forward-backward check).
    """
    way = chain(flow, back)
    return cv2.magnitude(way[..., 0], way[..., 1])


def confidence(
    L: np.ndarray, other_L: np.ndarray, flow: np.ndarray, back: np.ndarray
) -> np.ndarray:
    """Tell how far what is fetched along a flow can be believed.

    Parameters
    ----------
    L, other_L : ndarray, (h, w), float32
        L* of the frame and of the other one, in [0, 100].
    flow, back : ndarray, (h, w, 2), float32
        From the frame to the other one, and back.

    Returns
    -------
    ndarray, (h, w), float32
        1 where the way there and back ends at its start and the lightness at both ends is the same;
        it falls as a Gaussian of both differences; 0 where the flow leaves the picture.

    References
    ----------
    Lai et al. 2018, section 3.2 (visibility from the warping error); Sundaram et al. 2010, section
    4.1.
    """
    height, width = L.shape
    inside = cv2.inRange(flow + _grid(height, width), (-0.5, -0.5), (width - 0.5, height - 0.5)) > 0
    changed = (L - fetch(other_L, flow)) / CHANGED
    lost = round_trip(flow, back) / LOST
    return np.exp(-(changed * changed + lost * lost) / 2) * inside


@lru_cache(maxsize=4)
def _grid(height: int, width: int) -> np.ndarray:
    """Return the place of each pixel, (h, w, 2): column and row."""
    return np.stack(np.meshgrid(np.arange(width), np.arange(height)), axis=-1).astype(np.float32)
