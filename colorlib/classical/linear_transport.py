"""The linear map that moves one set of colours onto another with the least effort."""

import numpy as np
from numpy.typing import ArrayLike

__all__ = ["checked_sets", "match_mean_covariance", "monge_kantorovich"]

FLAT = 1e-9  # a direction with less than this part of the largest variance counts as having none


def match_mean_covariance(source: ArrayLike, target: ArrayLike) -> np.ndarray:
    """Give the source the mean and the whole covariance matrix of the target.

    Of all linear maps that do so, it is the one that moves the colours least, in the mean of their
    squared distances: the solution of Monge's transport problem for two Gaussian distributions.
    Unlike `match_mean_deviation` it also carries over that two channels go together, say that what
    is yellow is also reddish.

    Parameters
    ----------
    source : array_like, (n, channels)
        Colours to change.
    target : array_like, (m, channels)
        Colours to resemble.

    Returns
    -------
    ndarray, (n, channels)
        float64. Directions in which the source does not vary at all stay flat.

    Raises
    ------
    ValueError
        If a set is empty, not two-dimensional or not finite, or if the channels differ in number.

    References
    ----------
    Pitie and Kokaram 2007 (the linear Monge-Kantorovich solution).

    Examples
    --------
    >>> match_mean_covariance([[0.0], [2.0]], [[10.0], [30.0]]).round(6).ravel().tolist()
    [10.0, 30.0]
    """
    source, target = checked_sets(source, target)
    matrix = monge_kantorovich(_covariance(source), _covariance(target))
    return (source - source.mean(axis=0)) @ matrix + target.mean(axis=0)


def monge_kantorovich(source: ArrayLike, target: ArrayLike) -> np.ndarray:
    """Find the matrix that makes one covariance another, moving least: T source T = target.

    Parameters
    ----------
    source, target : array_like, (channels, channels)
        Covariance matrices: symmetric, no negative eigenvalue.

    Returns
    -------
    ndarray, (channels, channels)
        float64, symmetric, no negative eigenvalue. Directions in which the source has no variance
        are mapped to zero.

    Raises
    ------
    ValueError
        If the matrices are not square, of one size and finite.

    References
    ----------
    Pitie and Kokaram 2007; Olkin and Pukelsheim 1982.
    """
    source, target = checked_sets(source, target)
    if source.shape != target.shape or source.shape[0] != source.shape[1]:
        raise ValueError(
            f"covariances must be square and of one size, not {source.shape} and {target.shape}"
        )
    root, inverse = _roots(source)
    middle, _ = _roots(root @ target @ root)
    return inverse @ middle @ inverse


def _roots(matrix: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the square root of a covariance, and its inverse where there is variance."""
    values, vectors = np.linalg.eigh((matrix + matrix.T) / 2)
    values = np.where(values > FLAT * max(values[-1], 0.0), values, 0.0)
    root = np.sqrt(values)
    inverse = np.divide(1.0, root, out=np.zeros_like(root), where=root > 0)
    return (vectors * root) @ vectors.T, (vectors * inverse) @ vectors.T


def _covariance(colors: np.ndarray) -> np.ndarray:
    """Return the covariance (channels, channels) of colours (n, channels); zero for one alone."""
    centred = colors - colors.mean(axis=0)
    return centred.T @ centred / len(centred)


def checked_sets(source: ArrayLike, target: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    """Two sets of colours as float64 arrays, or a clear error.

    Parameters
    ----------
    source, target : array_like, (n, channels) and (m, channels)

    Returns
    -------
    tuple of ndarray

    Raises
    ------
    ValueError
        If a set is empty, not two-dimensional or not finite, or if the channels differ in number.
    """
    pair = np.asarray(source, dtype=np.float64), np.asarray(target, dtype=np.float64)
    for name, colors in zip(("source", "target"), pair, strict=True):
        if colors.ndim != 2 or 0 in colors.shape:
            raise ValueError(
                f"the {name} must be (n, channels) with at least one colour, not {colors.shape}"
            )
        if not np.isfinite(colors).all():
            raise ValueError(
                f"the {name} holds numbers that are not finite: leave out pixels without a colour"
            )
    if pair[0].shape[1] != pair[1].shape[1]:
        raise ValueError(
            "source and target must have the same channels, "
            f"not {pair[0].shape[1]} and {pair[1].shape[1]}"
        )
    return pair
