"""What colours the frames of a film, and how it is asked for those that a run still needs."""

from collections import deque
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TYPE_CHECKING, Protocol

import numpy as np

from colorlib.film.decode import picture_of
from colorlib.film.memory import Memory
from colorlib.film.probe import Film

if TYPE_CHECKING:
    import av

__all__ = ["FrameColorizer", "colored_frames"]

WARM_UP = 24  # frames that a colorizer which remembers nothing sees again when a run goes on


class FrameColorizer(Protocol):
    """What colours the frames of a film, such as `film.SteadyColorizer`.

    An attribute `settings`, if there is one, is a dict that JSON holds: what decides how it paints.
    A run is not taken up again by a colorizer with others.

    A method `paint_from`, if there is one, goes on as `film.SteadyColorizer.paint_from` does. The
    second half of a film that was broken off is then what it would have been. Without it the
    colorizer is shown the last second again.
    """

    upscale: int

    def paint(self, frames: Iterable[np.ndarray]) -> Iterator[np.ndarray]:
        """Colour frames, in order.

        They are (H, W) or (H, W, 3), uint8 or uint16, and become (H u, W u, 3) of the same type.
        """


def colored_frames(
    film: Film,
    frames: "Iterable[tuple[int, av.VideoFrame]]",
    colorizer: FrameColorizer,
    memories: deque[Memory],
    done: int = 0,
    preview: bool = False,
    colored: bool = True,
) -> Iterator[tuple[int, np.ndarray]]:
    """Colour the frames of a film that come after those that are done.

    Parameters
    ----------
    film : Film
    frames : iterable of (int, av.VideoFrame)
        All frames of the run, from `decode.frames_of`.
    colorizer : FrameColorizer
    memories : deque of Memory
        What the colorizer remembered last, if anything; gets more of them.
    done : int
        How many frames are coloured already.
    preview : bool
        Whether each result stands beside its original.
    colored : bool
        Whether there is anything in the colour planes of the film.

    Yields
    ------
    (int, ndarray)
        The time of a frame, in ticks of the film, and its picture.

    Raises
    ------
    ValueError
        When the colorizer leaves frames out.
    """
    from av.video.reformatter import VideoReformatter

    reformatter = VideoReformatter()
    waiting: deque[tuple[int, np.ndarray | None]] = deque()
    memory = memories[-1] if memories else None
    # The first frame that the colorizer sees, and the first that it gives back.
    first = painted = max(0, done - WARM_UP)
    if memory:
        first, painted = memory.first, memory.frame

    def pictures() -> Iterator[np.ndarray]:
        for number, (time, frame) in enumerate(islice(frames, first, None), first):
            picture = picture_of(frame, film, reformatter, colored)
            if number >= painted:
                waiting.append((time, picture if preview else None))
            yield picture

    if hasattr(colorizer, "paint_from"):
        results = colorizer.paint_from(pictures(), memory, memories.append)
    else:
        results = colorizer.paint(pictures())
    for index, result in enumerate(results, painted):
        time, original = waiting.popleft()
        if index >= done:
            yield time, result if original is None else _side_by_side(original, result)
    if waiting:
        raise ValueError(f"{film.path}: the colorizer left out {len(waiting)} frames")


def _side_by_side(original: np.ndarray, colored: np.ndarray) -> np.ndarray:
    """Put a result beside its original, whose pixels are repeated where the result is larger."""
    times = colored.shape[0] // original.shape[0]
    grey = original if original.ndim == 3 else original[..., None].repeat(3, axis=2)
    return np.concatenate([grey.repeat(times, axis=0).repeat(times, axis=1), colored], axis=1)
