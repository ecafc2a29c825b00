"""Colour from several black-and-white exposures: measured, as far as the emulsions differ.

A grey photograph weighs the light of all wavelengths and keeps the sum. Early plates answered to
blue only, later ones ("orthochromatic") to green as well, and panchromatic film to red too; a
filter before the lens takes more away. Two exposures of one scene that weigh the wavelengths
differently are two equations for the colour of each pixel. Three independent ones determine its
three numbers. With fewer, or with noise, what is known about colours in general has to help: a
prior. Everything here is linear light, in which sums are sums.

Curves of sensitivity are given at the wavelengths of `WAVELENGTHS`. The idealised ones below have
the ends that the emulsions are named for, and no measured film's bumps.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

__all__ = [
    "EMULSIONS",
    "WAVELENGTHS",
    "ColorPrior",
    "color_prior",
    "expose",
    "filtered",
    "most_likely",
    "response",
    "solve",
]

WAVELENGTHS = np.arange(400.0, 701.0, 5.0)  # nm
# nm: middle and deviation of the red, green and blue light
PRIMARIES = ((610.0, 25.0), (545.0, 25.0), (460.0, 20.0))
SLOPE = 8.0  # nm: how gently a sensitivity ends
# a matrix whose smallest singular value is a smaller part of its largest is short of an equation
INDEPENDENT = 1e-3


def _band(low: float, high: float) -> np.ndarray:
    """Draw a curve that is 1 between two wavelengths and falls off smoothly at both."""
    return 1 / (
        (1 + np.exp((low - WAVELENGTHS) / SLOPE)) * (1 + np.exp((WAVELENGTHS - high) / SLOPE))
    )


EMULSIONS = {
    "ordinary": _band(380, 500),
    "orthochromatic": _band(380, 580),
    "panchromatic": _band(380, 660),
}


class ColorPrior(NamedTuple):
    """What is known of colours before a photograph is seen: a Gaussian in linear RGB."""

    mean: np.ndarray  # (3,)
    covariance: np.ndarray  # (3, 3)


def filtered(sensitivity: ArrayLike, low: float = 0.0, high: float = np.inf) -> np.ndarray:
    """Put a sensitivity (61,) behind a filter that lets light between two wavelengths through.

    Parameters
    ----------
    sensitivity : array_like, (61,)
        At `WAVELENGTHS`, at least 0.
    low, high : float
        In nm. A yellow filter is ``low=500``, a red one ``low=590``, a blue one ``high=490``.

    Raises
    ------
    ValueError
        If the curve is not one, or the filter's ends are in the wrong order.
    """
    curve = _curves(sensitivity)
    if not low < high:
        raise ValueError(f"a filter lets through from low to high, not from {low} to {high} nm")
    return curve[0] * _band(low, high)


def response(sensitivities: ArrayLike) -> np.ndarray:
    """Weigh a screen's red, green and blue as each exposure does, integrated over the spectrum.

    Parameters
    ----------
    sensitivities : array_like, (k, 61)
        A curve for each exposure, at `WAVELENGTHS`.

    Returns
    -------
    ndarray, (k, 3)
        Each row sums to 1: exposure times are such that white gives 1.

    Raises
    ------
    ValueError
        If a curve has another length, is negative, not finite or sees nothing of the screen's
        light.

    References
    ----------
    Olsen et al. 2010 (a source's value is the integral of its sensitivity times the light). The
    light here is that of a screen with three smooth primaries; they used measured spectra.
    """
    curves = _curves(sensitivities)
    middle, deviation = np.array(PRIMARIES).T
    light = np.exp(-(((WAVELENGTHS[:, None] - middle) / deviation) ** 2) / 2) / deviation
    matrix = curves @ light
    if (matrix.sum(axis=1) <= 1e-6).any():
        raise ValueError("a sensitivity sees none of the light: its exposure would be black")
    return matrix / matrix.sum(axis=1, keepdims=True)


def expose(
    linear_rgb: ArrayLike, matrix: ArrayLike, noise: float = 0.0, seed: int = 0
) -> np.ndarray:
    """Take black-and-white exposures of a known picture.

    Parameters
    ----------
    linear_rgb : array_like, (H, W, 3)
        Linear light, 1 for white.
    matrix : array_like, (k, 3)
        From `response`, or weights of your own.
    noise : float
        Standard deviation of the noise that is added to each exposure, in the same unit.
    seed : int
        Of the noise.

    Returns
    -------
    ndarray, (k, H, W)
        float64.

    Raises
    ------
    ValueError
        If shapes do not fit, a number is not finite, or the noise is negative.
    """
    picture, matrix = np.asarray(linear_rgb, dtype=np.float64), _matrix(matrix)
    if picture.ndim != 3 or picture.shape[-1] != 3 or 0 in picture.shape:
        raise ValueError(f"linear_rgb must be (H, W, 3), not {picture.shape}")
    if not np.isfinite(picture).all():
        raise ValueError("linear_rgb holds numbers that are not finite")
    if not 0 <= noise < np.inf:
        raise ValueError(f"noise must be at least 0 and finite, not {noise}")
    exposures = np.moveaxis(picture @ matrix.T, -1, 0)
    return exposures + noise * np.random.default_rng(seed).normal(size=exposures.shape)


def solve(exposures: ArrayLike, matrix: ArrayLike) -> np.ndarray:
    """Find the colours that fit at least three independent exposures best, in least squares.

    Parameters
    ----------
    exposures : array_like, (k, H, W)
        Linear.
    matrix : array_like, (k, 3)
        How each weighs red, green and blue.

    Returns
    -------
    ndarray, (H, W, 3)
        Linear RGB, float64; exact when there was no noise. Noise can lead outside [0, 1].

    Raises
    ------
    ValueError
        If shapes do not fit, a number is not finite, or the exposures are fewer than three or not
        independent.

    References
    ----------
    Olsen et al. 2010 (without their prior).
    """
    exposures, matrix = _checked(exposures, matrix)
    singular = np.linalg.svd(matrix, compute_uv=False)
    rank = int((singular > INDEPENDENT * singular[0]).sum())
    if rank < 3:
        raise ValueError(
            f"the exposures are not independent: they give {rank} of the 3 equations that a colour "
            "needs; add one through another filter, or use most_likely with a prior"
        )
    return np.moveaxis(np.tensordot(np.linalg.pinv(matrix), exposures, axes=1), 0, -1)


def color_prior(linear_rgb: ArrayLike) -> ColorPrior:
    """Learn from pictures in colour which colours there are.

    Parameters
    ----------
    linear_rgb : array_like, (n, 3)
        Pixels of other photographs, linear light.

    Raises
    ------
    ValueError
        If the shape is wrong, there are fewer than two pixels, or a number is not finite.
    """
    pixels = np.asarray(linear_rgb, dtype=np.float64)
    if pixels.ndim != 2 or pixels.shape[1] != 3 or len(pixels) < 2:
        raise ValueError(f"linear_rgb must be (n, 3) with at least two pixels, not {pixels.shape}")
    if not np.isfinite(pixels).all():
        raise ValueError("linear_rgb holds numbers that are not finite")
    return ColorPrior(pixels.mean(axis=0), np.cov(pixels.T))


def most_likely(
    exposures: ArrayLike, matrix: ArrayLike, noise: float, prior: ColorPrior
) -> tuple[np.ndarray, np.ndarray]:
    """Find the most likely colours, given exposures and a prior, and how far off they may be.

    Prior and noise are Gaussian, so the posterior is too: its mean is the most probable colour and
    its covariance the error to be expected, the same in every pixel.

    Parameters
    ----------
    exposures : array_like, (k, H, W)
        Linear; one is enough.
    matrix : array_like, (k, 3)
        How each weighs red, green and blue.
    noise : float
        Standard deviation of the noise in the exposures, more than 0.
    prior : ColorPrior
        From `color_prior`.

    Returns
    -------
    linear_rgb : ndarray, (H, W, 3)
        float64.
    deviation : ndarray, (3,)
        The expected error of red, green and blue: the square roots of the posterior's variances.

    Raises
    ------
    ValueError
        If shapes do not fit, a number is not finite, or the noise is not positive.

    References
    ----------
    Olsen et al. 2010 (the most likely colour and its expected error, by Bayes' theorem).
    """
    exposures, matrix = _checked(exposures, matrix)
    if not 0 < noise < np.inf:
        raise ValueError(
            f"noise must be more than 0, not {noise}: even a good scan has some, 0.01 for instance"
        )
    mean, covariance = (np.asarray(part, dtype=np.float64) for part in prior)
    if mean.shape != (3,) or covariance.shape != (3, 3) or not np.isfinite(covariance).all():
        raise ValueError(
            "the prior must be a mean (3,) and a covariance (3, 3), "
            f"not {mean.shape}, {covariance.shape}"
        )
    # How much a surprise in each exposure moves each channel (a Kalman filter without time).
    gain = (
        covariance
        @ matrix.T
        @ np.linalg.inv(matrix @ covariance @ matrix.T + noise**2 * np.eye(len(matrix)))
    )
    surprise = exposures - (matrix @ mean)[:, None, None]
    rgb = mean + np.moveaxis(np.tensordot(gain, surprise, axes=1), 0, -1)
    return rgb, np.sqrt(np.diag(covariance - gain @ matrix @ covariance).clip(min=0))


def _curves(sensitivities: ArrayLike) -> np.ndarray:
    """One or several curves as (k, 61), or a clear error."""
    curves = np.atleast_2d(np.asarray(sensitivities, dtype=np.float64))
    if curves.ndim != 2 or curves.shape[1] != len(WAVELENGTHS) or 0 in curves.shape:
        raise ValueError(
            f"a sensitivity is (k, {len(WAVELENGTHS)}), a value for each of WAVELENGTHS, "
            f"not {curves.shape}"
        )
    if not (np.isfinite(curves).all() and (curves >= 0).all()):
        raise ValueError("a sensitivity must be finite and at least 0 everywhere")
    return curves


def _matrix(matrix: ArrayLike) -> np.ndarray:
    """Return the weights of the exposures (k, 3), or raise a clear error."""
    matrix = np.asarray(matrix, dtype=np.float64)
    if matrix.ndim != 2 or matrix.shape[1] != 3 or not (matrix.size and np.isfinite(matrix).all()):
        raise ValueError(f"the matrix must be (k, 3) and finite, not {matrix.shape}")
    return matrix


def _checked(exposures: ArrayLike, matrix: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    """Exposures (k, H, W) and their matrix (k, 3), or a clear error."""
    exposures, matrix = np.asarray(exposures, dtype=np.float64), _matrix(matrix)
    if exposures.ndim != 3 or 0 in exposures.shape or len(exposures) != len(matrix):
        raise ValueError(
            f"exposures must be (k, H, W) with a row of the matrix each, not {exposures.shape}"
        )
    if not np.isfinite(exposures).all():
        raise ValueError("the exposures hold numbers that are not finite")
    return exposures, matrix
