"""Colour by neighbourhoods: each pixel takes the colour of the pixel in the reference that looks most like it.

Two numbers describe a pixel: its lightness, and how rough its surroundings are. Sky and sand can be equally light;
only one of them is smooth. A few hundred samples of the reference are enough, when they come from everywhere in it.
"""

import numpy as np
from numpy.typing import ArrayLike
from scipy.spatial import cKDTree

from colorlib.classical.reference import checked_reference, texture

__all__ = ["jittered", "welsh"]

SAMPLES = 200


def welsh(L: ArrayLike, reference_lab: ArrayLike, seed: int = 0) -> np.ndarray:
    """Colour each pixel like the sample of a reference that agrees best in lightness and in texture.

    About 200 pixels of the reference are drawn, one from each cell of a grid. A pixel's match is the sample with the
    smallest sum of the differences in lightness and in the deviation of lightness around it, both weighing one half.
    Only a and b are taken from it: the lightness of the picture stays.

    Parameters
    ----------
    L : array_like, (H, W)
        Lightness in [0, 100].
    reference_lab : array_like, (H2, W2, 3)
        A photograph in colour, CIE Lab, of any size.
    seed : int
        Of the random places in the grid.

    Returns
    -------
    ndarray, (H, W, 2)
        a and b in CIE units, float32.

    Raises
    ------
    ValueError
        If a shape is wrong, a number is not finite, or the reference is grey or has one colour only.

    References
    ----------
    Welsh, Ashikhmin and Mueller 2002 (global matching; without swatches).
    """
    L, reference = checked_reference(L, reference_lab)
    places = jittered(*reference.shape[:2], SAMPLES, np.random.default_rng(seed))
    samples = np.stack([reference[..., 0], texture(reference[..., 0])], axis=-1)[places]
    pixels = np.stack([L, texture(L)], axis=-1).reshape(-1, 2)
    # p=1 adds the two differences; that each weighs one half changes no comparison.
    _, nearest = cKDTree(samples).query(pixels, p=1)
    return reference[places][nearest, 1:].reshape(*L.shape, 2).astype(np.float32)


def jittered(height: int, width: int, count: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """About `count` pixels of a picture: one at a random place in each cell of a grid with square cells.

    Drawn like this the samples are nowhere crowded, as purely random ones are, and miss no part of the picture.

    Parameters
    ----------
    height, width : int
        Of the picture, in pixels.
    count : int
        How many to aim for. A small picture has fewer.
    rng : numpy.random.Generator

    Returns
    -------
    tuple of ndarray
        Rows and columns, ready to index with.

    References
    ----------
    Welsh, Ashikhmin and Mueller 2002 (jittered sampling).
    """
    cell = max(1.0, np.sqrt(height * width / count))
    down, across = max(1, round(height / cell)), max(1, round(width / cell))
    rows = (np.arange(down)[:, None] + rng.random((down, across))) * height / down
    columns = (np.arange(across) + rng.random((down, across))) * width / across
    return rows.astype(int).ravel(), columns.astype(int).ravel()
