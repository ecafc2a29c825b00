"""Colours carried from one frame of a film to another, along the motion between them."""

from dataclasses import dataclass

import numpy as np

from colorlib.film.optical_flow import chain, confidence, fetch

__all__ = ["Frame", "carried", "motion_to_ends"]


@dataclass(eq=False)
class Frame:
    """A frame on its way: as it came, its small view, and what has been found out about it so far."""

    number: int
    pixels: np.ndarray
    L: np.ndarray  # (h, w), of the small view
    grey: np.ndarray  # (h, w), uint8: the same for OpenCV
    given: bool = False  # whether the reference is this frame
    least: float = np.inf  # how far the reference is from the frame that it was taken for last
    ab: np.ndarray | None = None  # (h, w, 2), CIE units
    known: np.ndarray | None = None  # (h, w): how many guesses stand behind each colour
    back: np.ndarray | None = None  # motion from here to the frame before
    forth: np.ndarray | None = None  # and from there to here


def motion_to_ends(group: list[Frame]) -> tuple[list, list]:
    """Join the motion between neighbours: of each frame to the first and back, and to the last and back."""
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
    """Fetch the colours (h, w, 2) of a key to a frame, and how many guesses (h, w, 1) each is worth there."""
    belief = confidence(frame.L, key.L, flow, back)
    return fetch(key.ab, flow), (fetch(key.known, flow) * belief)[..., None]
