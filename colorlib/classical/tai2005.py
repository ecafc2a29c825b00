"""Colour by regions: statistics of a whole picture mix sky and trees; those of a region do not.

A picture is taken for a mixture of a few Gaussians, each of which is a region.
Expectation-maximization finds them: it alternates between how much each pixel belongs to each
region, and what each region is like. Memberships are shares, so that colours blend at the borders,
and neighbours have a say in them, so that regions hang together.
"""

from typing import NamedTuple
from warnings import catch_warnings, simplefilter

import numpy as np
from numpy.typing import ArrayLike
from scipy.ndimage import gaussian_filter

from colorlib.classical.reference import checked_reference, texture
from colorlib.classical.welsh2002 import jittered

__all__ = ["segment", "tai"]

REGIONS = 6
ROUNDS = 8
REACH = 2.0  # pixels: the deviation of the Gaussian over which neighbours have a say
TRUST = 0.02  # how sure a neighbourhood can be: no region is ruled out by it altogether
SAMPLES = 5000  # pixels that the first estimate of the mixture is made from
FLOOR = 1.0  # squared units: no region is narrower
SCRAP = 0.005  # a region of the reference with a smaller share is no model for anything
REACHED = 2.0  # deviations: lightness further from its region's mean gets no further colour


class Region(NamedTuple):
    """One region: its share of the picture, the mean of its features and their covariance."""

    share: float
    mean: np.ndarray
    covariance: np.ndarray


def segment(features: ArrayLike, regions: int = REGIONS, seed: int = 0) -> np.ndarray:
    """Divide a picture into soft regions.

    A mixture of Gaussians is fitted to some of the pixels. Then expectation and maximization take
    turns on all of them, with one change to the textbook's: in place of a share that a region has
    in the whole picture stands the share it has around the pixel, the memberships of the last
    round, smoothed.

    Parameters
    ----------
    features : array_like, (H, W, C)
        What describes a pixel, such as L, a and b.
    regions : int
        How many, at least 1. A picture with fewer pixels has no more than those.
    seed : int
        Of the first estimate.

    Returns
    -------
    ndarray, (H, W, regions)
        Memberships in [0, 1] that sum to 1 in each pixel.

    Raises
    ------
    ValueError
        If the shape is wrong, a number is not finite, or there is no region.

    References
    ----------
    Tai, Jia and Tang 2005 (expectation-maximization with spatial smoothness). They smooth the
    memberships with a kernel in space and colour; here the colour is in the likelihood and the
    kernel in space only.
    """
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.mixture import GaussianMixture

    features = np.asarray(features, dtype=np.float64)
    if features.ndim != 3 or 0 in features.shape:
        raise ValueError(f"features must be (H, W, C), not {features.shape}")
    if not np.isfinite(features).all():
        raise ValueError("features hold numbers that are not finite")
    if regions < 1:
        raise ValueError(f"regions must be at least 1, not {regions}")
    places = jittered(features.shape, SAMPLES, np.random.default_rng(seed))
    few = features[places]
    regions = min(regions, len(few))
    if len(few) == 1:
        return np.ones((*features.shape[:2], 1))
    mixture = GaussianMixture(regions, reg_covar=FLOOR, random_state=seed, max_iter=20, tol=0.01)
    with catch_warnings():
        # a handful of rounds is enough for a first estimate
        simplefilter("ignore", ConvergenceWarning)
        mixture.fit(few)
    found = [
        Region(*parts)
        for parts in zip(mixture.weights_, mixture.means_, mixture.covariances_, strict=True)
    ]
    around = np.array([region.share for region in found])
    for _ in range(ROUNDS):
        likelihoods = np.stack(
            [_log_density(features, region) for region in found], axis=-1
        ) + np.log(around)
        memberships = np.exp(likelihoods - likelihoods.max(axis=-1, keepdims=True))
        memberships /= memberships.sum(axis=-1, keepdims=True)
        found = [_region(features, share) for share in np.moveaxis(memberships, -1, 0)]
        around = (1 - TRUST) * gaussian_filter(memberships, (REACH, REACH, 0)) + TRUST / regions
    return memberships


