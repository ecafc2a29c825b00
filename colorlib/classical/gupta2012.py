"""Colour by correspondence: each patch finds its like in a reference, and neighbours vote.

A pixel is too small to be recognised. A superpixel, a patch of some ten pixels' side that follows
the edges, has a pattern of its own. What looks alike in all its features is probably the same
material; where one patch has found another colour than everything around it, it is probably wrong.
"""

import numpy as np
from numpy.typing import ArrayLike
from scipy.ndimage import mean as mean_of
from scipy.sparse import csr_array
from scipy.spatial.distance import cdist

from colorlib.classical.levin2004 import propagate
from colorlib.classical.reference import checked_reference
from colorlib.classical.sheng2011 import gabor_energies

__all__ = ["cascade_features", "correspond", "gupta", "superpixels", "vote"]

SIDE = 8  # pixels: the side of a superpixel, about, but
MOST = 1500  # superpixels in a picture
# how much Gabor, daisy, mean and deviation count in the cost of a match
SHARES = (0.2, 0.5, 0.2, 0.1)
KEPT = 0.3  # of the candidates that pass each step of the cascade
STEP = 4  # pixels between the places where daisies are computed
RADIUS = 12  # pixels: the surroundings that a daisy describes
SCRIBBLE = 1  # pixels: a superpixel's scribble goes so far from its middle


def gupta(L: ArrayLike, reference_lab: ArrayLike) -> np.ndarray:
    """Colour superpixels like those of a reference that resemble them, and spread from there.

    Both pictures are cut into superpixels. A cascade of features finds the partner of each in the
    reference (`correspond`). The colours found are corrected by a vote among neighbours (`vote`). A
    dab in the middle of each superpixel gets the elected colour, and `propagate` does the rest.

    From L (H, W) in [0, 100] and a CIE Lab photograph (H2, W2, 3) of any size: a and b (H, W, 2) in
    CIE units, float32. Raises ValueError as `checked_reference` does.

    References
    ----------
    Gupta et al. 2012 (superpixels, cascade, image space voting, micro-scribbles).
    """
    L, reference = checked_reference(L, reference_lab)
    ours, theirs = superpixels(L), superpixels(reference[..., 0])
    partner, cost = correspond(
        cascade_features(L, ours), cascade_features(reference[..., 0], theirs)
    )
    colors = np.stack(
        [_means(channel, theirs) for channel in np.moveaxis(reference[..., 1:], -1, 0)], axis=1
    )
    elected = vote(ours, _means(L, ours), colors[partner], cost)
    marked, values = np.zeros(L.shape, dtype=bool), np.zeros((*L.shape, 2))
    for (row, column), color in zip(_middles(ours), elected, strict=True):
        dab = np.s_[
            max(0, row - SCRIBBLE) : row + SCRIBBLE + 1,
            max(0, column - SCRIBBLE) : column + SCRIBBLE + 1,
        ]
        inside = ours[dab] == ours[row, column]
        marked[dab] |= inside
        values[dab][inside] = color
    return propagate(L, marked, values)


def superpixels(L: ArrayLike) -> np.ndarray:
    """Cut a picture into patches of about 8 x 8 pixels, at most about 1500, that follow its edges.

    Parameters
    ----------
    L : array_like, (H, W)
        Lightness in [0, 100].

    Returns
    -------
    ndarray of int, (H, W)
        Which patch each pixel belongs to: 0, 1, 2, ... without gaps.

    References
    ----------
    Achanta et al. 2012 (SLIC).
    """
    from skimage.segmentation import slic

    L = np.asarray(L, dtype=np.float64)
    count = int(np.clip(L.size / SIDE**2, 1, MOST))
    labels = slic(
        L / 100, n_segments=count, compactness=0.05, channel_axis=None, enforce_connectivity=True
    )
    return np.unique(labels, return_inverse=True)[1].reshape(L.shape)


def cascade_features(L: np.ndarray, labels: np.ndarray) -> list[np.ndarray]:
    """Compute the four features of each superpixel, in the order of the cascade.

    Parameters
    ----------
    L : ndarray, (H, W)
        Lightness in [0, 100].
    labels : ndarray of int, (H, W)
        Superpixels, from 0 without gaps.

    Returns
    -------
    list of ndarray, (n, 32), (n, 104), (n, 2), (n, 2)
        Mean Gabor energies; the daisy at the middle; mean lightness and its deviation, each also of
        the neighbours.

    References
    ----------
    Gupta et al. 2012 (the features of a superpixel; daisy, by Tola et al. 2010, stands in for
    SURF).
    """
    energies = gabor_energies(L).reshape(-1, *L.shape)
    gabor = np.sqrt(np.stack([_means(channel, labels) for channel in energies], axis=1))
    mean = _means(L, labels)
    deviation = np.sqrt(np.maximum(_means(L**2, labels) - mean**2, 0))
    around = _adjacent(labels)
    rows = around / around.sum(axis=1)[:, None]
    # its own, its neighbours'
    pairs = [np.stack([values, rows @ values], axis=1) for values in (mean, deviation)]
    return [gabor, _daisies(L, _middles(labels)), *pairs]


