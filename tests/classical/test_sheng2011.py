"""What `classical.sheng2011` promises."""

import numpy as np
import pytest
from scipy.ndimage import rotate

from colorlib.classical import sheng, welsh
from colorlib.classical.sheng2011 import WIDTHS, gabor_energies, rotation_invariant
from helpers.examples import error, photograph


def waves(width: float, degrees: float, size: int = 96) -> np.ndarray:
    """Stripes of amplitude 10 around a lightness of 50, which run across the given direction."""
    rows, columns = np.mgrid[:size, :size] - size // 2
    angle = np.radians(degrees)
    return 50 + 10 * np.cos(2 * np.pi * (columns * np.cos(angle) + rows * np.sin(angle)) / width)


@pytest.mark.parametrize(("i", "j"), [(1, 0), (2, 3), (3, 4)])
def test_a_gabor_filter_answers_to_its_own_stripes(i, j):
    energies = gabor_energies(waves(WIDTHS[i], 22.5 * j))[..., 40:56, 40:56].mean(axis=(2, 3))
    assert energies[i, j] == pytest.approx(10, rel=0.05)
    assert np.unravel_index(energies.argmax(), energies.shape) == (i, j)
    assert energies[i, (j + 4) % 8] < 0.05
    assert abs(gabor_energies(np.full((20, 30), 70.0))).max() < 1e-9


def test_a_quarter_turn_changes_no_feature_and_thirty_degrees_hardly_one():
    L = photograph("chelsea", 120)[10:74, 20:84, 0]
    features = rotation_invariant(L)
    np.testing.assert_allclose(rotation_invariant(np.rot90(L)), np.rot90(features), atol=1e-8)
    smooth = waves(9, 0) + waves(16, 50) / 2
    turned = rotate(smooth, 30, reshape=False, order=3, mode="reflect")
    middle = np.s_[38:58, 38:58]
    own, other = (rotation_invariant(x)[middle].reshape(-1, 15)[:, 3:].mean(axis=0) for x in (smooth, turned))
    np.testing.assert_allclose(own, other, atol=0.1 * own.max())
    # The energies themselves do change: it is the magnitudes that hold still.
    raw = [gabor_energies(x)[:, :, 38:58, 38:58].mean(axis=(2, 3)) for x in (smooth, turned)]
    assert abs(raw[0] - raw[1]).max() > 0.4 * raw[0].max()


def test_sheng_colours_stripes_however_they_run():
    """Fine stripes are red, coarse ones blue. In the picture both run in another direction than in the reference."""

    def stripes(degrees: float) -> np.ndarray:
        L = np.concatenate([waves(5, degrees, 64), waves(16, degrees, 64)], axis=1)
        ab = np.tile([-20.0, -40], (64, 128, 1))
        ab[:, :64] = [50, 30]
        return np.concatenate([L[..., None], ab], axis=-1)

    truth, reference = stripes(90), stripes(0)[:, ::-1]
    assert error(sheng(truth[..., 0], reference), truth) < 0.35 * error(np.zeros((64, 128, 2)), truth)
    assert error(welsh(truth[..., 0], reference), truth) > error(sheng(truth[..., 0], reference), truth)
