"""Colour by example: give one set of colours the statistics of another.

A set of colours is an array (n, channels): the pixels of a picture in a row, in any space whose axes are worth
comparing; in this package a and b, or L, a and b. Where a pixel was in its picture plays no part. Two pictures of the
same kind of scene have similar statistics, and that is all these methods assume.
"""

import numpy as np
from numpy.typing import ArrayLike

from colorlib.classical.reference import checked

__all__ = ["checked_sets", "match_mean_covariance", "match_mean_deviation", "monge_kantorovich", "reinhard"]

FLAT = 1e-9  # a direction with less than this part of the largest variance counts as having none


def match_mean_deviation(source: ArrayLike, target: ArrayLike) -> np.ndarray:
    """Give each channel of the source the mean and the standard deviation of the target's.

    The channels are moved and stretched one by one. That is right when they are independent, which is why the authors
    first turn RGB into a space where those of natural photographs nearly are.

    Parameters
    ----------
    source : array_like, (n, channels)
        Colours to change.
    target : array_like, (m, channels)
        Colours to resemble.

    Returns
    -------
    ndarray, (n, channels)
        float64. A channel of the source without any spread only gets the mean: there is nothing to stretch.

    Raises
    ------
    ValueError
        If a set is empty, not two-dimensional or not finite, or if the channels differ in number.

    References
    ----------
    Reinhard et al. 2001, "Statistics and color correction", equations (10) and (11).

    Examples
    --------
    >>> match_mean_deviation([[0.0], [2.0]], [[10.0], [30.0]]).ravel().tolist()
    [10.0, 30.0]
    """
    source, target = checked_sets(source, target)
    spread = source.std(axis=0)
    gain = np.divide(target.std(axis=0), spread, out=np.ones_like(spread), where=spread > 0)
    return (source - source.mean(axis=0)) * gain + target.mean(axis=0)


def match_mean_covariance(source: ArrayLike, target: ArrayLike) -> np.ndarray:
    """Give the source the mean and the whole covariance matrix of the target.

    Of all linear maps that do so, it is the one that moves the colours least, in the mean of their squared distances:
    the solution of Monge's transport problem for two Gaussian distributions. Unlike `match_mean_deviation` it also
    carries over that two channels go together, say that what is yellow is also reddish.

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


def reinhard(L: ArrayLike, reference_lab: ArrayLike) -> np.ndarray:
    """Colour a grey picture so that a and b have the mean and the deviation of a reference's.

    A grey picture's own a and b have no spread that could be stretched. What it has is lightness, so lightness is
    stretched to be a, and again to be b; where the reference's a falls as its lightness rises, turned round. Dark
    pixels get the colour at one end of a line in the ab plane and light pixels that at the other end.

    Parameters
    ----------
    L : array_like, (H, W)
        Lightness in [0, 100].
    reference_lab : array_like, (H2, W2, 3)
        A photograph in colour, CIE Lab, of any size.

    Returns
    -------
    ndarray, (H, W, 2)
        a and b in CIE units, float32. Of an even L, the mean colour of the reference.

    Raises
    ------
    ValueError
        If a shape is wrong, a number is not finite, or the reference is grey or has one colour only.

    References
    ----------
    Reinhard et al. 2001, "Statistics and color correction", equations (10) and (11). Their input is in colour; that
    lightness takes the place of its colours, with the sign of the reference's correlation, is our addition.
    """
    L, reference = checked(L, reference_lab)
    lightness, colours = reference[..., 0].ravel(), reference[..., 1:].reshape(-1, 2)
    together = (lightness - lightness.mean()) @ (colours - colours.mean(axis=0))
    source = L.reshape(-1, 1) * np.where(together < 0, -1, 1)
    return match_mean_deviation(source, colours).reshape(*L.shape, 2).astype(np.float32)


def monge_kantorovich(source: ArrayLike, target: ArrayLike) -> np.ndarray:
    """The matrix T that turns one covariance into another and moves the colours least: T source T = target.

    Parameters
    ----------
    source, target : array_like, (channels, channels)
        Covariance matrices: symmetric, no negative eigenvalue.

    Returns
    -------
    ndarray, (channels, channels)
        float64, symmetric, no negative eigenvalue. Directions in which the source has no variance are mapped to zero.

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
        raise ValueError(f"covariances must be square and of one size, not {source.shape} and {target.shape}")
    root, inverse = _roots(source)
    middle, _ = _roots(root @ target @ root)
    return inverse @ middle @ inverse


def _roots(matrix: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The square root of a covariance, and its inverse within the directions that have variance."""
    values, vectors = np.linalg.eigh((matrix + matrix.T) / 2)
    values = np.where(values > FLAT * max(values[-1], 0.0), values, 0.0)
    root = np.sqrt(values)
    inverse = np.divide(1.0, root, out=np.zeros_like(root), where=root > 0)
    return (vectors * root) @ vectors.T, (vectors * inverse) @ vectors.T


def _covariance(colours: np.ndarray) -> np.ndarray:
    """The covariance (channels, channels) of colours (n, channels); zero for a single one."""
    centred = colours - colours.mean(axis=0)
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
    for name, colours in zip(("source", "target"), pair, strict=True):
        if colours.ndim != 2 or 0 in colours.shape:
            raise ValueError(f"the {name} must be (n, channels) with at least one colour, not {colours.shape}")
        if not np.isfinite(colours).all():
            raise ValueError(f"the {name} holds numbers that are not finite: leave out pixels without a colour")
    if pair[0].shape[1] != pair[1].shape[1]:
        raise ValueError(
            f"source and target must have the same channels, not {pair[0].shape[1]} and {pair[1].shape[1]}"
        )
    return pair
