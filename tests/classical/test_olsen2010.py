"""Colour from black-and-white exposures: exact without noise, honest with it, and never from too little."""

import numpy as np
import pytest

from colorlib.classical.olsen2010 import (
    EMULSIONS,
    WAVELENGTHS,
    color_prior,
    expose,
    filtered,
    most_likely,
    response,
    solve,
)

PANCHROMATIC = EMULSIONS["panchromatic"]
THREE = response([PANCHROMATIC, filtered(PANCHROMATIC, low=590), filtered(PANCHROMATIC, high=490)])
PLATES = response(list(EMULSIONS.values()))


def picture(seed: int = 0, shape: tuple[int, int] = (40, 50)) -> np.ndarray:
    """Linear light with the correlated channels that photographs have."""
    rng = np.random.default_rng(seed)
    light, warmth, rest = rng.normal(size=(*shape, 1)), rng.normal(size=(*shape, 1)), rng.normal(size=(*shape, 3))
    return 0.4 + light * [0.15, 0.14, 0.12] + warmth * [0.06, 0, -0.06] + 0.03 * rest


def test_an_emulsion_sees_what_its_name_says():
    ordinary, orthochromatic, panchromatic = PLATES
    assert ordinary[2] > 0.9, "blue only"
    assert orthochromatic[0] < 0.1 < orthochromatic[1], "green too, but no red"
    assert panchromatic.min() > 0.25
    np.testing.assert_allclose(PLATES.sum(axis=1), 1)
    red = filtered(PANCHROMATIC, low=590)
    assert red[WAVELENGTHS < 550].max() < 0.01
    assert red[(WAVELENGTHS > 620) & (WAVELENGTHS < 640)].min() > 0.9


@pytest.mark.parametrize("matrix", [THREE, PLATES, np.eye(3), np.vstack([THREE, PLATES])])
def test_without_noise_the_colours_are_exact(matrix):
    truth = picture()
    np.testing.assert_allclose(solve(expose(truth, matrix), matrix), truth, atol=1e-10)


def test_two_by_hand():
    exposures = expose(np.array([[[0.2, 0.4, 0.6]]]), [[1, 0, 0], [0.5, 0.5, 0], [0, 0, 1]])
    np.testing.assert_allclose(exposures.ravel(), [0.2, 0.3, 0.6])
    # Prior: grey 0.5, unit variances, all independent. One exposure of red alone, noise of deviation 1: half of the
    # surprise is believed, and nothing is learned of green and blue.
    prior = color_prior(0.5 + np.sqrt(2.5) * np.vstack([np.eye(3), -np.eye(3)]))
    np.testing.assert_allclose(prior.covariance, np.eye(3), atol=1e-12)
    rgb, deviation = most_likely(np.array([[[0.9]]]), [[1, 0, 0]], 1.0, prior)
    np.testing.assert_allclose(rgb.ravel(), [0.7, 0.5, 0.5])
    np.testing.assert_allclose(deviation, [np.sqrt(0.5), 1, 1])


def test_noise_is_as_strong_as_asked_and_is_amplified_as_the_matrix_says():
    truth = picture(2, (200, 200))
    exposures = expose(truth, PLATES, noise=0.01)
    assert (exposures - expose(truth, PLATES)).std() == pytest.approx(0.01, rel=0.02)
    expected = 0.01 * np.sqrt((np.linalg.inv(PLATES) ** 2).sum(axis=1))
    np.testing.assert_allclose((solve(exposures, PLATES) - truth).std(axis=(0, 1)), expected, rtol=0.02)
    np.testing.assert_array_equal(expose(truth, PLATES, 0.01), exposures)
    assert abs(expose(truth, PLATES, 0.01, seed=1) - exposures).max() > 0


@pytest.mark.parametrize("count", [1, 2, 3])
def test_the_expected_error_is_the_error_and_a_prior_never_hurts(count):
    truth, others = picture(2, (120, 120)), picture(1, (120, 120))
    prior = color_prior(others.reshape(-1, 3))
    matrix = THREE[:count]
    rgb, deviation = most_likely(expose(truth, matrix, 0.03), matrix, 0.03, prior)
    errors = (rgb - truth).std(axis=(0, 1))
    np.testing.assert_allclose(errors, deviation, rtol=0.1)
    assert (errors < truth.std(axis=(0, 1))).all()
    if count == 3:
        assert (errors < (solve(expose(truth, matrix, 0.03), matrix) - truth).std(axis=(0, 1))).all()
    else:
        _, more = most_likely(expose(truth, THREE, 0.03), THREE, 0.03, prior)
        assert (more < deviation).all()


def test_with_little_noise_the_prior_is_not_heard():
    truth = picture()
    prior = color_prior(np.random.default_rng(0).random((50, 3)))
    rgb, _ = most_likely(expose(truth, THREE), THREE, 1e-6, prior)
    np.testing.assert_allclose(rgb, truth, atol=1e-4)


@pytest.mark.parametrize(
    ("matrix", "equations"),
    [(THREE[:2], 2), (THREE[[0, 1, 0]], 2), (np.vstack([THREE[:2], THREE[:2].mean(axis=0)]), 2), (THREE[:1], 1)],
)
def test_exposures_that_say_the_same_are_refused(matrix, equations):
    with pytest.raises(ValueError, match=f"not independent: they give {equations} of the 3 equations"):
        solve(expose(picture(), matrix), matrix)


def test_bad_input_is_refused():
    truth = picture()
    exposures = expose(truth, THREE)
    prior = color_prior(truth.reshape(-1, 3))
    broken = exposures.copy()
    broken[0, 0, 0] = np.nan
    for call, message in [
        (lambda: expose(truth[..., :2], THREE), r"linear_rgb must be \(H, W, 3\)"),
        (lambda: expose(truth * np.inf, THREE), "linear_rgb holds numbers that are not finite"),
        (lambda: expose(truth, THREE[:, :2]), r"the matrix must be \(k, 3\)"),
        (lambda: expose(truth, THREE, -0.1), "noise must be at least 0"),
        (lambda: solve(exposures[:2], THREE), "with a row of the matrix each"),
        (lambda: solve(broken, THREE), "exposures hold numbers that are not finite"),
        (lambda: most_likely(exposures, THREE, 0.0, prior), "noise must be more than 0"),
        (lambda: most_likely(exposures, THREE, 0.1, (prior.mean[:2], prior.covariance)), "the prior must be"),
        (lambda: color_prior(truth), r"linear_rgb must be \(n, 3\)"),
        (lambda: color_prior(np.full((5, 3), np.nan)), "not finite"),
        (lambda: response([PANCHROMATIC[:9]]), r"a sensitivity is \(k, 61\)"),
        (lambda: response([-PANCHROMATIC]), "at least 0 everywhere"),
        (lambda: response([PANCHROMATIC * 0]), "sees none of the light"),
        (lambda: filtered(PANCHROMATIC, low=600, high=500), "not from 600 to 500 nm"),
    ]:
        with pytest.raises(ValueError, match=message):
            call()
