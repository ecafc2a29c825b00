"""How alike neighbours are in lightness, and the graph that this makes of a picture.

Every method of Levin's family rests on one sentence: neighbours that are alike in lightness are
alike in colour. Here the sentence gets its numbers. A number is kept for a pair of neighbours, not
for each of the two, because it is the same seen from both ends; that alone makes the system of
equations symmetric.
"""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from scipy.sparse import csr_array

__all__ = ["STEPS", "graph", "likeness", "pairs"]

STEPS = (
    (0, 1),
    (1, -1),
    (1, 0),
    (1, 1),
)  # (down, right) to half of a pixel's 8 neighbours; they see it as theirs
SHARPNESS = 0.3  # of the variance, where eq. (2) has 2: edges hold better, and colours spread truer
VISIBLE = 2.0  # CIE units of lightness: a smaller deviation is grain, and holds no colour back
# no wall is tighter: what is walled in on all sides still gets a colour, and numbers stay numbers
LEAST = 1e-9


def likeness(L: np.ndarray) -> list[np.ndarray]:
    """Weigh all pairs of neighbours: `exp(-(L_r - L_s)^2 / (0.3 sigma_r sigma_s))`.

    sigma is the standard deviation of the lightness around a pixel, in a window of 3 x 3, and at
    least 2 CIE units. The paper has the variance at r alone, and 2 in the place of 0.3; with the
    deviations of both ends a pair has one weight.

    Parameters
    ----------
    L : ndarray, (H, W)
        Lightness in [0, 100].

    Returns
    -------
    list of four ndarrays, (H, W)
        For each of `STEPS`, the weight, in [1e-9, 1], of a pixel and its neighbour at that step; 0
        where there is none.

    References
    ----------
    Levin et al. 2004, equation (2).
    """
    mean, squares = (cv2.blur(x, (3, 3), borderType=cv2.BORDER_REFLECT) for x in (L, L**2))
    variance = squares - mean**2
    deviation = np.sqrt(np.maximum(variance, VISIBLE**2))
    weights = []
    for here, there in pairs(L.shape):
        weight = np.zeros(L.shape)
        squared = (L[here] - L[there]) ** 2 / (SHARPNESS * deviation[here] * deviation[there])
        weight[here] = np.maximum(np.exp(-squared), LEAST)
        weights.append(weight)
    return weights


def pairs(shape: tuple[int, int]) -> Iterator[tuple[tuple[slice, slice], tuple[slice, slice]]]:
    """For each of `STEPS`, slice the pixels that have a neighbour there, and the neighbours.

    Parameters
    ----------
    shape : tuple of int
        Height and width of the picture.

    Yields
    ------
    tuple
        `(here, there)`: `picture[here]` and `picture[there]` are equal in shape, a pair at each
        place.
    """
    for down, right in STEPS:
        here = np.s_[: shape[0] - down, max(0, -right) : shape[1] - max(0, right)]
        yield here, np.s_[down:, max(0, right) : shape[1] + min(0, right)]


def graph(weights: Sequence[np.ndarray]) -> "csr_array":
    """Make one sparse matrix of the weights: what the textbook writes, and what can be looked at.

    Parameters
    ----------
    weights : sequence of four ndarrays, (H, W)
        As `likeness` makes them.

    Returns
    -------
    csr_array, (H * W, H * W)
        Symmetric; the weight of pixels i and j, counted row by row, at (i, j). Nothing on the
        diagonal.
    """
    from scipy.sparse import coo_array

    shape = weights[0].shape
    index = np.arange(weights[0].size).reshape(shape)
    first, second, amount = [], [], []
    for weight, (here, there) in zip(weights, pairs(shape), strict=True):
        first.append(index[here].ravel())
        second.append(index[there].ravel())
        amount.append(weight[here].ravel())
    row, column, values = map(np.concatenate, (first, second, amount))
    both = (np.concatenate([row, column]), np.concatenate([column, row]))
    return coo_array((np.tile(values, 2), both), shape=(index.size, index.size)).tocsr()
