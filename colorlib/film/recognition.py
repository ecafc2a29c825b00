"""Which frame of a film a picture is that was coloured by hand."""

from collections.abc import Iterable, Iterator

import numpy as np

from colorlib.colorize.compose import shrunk
from colorlib.film.carrying import Frame
from colorlib.film.memory import Memory
from colorlib.film.render import frame_lightness

__all__ = ["recognised"]

SAME = 3.0  # CIE units: mean difference in lightness below which a reference is a frame of the film


def recognised(
    frames: Iterable[Frame], reference: np.ndarray | None, memory: Memory
) -> Iterator[Frame]:
    """Mark the frame that the reference is: the nearest so far, when the next one is no nearer.

    Parameters
    ----------
    frames : iterable of Frame
    reference : ndarray, (H, W) or (H, W, 3), optional
    memory : Memory
        Its `known["least"]` is the distance of the frame that was the nearest up to `memory.frame`;
        until there nothing is marked again.

    Yields
    ------
    Frame
        The same, one frame later, with `given` and `least`.
    """
    last, away, view = None, np.inf, None
    least = float(memory.known.get("least", SAME))

    def marked(frame: Frame, distance: float) -> Frame:
        nonlocal least
        if frame.number > memory.frame or not memory.known:
            frame.given = away < least and away <= distance
            least = away if frame.given else least
        frame.least = least
        return frame

    for frame in frames:
        if last is None and reference is not None:
            height, width = reference.shape[:2]
            if (
                abs(height / width * frame.pixels.shape[1] / frame.pixels.shape[0] - 1) < 0.01
            ):  # the same aspect
                view = frame_lightness(shrunk(reference, *frame.L.shape))
        distance = np.inf if view is None else float(np.abs(view - frame.L).mean())
        if last is not None:
            yield marked(last, distance)
        last, away = frame, distance
    if last is not None:
        yield marked(last, np.inf)
