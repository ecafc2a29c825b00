"""What `classical.tai2005` promises."""

import numpy as np
import pytest

from colorlib.classical import reinhard, tai
from colorlib.classical.tai2005 import segment
from helpers.examples import error, scene


def test_regions_hang_together():
    """Two grey levels in noise that mixes up a sixth of the pixels: with their neighbours' say, hardly any is wrong."""
    rng = np.random.default_rng(0)
    truth = np.arange(60)[:, None] + np.arange(60) < 60
    features = (np.where(truth, 40.0, 60.0) + rng.normal(0, 10, truth.shape))[..., None]
    memberships = segment(features, regions=2)
    np.testing.assert_allclose(memberships.sum(axis=-1), 1, atol=1e-9)
    assert memberships.min() >= 0
    found = memberships.argmax(axis=-1) == memberships[0, 0].argmax()
    alone = (features[..., 0] < 50) == truth
    assert alone.mean() < 0.85
    assert (found == truth).mean() > 0.95


def test_regions_of_bad_features_are_refused():
    with pytest.raises(ValueError, match=r"features must be \(H, W, C\)"):
        segment(np.zeros((4, 4)))
    with pytest.raises(ValueError, match="not finite"):
        segment(np.full((4, 4, 1), np.nan))
    with pytest.raises(ValueError, match="at least 1, not 0"):
        segment(np.zeros((4, 4, 1)), regions=0)


def test_tai_finds_the_colours_of_each_region_where_reinhard_mixes_them():
    """Sky and trees, in other shares than in the reference."""
    truth, reference = scene(0, trees=10), scene(1, trees=32)
    for lab, trees in ((truth, 10), (reference, 32)):
        lab[-trees:, :, 0] -= 25
    ab = tai(truth[..., 0], reference)
    assert error(ab, truth) < 0.5 * error(reinhard(truth[..., 0], reference), truth)
