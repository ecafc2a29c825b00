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
10(2).

Duff, I. S. and Reid, J. K. (1983). The multifrontal solution of indefinite sparse symmetric linear
equations. ACM Transactions on Mathematical Software 9(3).
"""

from collections.abc import Sequence

import numpy as np

from colorlib.classical._dissection_fronts import merge_few, merge_many, separate
from colorlib.classical._dissection_tiles import PaddedSystem, coarser, tile_side

__all__ = ["solve_picture"]

# Tiles: when so few are left they are large, and are merged one by one, each without what lies
# outside of the picture.
FEW = 64


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
    (h, rows), (w, columns) = tile_side(height), tile_side(width)
    shape = (rows * (h + 1) + 1, columns * (w + 1) + 1)
    picture = PaddedSystem(
        shape[1],
        _padded(diagonal, shape, 1.0)[:, 0],
        [_padded(tie, shape, 0.0)[:, 0] for tie in ties],
        _padded(right, shape, 0.0),
        _padded(np.ones((height, width)), shape, 0.0)[:, 0] > 0,
        np.full(shape[0] * shape[1], -1),
    )
    # Tiles of one shape, all of a level at once, from the leaves up.
    fronts, left, spare, direction, finer = [], None, None, None, (h, w)
    while rows * columns > FEW:
        made, spare = merge_many(picture, (rows, columns), (h, w), direction, left, spare)
        left, spare = spare, left  # the level below is not needed any more, its memory is
        fronts += made
        finer = h, w
        rows, columns, h, w, direction = coarser(rows, columns, h, w)
    # What is left of each tile of the level below: offsets of its ring in the picture, and the ties
    # among them.
    parts = separate(picture, left, finer)
    del left, spare
    while True:
        made, parts = merge_few(picture, (rows, columns), (h, w), direction, parts)
        fronts += made
        if rows == columns == 1:
            break
        rows, columns, h, w, direction = coarser(rows, columns, h, w)
    # Backwards: when a front's ring is known, so are the unknowns that it eliminated.
    x = np.zeros((shape[0] * shape[1], right.shape[2]), np.float32)
    while fronts:
        front = fronts.pop()
        ring, known = len(front.ring), x[front.corners[:, None] + front.ring]
        x[front.corners[:, None] + front.unknowns] = (
            front.answer[..., ring:] - front.answer[..., :ring] @ known
        )
    return x.reshape(*shape, -1)[1 : height + 1, 1 : width + 1]


def _padded(array: np.ndarray, shape: tuple[int, int], fill: float) -> np.ndarray:
    """Pad by a pixel on the left and above, and to the shape; (pixels, channels) float64."""
    array = array.reshape(*array.shape[:2], -1)
    padded = np.full((*shape, array.shape[2]), fill)
    padded[1 : array.shape[0] + 1, 1 : array.shape[1] + 1] = array
    return padded.reshape(-1, array.shape[2])
