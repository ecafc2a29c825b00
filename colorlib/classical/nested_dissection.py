"""One unknown a pixel, tied to its eight neighbours, solved exactly by nested dissection.

Gauss eliminated one unknown at a time, and each elimination ties all its neighbours to each other.
In which order it is done decides everything. Nested dissection cuts the picture in two by a line of
pixels, each half again, and so on down to small tiles. A tile is then a closed world: its inside
can be eliminated, and what is left of it are ties among the pixels of the ring around it. Two tiles
that share a line become one with a larger ring, once the line is eliminated, until one tile is the
picture and its ring lies outside.

All tiles of a level have one shape, so the work is done on stacks of small dense matrices, which is
what processors are best at. The arithmetic grows with the number of pixels to the power of 1.5, but
with so small a factor that up to some megapixels the memory that is moved, nearly proportional to
the pixels, takes most of the time. Nothing is iterated: walls between regions may be as tight as
they like, which is where iterative solvers wait for ever.

References
----------
George, A. (1973). Nested dissection of a regular finite element mesh. SIAM J. Numerical Analysis
10(2). Duff, I. S. and Reid, J. K. (1983). The multifrontal solution of indefinite sparse symmetric
linear equations. ACM
    Transactions on Mathematical Software 9(3).
"""

from collections.abc import Iterator, Sequence
from itertools import product
from typing import NamedTuple

import numpy as np

from colorlib.classical.affinity import STEPS

__all__ = ["solve_picture"]

LEAF = 4  # pixels: a tile is not cut further when its side is below twice that
# tiles: when so few are left they are large, and are merged one by one, each without what lies
# outside
FEW = 64
CHUNK = 150_000  # numbers that are worked on at once: they stay in the processor's cache


class Front(NamedTuple):
    """What was eliminated together: `unknowns = answer @ [-ring, 1]`; offsets in pixels."""

    corners: np.ndarray  # (tiles,)
    unknowns: np.ndarray  # (n,) offsets from a tile's corner
    ring: np.ndarray  # (m,) offsets
    answer: np.ndarray  # (tiles, n, m + channels) float32


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


def solve_picture(
    diagonal: np.ndarray, ties: Sequence[np.ndarray], right: np.ndarray
) -> np.ndarray:
    """Solve `diagonal * x - (sum over the neighbours of tie * their x) = right` on a picture.

    Parameters
    ----------
    diagonal : ndarray, (H, W)
        At least the sum of the ties at a pixel, and more somewhere in each connected part: the
        system is then positive definite. A pixel without ties is allowed.
    ties : sequence of four ndarrays, (H, W)
        Not negative. For each of `STEPS`, how strongly a pixel and the neighbour at that step are
        tied; where that neighbour would lie outside the picture the number must be 0.
    right : ndarray, (H, W, channels)
        All channels are solved together.

    Returns
    -------
    ndarray, (H, W, channels)
        float32; computed in float64, kept in float32, which costs about 1e-6 of the largest value.

    References
    ----------
    George 1973 (the order); Duff and Reid 1983 (dense fronts).
    """
    height, width = diagonal.shape
    (h, rows), (w, columns) = _tiles(height), _tiles(width)
    shape = (rows * (h + 1) + 1, columns * (w + 1) + 1)
    picture = PaddedSystem(
        shape[1],
        _padded(diagonal, shape, 1.0)[:, 0],
        [_padded(tie, shape, 0.0)[:, 0] for tie in ties],
        _padded(right, shape, 0.0),
        _padded(np.ones((height, width)), shape, 0.0)[:, 0] > 0,
        np.full(shape[0] * shape[1], -1),
    )
    fronts, left, spare, direction, finer = [], None, None, None, (h, w)
    while rows * columns > FEW:
        made, spare = _merge_many(picture, (rows, columns), (h, w), direction, left, spare)
        left, spare = spare, left  # the level below is not needed any more, its memory is
        fronts += made
        finer = h, w
        rows, columns, h, w, direction = _coarser(rows, columns, h, w)
    # What is left of each tile of the level below: offsets of its ring in the picture, and the ties
    # among them.
    parts = _separate(picture, left, finer)
    del left, spare
    while True:
        made, parts = _merge_few(picture, (rows, columns), (h, w), direction, parts)
        fronts += made
        if rows == columns == 1:
            break
        rows, columns, h, w, direction = _coarser(rows, columns, h, w)
    x = np.zeros((shape[0] * shape[1], right.shape[2]), np.float32)
    while fronts:
        front = fronts.pop()
        ring, known = len(front.ring), x[front.corners[:, None] + front.ring]
        x[front.corners[:, None] + front.unknowns] = (
            front.answer[..., ring:] - front.answer[..., :ring] @ known
        )
    return x.reshape(*shape, -1)[1 : height + 1, 1 : width + 1]


