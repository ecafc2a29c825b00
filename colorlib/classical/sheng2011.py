"""Colour by texture: where the pattern is the same, however turned, the colour is.

A Gabor filter answers to stripes of one width in one direction. A bank of them, some widths and
some directions, describes a texture, but grass that is mown along is described otherwise than grass
that is mown across. Turning the picture only moves the answers round the circle of directions. The
magnitudes of their Fourier coefficients along that circle do not notice: they say how strong
stripes of that width are, and how much they agree in direction, and not which direction it is.
"""

import numpy as np
from numpy.typing import ArrayLike
from scipy.ndimage import gaussian_filter
from scipy.sparse import csr_array, diags_array
from scipy.sparse.linalg import cg
from scipy.spatial import cKDTree

from colorlib.classical.levin2004 import propagate
from colorlib.classical.reference import checked_reference, texture
from colorlib.classical.welsh2002 import jittered

__all__ = ["gabor_energies", "rotation_invariant", "sheng"]

WIDTHS = (3.0, 5.0, 9.0, 16.0)  # pixels from stripe to stripe
DIRECTIONS = 8  # over half a turn
HARMONICS = 3  # stripes, their one direction, their crossings
NODES = 3000  # pixels of each picture that take part in the feature space
NEIGHBOURS, ANCHORS = 8, 4  # of a node: the nearest among all, and the nearest of known colour


def gabor_energies(L: ArrayLike) -> np.ndarray:
    """How strongly the surroundings of each pixel are striped, by width and by direction.

    Each filter is a Gaussian in the plane of frequencies, one octave wide, at the frequency and the
    direction that it answers to. The magnitude of the answer is averaged over about one stripe.

    Parameters
    ----------
    L : array_like, (H, W)
        Lightness in [0, 100].

    Returns
    -------
    ndarray, (4, 8, H, W)
        In units of lightness: stripes of 3, 5, 9 and 16 pixels in eight directions over half a
        turn, float64.

    Raises
    ------
    ValueError
        If the shape is wrong or a number is not finite.

    References
    ----------
    Sheng et al. 2011 and Gupta et al. 2012 (Gabor features); Daugman 1985 (the filter).
    """
    L = np.asarray(L, dtype=np.float64)
    if L.ndim != 2 or 0 in L.shape:
        raise ValueError(f"L must be (H, W), not {L.shape}")
    if not np.isfinite(L).all():
        raise ValueError("L holds numbers that are not finite")
    margin = int(2 * WIDTHS[-1])
    spectrum = np.fft.fft2(np.pad(L - L.mean(), margin, mode="symmetric"))
    down, across = np.meshgrid(*map(np.fft.fftfreq, spectrum.shape), indexing="ij")
    energies = np.empty((len(WIDTHS), DIRECTIONS, *L.shape))
    for i, width in enumerate(WIDTHS):
        for j, angle in enumerate(np.arange(DIRECTIONS) * np.pi / DIRECTIONS):
            off = (down - np.sin(angle) / width) ** 2 + (across - np.cos(angle) / width) ** 2
            answer = np.fft.ifft2(spectrum * np.exp(-2 * (0.56 * np.pi * width) ** 2 * off))
            energies[i, j] = gaussian_filter(2 * abs(answer), width / 2)[
                margin:-margin, margin:-margin
            ]
    return energies


def rotation_invariant(L: ArrayLike) -> np.ndarray:
    """Features of each pixel that stay the same when the picture is turned.

    Lightness, its mean over some pixels around, its deviation, and for each width of stripes three
    magnitudes of the Fourier transform along the directions.

    Parameters
    ----------
    L : array_like, (H, W)
        Lightness in [0, 100].

    Returns
    -------
    ndarray, (H, W, 15)
        In units of lightness, float64.

    Raises
    ------
    ValueError
        If the shape is wrong or a number is not finite.

    References
    ----------
    Sheng et al. 2011 (a feature space of Gabor filters that does not depend on rotation).
    """
    energies = gabor_energies(L)
    L = np.asarray(L, dtype=np.float64)
    magnitudes = abs(np.fft.rfft(energies, axis=1))[:, :HARMONICS] / DIRECTIONS
    return np.stack(
        [L, gaussian_filter(L, 2), texture(L), *magnitudes.reshape(-1, *L.shape)], axis=-1
    )


def sheng(L: ArrayLike, reference_lab: ArrayLike, seed: int = 0) -> np.ndarray:
    """Colour alike what looks alike in a reference and in the picture itself.

    Some thousand pixels of both pictures are nodes of a graph. Neighbours in it are pixels with
    similar features, wherever they are. The nodes of the reference know their colours; each other
    node shall have the weighted mean of its neighbours', as in Levin's system, with feature space
    in place of the picture. From the nodes the colours spread along similar lightness.

    From L (H, W) in [0, 100] and a CIE Lab photograph (H2, W2, 3) of any size: a and b (H, W, 2) in
    CIE units, float32. Raises ValueError as `checked_reference` does.

    Parameters
    ----------
    seed : int
        Of the random choice of nodes.

    References
    ----------
    Sheng et al. 2011 (optimization in the feature space); Levin et al. 2004, eq. (1) (the cost).
    Working on some of the pixels, and spreading from them, is ours.
    """
    L, reference = checked_reference(L, reference_lab)
    rng = np.random.default_rng(seed)
    places, known = jittered(L.shape, NODES, rng), jittered(reference.shape, NODES, rng)
    features = np.concatenate(
        [rotation_invariant(L)[places], rotation_invariant(reference[..., 0])[known]]
    )
    features = _compressed(features)
    marked, values = np.zeros(L.shape, dtype=bool), np.zeros((*L.shape, 2))
    marked[places] = True
    values[places] = _solved(features, reference[known][:, 1:])
    return propagate(L, marked, values)


def _compressed(features: np.ndarray) -> np.ndarray:
    """Scale the features: lightness in tens, square roots of energies, lest strong edges rule."""
    return np.concatenate([features[:, :2] / 10, np.sqrt(features[:, 2:])], axis=1)


def _solved(features: np.ndarray, colors: np.ndarray) -> np.ndarray:
    """Colours of the first nodes, given features of all and colours (known, 2) of the last."""
    free = len(features) - len(colors)
    distance, neighbour = cKDTree(features).query(
        features[:free], k=min(NEIGHBOURS + 1, len(features))
    )
    far, anchor = cKDTree(features[free:]).query(
        features[:free], k=np.arange(1, min(ANCHORS, len(colors)) + 1)
    )
    distance, neighbour = np.hstack([distance, far]), np.hstack([neighbour, anchor + free])
    scale = np.maximum(distance[:, 1:].mean(axis=1, keepdims=True), 1e-6)
    weights = np.exp(-((distance / scale) ** 2) / 2)
    row = np.repeat(np.arange(free), distance.shape[1])
    graph = csr_array((weights.ravel(), (row, neighbour.ravel())), shape=(free, len(features)))
    inner, outer = graph[:, :free], graph[:, free:]
    inner = (inner + inner.T) / 2  # both ends of a pair see one weight, and the system is symmetric
    system = diags_array(inner.sum(axis=1) + outer.sum(axis=1)) - inner
    right = outer @ colors
    return np.stack([cg(system, channel, rtol=1e-6)[0] for channel in right.T], axis=1)
