"""What `classical.reinhard2001` promises."""

import numpy as np
import pytest

from colorlib.classical import reinhard
from helpers.examples import photograph


def test_reinhard_solved_by_hand():
    # a of the reference: mean 20, deviation 10, rising with lightness; b: mean -5, deviation 15, falling.
    reference = np.array([[[20.0, 10, 10], [80, 30, -20]]])
    ab = reinhard(np.array([[0.0, 100, 50]]), reference)
    deviation = np.sqrt(5000 / 3)
    np.testing.assert_allclose(ab[0, :, 0], [20 - 500 / deviation, 20 + 500 / deviation, 20], rtol=1e-6)
    np.testing.assert_allclose(ab[0, :, 1], [-5 + 750 / deviation, -5 - 750 / deviation, -5], rtol=1e-6)


@pytest.mark.parametrize("name", ["astronaut", "china", "rocket"])
def test_reinhard_matches_mean_and_deviation_exactly(name):
    reference = photograph("coffee")
    ab = reinhard(photograph(name)[..., 0], reference).astype(np.float64)
    np.testing.assert_allclose(ab.mean(axis=(0, 1)), reference[..., 1:].mean(axis=(0, 1)), atol=1e-4)
    np.testing.assert_allclose(ab.std(axis=(0, 1)), reference[..., 1:].std(axis=(0, 1)), atol=1e-4)
