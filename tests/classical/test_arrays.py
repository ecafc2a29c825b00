"""What `classical.arrays` promises."""

import numpy as np
import pytest

from colorlib.classical.arrays import ab_rms, lab_pixels, painted
from colorlib.data.sources import package_photographs
from colorlib.images.decode import open_rgb
from helpers.examples import photograph


def test_a_photograph_becomes_an_array_and_a_picture_again():
    path = package_photographs()["china"]
    lab = lab_pixels(path)
    rgb = np.asarray(open_rgb(path)) / 255
    assert lab.shape == rgb.shape == (427, 640, 3)
    np.testing.assert_allclose(painted(lab[..., 0], lab[..., 1:]), rgb, atol=2e-3)
    assert photograph("china", 100).shape == (67, 100, 3)
    with pytest.raises(ValueError, match=r"ab \(H, W, 2\), not \(3, 4\) and \(3, 4, 3\)"):
        painted(np.zeros((3, 4)), np.zeros((3, 4, 3)))


def test_the_error_of_grey_is_the_mean_square_of_the_colours():
    ab = photograph("coffee", 32)[..., 1:]
    assert ab_rms(ab, ab) == 0
    assert ab_rms(0, ab) == ab_rms(ab, 0) == pytest.approx(np.sqrt((ab**2).mean()))