def correspond(ours: list[np.ndarray], theirs: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Find for each of our superpixels its partner among theirs, by one feature after the other.

    Each step looks at one feature and keeps the better third of the candidates that are left. Of
    those which pass all steps the one with the smallest total cost is the partner. Texture comes
    first, so that equal lightness cannot match a wall with the sky.

    Parameters
    ----------
    ours, theirs : list of ndarray, (n, C) and (m, C)
        The features in the order of the cascade, each (superpixels, channels): Gabor, daisy, mean,
        deviation.

    Returns
    -------
    partner : ndarray of int, (n,)
    cost : ndarray, (n,)
        The total of the feature distances, each as a part of its mean over all pairs: small for a
        good match.

    Raises
    ------
    ValueError
        If the numbers of features differ from four.

    References
    ----------
    Gupta et al. 2012 (cascade feature matching, and its weights).
    """
    if not len(ours) == len(theirs) == len(SHARES):
        raise ValueError(
            f"the cascade has {len(SHARES)} features, not {len(ours)} and {len(theirs)}"
        )
    total = np.zeros((len(ours[0]), len(theirs[0])))
    passed = np.ones(total.shape, dtype=bool)
    left = total.shape[1]
    for share, mine, other in zip(SHARES, ours, theirs, strict=True):
        apart = cdist(mine, other)
        apart /= max(apart.mean(), 1e-9)
        total += share * apart
        left = max(1, round(KEPT * left))
        apart[~passed] = np.inf
        passed &= apart <= np.partition(apart, left - 1, axis=1)[:, left - 1 : left]
    total[~passed] = np.inf
    partner = total.argmin(axis=1)
    return partner, total[np.arange(len(total)), partner]


def vote(
    labels: np.ndarray, lightness: np.ndarray, colors: np.ndarray, cost: np.ndarray
) -> np.ndarray:
    """Let superpixels correct each other: each takes the colour that its neighbourhood agrees on.

    The voters are the superpixels up to two steps away. A vote counts more when its match was good
    and when its superpixel is as light as the one in question. Elected is the candidate that is
    nearest to all other votes, their weighted median, so that no colour is mixed that nobody
    proposed.

    Parameters
    ----------
    labels : ndarray of int, (H, W)
        Superpixels, from 0 without gaps.
    lightness, cost : ndarray, (n,)
        Mean lightness of each, and how bad its match was.
    colors : ndarray, (n, 2)
        a and b that each has found.

    Returns
    -------
    ndarray, (n, 2)

    References
    ----------
    Gupta et al. 2012 (image space voting; they vote in the segments of a mean-shift, here
    neighbours do).
    """
    one_step = _adjacent(labels)
    near = csr_array(one_step @ one_step + one_step)
    elected = np.empty_like(colors, dtype=np.float64)
    trust = np.exp(-cost / max(np.median(cost), 1e-9))
    for i in range(len(colors)):
        voters = near.indices[near.indptr[i] : near.indptr[i + 1]]
        weight = trust[voters] * np.exp(-(((lightness[voters] - lightness[i]) / 8) ** 2) / 2)
        apart = cdist(colors[voters], colors[voters])
        elected[i] = colors[voters[(apart @ weight).argmin()]]
    return elected


def _daisies(L: np.ndarray, middles: np.ndarray) -> np.ndarray:
    """Look up the daisy (gradients in petals around a point) nearest to each middle."""
    from skimage.feature import daisy

    margin = RADIUS + STEP
    padded = np.pad(L / 100, margin, mode="symmetric")
    flowers = daisy(
        padded, step=STEP, radius=RADIUS, rings=2, histograms=6, orientations=8, normalization="l2"
    )
    place = (middles + margin - RADIUS + STEP // 2) // STEP
    rows, columns = np.minimum(place, np.array(flowers.shape[:2]) - 1).T
    return flowers[rows, columns]


def _means(values: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Average a picture over each superpixel."""
    return np.asarray(mean_of(values, labels, np.arange(labels.max() + 1)))


def _middles(labels: np.ndarray) -> np.ndarray:
    """Find the pixel (row, column) of each superpixel nearest to its centre of mass."""
    places = np.indices(labels.shape)
    rows, columns = places[0], places[1]
    centres = np.stack([_means(rows, labels), _means(columns, labels)], axis=1)
    off = (rows - centres[labels, 0]) ** 2 + (columns - centres[labels, 1]) ** 2
    order = np.lexsort([off.ravel(), labels.ravel()])
    first = np.unique(labels.ravel()[order], return_index=True)[1]
    return np.stack(np.unravel_index(order[first], labels.shape), axis=1)


def _adjacent(labels: np.ndarray) -> csr_array:
    """Which superpixels touch, themselves included: 1 where they do."""
    pairs = [(labels[:-1], labels[1:]), (labels[:, :-1], labels[:, 1:]), (labels, labels)]
    row, column = (np.concatenate([pair[end].ravel() for pair in pairs]) for end in (0, 1))
    count = labels.max() + 1
    touching = csr_array(
        (np.ones(2 * len(row)), (np.r_[row, column], np.r_[column, row])), shape=(count, count)
    )
    touching.data[:] = 1  # csr_array has added up pixels that touch in several places
    return touching
