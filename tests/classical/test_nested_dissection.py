"""What `classical.nested_dissection` promises."""

import numpy as np
import pytest
from scipy.sparse import csc_array, diags_array
from scipy.sparse.linalg import spsolve

from colorlib.classical import marks, points_from_truth, propagate
from colorlib.classical.affinity import STEPS, graph, likeness, pairs
from colorlib.classical.arrays import lab_pixels
from colorlib.classical.nested_dissection import solve_picture
from colorlib.classical.sparse_lu import solve_with_lu
from colorlib.data.sources import package_photographs


def random_system(shape: tuple[int, int], seed: int = 0) -> tuple[np.ndarray, list[np.ndarray], np.ndarray]:
    """Ties over nine orders of magnitude, some missing; a little more on the diagonal than their sum."""
    rng = np.random.default_rng(seed)
    ties, diagonal = [], np.full(shape, 1e-3)
    for here, there in pairs(shape):
        tie = np.zeros(shape)
        drawn = 10 ** rng.uniform(-9, 0, shape) * (rng.random(shape) < 0.8)
        tie[here] = drawn[here]
        diagonal[here] += tie[here]
        diagonal[there] += tie[here]
        ties.append(tie)
    return diagonal, ties, rng.normal(size=(*shape, 2)) * diagonal[..., None]


@pytest.mark.parametrize("shape", [(1, 1), (1, 50), (50, 1), (2, 2), (9, 10), (17, 9), (40, 41), (8, 130), (131, 70)])
def test_the_dissection_solves_what_a_general_solver_solves(shape):
    system = random_system(shape)
    expected = solve_with_lu(*system)
    result = solve_picture(*system)
    assert result.dtype == np.float32
    np.testing.assert_allclose(result, expected, atol=1e-5 * abs(expected).max())


def test_levin_on_a_photograph_is_the_textbook_answer():
    """Rows that sum to one, the identity for marked pixels: as the paper writes it, channel after channel."""
    lab = lab_pixels(package_photographs()["coffee"], 180)
    L, ab = lab[..., 0], lab[..., 1:]
    marked, values = points_from_truth(ab, 50)
    weights = graph(likeness(L))
    free = diags_array((~marked).ravel().astype(float))
    rows = csc_array(diags_array(np.ones(L.size)) - free @ diags_array(1 / weights.sum(axis=1)) @ weights)
    expected = np.stack([spsolve(rows, values[..., c].ravel()) for c in range(2)], axis=-1).reshape(ab.shape)
    np.testing.assert_allclose(propagate(L, marked, values), expected, atol=1e-3)


def test_ten_channels_are_solved_as_one_is():
    rng = np.random.default_rng(0)
    L, marked = rng.uniform(20, 80, (30, 34)), rng.random((30, 34)) < 0.05
    values = rng.normal(size=(30, 34, 10))
    together = propagate(L, marked, values)
    np.testing.assert_allclose(together[..., 3:4], propagate(L, marked, values[..., 3:4]), atol=1e-5)


def test_a_walled_in_pixel_still_gets_a_colour():
    L = np.full((9, 9), 20.0)
    L[3:6, 3:6] = 90
    marked, values = marks(L.shape, [([[0, 0]], (30, -20))])
    np.testing.assert_allclose(propagate(L, marked, values), np.broadcast_to([30, -20], (9, 9, 2)), atol=1e-2)


def test_the_weights_of_pairs_are_those_of_the_graph():
    L = np.random.default_rng(0).uniform(0, 100, (5, 6))
    weights = likeness(L)
    dense = graph(weights).toarray()
    for weight, (down, right) in zip(weights, STEPS, strict=True):
        assert dense[2 * 6 + 3, (2 + down) * 6 + 3 + right] == weight[2, 3]
    assert np.count_nonzero(weights[0][:, -1]) == np.count_nonzero(weights[2][-1]) == 0
