"""What `classical.linear_transport` promises."""

import numpy as np
import pytest

from colorlib.classical import match_mean_covariance, match_mean_deviation, monge_kantorovich


def cloud(seed: int, size: int = 500, channels: int = 3) -> np.ndarray:
    """Colours that go together in some way of their own."""
    rng = np.random.default_rng(seed)
    return rng.normal(size=(size, channels)) @ rng.normal(0, 9, (channels, channels)) + rng.normal(0, 30, channels)


def test_mean_and_deviation_are_matched_exactly():
    source, target = cloud(0), cloud(1, size=300)
    result = match_mean_deviation(source, target)
    np.testing.assert_allclose(result.mean(axis=0), target.mean(axis=0), atol=1e-9)
    np.testing.assert_allclose(result.std(axis=0), target.std(axis=0), atol=1e-9)
    np.testing.assert_allclose(np.corrcoef(result.T), np.corrcoef(source.T), atol=1e-9)  # and nothing else changes


@pytest.mark.parametrize("channels", [1, 2, 3])
def test_mean_and_covariance_are_matched_exactly(channels):
    source, target = cloud(0, channels=channels), cloud(1, size=300, channels=channels)
    result = match_mean_covariance(source, target)
    np.testing.assert_allclose(result.mean(axis=0), target.mean(axis=0), atol=1e-9)
    np.testing.assert_allclose(np.cov(result.T, ddof=0), np.cov(target.T, ddof=0), atol=1e-8)


def test_the_map_is_a_gradient_and_moves_the_colours_least():
    source, target = np.cov(cloud(0).T), np.cov(cloud(1).T)
    matrix = monge_kantorovich(source, target)
    np.testing.assert_allclose(matrix, matrix.T, atol=1e-9)
    assert np.linalg.eigvalsh(matrix).min() > 0
    np.testing.assert_allclose(matrix @ source @ matrix, target, atol=1e-8)
    # Another map with the same covariance, by Cholesky factors, has a larger mean squared movement.
    other = np.linalg.cholesky(target) @ np.linalg.inv(np.linalg.cholesky(source))
    np.testing.assert_allclose(other @ source @ other.T, target, atol=1e-8)

    def moved(m: np.ndarray) -> float:
        return np.trace((m - np.eye(3)) @ source @ (m - np.eye(3)).T)

    assert moved(matrix) < 0.99 * moved(other)


@pytest.mark.parametrize("match", [match_mean_deviation, match_mean_covariance])
def test_a_set_is_left_alone_by_itself_and_a_single_colour_moves(match):
    source = cloud(2)
    np.testing.assert_allclose(match(source, source), source, atol=1e-7)
    np.testing.assert_allclose(match([[5.0, 5.0]], cloud(3, channels=2)), [cloud(3, channels=2).mean(axis=0)])
    np.testing.assert_allclose(match(source, [[1.0, 2.0, 3.0]]), np.tile([1.0, 2.0, 3.0], (500, 1)), atol=1e-9)


@pytest.mark.parametrize("match", [match_mean_deviation, match_mean_covariance])
def test_bad_sets_are_refused(match):
    good = cloud(0)
    for bad, message in [
        (np.zeros((0, 3)), "at least one colour"),
        (np.zeros(3), "must be"),
        (np.full((4, 3), np.inf), "not finite"),
    ]:
        with pytest.raises(ValueError, match=f"source .*{message}"):
            match(bad, good)
        with pytest.raises(ValueError, match=f"target .*{message}"):
            match(good, bad)
    with pytest.raises(ValueError, match="same channels, not 3 and 2"):
        match(good, cloud(0, channels=2))
    with pytest.raises(ValueError, match="square"):
        monge_kantorovich(good, good)
