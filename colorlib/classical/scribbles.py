"""Colour by scribbles: a few pixels are given, the others follow the lightness.

Neighbours that are alike in lightness should be alike in colour. Levin 2004 asks that each pixel's colour be the
weighted mean of its neighbours', in eq. (1); weights fall with the difference in lightness, eq. (2). Two forms of that
sentence are known. As written it is a system with a different normalisation in each row, which no fast solver likes.
When the weight of a pair is the same seen from both ends, multiplying each row by the sum of its weights turns it
into the Laplacian of a graph: symmetric, positive definite once a pixel is marked, with the same solution.
"""

from collections.abc import Iterator

import numpy as np
from scipy.ndimage import uniform_filter
from scipy.sparse import coo_array, csc_array, diags_array
from scipy.sparse.linalg import splu

__all__ = ["propagate"]

# Half of the neighbours of a pixel, (down, right); the other half is the same pairs seen from the other end.
NEIGHBOURS = ((0, 1), (1, -1), (1, 0), (1, 1))
SHARPNESS = 0.3  # of the variance, where eq. (2) has 2: edges hold better, and colours spread truer
VISIBLE = 2.0  # CIE units of lightness: a smaller deviation is grain, and holds no colour back
LEAF = 8  # pixels: blocks of this side are not dissected further


def propagate(L: np.ndarray, marked: np.ndarray, values: np.ndarray, pull: float = 0.0) -> np.ndarray:
    """Spread values from the marked pixels to all others, along similar lightness.

    Each unmarked pixel becomes the mean of its 8 neighbours, weighted by how alike in lightness they are; marked
    pixels keep their value. The weights of a pair, ``exp(-(L_r - L_s)^2 / (0.3 sigma_r sigma_s))``, take sigma, the
    local deviation of lightness, from both ends, so that the system is symmetric. All channels share one
    factorisation. Time and memory grow a little faster than the number of pixels.

    Parameters
    ----------
    L : ndarray, (H, W)
        Lightness in [0, 100].
    marked : ndarray of bool, (H, W)
        Where the values are known.
    values : ndarray, (H, W, channels)
        Any quantity: a and b, for instance. Only the marked pixels are looked at.
    pull : float
        At least 0. The mean of the neighbours is divided by 1 + `pull`, so that values fade with the distance from
        their mark, to 1/e over about ``0.6 / sqrt(pull)`` pixels of even lightness. At 0, Levin's system, nothing
        fades.

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
    Levin et al. 2004, equations (1) and (2); Grady 2006 (the symmetric system); George 1973 (the order
    in which the unknowns are eliminated).

    Examples
    --------
    >>> marked = np.array([[True, False, True]])
    >>> reds = np.array([[[10.0], [0.0], [30.0]]])
    >>> propagate(np.full((1, 3), 50.0), marked, reds).ravel().tolist()
    [10.0, 20.0, 30.0]
    """
    L, marked, known = _checked(L, marked, values, pull)
    height, width = L.shape
    result = np.zeros((height * width, known.shape[1]))
    result[marked.ravel()] = known
    order = np.concatenate(list(_dissected(np.arange(L.size).reshape(L.shape))))
    free = order[~marked.ravel()[order]]
    if len(free):
        weights = _weights(L)
        degree = weights.sum(axis=1)
        right = (weights @ result)[free]
        system = csc_array((diags_array((1 + pull) * degree) - weights)[free][:, free])
        # The order is ours, and a positive definite system needs no pivoting.
        factors = splu(system, permc_spec="NATURAL", diag_pivot_thresh=0.0, options={"SymmetricMode": True})
        result[free] = factors.solve(right)
    return result.reshape(height, width, -1).astype(np.float32)


def _weights(L: np.ndarray) -> coo_array:
    """How alike neighbours are: a symmetric sparse matrix (pixels, pixels) with weights in (0, 1]."""
    variance = uniform_filter(L**2, 3) - uniform_filter(L, 3) ** 2
    deviation = np.sqrt(np.maximum(variance, VISIBLE**2))
    index = np.arange(L.size).reshape(L.shape)
    first, second, weight = [], [], []
    for down, right in NEIGHBOURS:
        here = np.s_[: L.shape[0] - down, max(0, -right) : L.shape[1] - max(0, right)]
        there = np.s_[down:, max(0, right) : L.shape[1] + min(0, right)]
        squared = (L[here] - L[there]) ** 2 / (SHARPNESS * deviation[here] * deviation[there])
        first.append(index[here].ravel())
        second.append(index[there].ravel())
        weight.append(np.exp(-squared).ravel())
    row, column, values = map(np.concatenate, (first, second, weight))
    both = (np.concatenate([row, column]), np.concatenate([column, row]))
    return coo_array((np.tile(values, 2), both), shape=(L.size, L.size)).tocsr()


def _dissected(block: np.ndarray) -> Iterator[np.ndarray]:
    """Nested dissection: both halves of a block of pixels first, and last the line that keeps them apart.

    Eliminating a pixel ties all its neighbours to each other. In this order the ties stay within a half until its
    end, and the factors hold three times fewer numbers than row by row.
    """
    if max(block.shape) <= LEAF:
        yield block.ravel()
        return
    tall = block if block.shape[0] >= block.shape[1] else block.T
    middle = len(tall) // 2
    yield from _dissected(tall[:middle])
    yield from _dissected(tall[middle + 1 :])
    yield tall[middle]


def _checked(L: np.ndarray, marked: np.ndarray, values: np.ndarray, pull: float) -> tuple[np.ndarray, ...]:
    """Lightness in float64, the marks, and the marked values (marks, channels); or a clear error."""
    L, marked, values = np.asarray(L, dtype=np.float64), np.asarray(marked), np.asarray(values, dtype=np.float64)
    if L.ndim != 2 or 0 in L.shape:
        raise ValueError(f"L must be (H, W), not {L.shape}")
    if marked.shape != L.shape or marked.dtype != bool:
        raise ValueError(f"marked must be bool of L's shape {L.shape}, not {marked.dtype} {marked.shape}")
    if values.ndim != 3 or values.shape[:2] != L.shape:
        raise ValueError(f"values must be (H, W, channels) with L's {L.shape}, not {values.shape}")
    if not marked.any():
        raise ValueError("no pixel is marked: give at least one colour to spread")
    known = values[marked]
    if not (np.isfinite(L).all() and np.isfinite(known).all()):
        raise ValueError("L and the marked values must be finite numbers")
    if not 0 <= pull < np.inf:
        raise ValueError(f"pull must be at least 0 and finite, not {pull}")
    return L, marked, known
