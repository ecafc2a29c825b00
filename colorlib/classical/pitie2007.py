"""Colour by transport: give a set of colours the whole distribution of another.

In one dimension this is easy and has one best answer: sort both sets, and let the k-th smallest
value become the k-th smallest of the other set. Colours have three dimensions, in which nothing can
be sorted. The trick is to look at them along an axis, sort there, turn the axes at random, and
repeat: a distribution that looks right from every side is right.
"""

import numpy as np
from numpy.typing import ArrayLike

from colorlib.classical.linear_transport import checked_sets
from colorlib.classical.reference import checked_reference
from colorlib.classical.welsh2002 import welsh

__all__ = ["match_density", "pitie", "sliced_distance"]

ROTATIONS = 30  # the distance falls quickly in the first ten and hardly after thirty
DIRECTIONS = 64


def match_density(
    source: ArrayLike, target: ArrayLike, rotations: int = ROTATIONS, seed: int = 0
) -> np.ndarray:
    """Give the source the target's distribution, by matches along rotated axes.

    Each step rotates both sets by the same random rotation, matches the distributions along every
    axis by sorting, and rotates back. Equal colours stay equal: the result is a map of colours, not
    a drawing of lots.

    Parameters
    ----------
    source : array_like, (n, channels)
        Colours to change.
    target : array_like, (m, channels)
        Colours to resemble.
    rotations : int
        At least 1. The first one is none, so that the channels themselves are matched first.
    seed : int
        Of the rotations.

    Returns
    -------
    ndarray, (n, channels)
        float64.

    Raises
    ------
    ValueError
        If a set is empty, not two-dimensional or not finite, the channels differ in number, or
        there is no rotation.

    References
    ----------
    Pitie, Kokaram and Dahyot 2007, the iterative distribution transfer.

    Examples
    --------
    >>> match_density([[5.0], [1.0], [3.0]], [[10.0], [30.0], [20.0]]).ravel().tolist()
    [30.0, 10.0, 20.0]
    """
    source, target = checked_sets(source, target)
    if rotations < 1:
        raise ValueError(f"rotations must be at least 1, not {rotations}")
    rng = np.random.default_rng(seed)
    result, axes = source, np.eye(source.shape[1])
    for _ in range(rotations):
        pairs = zip((result @ axes).T, (target @ axes).T, strict=True)
        result = np.stack([_matched(ours, theirs) for ours, theirs in pairs], axis=1) @ axes.T
        # an orthogonal matrix, evenly distributed but for signs
        axes, _ = np.linalg.qr(rng.normal(size=axes.shape))
    return result


def pitie(L: ArrayLike, reference_lab: ArrayLike, seed: int = 0) -> np.ndarray:
    """Colour a grey picture so that its colours have the whole distribution of a reference's.

    A grey picture is a line in the space of colours, and no map of colours makes a cloud of a line.
    So the first colours are those of `welsh`. Then lightness, a and b together get the distribution
    of the reference; of the result only a and b are kept.

    From L (H, W) in [0, 100] and a CIE Lab photograph (H2, W2, 3) of any size: a and b (H, W, 2) in
    CIE units, float32. Raises ValueError as `checked_reference` does.

    Parameters
    ----------
    seed : int
        Of the samples and of the rotations.

    References
    ----------
    Pitie, Kokaram and Dahyot 2007. Their input is in colour; the first colours are our addition.
    """
    first = welsh(L, reference_lab, seed)
    L, reference = checked_reference(L, reference_lab)
    colors = np.concatenate([L[..., None], first], axis=-1).reshape(-1, 3)
    result = match_density(colors, reference.reshape(-1, 3), seed=seed)
    return result[:, 1:].reshape(*L.shape, 2).astype(np.float32)


def sliced_distance(
    source: ArrayLike, target: ArrayLike, directions: int = DIRECTIONS, seed: int = 0
) -> float:
    """Measure how far apart two sets of colours are: the mean of sorting in random directions.

    Parameters
    ----------
    source, target : array_like, (n, channels) and (m, channels)
    directions : int
        At least 1.
    seed : int
        Of the directions.

    Returns
    -------
    float
        The sliced Wasserstein distance of order 2, in the units of the colours. 0 for equal
        distributions.

    Raises
    ------
    ValueError
        If a set is empty, not two-dimensional or not finite, the channels differ in number, or
        there is no direction.

    References
    ----------
    Bonneel et al. 2015 (the distance); Pitie, Kokaram and Dahyot 2007 (equal from every side is
    equal).
    """
    source, target = checked_sets(source, target)
    if directions < 1:
        raise ValueError(f"directions must be at least 1, not {directions}")
    ways = np.random.default_rng(seed).normal(size=(source.shape[1], directions))
    ways /= np.linalg.norm(ways, axis=0)
    ours, theirs = np.sort(source @ ways, axis=0), np.sort(target @ ways, axis=0)
    places = _places(max(len(ours), len(theirs)))
    apart = [
        np.interp(places, _places(len(a)), a) - np.interp(places, _places(len(b)), b)
        for a, b in zip(ours.T, theirs.T, strict=True)
    ]
    return float(np.sqrt(np.mean(np.square(apart))))


def _matched(values: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Move values (n,) to the distribution of others (m,); ties stay ties."""
    _, which, count = np.unique(values, return_inverse=True, return_counts=True)
    middles = (np.cumsum(count) - count / 2) / len(values)
    return np.interp(middles, _places(len(wanted)), np.sort(wanted))[which]


def _places(count: int) -> np.ndarray:
    """Where sorted values stand in their distribution: (0.5, 1.5, ...) / count."""
    return (np.arange(count) + 0.5) / count
