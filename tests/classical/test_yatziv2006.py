"""What `classical.yatziv2006` promises."""

import numpy as np
from scipy.sparse.csgraph import dijkstra

from colorlib.classical import blend, distances, marks, points_from_truth, yatziv2006
from colorlib.classical.affinity import STEPS, graph, pairs


def test_distances_are_those_of_the_shortest_paths():
    """Against Dijkstra on the graph of neighbours, on a maze whose paths turn back often."""
    rng = np.random.default_rng(0)
    L = np.full((15, 17), 20.0)
    L[1:13, 2::4] = L[3:, 4::4] = 80
    L += rng.uniform(0, 3, L.shape)
    sources = np.zeros(L.shape, dtype=bool)
    sources[0, 0] = sources[14, 1] = True
    costs = []
    for (down, right), (here, there) in zip(STEPS, pairs(L.shape), strict=True):
        cost = np.zeros(L.shape)
        cost[here] = abs(L[here] - L[there]) + yatziv2006.STEP * np.hypot(down, right)
        costs.append(cost)
    exact = dijkstra(graph(costs), indices=np.flatnonzero(sources), min_only=True).reshape(L.shape)
    result = distances(L, sources)
    assert (result >= exact - 1e-3).all()
    np.testing.assert_allclose(result, exact, atol=yatziv2006.SETTLED)


def test_blending_by_hand():
    """A row of four: distances to each mark are the sums of steps, colours are weighted by distance to the -4."""
    L = np.array([[10.0, 12.0, 15.0, 16.0]])
    marked, values = marks((1, 4), [([[0, 0]], (10, 0)), ([[0, 3]], (0, 20))])
    left, right = np.array([2.05, 5.10]), np.array([4.10, 1.05])
    share = left**-4.0 / (left**-4.0 + right**-4.0)
    expected = share[:, None] * [10, 0] + (1 - share)[:, None] * [0, 20]
    result = blend(L, marked, values)
    np.testing.assert_allclose(result[0, 1:3], expected, rtol=1e-4)
    np.testing.assert_array_equal(result[0, [0, 3]], [[10, 0], [0, 20]])
    softer = blend(L, marked, values, fall=2)
    share = left**-2.0 / (left**-2.0 + right**-2.0)
    np.testing.assert_allclose(softer[0, 1:3, 0], share * 10, rtol=1e-4)


def test_blending_with_many_colours_is_blending_in_groups(monkeypatch):
    monkeypatch.setattr(yatziv2006, "TOGETHER", 24 * 6)
    rng = np.random.default_rng(0)
    L, ab = rng.uniform(30, 60, (20, 24)), rng.normal(0, 20, (20, 24, 2))
    marked, values = points_from_truth(ab, 19)
    result = blend(L, marked, values)
    rows, columns = np.nonzero(marked)
    far = np.stack(
        [distances(L, (np.indices(L.shape) == [[[r]], [[c]]]).all(0)) for r, c in zip(rows, columns, strict=True)]
    )
    weight = np.maximum(far, 1e-6)[..., None] ** -4.0
    expected = (weight * ab[rows, columns][:, None, None]).sum(0) / weight.sum(0)
    np.testing.assert_allclose(result, expected, atol=0.3)
