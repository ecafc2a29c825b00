"""What `classical.welsh2002` promises."""

import numpy as np

from colorlib.classical import welsh
from colorlib.classical.welsh2002 import jittered
from helpers.examples import scene


def test_welsh_takes_colours_by_lightness_and_by_texture():
    halves = np.tile([30.0, 40, 20], (20, 40, 1))
    halves[:, 20:] = [70, -10, -30]
    ab = welsh(halves[..., 0], halves[:, ::-1])
    np.testing.assert_allclose(ab, halves[..., 1:], atol=1e-6)  # wherever they are in the reference
    truth, reference = scene(0, trees=15), scene(1, trees=28)
    ab = welsh(truth[..., 0], reference)
    right = np.linalg.norm(ab - truth[..., 1:], axis=-1) < 15
    assert right[:22].mean() > 0.99, "a sky as light as the trees is still smooth"
    assert right[-12:].mean() > 0.9


def test_samples_come_one_from_each_cell():
    rows, columns = jittered((60, 90), 54, np.random.default_rng(0))
    cells = rows // 10 * 9 + columns // 10
    np.testing.assert_array_equal(np.sort(cells), np.arange(54))
    rows, columns = jittered((3, 4), 500, np.random.default_rng(0))
    np.testing.assert_array_equal(rows * 4 + columns, np.arange(12))
