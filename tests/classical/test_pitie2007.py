"""What `classical.pitie2007` promises."""

import numpy as np
import ot
import pytest

from colorlib.classical import match_density, pitie, sliced_distance, welsh
from helpers.examples import photograph


def cloud(seed: int, size: int = 400, channels: int = 3) -> np.ndarray:
    """Colours in two bunches, which no Gaussian describes."""
    rng = np.random.default_rng(seed)
    colours = rng.normal(size=(size, channels)) @ rng.normal(0, 9, (channels, channels)) + rng.normal(0, 20, channels)
    colours[: size // 3] += rng.normal(0, 60, channels)
    return colours


def test_in_one_dimension_the_match_is_the_optimal_transport():
    source, target = cloud(0, 60, 1), cloud(1, 60, 1)
    result = match_density(source, target, rotations=1)
    plan = ot.emd(np.full(60, 1 / 60), np.full(60, 1 / 60), ot.dist(source, target))
    np.testing.assert_allclose(result, 60 * plan @ target, atol=1e-9)
    np.testing.assert_allclose(np.sort(result.ravel()), np.sort(target.ravel()), atol=1e-9)


def test_equal_colours_stay_equal():
    source = np.repeat(cloud(0, 20), 5, axis=0)
    result = match_density(source, cloud(1)).reshape(20, 5, 3)
    np.testing.assert_array_equal(result, np.repeat(result[:, :1], 5, axis=1))


@pytest.mark.parametrize("size", [400, 300])
def test_all_marginals_are_matched_and_more_rotations_match_more(size):
    source, target = cloud(2), cloud(3, size)
    before, few, many = (
        sliced_distance(result, target, seed=9)
        for result in (source, match_density(source, target, 2), match_density(source, target, 40))
    )
    assert many < 0.02 * before
    assert many < 0.2 * few
    assert few < 0.5 * before


def test_the_sliced_distance_is_pots():
    source, target = cloud(4), cloud(5)
    ways = np.random.default_rng(7).normal(size=(3, 32))
    ways /= np.linalg.norm(ways, axis=0)
    expected = ot.sliced_wasserstein_distance(source, target, projections=ways, p=2)
    assert sliced_distance(source, target, directions=32, seed=7) == pytest.approx(expected, rel=1e-6)
    assert sliced_distance(source, source[::-1]) == pytest.approx(0, abs=1e-12)
    assert sliced_distance(source, source + np.array([30, 0, 40])) == pytest.approx(50 / np.sqrt(3), rel=0.15)
    assert sliced_distance(np.repeat(source, 2, axis=0), source) < 0.02 * sliced_distance(source, target)


@pytest.mark.parametrize("name", ["china", "coffee", "flower"])
def test_with_the_truth_as_reference_pitie_leaves_the_marginals_equal(name):
    truth = photograph(name)
    colours = truth[..., 1:].reshape(-1, 2)
    ab = pitie(truth[..., 0], truth).reshape(-1, 2)
    grey = sliced_distance(colours * 0, colours)
    assert sliced_distance(ab, colours) < 0.03 * grey
    assert sliced_distance(welsh(truth[..., 0], truth).reshape(-1, 2), colours) > 2 * sliced_distance(ab, colours)


def test_bad_sets_are_refused():
    for function in (match_density, sliced_distance):
        with pytest.raises(ValueError, match="same channels, not 3 and 2"):
            function(cloud(0), cloud(0, channels=2))
        with pytest.raises(ValueError, match="at least 1, not 0"):
            function(cloud(0), cloud(1), 0)
        with pytest.raises(ValueError, match="not finite"):
            function(cloud(0) * np.nan, cloud(1))
