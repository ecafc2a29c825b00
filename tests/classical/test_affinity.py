"""What `classical.affinity` promises."""

import numpy as np

from colorlib.classical.affinity import graph, likeness


def test_the_weights_are_symmetric_and_never_zero():
    L = np.where(np.random.default_rng(0).random((9, 9)) < 0.5, 0.0, 100.0)
    L[4, 4] = 100 - L[3:6, 3:6].mean().round(-2)
    weights = graph(likeness(L))
    assert abs(weights - weights.T).max() == 0
    assert 0 < weights.data.min() <= weights.data.max() <= 1
    np.testing.assert_array_equal(np.sort(np.unique(np.diff(weights.indptr))), [3, 5, 8])