def tai(L: ArrayLike, reference_lab: ArrayLike, seed: int = 0) -> np.ndarray:
    """Colour each region by the statistics of the most similar region of a reference.

    The reference is divided by its lightness and its colours, the picture by its lightness, each
    together with texture. A region of the picture takes after the one region of the reference that
    is nearest in the mean and the deviation of lightness and in texture. Its colours are those of
    that region at the same lightness, when both regions are brought to the same mean and deviation.
    Pixels between regions get a blend.

    From L (H, W) in [0, 100] and a CIE Lab photograph (H2, W2, 3) of any size: a and b (H, W, 2) in
    CIE units, float32. Raises ValueError as `checked_reference` does.

    Parameters
    ----------
    seed : int
        Of the first estimates.

    References
    ----------
    Tai, Jia and Tang 2005 (soft regions, and statistics transferred from region to region). Which
    regions belong together is decided here by lightness and texture alone, the only things a grey
    picture has.
    """
    L, reference = checked_reference(L, reference_lab)
    ours = np.stack([L, texture(L)], axis=-1)
    theirs = np.concatenate([reference, texture(reference[..., 0])[..., None]], axis=-1)
    memberships = segment(ours, seed=seed)
    own = [_region(ours, share) for share in np.moveaxis(memberships, -1, 0)]
    others = [_region(theirs, share) for share in np.moveaxis(segment(theirs, seed=seed), -1, 0)]
    others = [region for region in others if region.share > SCRAP] or others
    ab = np.zeros((*L.shape, 2))
    for region, share in zip(own, np.moveaxis(memberships, -1, 0), strict=True):
        model = min(others, key=lambda other: _apart(region, other))
        ab += share[..., None] * _colors(L, region, model)
    return ab.astype(np.float32)


def _colors(L: np.ndarray, region: Region, model: Region) -> np.ndarray:
    """Look up a region's colours (H, W, 2) at the lightnesses of a region of the picture."""
    standing = (L - region.mean[0]) / np.sqrt(region.covariance[0, 0])
    # The mean of a and b at a given lightness in the model's Gaussian: Reinhard's line, its slope
    # times correlation.
    slope = model.covariance[0, 1:3] / np.sqrt(model.covariance[0, 0])
    return model.mean[1:3] + standing.clip(-REACHED, REACHED)[..., None] * slope


def _apart(region: Region, other: Region) -> float:
    """Compare two regions without colours: means and deviations of lightness, textures."""
    deviations = np.sqrt([region.covariance[0, 0], other.covariance[0, 0]])
    lightness = (region.mean[0] - other.mean[0]) ** 2 + (deviations[0] - deviations[1]) ** 2
    return lightness + (region.mean[-1] - other.mean[-1]) ** 2


def _region(features: np.ndarray, share: np.ndarray) -> Region:
    """Maximize: say what a region is like, from the pixels' shares (H, W) in it."""
    total = max(share.sum(), 1e-9)
    mean = np.tensordot(share, features, axes=2) / total
    centred = features - mean
    covariance = np.tensordot(share[..., None] * centred, centred, axes=((0, 1), (0, 1))) / total
    return Region(total / share.size, mean, covariance + FLOOR * np.eye(len(mean)))


def _log_density(features: np.ndarray, region: Region) -> np.ndarray:
    """Compute the logarithm of a region's Gaussian at each pixel, up to a shared constant."""
    root = np.linalg.cholesky(region.covariance)
    white = np.linalg.solve(root, (features - region.mean).reshape(-1, len(region.mean)).T)
    return (-0.5 * (white**2).sum(axis=0) - np.log(np.diag(root)).sum()).reshape(features.shape[:2])
