"""The scenes of a film: where each begins and ends, so that a person can look at one still of each.

A scene lies between two cuts. One that is long is parted, since colours that are carried for
minutes lose their places. Where it is parted the picture goes on, and so must the colours: such a
place is no cut.
"""

from array import array
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from colorlib.film.decode import frames_of
from colorlib.film.probe import Film
from colorlib.film.shots import with_cuts

__all__ = ["LONGEST", "Scene", "Scenes", "find_scenes"]

LONGEST = 10.0  # seconds
SIDE = 160  # pixels, the shorter side of the copies in which cuts are sought


@dataclass(frozen=True)
class Scene:
    """A part of a film, in frames from the first that is coloured.

    Parameters
    ----------
    number : int
        From 1 on.
    first, end : int
        Its first frame, and the first of the next scene.
    cut_before, cut_after : bool
        Whether it begins and ends at a cut, or at the ends of the film; otherwise it is a part of a
        long scene.
    """

    number: int
    first: int
    end: int
    cut_before: bool = True
    cut_after: bool = True

    @property
    def middle(self) -> int:
        """The frame of its still: the nearest to all others."""
        return (self.first + self.end) // 2


@dataclass(frozen=True)
class Scenes:
    """All scenes of a film, or of a part of it.

    Parameters
    ----------
    film : Film
    times : array of int
        When each frame is shown, in ticks of the film.
    scenes : list of Scene
    """

    film: Film
    times: array
    scenes: list[Scene]

    def seconds(self, frame: int) -> Fraction:
        """Return when a frame is shown, from the first on; after the last, when that ends."""
        last = len(self.times) - 1
        ticks = self.times[frame] if frame <= last else self.times[last] + self.film.step
        return (ticks - self.film.first) * self.film.time_base

    def at(self, frame: int) -> Scene:
        """Return the scene of a frame."""
        return next(scene for scene in self.scenes if scene.first <= frame < scene.end)

    def nearest(self, seconds: float) -> int:
        """Return the frame that is shown at a time, or nearest to it."""
        ticks = self.film.first + float(seconds / self.film.time_base)
        return int(np.abs(np.asarray(self.times) - ticks).argmin())


def find_scenes(
    film: Film,
    start: float = 0,
    end: float | None = None,
    deinterlace: bool = False,
    longest: float = LONGEST,
    progress: Callable[[Iterable, int], Iterable] = lambda frames, _: frames,
) -> Scenes:
    """Go through a film and find its scenes.

    Parameters
    ----------
    film : Film
        From `read_film`.
    start, end, deinterlace
        As for `decode.frames_of`.
    longest : float
        Seconds; a longer scene is parted into equal parts.
    progress : callable
        Is given the frames and about how many there are; returns the frames.

    Returns
    -------
    Scenes
    """
    times, begins = array("q"), []
    scale = min(1, SIDE / min(film.shape))
    height, width = (max(1, round(side * scale)) for side in film.shape)
    frames = frames_of(film, start, end, deinterlace)
    seconds = min(film.seconds or 0, end or film.seconds or 0) - start

    def small() -> Iterable[np.ndarray]:
        for time, frame in progress(frames, max(0, round(seconds * film.rate))):
            times.append(time)
            yield frame.reformat(width, height, "gray8", interpolation="AREA").to_ndarray()

    for number, (_, cut) in enumerate(with_cuts(small(), lambda grey: grey)):
        if cut:
            begins.append(number)
    scenes: list[Scene] = []
    most = max(1, round(longest * film.rate))
    for first, last in zip(begins, [*begins[1:], len(times)], strict=True):
        parts = -(-(last - first) // most)
        edges = [first + (last - first) * part // parts for part in range(parts + 1)]
        for part in range(parts):
            ends = (part == 0, part == parts - 1)
            scenes.append(Scene(len(scenes) + 1, edges[part], edges[part + 1], *ends))
    return Scenes(film, times, scenes)
