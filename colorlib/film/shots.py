"""Where one shot of a film ends and the next begins, found while the film runs.

Colour must not be carried over a cut: nothing in the new shot is where it was in the old one. A cut
is a frame that differs far more from the one before than frames just then do; how much they do
depends on how fast the camera moves. PySceneDetect's adaptive detector compares each difference
with those of its neighbours, so it needs to see two frames more before it answers. A faded film
differs little wherever it is cut: the contrast of a frame that has little of it is raised before it
is compared.
"""

import itertools
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

import cv2
import numpy as np

__all__ = ["with_cuts"]

T = TypeVar("T")
NEIGHBOURS = 2  # frames before and after, with whose differences a difference is compared
# As large as theirs it must be to be a cut; a cut too many costs little, one too few smears.
TIMES = 2.0
LEAST = 8.0  # mean difference of the grey values, of 255, below which nothing is a cut
CONTRAST = 40.0  # standard deviation of the grey values to which that of a faded frame is raised
MOST = 8.0  # times it is raised; what needs more shows nothing but noise


def with_cuts(frames: Iterable[T], grey: Callable[[T], np.ndarray]) -> Iterator[tuple[T, bool]]:
    """Tell for each frame of a film whether a new shot begins with it.

    Parameters
    ----------
    frames : iterable
        Of anything. Two more than have been given out are read ahead, not more.
    grey : callable
        Gives the grey picture, (h, w) uint8, of such a frame; a small one is enough. All have one
        size.

    Yields
    ------
    frame, cut : tuple
        The frame, and whether it is the first of a shot. The first frame of the film is.

    References
    ----------
    PySceneDetect, https://www.scenedetect.com: AdaptiveDetector, on lightness alone.
    """
    from scenedetect import AdaptiveDetector, FrameTimecode

    detector = AdaptiveDetector(TIMES, 1, NEIGHBOURS, LEAST, luma_only=True)
    shown = itertools.count()

    def is_cut(picture: np.ndarray) -> bool:
        """Return whether a shot starts in the middle of the window that ends with this picture."""
        time = FrameTimecode(next(shown), fps=25.0)  # frames are counted: the rate plays no part
        return bool(detector.process_frame(time, cv2.merge([_raised(picture)] * 3)))

    rest = iter(frames)
    head = list(itertools.islice(rest, NEIGHBOURS + 1))
    if not head:
        return
    # The answer to a picture is about the frame that was shown NEIGHBOURS before it, so as many
    # wait for theirs. At both ends the film is continued backwards, as in a mirror, so that the
    # motion goes on: first the frames 2 and 1, at the end the last but one and the one before that.
    # A film that is shorter than the mirror repeats its outermost frame.
    for place in range(NEIGHBOURS, 0, -1):
        is_cut(grey(head[min(place, len(head) - 1)]))
    waiting: deque[T] = deque()  # shown to the detector, and not answered
    recent: deque[np.ndarray] = deque(maxlen=NEIGHBOURS + 1)  # the last pictures, for the mirror
    begins = True
    for frame in itertools.chain(head, rest):
        waiting.append(frame)
        recent.append(grey(frame))
        cut = is_cut(recent[-1])
        if len(waiting) > NEIGHBOURS:
            yield waiting.popleft(), cut or begins
            begins = False
    recent.reverse()
    for place in range(1, NEIGHBOURS + 1):
        cut = is_cut(recent[min(place, len(recent) - 1)])
        # One frame alone is answered when the whole window has been seen.
        if waiting and len(waiting) + place > NEIGHBOURS:
            yield waiting.popleft(), cut or begins
            begins = False


def _raised(picture: np.ndarray) -> np.ndarray:
    """Raise the contrast of a grey picture that has little, whatever pictures were before."""
    mean, deviation = (float(value[0, 0]) for value in cv2.meanStdDev(picture))
    gain = min(max(CONTRAST / max(deviation, 1e-3), 1), MOST)
    if gain == 1:
        return picture
    return cv2.LUT(picture, np.clip(mean + (np.arange(256) - mean) * gain, 0, 255).astype(np.uint8))
