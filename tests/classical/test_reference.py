"""Colour by example: against cases solved by hand, against what each method promises, against POT."""

import numpy as np
import pytest

from colorlib.classical import BY_EXAMPLE
from colorlib.classical.reference import checked_reference
from helpers.examples import error, photograph

each_method = pytest.mark.parametrize("method", BY_EXAMPLE.values(), ids=lambda method: method.__name__)


@each_method
@pytest.mark.parametrize("shape", [(1, 1), (1, 6), (7, 1), (30, 21)])
def test_any_sizes_go_together_and_no_input_changes(method, shape):
    rng = np.random.default_rng(0)
    for size in [(1, 2), (9, 5), (25, 33)]:
        L = rng.uniform(0, 100, shape)
        reference = np.concatenate([rng.uniform(0, 100, (*size, 1)), rng.normal(9, 30, (*size, 2))], axis=-1)
        before = L.copy(), reference.copy()
        ab = method(L, reference)
        assert ab.shape == (*shape, 2)
        assert ab.dtype == np.float32
        assert np.isfinite(ab).all()
        assert np.isfinite(method(np.full(shape, 40.0), reference)).all()
        np.testing.assert_array_equal(L, before[0])
        np.testing.assert_array_equal(reference, before[1])


@each_method
def test_the_truth_as_reference_beats_grey_and_the_same_call_gives_the_same(method):
    truth = photograph("coffee")
    ab = method(truth[..., 0], truth)
    assert error(ab, truth) < 0.6 * error(np.zeros_like(ab), truth)
    np.testing.assert_array_equal(method(truth[..., 0], truth), ab)


@each_method
def test_another_exposure_of_the_reference_changes_nothing(method):
    """Lightness scaled by a half and shifted: exactly so in binary, so that no tie falls another way."""
    truth = photograph("flower", 64)
    darker = truth * [0.5, 1, 1] + [8, 0, 0]
    apart = abs(method(truth[..., 0], darker) - method(truth[..., 0], truth))
    assert np.quantile(apart, 0.95) < 0.5, "CIE units, which nobody sees"


GOOD = np.concatenate([np.full((4, 4, 1), 50.0), np.random.default_rng(0).normal(0, 30, (4, 4, 2))], axis=-1)


@each_method
def test_bad_input_is_refused(method):
    L = np.full((4, 4), 50.0)
    for reference, message in [
        (GOOD * [1, 0, 0], "the reference has no colour: give"),
        (GOOD * 0 + [50, 30, -20], "the reference has one colour only: give"),
        (np.where(np.arange(3) == 2, np.nan, GOOD), "reference_lab holds numbers that are not finite"),
        (GOOD[..., :2], r"reference_lab must be \(H, W, 3\)"),
        (GOOD[:0], r"reference_lab must be \(H, W, 3\)"),
        (GOOD[None], r"reference_lab must be \(H, W, 3\)"),
    ]:
        with pytest.raises(ValueError, match=message):
            method(L, reference)
    for bad, message in [
        (np.where(np.eye(4), np.nan, L), "L holds numbers that are not finite"),
        (np.where(np.eye(4), np.inf, L), "L holds numbers that are not finite"),
        (L[..., None], r"L must be \(H, W\)"),
        (L[:0], r"L must be \(H, W\)"),
    ]:
        with pytest.raises(ValueError, match=message):
            method(bad, GOOD)


def test_lightness_is_made_comparable_and_colours_are_left_alone():
    L, truth = photograph("china")[..., 0], photograph("coffee")
    _, reference = checked_reference(L, truth)
    assert reference[..., 0].mean() == pytest.approx(L.mean())
    assert reference[..., 0].std() == pytest.approx(L.std())
    np.testing.assert_array_equal(reference[..., 1:], truth[..., 1:])
