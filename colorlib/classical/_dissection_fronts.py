"""The fronts of nested dissection: dense equations of tiles, and how their middles go."""

from collections.abc import Sequence
from itertools import product
from typing import NamedTuple

import numpy as np

from colorlib.classical._dissection_tiles import (
    PaddedSystem,
    own_ties,
    ring_places,
    tile_offsets,
)

__all__ = ["Front", "merge_few", "merge_many", "separate"]

CHUNK = 150_000  # numbers that are worked on at once: they stay in the processor's cache
Parts = dict[tuple[int, int], tuple[np.ndarray, np.ndarray]]  # of each tile: offsets, numbers


class Front(NamedTuple):
    """What was eliminated together: `unknowns = answer @ [-ring, 1]`; offsets in pixels."""

    corners: np.ndarray  # (tiles,)
    unknowns: np.ndarray  # (n,) offsets from a tile's corner
    ring: np.ndarray  # (m,) offsets
    answer: np.ndarray  # (tiles, n, m + channels) float32


def merge_many(
    picture: PaddedSystem,
    count: tuple[int, int],
    side: tuple[int, int],
    direction: str | None,
    children: np.ndarray | None,
    spare: np.ndarray | None,
) -> tuple[list[Front], np.ndarray]:
    """Eliminate the middles of a level's tiles; return (rows, columns, ring, ring + right)."""
    rows, columns = count
    unknowns, ring = tile_offsets(picture.width, *side, direction)
    n, m, channels = len(unknowns), len(ring), picture.right.shape[1]
    away = picture.width + 1  # so that the offsets stay positive a step outside of the tile
    ties = list(own_ties(picture, unknowns + away, ring + away))
    corners = np.arange(rows)[:, None] * (side[0] + 1) * picture.width + np.arange(columns) * (
        side[1] + 1
    )
    size = rows * columns * m * (m + channels)
    if spare is None or spare.size < size:
        spare = np.empty(size)
    left = spare.reshape(-1)[:size].reshape(rows, columns, m, m + channels)
    pairs: list[tuple[np.ndarray, list[tuple[slice, slice]]]] = []
    if children is not None and direction is not None:
        whole = (n + m, n + m + channels)
        for child, runs in zip(
            _pairs(children, direction), ring_places(*side, direction), strict=True
        ):
            pairs.append((child, _slices(runs, child.shape[-2:], whole)))
    fronts = []
    step = max(1, CHUNK // (columns * (n + m) * (n + m)))
    for here in (slice(top, min(top + step, rows)) for top in range(0, rows, step)):
        # Some rows of tiles: equations of what is eliminated (inner), and of the ring (outer).
        outer = left[here]
        outer[:] = 0
        inner = np.zeros((*outer.shape[:2], n, n + m + channels))
        # What is left of the two children adds up; the rows that mirror inner are not kept.
        for child, slices in pairs:
            for (from_row, row), (from_column, column) in product(slices[:-1], slices):
                if row.start < n:
                    inner[..., row, column] += child[here][..., from_row, from_column]
                elif column.start >= n:
                    outer[..., _back(row, n), _back(column, n)] += child[here][
                        ..., from_row, from_column
                    ]
        corner = corners[here].ravel()
        inner, outer = (part.reshape(len(corner), *part.shape[2:]) for part in (inner, outer))
        # The front's own: each row of the system stands where its pixel is eliminated.
        inner[:, np.arange(n), np.arange(n)] += picture.diagonal[corner[:, None] + unknowns]
        inner[..., n + m :] += picture.right[corner[:, None] + unknowns]
        for tie, (one, other, stored) in zip(picture.ties, ties, strict=True):
            amount = tie[corner[:, None] + (stored - away)]
            for pixel, there in ((one, other), (other, one)):
                mine = pixel < n
                inner[:, pixel[mine], there[mine]] -= amount[:, mine]
        fronts.append(Front(corner, unknowns, ring, _eliminate(inner, outer)))
    return fronts, left


def _pairs(children: np.ndarray, direction: str) -> tuple[np.ndarray, np.ndarray]:
    """Return what is left of every first and of every second tile of the pairs to merge."""
    return (
        (children[0::2], children[1::2])
        if direction == "down"
        else (children[:, 0::2], children[:, 1::2])
    )


def _slices(
    runs: list[tuple[int, int, int]], child: Sequence[int], front: Sequence[int]
) -> list[tuple[slice, slice]]:
    """Return the runs as slices, and last those of the right sides."""
    placed = [
        (slice(start, start + length), slice(to, to + length))
        for start, to, length in runs
        if length
    ]
    return [*placed, (slice(child[0], child[1]), slice(front[0], front[1]))]


def _back(part: slice, by: int) -> slice:
    """Move a slice."""
    return slice(part.start - by, part.stop - by)


def separate(picture: PaddedSystem, left: np.ndarray | None, side: tuple[int, int]) -> Parts:
    """Take what is left of each tile inside the picture: offsets, and the numbers."""
    if left is None:
        return {}
    rows, columns, m, _ = left.shape
    _, ring = tile_offsets(picture.width, *side, None)
    parts = {}
    for row, column in product(range(rows), range(columns)):
        places = ring + (row * (side[0] + 1) * picture.width + column * (side[1] + 1))
        keep = np.flatnonzero(picture.inside[places])
        kept = np.concatenate([keep, np.arange(m, left.shape[3])])
        parts[row, column] = places[keep], left[row, column][keep[:, None], kept]
    return parts


def merge_few(
    picture: PaddedSystem,
    count: tuple[int, int],
    side: tuple[int, int],
    direction: str | None,
    parts: Parts,
) -> tuple[list[Front], Parts]:
    """Eliminate the middle of each tile on its own, without what lies outside the picture."""
    middle, around = tile_offsets(picture.width, *side, direction)
    fronts, made = [], {}
    for row, column in product(range(count[0]), range(count[1])):
        corner = row * (side[0] + 1) * picture.width + column * (side[1] + 1)
        unknowns, ring = (
            (offsets + corner)[picture.inside[offsets + corner]] for offsets in (middle, around)
        )
        both = np.concatenate([unknowns, ring])
        n, size, channels = len(unknowns), len(both), picture.right.shape[1]
        front = np.zeros((size, size + channels))
        # What is left of the two tiles of the level below adds up; a leaf has none below it.
        if direction:
            second = (2 * row + 1, column) if direction == "down" else (row, 2 * column + 1)
            first = (second[0] - 1, column) if direction == "down" else (row, second[1] - 1)
            picture.scratch[both] = np.arange(size)
            for offsets, numbers in (parts.pop(first), parts.pop(second)):
                at = picture.scratch[offsets]
                front[at[:, None], np.concatenate([at, np.arange(size, size + channels)])] += (
                    numbers
                )
            picture.scratch[both] = -1
        # The front's own: each row of the system stands where its pixel is eliminated.
        front[np.arange(n), np.arange(n)] += picture.diagonal[unknowns]
        front[:n, size:] += picture.right[unknowns]
        for tie, (one, other, stored) in zip(
            picture.ties, own_ties(picture, unknowns, ring), strict=True
        ):
            front[one, other] -= tie[stored]
            front[other, one] -= tie[stored]
        outer = front[n:, n:].copy()
        fronts.append(
            Front(np.zeros(1, int), unknowns, ring, _eliminate(front[None, :n], outer[None]))
        )
        made[row, column] = ring, outer
    return fronts, made


def _eliminate(inner: np.ndarray, outer: np.ndarray) -> np.ndarray:
    """Eliminate the first n of the unknowns of each front, in place.

    `inner` (tiles, n, n + m + channels) holds their equations, `outer` (tiles, m, m + channels) the
    others', which are changed to what they are without the first. The answer (tiles, n, m +
    channels) says what the n are, given the m.
    """
    n, m = inner.shape[1], outer.shape[1]
    answer = np.linalg.solve(inner[..., :n], inner[..., n:])
    if m:
        outer -= inner[..., n : n + m].swapaxes(1, 2) @ answer
    return answer.astype(np.float32)
