"""The tiles of a picture for nested dissection: which pixels each eliminates, and its ring."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from colorlib.classical.affinity import STEPS

__all__ = ["PaddedSystem", "coarser", "own_ties", "ring_places", "tile_offsets", "tile_side"]

LEAF = 4  # pixels: a tile is not cut further when its side is below twice that


class PaddedSystem(NamedTuple):
    """The system with a border of a pixel, padded to whole tiles; `width` pixels to a line."""

    width: int
    diagonal: np.ndarray  # (pixels,)
    ties: list[np.ndarray]  # for each step (pixels,)
    right: np.ndarray  # (pixels, channels)
    inside: np.ndarray  # (pixels,) bool
    scratch: np.ndarray  # (pixels,) of int, all -1 but while a function looks places up in it

    def steps(self) -> list[int]:
        """How many pixels further each neighbour is."""
        return [down * self.width + across for down, across in STEPS]


def tile_side(side: int) -> tuple[int, int]:
    """Return a side of a tile, without the lines between tiles, and their count, a power of two."""
    count = 2 ** max(0, int(np.log2((side + 1) / (LEAF + 1))))
    return -(-(side + 1) // count) - 1, count


def coarser(rows: int, columns: int, h: int, w: int) -> tuple[int, int, int, int, str]:
    """Give the next level: pairs of tiles merged so that they stay nearly square."""
    if rows > 1 and (h <= w or columns == 1):
        return rows // 2, columns, 2 * h + 1, w, "down"
    return rows, columns // 2, h, 2 * w + 1, "across"


def tile_offsets(
    width: int, h: int, w: int, direction: str | None
) -> tuple[np.ndarray, np.ndarray]:
    """Place what a tile eliminates (a leaf, or the line between two) and its ring."""
    grid = np.arange(h + 2)[:, None] * width + np.arange(w + 2)
    middle = {
        None: grid[1:-1, 1:-1],
        "down": grid[(h + 1) // 2, 1:-1],
        "across": grid[1:-1, (w + 1) // 2],
    }
    return middle[direction].ravel(), np.concatenate(
        [grid[0], grid[1:-1, 0], grid[1:-1, -1], grid[-1]]
    )


def own_ties(
    picture: PaddedSystem, unknowns: np.ndarray, ring: np.ndarray
) -> Iterator[tuple[np.ndarray, ...]]:
    """Find a front's own ties: for each step which of its places are tied, and where they are.

    A tie belongs where the first of its two ends is eliminated.
    """
    both, place = np.concatenate([unknowns, ring]), picture.scratch
    place[both] = np.arange(len(both))
    for step in picture.steps():
        first = np.concatenate(
            [unknowns, (unknowns - step)[place[unknowns - step] >= len(unknowns)]]
        )
        first = first[place[first + step] >= 0]
        yield place[first], place[first + step], first
    place[both] = -1


def ring_places(h: int, w: int, direction: str) -> tuple[list[tuple[int, int, int]], ...]:
    """Place the rings of two tiles in the front (line, ring) of their parent, h x w pixels.

    A ring is its upper row with both corners, its left side, its right side, its lower row with
    both corners. For each of the two: (start in its ring, start in the front, length).
    """
    # The ring of h x w pixels, and where its four parts start in it:
    #
    #       0   0   0   0   0        0             the upper row, w + 2 long
    #     left              right    w + 2         the left side, h long
    #     left              right    w + 2 + h     the right side, h long
    #      low low low low low       w + 2 + 2 h   the lower row, w + 2 long
    #
    # The parent's front holds the line between the two, w or h long, and then the parent's ring.
    half = (h - 1) // 2 if direction == "down" else (w - 1) // 2
    short, wide = (half, w) if direction == "down" else (h, half)
    left, right, low = wide + 2, wide + 2 + short, wide + 2 + 2 * short
    ring_top = w if direction == "down" else h
    ring_left = ring_top + w + 2
    ring_right, ring_low = ring_left + h, ring_left + 2 * h
    if direction == "across":
        # The left tile's right side is the line, and so is the right tile's left side.
        first = [(0, ring_top, left), (left, ring_left, h), (right, 0, h), (low, ring_low, left)]
        second = [
            (0, ring_top + half + 1, left),
            (left, 0, h),
            (right, ring_right, h),
            (low, ring_low + half + 1, left),
        ]
        return first, second
    # The upper tile's lower row is the line with a pixel of the ring at each end.
    line = [(0, ring_left + half, 1), (1, 0, w), (w + 1, ring_right + half, 1)]
    first = [(0, ring_top, left), (left, ring_left, half), (right, ring_right, half)]
    first += [(low + start, to, length) for start, to, length in line]
    second = [
        *line,
        (left, ring_left + half + 1, half),
        (right, ring_right + half + 1, half),
        (low, ring_low, left),
    ]
    return first, second
