"""A film is the same whatever runs the network."""

import numpy as np
import pytest

from colorlib.colorize.backends import BACKENDS
from colorlib.colorize.colorizer import Colorizer
from colorlib.film.steady import MODES, SteadyColorizer
from colorlib.film.synthetic import example_clips


@pytest.fixture(scope="module")
def colorizers():
    """One with each backend, at a size that is quick."""
    return [Colorizer.from_pretrained("vivid", size=96, backend=backend, device="cpu") for backend in BACKENDS]


@pytest.mark.parametrize("mode", MODES)
def test_both_backends_give_the_same_film_within_one_level(colorizers, mode):
    clip = example_clips(6, (96, 128))["cut"]
    one, other = ([*SteadyColorizer(colorizer, mode, key_every=2).paint(clip.grey)] for colorizer in colorizers)
    assert len(one) == len(other) == 6
    for number, (left, right) in enumerate(zip(one, other, strict=True)):
        assert np.ptp(left, axis=-1).max() > 20, f"frame {number} has colours"
        assert np.abs(left.astype(int) - right).max() <= 1, f"frame {number}"
