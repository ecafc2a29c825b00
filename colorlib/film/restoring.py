"""Colours that a person gave to a still, carried through its scene; the rest stays automatic.

A restorer looks at one still of each scene, repaints those that are wrong, and lets the machine
carry the colours on. From the still they go along the motion to every frame of the scene, forwards
and backwards: the motion from frame to frame is joined, and then found once more between the frame
and the still themselves, so that small errors do not add up. Where that motion is believed they
replace the predicted colours, to the border of the scene and no further.
"""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from colorlib.colorize.compose import shrunk
from colorlib.film.carrying import Frame
from colorlib.film.checks import check_times
from colorlib.film.colorize import ColoredFilm
from colorlib.film.optical_flow import chain, confidence, fetch, find_motion
from colorlib.film.passages import repaint_passages
from colorlib.film.steady import SteadyColorizer
from colorlib.film.stills import FilmScenes, Given

__all__ = ["RestoringColorizer", "carried_from", "repaint"]

FADE = 12  # frames over which colours change where a long scene was parted
CERTAIN = 30.0  # predictions that a colour given by hand is worth
# CIE units of lightness between still and frame at which a still is believed by e^-1/2.
UNLIKE = 15.0
Carried = tuple[np.ndarray, np.ndarray]  # colours (h, w, 2) and how much they count (h, w), float16


def carried_from(given: Given, frames: Mapping[int, Frame]) -> dict[int, Carried]:
    """Carry the colours of a still to the frames around it.

    Parameters
    ----------
    given : Given
    frames : mapping of int to Frame
        All frames from one number to another, that of the still among them, with their small views.

    Returns
    -------
    dict of int to (ndarray, ndarray)
        For each frame the colours (h, w, 2), CIE units, and how much each counts (h, w), 0 to 1,
        beside the network's prediction; float16.

    References
    ----------
    Kroeger et al. 2016 (the motion); Sundaram et al. 2010, section 4.1 (the way there and back).
    """
    still = frames[given.frame]
    height, width = still.L.shape
    small = shrunk(given.pixels, height, width).astype(np.float32)
    lab = cv2.cvtColor(small / 255, cv2.COLOR_RGB2Lab)
    ab = np.ascontiguousarray(lab[..., 1:])
    unlike = cv2.GaussianBlur(np.abs(lab[..., 0] - still.L), (0, 0), 2) / UNLIKE
    match = np.exp(-(unlike * unlike) / 2)
    found = {given.frame: _packed(ab, match)}
    for step in (1, -1):
        number, there, back = given.frame, *np.zeros((2, height, width, 2), np.float32)
        while (number := number + step) in frames:
            frame, last = frames[number], frames[number - step]
            there = chain(find_motion(frame.grey, last.grey), there)
            back = chain(back, find_motion(last.grey, frame.grey))
            if number - step != given.frame:
                there = find_motion(frame.grey, still.grey, there)
                back = find_motion(still.grey, frame.grey, back)
            certain = CERTAIN * confidence(frame.L, still.L, there, back)
            found[number] = _packed(fetch(ab, there), fetch(match, there) * certain / (certain + 1))
    return found


def _packed(ab: np.ndarray, counts: np.ndarray) -> Carried:
    return ab.astype(np.float16), counts.astype(np.float16)


