"""Steady colour for a film: predicted now and then, carried along the motion between.

A network colours each frame for itself. The cat's fur is a little redder here and a little greyer
there, because the cat has moved by half a pixel, and at 24 frames a second the eye sees it boil.
There are three answers. *off* leaves each frame to itself. *exponential* mixes each prediction with
the frame before: calmer, but colour stays behind where things move. *flow* moves with them: some
frames, the keys, are predicted, what is known from before is carried to them along the motion and
averaged with the new prediction, and the frames between two keys take their colours from both. That
is calmer, no less right, and quicker, since most frames need no network.
"""

import hashlib
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from colorlib.colorize.compose import PhotographLike, pixels_of, shrunk, small_lab
from colorlib.colorize.predict import network_size
from colorlib.film.carrying import Frame, average_key, color_between, motion_to_ends
from colorlib.film.memory import Memory
from colorlib.film.optical_flow import find_motion
from colorlib.film.recognition import recognised
from colorlib.film.render import frame_lightness, paint_frame
from colorlib.film.shadows import faded
from colorlib.film.shots import NEIGHBOURS, with_cuts

if TYPE_CHECKING:
    from colorlib.colorize.colorizer import Colorizer

__all__ = ["MODES", "SteadyColorizer"]

MODES = ("flow", "exponential", "off")
KEY_EVERY = 10  # frames: less than half a second of film
CERTAIN = 100.0  # predictions that a colour given by hand is worth
SHARE = 0.25  # of a new prediction in the exponential mean
AHEAD = 3  # frames that are painted at full size while the next ones are being looked at
T = TypeVar("T")
R = TypeVar("R")
Shots = Iterable[tuple[Frame, bool]]  # frames, and whether a shot begins with them
Remember = Callable[[Memory], None]


