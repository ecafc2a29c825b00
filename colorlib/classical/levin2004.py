"""Colour by scribbles: a few pixels are given, the others follow the lightness.

Neighbours that are alike in lightness should be alike in colour. Levin 2004 asks that each pixel's
colour be the weighted mean of its neighbours', in eq. (1); weights fall with the difference in
lightness, eq. (2). Two forms of that sentence are known. As written it is a system with a different
normalisation in each row, which no fast solver likes. When the weight of a pair is the same seen
from both ends, multiplying each row by the sum of its weights turns it into the Laplacian of a
graph: symmetric, positive definite once a pixel is marked, with the same solution.

Where an edge is soft, each step across it is small, and the colours bleed. Huang 2005 looks for
edges first, and lets no colour cross them.
"""

from collections.abc import Sequence

import numpy as np

from colorlib.classical.affinity import likeness, pairs
from colorlib.classical.nested_dissection import solve_picture
from colorlib.classical.scribbles import checked_scribbles

__all__ = ["propagate", "system"]


def propagate(
    L: np.ndarray, marked: np.ndarray, values: np.ndarray, pull: float = 0.0
) -> np.ndarray:
    """Spread values from the marked pixels to all others, along similar lightness.

    Each unmarked pixel becomes the mean of its 8 neighbours, weighted by how alike in lightness
    they are (see `likeness`); marked pixels keep their value. All channels are solved together,
    exactly. Time and memory grow a little faster than the number of pixels.

    Parameters
    ----------
    L : ndarray, (H, W)
        Lightness in [0, 100].
    marked : ndarray of bool, (H, W)
        Where the values are known.
    values : ndarray, (H, W, channels)
        Any quantity: a and b, for instance. Only the marked pixels are looked at.
    pull : float
        At least 0. The mean of the neighbours is divided by 1 + `pull`, so that values fade with
        the distance from their mark, to 1/e over about ``0.6 / sqrt(pull)`` pixels of even
        lightness. At 0, Levin's system, nothing fades.

    Returns
    -------
    ndarray, (H, W, channels)
        float32.

    Raises
    ------
    ValueError
        If nothing is marked, shapes do not fit, a number is not finite, or `pull` is negative.

    References
    ----------
    Levin et al. 2004, equations (1) and (2); Grady 2006 (the symmetric system); George 1973 (the
    order in which the unknowns are eliminated).

    Examples
    --------
    >>> marked = np.array([[True, False, True]])
    >>> reds = np.array([[[10.0], [0.0], [30.0]]])
    >>> propagate(np.full((1, 3), 50.0), marked, reds).ravel().tolist()
    [10.0, 20.0, 30.0]
    """
    L, marked, values = checked_scribbles(L, marked, values)
    if not 0 <= pull < np.inf:
        raise ValueError(f"pull must be at least 0 and finite, not {pull}")
    return spread(likeness(L), marked, values, pull)


def system(
    weights: Sequence[np.ndarray], marked: np.ndarray, values: np.ndarray, pull: float = 0.0
) -> tuple[np.ndarray, list[np.ndarray], np.ndarray]:
    """Write down Levin's equations: symmetric, one a pixel; a marked pixel's says what it is.

    Parameters
    ----------
    weights : sequence of four ndarrays, (H, W)
        As `likeness` makes them.
    marked, values, pull
        As for `propagate`.

    Returns
    -------
    diagonal : ndarray, (H, W)
    ties : list of four ndarrays, (H, W)
    right : ndarray, (H, W, channels)
        As `solve_picture` takes them.
    """
    known = np.where(marked[..., None], values, 0.0)
    degree, right, ties = np.zeros(marked.shape), np.zeros_like(known), []
    for weight, (here, there) in zip(weights, pairs(marked.shape), strict=True):
        degree[here] += weight[here]
        degree[there] += weight[here]
        # What a pixel takes from a marked neighbour is known, and goes to the right side.
        right[here] += weight[here][..., None] * known[there]
        right[there] += weight[here][..., None] * known[here]
        tie = np.zeros_like(weight)
        tie[here] = weight[here] * ~(marked[here] | marked[there])
        ties.append(tie)
    degree *= 1 + pull
    # A scale of its own for a marked pixel would do as well; 1 keeps its value exactly.
    degree[marked], right[marked] = 1.0, known[marked]
    return degree, ties, right


def spread(
    weights: Sequence[np.ndarray], marked: np.ndarray, values: np.ndarray, pull: float = 0.0
) -> np.ndarray:
    """Solve for the unmarked pixels; a marked one is a source for its neighbours."""
    result = solve_picture(*system(weights, marked, values, pull))
    result[marked] = values[marked]
    return result
