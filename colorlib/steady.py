"""Steady colour for a film: guessed now and then, carried along the motion between.

A network colours each frame for itself. The cat's fur is a little redder here and a little greyer there, because the
cat has moved by half a pixel, and at 24 frames a second the eye sees it boil. There are three answers. *off* leaves
each frame to itself. *exponential* mixes each guess with the frame before: calmer, but colour stays behind where things
move. *flow* moves with them: some frames, the keys, are guessed, what is known from before is carried to them along the
motion and averaged with the new guess, and the frames between two keys take their colours from both. That is calmer,
no less right, since a mean of guesses is better than each, and quicker, since most frames need no network.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import torch

from colorlib.cuts import with_cuts
from colorlib.eightbit import integer_lightness
from colorlib.framepaint import paint_frame
from colorlib.guesses import guesses, network_size
from colorlib.motion import chain, confidence, fetch, find_motion
from colorlib.painting import Picture, small_view

if TYPE_CHECKING:
    from colorlib.colorize import Colorizer

__all__ = ["MODES", "SteadyPainter"]

MODES = ("flow", "exponential", "off")
KEY_EVERY = 8  # frames: a third of a second of film
MEMORY = 8.0  # guesses that the memory of a place is worth at most, so that it can still change
SHARE = 0.25  # of a new guess in the exponential mean
DOUBT = 1e-3  # belief in a carried colour where there is none, so that something is left to take
SAME = 2.0  # CIE units: mean difference in lightness below which a reference is a frame of the film
CERTAIN = 1e6  # guesses that a colour given by hand is worth


@dataclass(eq=False)
class _Frame:
    """A frame on its way: as it came, its small view, and the colours found for it so far."""

    pixels: np.ndarray
    L: np.ndarray  # (h, w), of the small view
    grey: np.ndarray  # (h, w), uint8, the same for the eyes of OpenCV
    ab: np.ndarray | None = None  # (h, w, 2)
    known: np.ndarray | None = None  # (h, w): how many guesses stand behind each colour
    back: np.ndarray | None = None  # motion to the frame before, and from there to here
    forth: np.ndarray | None = None
    given: np.ndarray | None = field(default=None)  # (H, W, 2): colours at full size that are to be used as they are


class SteadyPainter:
    """Colour the frames of a film, one after the other, so that they stay steady."""

    def __init__(
        self,
        colorizer: "Colorizer",
        mode: str = "flow",
        key_every: int = KEY_EVERY,
        reference: Picture | None = None,
        upscale: int = 1,
    ) -> None:
        if mode not in MODES:
            raise ValueError(f"unknown mode {mode!r}: choose one of {', '.join(MODES)}")
        if key_every < 1:
            raise ValueError(f"key_every must be at least 1 frame, not {key_every}")
        if upscale not in (1, 2):
            raise ValueError(f"upscale must be 1 or 2, not {upscale}")
        self.colorizer, self.mode, self.key_every, self.upscale = colorizer, mode, key_every, upscale

    def paint(self, frames: Iterable[np.ndarray]) -> Iterator[np.ndarray]:
        """Colour frames as they come."""
        seen = map(self._seen, frames)
        if self.mode == "off":
            coloured = map(self._guessed, seen)
        else:
            shots = with_cuts(seen, lambda frame: frame.grey)
            coloured = self._exponential(shots) if self.mode == "exponential" else self._flow(shots)
        return (paint_frame(frame.pixels, frame.L, frame.ab) for frame in coloured)

    def _seen(self, pixels: np.ndarray) -> _Frame:
        """A frame with its small view."""
        size = network_size(*pixels.shape[:2], max(self.colorizer.sizes))
        small = small_view(pixels, *size)[0]
        L = integer_lightness((small * 255).round().byte().permute(1, 2, 0))[0, 0].numpy()
        return _Frame(pixels, L, np.rint(L * 2.55).astype(np.uint8))

    def _guessed(self, frame: _Frame) -> _Frame:
        """The frame with the network's own guess."""
        colorizer = self.colorizer
        L = torch.from_numpy(frame.L)[None, None].to(colorizer.device)
        ab = guesses(colorizer.generator, L, colorizer.sizes, colorizer.flip).mean(0) * colorizer.saturation
        frame.ab = np.ascontiguousarray(ab[0].permute(1, 2, 0).float().cpu().numpy())
        frame.known = np.ones_like(frame.L)
        return frame

    def _exponential(self, shots: Iterable[tuple[_Frame, bool]]) -> Iterator[_Frame]:
        """Each guess mixed with the colours of the frame before, wherever things have moved meanwhile."""
        last = None
        for frame, cut in shots:
            self._guessed(frame)
            if not cut:
                frame.ab = last + SHARE * (frame.ab - last)
            last = frame.ab
            yield frame

    def _flow(self, shots: Iterable[tuple[_Frame, bool]]) -> Iterator[_Frame]:
        """Keys guessed and averaged with what is carried to them; the frames between take from the keys around."""
        group: list[_Frame] = []  # a key, already coloured, and the frames after it
        for frame, cut in shots:
            if cut:
                yield from self._rest(group)
                group = [self._guessed(frame)]
                continue
            last = group[-1]
            frame.back, frame.forth = find_motion(frame.grey, last.grey), find_motion(last.grey, frame.grey)
            group.append(frame)
            if len(group) > self.key_every:
                yield from self._between(group)
                group = [frame]
        yield from self._rest(group)

    def _rest(self, group: list[_Frame]) -> Iterator[_Frame]:
        """What is left at the end of a shot, whose last frame is a key."""
        if len(group) > 1:
            yield from self._between(group)
        yield from group[-1:]

    def _between(self, group: list[_Frame]) -> Iterator[_Frame]:
        """Colour the last frame of a group, a key, from the first, a key, then those between; give all but the last."""
        start, end = group[0], group[-1]
        # Motion from each frame to the first key and from there, then to the last key and from there.
        before, after = [(None, None)], [(None, None)]
        for frame in group[1:]:
            back, forth = before[-1]
            before.append(
                (chain(frame.back, back), chain(forth, frame.forth)) if back is not None else (frame.back, frame.forth)
            )
        for frame in reversed(group[1:]):
            forth, back = after[-1]
            after.append(
                (chain(frame.forth, forth), chain(back, frame.back)) if forth is not None else (frame.forth, frame.back)
            )
        after.reverse()
        self._guessed(end)
        ab, known = self._carried(start, end, *before[-1])
        known = known[..., None]
        end.ab = (known * ab + end.ab) / (known + 1)
        end.known = np.minimum(known[..., 0] + 1, MEMORY)
        yield start
        for place, frame in enumerate(group[1:-1], 1):
            part = place / (len(group) - 1)
            ab_0, known_0 = self._carried(start, frame, *before[place])
            ab_1, known_1 = self._carried(end, frame, *after[place])
            w_0, w_1 = ((1 - part) * (known_0 + DOUBT))[..., None], (part * (known_1 + DOUBT))[..., None]
            frame.ab = (w_0 * ab_0 + w_1 * ab_1) / (w_0 + w_1)
            yield frame

    def _carried(self, key: _Frame, frame: _Frame, flow: np.ndarray, back: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The colours of a key at the places of a frame, and how many guesses they are worth there."""
        belief = confidence(frame.L, key.L, flow, back)
        return fetch(key.ab, flow), fetch(key.known, flow) * belief