class SteadyColorizer:
    """Colour the frames of a film, one after the other, so that they stay steady.

    In the mode "flow" every `key_every`-th frame of a shot is a key, and so are its first and its
    last. A key is coloured by the network. The colours of the key before are fetched along the
    motion (dense inverse search, joined from frame to frame), and each place takes the mean of what
    was carried there and of the new prediction. The carried colour counts as many predictions as it
    is made of, at most eight, times the belief in the motion: 1 where the way there and back ends
    at its start and lightness agrees, 0 where something new comes into view. The frames between are
    not shown to the network; they take from the keys around, the nearer one more. Nothing is
    carried over a cut.

    Parameters
    ----------
    colorizer : Colorizer
        Its network, sizes, mirror image and saturation are used.
    mode : {"flow", "exponential", "off"}
        "exponential" mixes a quarter of each new prediction with three quarters of the frame
        before, where it has moved; "off" colours each frame as `colorizer` would. Both ask the
        network for every frame.
    key_every : int
        Frames from key to key, at least 1; so many are held in memory. Only for "flow".
    reference : str, Path, PIL.Image.Image or ndarray, optional
        A picture in colour. When it is a frame of the film (the same shape and nearly the same
        lightness), that frame gets exactly its colours, and they are carried on. In any case the
        network's predictions are pulled towards its colours, as by `colorize.follow_reference`.
    upscale : int
        How many times higher and wider the frames become: 1, or 2 with `film.upscaled`.

    Raises
    ------
    FileNotFoundError, TypeError, ValueError
        If an argument is out of range, or the reference is no picture.

    References
    ----------
    Lai et al. 2018 and Liu et al. 2021 (steady colours by motion); Ruder et al. 2016, section 4
    (both directions of flow decide what is carried); Kroeger et al. 2016 (the motion).

    Examples
    --------
    >>> from colorlib.colorize.colorizer import Colorizer
    >>> from colorlib.models.unet import UNet
    >>> colorizer = SteadyColorizer(Colorizer(UNet(downs=3, filters=4), size=32))
    >>> [frame.shape for frame in colorizer.paint(np.full((3, 40, 60), 128, np.uint8))]
    [(40, 60, 3), (40, 60, 3), (40, 60, 3)]
    """

    def __init__(
        self,
        colorizer: "Colorizer",
        mode: str = "flow",
        key_every: int = KEY_EVERY,
        reference: PhotographLike | None = None,
        upscale: int = 1,
    ) -> None:
        if mode not in MODES:
            raise ValueError(f"unknown mode {mode!r}: choose one of {', '.join(MODES)}")
        if key_every < 1:
            raise ValueError(f"key_every must be at least 1 frame, not {key_every}")
        if upscale not in (1, 2):
            raise ValueError(f"upscale must be 1 or 2, not {upscale}")
        self.colorizer, self.mode = colorizer, mode
        self.key_every, self.upscale = key_every, upscale
        self.reference = None if reference is None else pixels_of(reference)

    @property
    def held(self) -> int:
        """How many frames are held at a time, at most."""
        return AHEAD + NEIGHBOURS + (self.key_every if self.mode == "flow" else 0) + 2

    @property
    def settings(self) -> dict[str, object]:
        """What decides how frames are painted; weights and reference by their sha256."""
        colorizer, sha256 = self.colorizer, None
        if self.reference is not None:
            kind = f"{self.reference.shape} {self.reference.dtype.str} "
            content = kind.encode() + np.ascontiguousarray(self.reference).tobytes()
            sha256 = hashlib.sha256(content).hexdigest()
        return {
            "weights": colorizer.sha256,
            "network size": list(colorizer.sizes),
            "flip": colorizer.flip,
            "saturation": colorizer.saturation,
            "mode": self.mode,
            "key_every": self.key_every,
            "reference": sha256,
            "upscale": self.upscale,
        }

    def paint(self, frames: Iterable[np.ndarray]) -> Iterator[np.ndarray]:
        """Colour the frames of a film as they come.

        Parameters
        ----------
        frames : iterable of ndarray, (H, W) or (H, W, 3), uint8 or uint16
            sRGB, grey or in colour, all of one shape and type. A few more than `key_every` are read
            ahead.

        Yields
        ------
        ndarray, (upscale * H, upscale * W, 3), of the same type
            One for each frame, in order. Its L* is that of the frame.

        Raises
        ------
        ValueError
            If a frame is of another kind than described or the first, or the reference is grey.
        FloatingPointError
            If the generator returns numbers that are not finite.
        """
        return self.paint_from(frames)

    def paint_from(
        self,
        frames: Iterable[np.ndarray],
        memory: Memory | None = None,
        remember: Remember = lambda _: None,
    ) -> Iterator[np.ndarray]:
        """Colour the frames of a film from one on, as if those before had just been coloured.

        Parameters
        ----------
        frames : iterable of ndarray
            As for `paint`, from the frame `memory.first` on.
        memory : Memory, optional
            What a colorizer with the same settings remembers; by default the film begins.
        remember : callable
            Is given a memory of each frame to go on from, before that frame is given back.

        Yields
        ------
        ndarray
            As from `paint`, from the frame `memory.frame` on.
        """
        memory = memory or Memory(0, 0)
        seen = recognised(self._seen(frames, memory.first), self.reference, memory)
        shots: Shots = ((frame, True) for frame in seen)
        if self.mode != "off":
            shots = with_cuts(seen, lambda frame: frame.grey)
        new = ((frame, cut) for frame, cut in shots if frame.number >= memory.frame)
        paint = self._flow if self.mode == "flow" else self._each
        return _in_background(self._painted, paint(new, memory, remember))

    def _seen(self, frames: Iterable[np.ndarray], start: int) -> Iterator[Frame]:
        """Give the frames their small views."""
        first = None
        for number, pixels in enumerate(frames, start):
            kind = f"{pixels.dtype} of {pixels.shape}"
            first = first or kind
            whole = pixels.dtype in (np.uint8, np.uint16)
            if not whole or pixels.shape[2:] not in ((), (3,)) or not pixels.size:
                raise ValueError(
                    f"frame {number} must be uint8 or uint16, (H, W) or (H, W, 3), not {kind}"
                )
            if kind != first:
                raise ValueError(f"frame {number} is {kind}, but the first frame is {first}")
            height, width = pixels.shape[:2]
            small = shrunk(pixels, *network_size(height, width, max(self.colorizer.sizes)))
            L = frame_lightness(small)
            yield Frame(number, pixels, L, np.rint(L * 2.55).astype(np.uint8))

    def _predicted(self, frame: Frame) -> Frame:
        """Give a frame the network's prediction, or the reference's colours when it is that."""
        if frame.given:
            frame.ab, frame.known = self._given(frame.L), np.full_like(frame.L, CERTAIN)
        else:
            frame.ab = self.colorizer.small_ab(frame.L, reference=self.reference)
            frame.known = np.ones_like(frame.L)
        return frame

    def _given(self, L: np.ndarray) -> np.ndarray:
        """Return the a and b of the reference at the size of a view."""
        assert self.reference is not None
        return np.ascontiguousarray(small_lab(self.reference, *L.shape)[..., 1:])

    def _painted(self, frame: Frame) -> np.ndarray:
        """Return the frame in colour, at full size."""
        L, ab = frame.L, faded(frame.ab, frame.L)
        if frame.given:  # its colours are known at full size
            L = frame_lightness(frame.pixels)
            ab = self._given(L)
        return paint_frame(frame.pixels, L, ab, self.upscale)

    def _started(self, frame: Frame, memory: Memory) -> Frame:
        """Predict the first frame of a run, or give it the colours that it had."""
        if "ab" not in memory.known:
            return self._predicted(frame)
        frame.given = bool(memory.known["given"])
        frame.ab, frame.known = memory.known["ab"], memory.known["weight"]
        return frame

    def _each(self, shots: Shots, memory: Memory, remember: Remember) -> Iterator[Frame]:
        """Predict each frame; in the mode "exponential" mix it with the one before."""
        last = None
        for frame, cut in shots:
            if last is None:
                self._started(frame, memory)
            else:
                self._predicted(frame)
                if not cut and not frame.given:
                    frame.ab = last + SHARE * (frame.ab - last)
            last = frame.ab
            remember(_remembered(frame))
            yield frame

    def _flow(self, shots: Shots, memory: Memory, remember: Remember) -> Iterator[Frame]:
        """Predict keys, averaged with what is carried to them, and fill the frames between."""
        group: list[Frame] = []  # a key, coloured already, and the frames after it
        for frame, cut in shots:
            if not group or cut:
                done, group = self._filled(group), [frame]
                yield from done
                self._predicted(frame) if done else self._started(frame, memory)
                remember(_remembered(frame))
                continue
            frame.back = find_motion(frame.grey, group[-1].grey)
            frame.forth = find_motion(group[-1].grey, frame.grey)
            group.append(frame)
            if len(group) > self.key_every or frame.given:
                *done, key = self._filled(group)
                remember(_remembered(key))
                yield from done
                group = [key]
        yield from self._filled(group)

    def _filled(self, group: list[Frame]) -> list[Frame]:
        """Colour the last frame of a group with the help of the first, both keys; then the rest."""
        if len(group) < 2:
            return group
        start, end = keys = group[0], self._predicted(group[-1])
        since, until = motion_to_ends(group)
        if not end.given:
            average_key(start, end, *since[-1])
        for place, frame in enumerate(group[1:-1], 1):
            color_between(frame, place / (len(group) - 1), keys, [since[place], until[place]])
        return group


def _remembered(frame: Frame) -> Memory:
    """Return what is needed to go on from a coloured frame; cuts need some frames before it."""
    known = {"ab": frame.ab, "weight": frame.known, "given": frame.given, "least": frame.least}
    first = max(0, frame.number - NEIGHBOURS - 2)
    return Memory(frame.number, first, {name: np.asarray(value) for name, value in known.items()})


def _in_background(function: Callable[[T], R], items: Iterable[T]) -> Iterator[R]:
    """Map in order in a second thread, while the first looks at the next few frames."""
    with ThreadPoolExecutor(1) as pool:
        waiting: deque[Future[R]] = deque()
        for item in items:
            waiting.append(pool.submit(function, item))
            if len(waiting) > AHEAD:
                yield waiting.popleft().result()
        yield from (future.result() for future in waiting)
