"""Colour by neighbourhoods: each pixel takes the colour of its like in a reference.

Two numbers describe a pixel: its lightness, and how rough its surroundings are. Sky and sand can be
equally light; only one of them is smooth. A few hundred samples of the reference are enough, when
they come from everywhere in it.
"""

import numpy as np
from numpy.typing import ArrayLike
from scipy.spatial import cKDTree

from colorlib.classical.reference import checked_reference, texture

__all__ = ["jittered", "welsh"]

SAMPLES = 200


def welsh(L: ArrayLike, reference_lab: ArrayLike, seed: int = 0) -> np.ndarray:
    """Colour each pixel like the sample of a reference nearest in lightness and texture.

    About 200 pixels of the reference are drawn, one from each cell of a grid. A pixel's match is
    the sample with the smallest sum of the differences in lightness and in the deviation of
    lightness around it, both weighing one half. Only a and b are taken from it: the lightness of
    the picture stays.

    From L (H, W) in [0, 100] and a CIE Lab photograph (H2, W2, 3) of any size: a and b (H, W, 2) in
    CIE units, float32. Raises ValueError as `checked_reference` does.

    Parameters
    ----------
    seed : int
        Of the random places in the grid.

    References
    ----------
    Welsh, Ashikhmin and Mueller 2002 (global matching; without swatches).
    """
    L, reference = checked_reference(L, reference_lab)
    places = jittered(reference.shape, SAMPLES, np.random.default_rng(seed))
    samples = np.stack([reference[..., 0], texture(reference[..., 0])], axis=-1)[places]
    pixels = np.stack([L, texture(L)], axis=-1).reshape(-1, 2)
    # p=1 adds the two differences; that each weighs one half changes no comparison.
    _, nearest = cKDTree(samples).query(pixels, p=1)
    return reference[places][nearest, 1:].reshape(*L.shape, 2).astype(np.float32)


def jittered(
    shape: tuple[int, ...], count: int, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Draw about `count` pixels of a picture: a random one in each cell of a square grid.

    Drawn like this the samples are nowhere crowded, as purely random ones are, and miss no part of
    the picture.

    Parameters
    ----------
    shape : tuple of int
        Of the picture: height and width in pixels, and what follows them.
    count : int
        How many to aim for. A small picture has fewer.

    Returns
    -------
    tuple of ndarray
        Rows and columns, ready to index with.

    References
    ----------
    Welsh, Ashikhmin and Mueller 2002 (jittered sampling).
    """
    height, width = shape[:2]
    cell = max(1.0, np.sqrt(height * width / count))
    down, across = max(1, round(height / cell)), max(1, round(width / cell))
    rows = (np.arange(down)[:, None] + rng.random((down, across))) * height / down
    columns = (np.arange(across) + rng.random((down, across))) * width / across
    return rows.astype(int).ravel(), columns.astype(int).ravel()
