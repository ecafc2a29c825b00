"""What `classical.levin2004_film` promises."""

import numpy as np
import pytest

from colorlib.classical import (
    points_from_truth,
    propagate,
    propagate_film,
)


def moving_square() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A bright square that moves three pixels to the right in each of four frames; its place, and its flow."""
    L, square = np.full((4, 20, 30), 30.0), np.zeros((4, 20, 30), dtype=bool)
    flow = np.zeros((3, 20, 30, 2))
    for t in range(4):
        square[t, 7:13, 4 + 3 * t : 10 + 3 * t] = True
        if t < 3:
            flow[t, 7:13, 4 + 3 * t : 10 + 3 * t, 1] = 3
    L[square] = 70
    return L, square, flow


def test_one_frame_of_a_film_is_a_picture():
    L = np.random.default_rng(0).uniform(20, 80, (14, 15))
    marked, values = points_from_truth(np.random.default_rng(1).normal(0, 20, (14, 15, 2)), 8)
    alone = propagate_film(L[None], marked[None], values[None])
    np.testing.assert_allclose(alone[0], propagate(L, marked, values), atol=1e-3)


def test_colours_given_in_the_first_frame_reach_the_last():
    L, square, flow = moving_square()
    marked, values = np.zeros(L.shape, dtype=bool), np.zeros((*L.shape, 1))
    marked[0, 9, 6] = marked[0, 2, 2] = True
    values[0, 9, 6], values[0, 2, 2] = 50, -10
    for motion in (None, flow):
        result = propagate_film(L, marked, values, motion)[..., 0]
        assert result.shape == L.shape
        assert result[square].min() > 45
        assert result[~square].max() < -5


def test_what_jumps_is_followed_only_along_its_flow():
    L, square, _ = moving_square()
    L, square = L[[0, 3]], square[[0, 3]]  # nine pixels further: no overlap any more
    flow = np.where(square[:1, ..., None], [0.0, 9.0], 0.0)
    marked, values = np.zeros(L.shape, dtype=bool), np.zeros((*L.shape, 1))
    marked[0, 9, 6] = marked[0, 2, 2] = True
    values[0, 9, 6], values[0, 2, 2] = 50, -10
    followed, lost = propagate_film(L, marked, values, flow)[1], propagate_film(L, marked, values)[1]
    assert followed[square[1]].min() > 45
    assert lost[square[1]].max() < 45
    with pytest.raises(ValueError, match=r"flow must be \(T - 1, H, W, 2\)"):
        propagate_film(L, marked, values, flow[0])
    with pytest.raises(ValueError, match="flow must be finite"):
        propagate_film(L, marked, values, flow * np.nan)
    with pytest.raises(ValueError, match=r"L must be \(T, H, W\)"):
        propagate_film(L[0], marked[0], values[0])
