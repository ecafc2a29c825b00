"""What `metrics.set_distance` promises."""

import numpy as np
import pytest

from colorlib.metrics import frechet as frechet_room
from colorlib.metrics.set_distance import frechet_interval, set_distance
from helpers.metrics import crops, distance


def test_the_distance_of_two_lines_by_hand():
    """In one dimension it is (m1 - m2)^2 + (s1 - s2)^2: here 3^2 + (sqrt 2 - sqrt 8)^2 = 9 + 2."""
    line = np.array([[0.0], [2.0]])
    assert set_distance(line, 2 * line + 2) == pytest.approx(9 - 0 + 2)


def test_the_distance_is_that_of_torchmetrics(frechet):
    real, fake = crops(60, size=32, seed=1), crops(60, size=32, seed=2).flip(1)
    net = frechet_room.FrechetFeatures()
    a, b = ((net((x * 255).byte() / 255)).numpy() for x in (real, fake))
    assert set_distance(b, a) == pytest.approx(distance(frechet, real, fake), rel=1e-3)
    assert set_distance(a, a) == pytest.approx(0, abs=1e-6)
    with pytest.raises(ValueError, match="at least two"):
        set_distance(a[:1], b)


def test_the_interval_is_as_wide_as_chance_and_repeats():
    """Against the spread of the distance over many draws from the same two Gaussians."""
    rng = np.random.default_rng(0)

    def draw():
        common = rng.normal(size=(200, 3))
        return common, 0.5 * common + rng.normal(size=(200, 3)) + 1

    spread = 1.96 * np.std([set_distance(*draw()) for _ in range(300)])
    widths = []
    for _ in range(10):
        one, other = draw()
        low, high = frechet_interval(one, other)
        assert low < set_distance(one, other) < high
        widths.append((high - low) / 2)
    assert 0.8 < np.mean(widths) / spread < 1.25
    assert frechet_interval(one, other, seed=3) == frechet_interval(one, other, seed=3)
