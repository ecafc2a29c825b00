"""What came before the networks: scribbles against cases solved by hand, transfer against its own definition."""

from math import exp, sqrt

import numpy as np
import pytest
from scipy.sparse import csr_array, diags_array, eye_array
from scipy.sparse.linalg import spsolve

from colorlib.classical import propagate
from colorlib.classical.affinity import SHARPNESS, graph, likeness


def marks(shape: tuple[int, int], known: dict[tuple[int, int], float]) -> tuple[np.ndarray, np.ndarray]:
    """Marked pixels and their values, one channel."""
    marked, values = np.zeros(shape, dtype=bool), np.full((*shape, 1), np.nan)
    for place, value in known.items():
        marked[place], values[place] = True, value
    return marked, values


def squares(seed: int = 0) -> np.ndarray:
    """A grainy lightness with a bright square on a dark ground."""
    L = np.random.default_rng(seed).normal(30, 3, (24, 31))
    L[6:18, 8:20] += 40
    return L


def test_a_row_of_three_solved_by_hand():
    L = np.array([[20.0, 30.0, 60.0]])
    # Windows mirrored at the border: (20, 20, 30), (20, 30, 60), (30, 60, 60); means 70/3, 110/3, 50.
    deviations = [sqrt(200 / 9), sqrt(2600 / 9), sqrt(200)]
    left = exp(-(10**2) / (SHARPNESS * deviations[0] * deviations[1]))
    right = exp(-(30**2) / (SHARPNESS * deviations[1] * deviations[2]))
    expected = (left * 8 + right * -4) / (left + right)
    result = propagate(L, *marks((1, 3), {(0, 0): 8, (0, 2): -4}))
    assert result.dtype == np.float32
    np.testing.assert_allclose(result[0, :, 0], [8, expected, -4], rtol=1e-5)
    faded = propagate(L, *marks((1, 3), {(0, 0): 8, (0, 2): -4}), pull=0.25)
    np.testing.assert_allclose(faded[0, :, 0], [8, expected / 1.25, -4], rtol=1e-5)


def test_even_lightness_gives_the_mean_of_eight_neighbours():
    result = propagate(np.full((3, 3), 70.0), *marks((3, 3), {(0, 0): 9, (0, 1): 0, (0, 2): 0, (1, 0): 0, (2, 2): 0}))
    # Unknown: the centre c, right r, and the lower row's p, q. Each is the mean of its own neighbours.
    c, r, p, q = result[1, 1, 0], result[1, 2, 0], result[2, 0, 0], result[2, 1, 0]
    assert c == pytest.approx((9 + r + p + q) / 8, abs=1e-5)
    assert r == pytest.approx((c + q) / 5, abs=1e-5)
    assert p == pytest.approx((c + q) / 3, abs=1e-5)
    assert q == pytest.approx((c + r + p) / 5, abs=1e-5)


def test_it_is_the_textbook_system():
    """Rows that sum to one, marked rows replaced by the identity, no symmetry used: the same colours."""
    L = squares()
    rng = np.random.default_rng(1)
    marked, values = rng.random(L.shape) < 0.02, rng.normal(0, 30, (*L.shape, 2))
    weights = graph(likeness(L))
    free = diags_array((~marked).ravel().astype(float))
    rows = csr_array(eye_array(L.size) - free @ diags_array(1 / weights.sum(axis=1)) @ weights)
    expected = spsolve(rows, np.where(marked[..., None], values, 0).reshape(-1, 2)).reshape(values.shape)
    np.testing.assert_allclose(propagate(L, marked, values), expected, atol=1e-3)


def test_one_mark_fills_the_picture_and_a_constant_stays():
    L = squares()
    np.testing.assert_allclose(propagate(L, *marks(L.shape, {(3, 4): 17})), 17, atol=1e-4)
    np.testing.assert_allclose(propagate(L, *marks(L.shape, {(3, 4): 17, (10, 10): 17, (23, 30): 17})), 17, atol=1e-4)


def test_values_stay_between_the_marked_ones():
    L = squares()
    result = propagate(L, *marks(L.shape, {(0, 0): -50, (10, 10): 60, (23, 5): 5}))
    assert -50 - 1e-4 <= result.min() < result.max() <= 60 + 1e-4


def test_no_colour_crosses_a_hard_edge():
    L = np.full((20, 30), 25.0)
    L[:, 15:] = 75
    result = propagate(L, *marks(L.shape, {(10, 3): 40, (10, 26): -40}))[..., 0]
    assert result[:, :15].min() > 39
    assert result[:, 15:].max() < -39


def test_what_fades_reaches_as_far_as_the_pull_says():
    """From a marked line the values fall by e per length, the same at every size."""
    marked = np.zeros((5, 400), dtype=bool)
    marked[:, 0] = True
    pull = 0.61**2 / 40**2
    line = propagate(np.full((5, 400), 50.0), marked, np.ones((5, 400, 1)), pull)[2, :, 0]
    # Along a line the walk is one-dimensional: 3 of 4 steps move, in a channel as wide as the picture.
    assert line[40] == pytest.approx(exp(-1), rel=0.05)
    assert line[120] == pytest.approx(exp(-3), rel=0.1)


def test_all_marked_and_a_single_pixel():
    values = np.arange(12.0).reshape(2, 3, 2)
    np.testing.assert_array_equal(propagate(np.ones((2, 3)), np.ones((2, 3), dtype=bool), values), values)
    assert propagate(np.ones((1, 1)), np.ones((1, 1), dtype=bool), np.full((1, 1, 1), 4.0)).item() == 4


L4, MARKED4, VALUES4 = np.full((4, 4), 50.0), np.eye(4, dtype=bool), np.zeros((4, 4, 2))


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"marked": np.zeros((4, 4), dtype=bool)}, "no pixel is marked"),
        ({"marked": np.eye(5, dtype=bool)}, r"marked must be bool of L's shape \(4, 4\), not bool \(5, 5\)"),
        ({"marked": np.eye(4)}, "marked must be bool"),
        ({"values": np.zeros((4, 4))}, "values must be"),
        ({"values": np.zeros((3, 4, 2))}, "values must be"),
        ({"values": np.full((4, 4, 2), np.nan)}, "finite"),
        ({"L": np.where(MARKED4, np.nan, 5)}, "finite"),
        ({"L": np.zeros((1, 4, 4))}, r"L must be \(H, W\)"),
        ({"L": np.zeros((0, 4))}, r"L must be \(H, W\)"),
        ({"pull": -0.1}, "pull must be at least 0"),
        ({"pull": float("nan")}, "pull must be at least 0"),
    ],
)
def test_bad_scribbles_are_refused(changed, message):
    with pytest.raises(ValueError, match=message):
        propagate(**({"L": L4, "marked": MARKED4, "values": VALUES4} | changed))
