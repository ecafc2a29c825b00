"""Colour by distance: each pixel mixes the marked colours, the nearest counting most.

Near does not mean near on paper. A path pays for every change of lightness that it crosses, so that
what is far away on the same wall is near, and what is a pixel away beyond an edge is far. One
distance for each colour is all that has to be computed, and no system of equations is solved.

Distances spread over the picture in sweeps. A sweep goes down row by row, and a row takes at once
what the three neighbours above each of its pixels offer. Then it goes up, then to the right and to
the left. A path that turns back needs another round of sweeps, so they are repeated until little
changes.
"""

from concurrent.futures import ThreadPoolExecutor
from os import cpu_count

import numpy as np

from colorlib.classical.scribbles import checked_scribbles

__all__ = ["blend", "distances"]

# the exponent b of the weight r^-b, from 1 to 6 in the paper: how much more the nearest colour
# counts
FALL = 4.0
STEP = 0.05  # CIE units of lightness that a step of one pixel costs where nothing changes
# of four sweeps, at most: colours are then within about 2 CIE units of those of exact distances
ROUNDS = 4
SETTLED = 0.2  # CIE units of lightness: a round that changes no distance by more is the last
# numbers of a row, pixels times colours, that are worked on at once: they stay in the cache
TOGETHER = 16_000


def blend(L: np.ndarray, marked: np.ndarray, values: np.ndarray, fall: float = FALL) -> np.ndarray:
    """Give every pixel the mean of the marked colours, weighted by a power of its distance to them.

    Marks with equal values are one colour. Time grows with the number of pixels and with the number
    of colours.

    Parameters
    ----------
    L : ndarray, (H, W)
        Lightness in [0, 100].
    marked : ndarray of bool, (H, W)
        Where the colours are known.
    values : ndarray, (H, W, channels)
        a and b, for instance. Only the marked pixels are looked at.
    fall : float
        Above 0: the exponent of the distance. The larger, the more each pixel keeps to its nearest
        colour.

    Returns
    -------
    ndarray, (H, W, channels)
        float32; marked pixels keep their values.

    Raises
    ------
    ValueError
        If nothing is marked, shapes do not fit, a number is not finite, or `fall` is not above 0.

    References
    ----------
    Yatziv and Sapiro 2006, section II (intrinsic distance, chrominance blending).

    Examples
    --------
    >>> marked = np.array([[True, False, False, True]])
    >>> L, values = np.array([[20.0, 20.0, 60.0, 60.0]]), np.array([[[8.0], [0.0], [0.0], [-8.0]]])
    >>> blend(L, marked, values).ravel().round(3)
    array([ 8.,  8., -8., -8.], dtype=float32)
    """
    L, marked, values = checked_scribbles(L, marked, values)
    if not 0 < fall < np.inf:
        raise ValueError(f"fall must be above 0 and finite, not {fall}")
    colors, which = np.unique(values[marked], axis=0, return_inverse=True)
    labels = np.full(L.shape, -1)
    labels[marked] = which.ravel()
    groups = np.array_split(np.arange(len(colors)), -(-len(colors) * L.shape[1] // TOGETHER))

    def mixed(group: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        # its fourth power is still a number in float32
        weight = np.maximum(_spread(L, labels, group), 1e-6)
        weight = weight**-fall if fall != FALL else 1 / np.square(np.square(weight))
        return np.einsum("ykx,kc->yxc", weight, colors[group].astype(np.float32)), weight.sum(
            axis=1
        )

    total, weights = (
        np.zeros((*L.shape, values.shape[-1]), dtype=np.float32),
        np.zeros(L.shape, dtype=np.float32),
    )
    with ThreadPoolExecutor(min(len(groups), cpu_count() or 1)) as pool:
        for color, weight in pool.map(mixed, groups):
            total += color
            weights += weight
    total /= weights[..., None]
    total[marked] = values[marked]
    return total


def distances(L: np.ndarray, sources: np.ndarray) -> np.ndarray:
    """Measure how far pixels are from the nearest source, along the least change of lightness.

    Parameters
    ----------
    L : ndarray, (H, W)
        Lightness in [0, 100].
    sources : ndarray of bool, (H, W)
        Where the distance is 0; at least one.

    Returns
    -------
    ndarray, (H, W)
        float32, in CIE units of lightness; a step of one pixel costs 0.05 more than its change.

    Raises
    ------
    ValueError
        If there is no source, the shapes do not fit or L is not finite.

    References
    ----------
    Yatziv and Sapiro 2006, section II (the intrinsic distance); Toivanen 1996 (distances on grey
    pictures in sweeps).
    """
    L, sources, _ = checked_scribbles(L, sources, np.zeros((*np.shape(L), 1)))
    return _spread(L, np.where(sources, 0, -1), np.zeros(1, dtype=int))[:, 0]


def _spread(L: np.ndarray, labels: np.ndarray, group: np.ndarray) -> np.ndarray:
    """Find the distance of every pixel from each of some labels: (H, labels, W) float32."""
    far = np.where(labels[:, None] == group[:, None], np.float32(0), np.float32(1e9))
    L = L.astype(np.float32)
    downward, sideways = _costs(L), _costs(np.ascontiguousarray(L.T))
    for _ in range(ROUNDS):
        before = far.copy()
        _down_and_up(far, *downward)
        turned = np.ascontiguousarray(far.transpose(2, 1, 0))
        _down_and_up(turned, *sideways)
        far = np.ascontiguousarray(turned.transpose(2, 1, 0))
        if (before - far).max() <= SETTLED:
            break
    return far


def _costs(L: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Cost a step to the next row: straight, one column to the right, one to the left."""
    step, slant = np.float32(STEP), np.float32(STEP * 2**0.5)
    return (
        np.abs(np.diff(L, axis=0)) + step,
        np.abs(L[1:, 1:] - L[:-1, :-1]) + slant,
        np.abs(L[1:, :-1] - L[:-1, 1:]) + slant,
    )


def _down_and_up(
    far: np.ndarray, straight: np.ndarray, right: np.ndarray, left: np.ndarray
) -> None:
    """Lower the distances (rows, labels, columns) by what each row offers, down, then up."""
    offer = np.empty_like(far[0])
    for y in range(1, len(far)):
        _lower(far[y], far[y - 1], offer, straight[y - 1], right[y - 1], left[y - 1])
    for y in range(len(far) - 2, -1, -1):
        _lower(far[y], far[y + 1], offer, straight[y], left[y], right[y])


def _lower(row: np.ndarray, other: np.ndarray, offer: np.ndarray, *costs: np.ndarray) -> None:
    """Lower a row in place by what its three neighbours in another row offer."""
    straight, right, left = costs
    np.minimum(row, np.add(other, straight, out=offer), out=row)
    slanted = offer[:, 1:]
    np.minimum(row[:, 1:], np.add(other[:, :-1], right, out=slanted), out=row[:, 1:])
    np.minimum(row[:, :-1], np.add(other[:, 1:], left, out=slanted), out=row[:, :-1])
