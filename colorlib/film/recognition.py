"""Which frame of a film a picture is that was coloured by hand."""

from collections.abc import Iterable, Iterator
from itertools import chain, pairwise

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
    least = float(memory.known.get("least", SAME))
    # A frame is the reference when it is nearer than all before it and the next one is no nearer:
    # so each waits for the distance of the next, and the last for none.
    measured = chain(_measured(frames, reference), [(None, np.inf)])
    for (frame, distance), (_, following) in pairwise(measured):
        assert frame is not None
        if frame.number > memory.frame or not memory.known:
            frame.given = distance < least and distance <= following
            least = distance if frame.given else least
        frame.least = least
        yield frame


def _measured(
    frames: Iterable[Frame], reference: np.ndarray | None
) -> Iterator[tuple[Frame | None, float]]:
    """Give with each frame its mean difference from the reference, which has the same aspect."""
    view = None
    for place, frame in enumerate(frames):
        if place == 0 and reference is not None:
            (height, width), (tall, wide) = reference.shape[:2], frame.pixels.shape[:2]
            if abs(height / width * wide / tall - 1) < 0.01:
                view = frame_lightness(shrunk(reference, *frame.L.shape))
        yield frame, np.inf if view is None else float(np.abs(view - frame.L).mean())