class RestoringColorizer(SteadyColorizer):
    """Colour a film as `SteadyColorizer` does, its repainted scenes by their stills.

    Parameters
    ----------
    *arguments, **options
        As for `SteadyColorizer`.
    """

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.given: list[Given] = []
        self._offset = 0
        self._known: dict[int, dict[int, Carried]] = {}  # by the frames of the stills

    def follow(self, given: list[Given], film: FilmScenes, offset: int = 0) -> None:
        """Say which colours are given.

        Parameters
        ----------
        given : list of Given
        film : FilmScenes
            Whose frames they show.
        offset : int
            The number there of the first frame that will be painted.
        """
        self.given = sorted(given, key=lambda still: still.frame)
        self._film, self._offset, self._known = film, offset, {}

    @property
    def settings(self) -> dict[str, object]:
        """What decides how frames are painted."""
        return super().settings | (
            {"given": [still.sha256 for still in self.given]} if self.given else {}
        )

    def _painted(self, frame: Frame) -> np.ndarray:
        """Return the frame in colour, at full size."""
        number = frame.number + self._offset
        shares = {place: self._share(place, number) for place in range(len(self.given))}
        shares = {place: share for place, share in shares.items() if share > 0}
        self._known = {place: known for place, known in self._known.items() if place in shares}
        ab = frame.ab
        for place, share in shares.items():
            colors, counts = (part.astype(np.float32) for part in self._carried(place)[number])
            ab = ab + (share * counts)[..., None] * (colors - frame.ab)
        return super()._painted(replace(frame, ab=ab, given=False) if shares else frame)

    def _carried(self, place: int) -> dict[int, Carried]:
        """Carry the colours of a still to all frames that it has a share of."""
        if place not in self._known:
            first, end = self._reach(place)
            frames = {}
            for frame in self._seen(self._film.pictures(first, end), first):
                frame.pixels = np.empty((0, 0), np.uint8)  # in 4K a scene's would take gigabytes
                frames[frame.number] = frame
            self._known[place] = carried_from(self.given[place], frames)
        return self._known[place]

    def _reach(self, place: int) -> tuple[int, int]:
        """Return the frames of a still: its scene, and some where that goes on in another's."""
        scene = self.given[place].scene
        before, after = (self._neighbour(place, step) for step in (-1, 1))
        first = scene.first - (FADE // 2 if before else 0)
        end = scene.end + (FADE // 2 if after else 0)
        return max(first, 0), min(end, len(self._film.scenes.times))

    def _neighbour(self, place: int, step: int) -> Given | None:
        """Return the still before or after, when that is of a part of the same long scene."""
        other = place + step
        if not 0 <= other < len(self.given):
            return None
        early, late = sorted(
            (self.given[place].scene, self.given[other].scene), key=lambda scene: scene.first
        )
        return self.given[other] if early.end == late.first and not early.cut_after else None

    def _share(self, place: int, number: int) -> float:
        """Return how much a still counts in a frame: 1 in its scene, less near where it parts."""
        scene = self.given[place].scene
        share = 1.0
        for step, cut, inside in (
            (-1, scene.cut_before, number - scene.first + 0.5),
            (1, scene.cut_after, scene.end - number - 0.5),
        ):
            if cut:
                part = float(inside > 0)
            elif self._neighbour(place, step):
                part = 0.5 + inside / FADE
            else:
                part = inside / FADE
            share *= min(max(part, 0.0), 1.0)
        return share


def repaint(
    film: FilmScenes,
    finished: str | Path,
    out: str | Path,
    colorizer: RestoringColorizer,
    start: float = 0,
    end: float | None = None,
    **options: Any,
) -> ColoredFilm:
    """Paint repainted scenes or one passage of a finished film anew, and copy all else.

    Parameters
    ----------
    film : FilmScenes
        The grey film, all of it.
    finished, out : str or Path
        As for `passages.repaint_passages`.
    colorizer : RestoringColorizer
        Its given stills say which scenes; without any, `start` and `end` say what.
    start, end : float, optional
        Seconds.
    **options
        Of `colorize_video`.

    Returns
    -------
    ColoredFilm

    Raises
    ------
    FileExistsError, OSError, ValueError
        As `repaint_passages`; or when nothing is to be painted.
    """
    given, count = colorizer.given, len(film.scenes.times)
    if given:
        passages = [(still.scene.first, still.scene.end) for still in given]
    else:
        if not start and end is None:
            raise ValueError(
                f"{finished}: every still is as it was written; "
                "repaint one, or give --start and --end"
            )
        check_times(film.scenes.film, start, end)
        passages = [
            (film.scenes.nearest(start), count if end is None else film.scenes.nearest(end))
        ]

    def prepared(first: int) -> RestoringColorizer:
        colorizer.follow(given, film, first)
        return colorizer

    return repaint_passages(film, finished, out, passages, prepared, **options)