def _tiles(side: int) -> tuple[int, int]:
    """The side of a tile, without the lines that separate tiles, and how many: a power of two."""
    count = 2 ** max(0, int(np.log2((side + 1) / (LEAF + 1))))
    return -(-(side + 1) // count) - 1, count


def _coarser(rows: int, columns: int, h: int, w: int) -> tuple[int, int, int, int, str]:
    """The next level: pairs of tiles merged so that they stay nearly square."""
    if rows > 1 and (h <= w or columns == 1):
        return rows // 2, columns, 2 * h + 1, w, "down"
    return rows, columns // 2, h, 2 * w + 1, "across"


def _padded(array: np.ndarray, shape: tuple[int, int], fill: float) -> np.ndarray:
    """Pad by a pixel on the left and above, and to the shape; (pixels, channels) float64."""
    array = array.reshape(*array.shape[:2], -1)
    padded = np.full((*shape, array.shape[2]), fill)
    padded[1 : array.shape[0] + 1, 1 : array.shape[1] + 1] = array
    return padded.reshape(-1, array.shape[2])


def _offsets(width: int, h: int, w: int, direction: str | None) -> tuple[np.ndarray, np.ndarray]:
    """Count what a tile eliminates (a leaf, or the line between two) and its ring."""
    grid = np.arange(h + 2)[:, None] * width + np.arange(w + 2)
    middle = {
        None: grid[1:-1, 1:-1],
        "down": grid[(h + 1) // 2, 1:-1],
        "across": grid[1:-1, (w + 1) // 2],
    }
    return middle[direction].ravel(), np.concatenate(
        [grid[0], grid[1:-1, 0], grid[1:-1, -1], grid[-1]]
    )


def _own_ties(
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


def _merge_many(
    picture: PaddedSystem,
    count: tuple[int, int],
    side: tuple[int, int],
    direction: str | None,
    children: np.ndarray | None,
    spare: np.ndarray | None,
) -> tuple[list[Front], np.ndarray]:
    """Eliminate the middles of a level's tiles; return (rows, columns, ring, ring + right)."""
    rows, columns = count
    unknowns, ring = _offsets(picture.width, *side, direction)
    n, m, channels = len(unknowns), len(ring), picture.right.shape[1]
    away = picture.width + 1  # so that the offsets stay positive a step outside of the tile
    ties = list(_own_ties(picture, unknowns + away, ring + away))
    corners = np.arange(rows)[:, None] * (side[0] + 1) * picture.width + np.arange(columns) * (
        side[1] + 1
    )
    size = rows * columns * m * (m + channels)
    fits = spare is not None and spare.size >= size
    left = spare.reshape(-1)[:size] if fits else np.empty(size)
    left = left.reshape(rows, columns, m, m + channels)
    pairs = (
        []
        if children is None
        else zip(_pairs(children, direction), _runs(*side, direction), strict=True)
    )
    pairs = [
        (child, _slices(runs, child.shape[-2:], (n + m, n + m + channels))) for child, runs in pairs
    ]
    fronts = []
    step = max(1, CHUNK // (columns * (n + m) * (n + m)))
    for here in (slice(top, min(top + step, rows)) for top in range(0, rows, step)):
        # Some rows of tiles: the equations of what is eliminated (inner), those of the ring
        # (outer).
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
        inner[:, np.arange(n), np.arange(n)] += picture.diagonal[corner[:, None] + unknowns]
        inner[..., n + m :] += picture.right[corner[:, None] + unknowns]
        for tie, (one, other, stored) in zip(picture.ties, ties, strict=True):
            amount = tie[corner[:, None] + (stored - away)]
            for row, column in ((one, other), (other, one)):
                inner[:, row[row < n], column[row < n]] -= amount[:, row < n]
        fronts.append(Front(corner, unknowns, ring, _eliminate(inner, outer)))
    return fronts, left


def _pairs(children: np.ndarray, direction: str) -> tuple[np.ndarray, np.ndarray]:
    """What is left of every first and of every second tile of the pairs to merge."""
    return (
        (children[0::2], children[1::2])
        if direction == "down"
        else (children[:, 0::2], children[:, 1::2])
    )


def _runs(h: int, w: int, direction: str) -> tuple[list[tuple[int, int, int]], ...]:
    """Place the rings of two tiles in the front (line, ring) of their parent, h x w pixels.

    A ring is its upper row with both corners, its left side, its right side, its lower row with
    both corners. For each of the two: (start in its ring, start in the front, length).
    """
    half = (h - 1) // 2 if direction == "down" else (w - 1) // 2
    short, wide = (half, w) if direction == "down" else (h, half)
    left, right, low = wide + 2, wide + 2 + short, wide + 2 + 2 * short
    top = w if direction == "down" else h
    to_left, to_right, to_low = top + w + 2, top + w + 2 + h, top + w + 2 + 2 * h
    if direction == "across":
        first = [(0, top, left), (left, to_left, h), (right, 0, h), (low, to_low, left)]
        second = [
            (0, top + half + 1, left),
            (left, 0, h),
            (right, to_right, h),
            (low, to_low + half + 1, left),
        ]
        return first, second
    line = [(0, to_left + half, 1), (1, 0, w), (w + 1, to_right + half, 1)]
    first = [(0, top, left), (left, to_left, half), (right, to_right, half)]
    first += [(low + start, to, length) for start, to, length in line]
    second = [
        *line,
        (left, to_left + half + 1, half),
        (right, to_right + half + 1, half),
        (low, to_low, left),
    ]
    return first, second


def _slices(
    runs: list[tuple[int, int, int]], child: Sequence[int], front: Sequence[int]
) -> list[tuple[slice, slice]]:
    """The runs as slices, and last those of the right sides."""
    placed = [
        (slice(start, start + length), slice(to, to + length))
        for start, to, length in runs
        if length
    ]
    return [*placed, (slice(child[0], child[1]), slice(front[0], front[1]))]


def _back(part: slice, by: int) -> slice:
    """The same slice, moved."""
    return slice(part.start - by, part.stop - by)


def _separate(
    picture: PaddedSystem, left: np.ndarray | None, side: tuple[int, int]
) -> dict[tuple[int, int], tuple[np.ndarray, np.ndarray]]:
    """Take what is left of each tile inside the picture: offsets, and the numbers."""
    if left is None:
        return {}
    rows, columns, m, _ = left.shape
    _, ring = _offsets(picture.width, *side, None)
    parts = {}
    for row, column in product(range(rows), range(columns)):
        places = ring + (row * (side[0] + 1) * picture.width + column * (side[1] + 1))
        keep = np.flatnonzero(picture.inside[places])
        kept = np.concatenate([keep, np.arange(m, left.shape[3])])
        parts[row, column] = places[keep], left[row, column][keep[:, None], kept]
    return parts


def _merge_few(
    picture: PaddedSystem,
    count: tuple[int, int],
    side: tuple[int, int],
    direction: str | None,
    parts: dict[tuple[int, int], tuple[np.ndarray, np.ndarray]],
) -> tuple[list[Front], dict[tuple[int, int], tuple[np.ndarray, np.ndarray]]]:
    """Eliminate the middle of each tile on its own, without what lies outside the picture."""
    middle, around = _offsets(picture.width, *side, direction)
    fronts, made = [], {}
    for row, column in product(range(count[0]), range(count[1])):
        corner = row * (side[0] + 1) * picture.width + column * (side[1] + 1)
        unknowns, ring = (
            (offsets + corner)[picture.inside[offsets + corner]] for offsets in (middle, around)
        )
        both = np.concatenate([unknowns, ring])
        n, size, channels = len(unknowns), len(both), picture.right.shape[1]
        front = np.zeros((size, size + channels))
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
        front[np.arange(n), np.arange(n)] += picture.diagonal[unknowns]
        front[:n, size:] += picture.right[unknowns]
        for tie, (one, other, stored) in zip(
            picture.ties, _own_ties(picture, unknowns, ring), strict=True
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
