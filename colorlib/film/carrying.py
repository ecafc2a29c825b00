"""Colours carried from one frame of a film to another, along the motion between them."""

from dataclasses import dataclass, field

import numpy as np

from colorlib.film.optical_flow import chain, confidence, fetch

__all__ = ["Frame", "average_key", "carried", "color_between", "motion_to_ends"]

MEMORY = 8.0  # predictions that the memory of a place is worth at most, so that it can still change
DOUBT = 1e-3  # predictions that a carried colour is worth at least: nothing may be worth none


def _nothing() -> np.ndarray:
    """Stand for what is not yet found out of a frame."""
    return np.empty(0, np.float32)


@dataclass(eq=False)
class Frame:
    """A frame on its way: as it came, its small view, and what is known of it so far."""

    number: int
    pixels: np.ndarray
    L: np.ndarray  # (h, w), of the small view
    grey: np.ndarray  # (h, w), uint8: the same for OpenCV
    given: bool = False  # whether the reference is this frame
    least: float = np.inf  # how far the reference is from the frame that it was taken for last
    ab: np.ndarray = field(default_factory=_nothing)  # (h, w, 2), CIE units
    # (h, w): how many predictions stand behind each colour
    known: np.ndarray = field(default_factory=_nothing)
    # (h, w, 2): motion from here to the frame before, and from there to here
    back: np.ndarray = field(default_factory=_nothing)
    forth: np.ndarray = field(default_factory=_nothing)


def motion_to_ends(group: list[Frame]) -> tuple[list, list]:
    """Join the motion between neighbours: of each frame to the first and last, and back."""
    still = np.zeros((*group[0].L.shape, 2), np.float32)
    since, until = [(still, still)], [(still, still)]
    for frame in group[1:]:
        there, back = since[-1]
        since.append((chain(frame.back, there), chain(back, frame.forth)))
    for frame in reversed(group[1:]):
        there, back = until[-1]
        until.append((chain(frame.forth, there), chain(back, frame.back)))
    return since, until[::-1]


def carried(
    key: Frame, frame: Frame, flow: np.ndarray, back: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Fetch the colours (h, w, 2) of a key to a frame, and how many predictions each is worth."""
    belief = confidence(frame.L, key.L, flow, back)
    return fetch(key.ab, flow), (fetch(key.known, flow) * belief)[..., None]


def average_key(start: Frame, end: Frame, flow: np.ndarray, back: np.ndarray) -> None:
    """Average the prediction of a key with what is carried to it from the key before."""
    ab, known = carried(start, end, flow, back)
    end.ab = (known * ab + end.ab) / (known + 1)
    end.known = np.minimum(known + 1, np.maximum(known, MEMORY))[..., 0]


def color_between(frame: Frame, part: float, keys: tuple[Frame, Frame], ways: list[tuple]) -> None:
    """Colour a frame from the keys around it, the nearer one more.

    Parameters
    ----------
    frame : Frame
    part : float
        Where it lies between the keys, 0 to 1.
    keys : (Frame, Frame)
    ways : list of (ndarray, ndarray)
        The motion to each key and back, from `motion_to_ends`.
    """
    first, known_first = carried(keys[0], frame, *ways[0])
    second, known_second = carried(keys[1], frame, *ways[1])
    first_counts = (1 - part) * (known_first + DOUBT)
    second_counts = part * (known_second + DOUBT)
    frame.ab = (first_counts * first + second_counts * second) / (first_counts + second_counts)
