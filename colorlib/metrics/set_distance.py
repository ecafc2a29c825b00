"""The Frechet distance of two sets of features, and how far other pictures would move it."""

from __future__ import annotations

import numpy as np
from scipy.linalg import eigh, eigvalsh

__all__ = ["ENOUGH", "frechet_interval", "set_distance"]

# times as many pictures as features, or the distance says more about their number than about them
ENOUGH = 2
Moments = tuple[np.ndarray, np.ndarray]


def set_distance(features: np.ndarray, others: np.ndarray) -> float:
    """Measure the Frechet distance of two sets, each taken for a Gaussian.

    Parameters
    ----------
    features, others : ndarray, (N, F) and (M, F)
        One row a picture.

    Returns
    -------
    float
        0 for equal sets.

    Raises
    ------
    ValueError
        If a set has fewer than two rows.

    References
    ----------
    Heusel 2017, equation 6.

    Examples
    --------
    >>> line = np.array([[0.0], [2.0]])  # mean 1, variance 2
    >>> round(set_distance(line, line + 3), 6)
    9.0
    """
    if min(len(features), len(others)) < 2:
        raise ValueError("a distance of sets needs at least two pictures in each")
    return _distance(_moments(features), _moments(others))


def frechet_interval(
    features: np.ndarray, others: np.ndarray, resamples: int = 100, seed: int = 0
) -> tuple[float, float]:
    """Bootstrap a 95 % interval of the Frechet distance of two sets of the same photographs.

    Photographs are drawn with replacement, the same ones for both sets. A set in which some are
    twice is poorer, and its distance larger: the percentiles of the draws would lie too high. So
    the interval is the distance itself, give or take 1.96 standard deviations of the draws.

    Parameters
    ----------
    features, others : ndarray, (N, F)
        Row by row of the same photograph.
    seed : int
        The same seed gives the same interval.

    Returns
    -------
    low, high : float
    """
    rng, number = np.random.default_rng(seed), len(features)
    draws = []
    for weights in rng.multinomial(number, np.full(number, 1 / number), size=resamples):
        draws.append(_distance(_moments(features, weights), _moments(others, weights)))
    middle, spread = set_distance(features, others), 1.96 * float(np.std(draws, ddof=1))
    return max(0.0, middle - spread), middle + spread


def _moments(features: np.ndarray, weights: np.ndarray | None = None) -> Moments:
    """Mean and covariance of rows, each counted as often as its weight says."""
    features = np.asarray(features, np.float64)
    return np.average(features, 0, weights), np.atleast_2d(
        np.cov(features, rowvar=False, fweights=weights)
    )


def _distance(one: Moments, other: Moments) -> float:
    """Compute it of two Gaussians, the trace of a root by a symmetric matrix's eigenvalues."""
    values, vectors = eigh(other[1])
    root = (vectors * np.sqrt(values.clip(0))) @ vectors.T
    shared = np.sqrt(eigvalsh(root @ one[1] @ root).clip(0)).sum()
    apart = np.square(one[0] - other[0]).sum()
    return max(0.0, float(apart + np.trace(one[1]) + np.trace(other[1]) - 2 * shared))
