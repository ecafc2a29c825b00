"""What `film.shadows` promises: colour fades out where it is dark, and nowhere else."""

import numpy as np

from colorlib.colorize.colorizer import Colorizer
from colorlib.film.shadows import FADE, faded
from colorlib.film.steadiness import chroma
from colorlib.film.steady import SteadyColorizer
from helpers.steady import Boiling


def test_colours_are_whole_above_and_gone_in_black():
    ab = np.full((20, 60, 2), 12, np.float32)
    L = np.repeat(np.float32([0, FADE / 2, FADE, 60]), 15)[None].repeat(20, axis=0)
    found = faded(ab, L)[10, [3, 22, 40, 52], 0]  # in the middle of each part
    assert found[0] < 0.1
    assert 4 < found[1] < 8
    assert found[2] > 11
    assert found[3] == 12


def test_grain_in_a_shadow_is_no_reason_to_blink():
    random = np.random.default_rng(0)
    L = (4 + random.normal(0, 3, (40, 40))).clip(0).astype(np.float32)
    parts = faded(np.ones((40, 40, 2), np.float32), L)[..., 0]
    assert parts.std() < 0.1


def test_a_film_in_the_dark_is_paler_and_one_in_the_light_is_not(monkeypatch):
    network = Colorizer(Boiling(0), size=64, flip=False, saturation=0.2)

    def mean_chroma(level):
        film = np.full((2, 64, 80), level, np.uint8)
        return np.linalg.norm(chroma(np.stack(list(SteadyColorizer(network).paint(film)))), axis=-1).mean()

    faded_ones = [mean_chroma(level) for level in (12, 120)]
    monkeypatch.setattr("colorlib.film.steady.faded", lambda ab, L: ab)
    whole = [mean_chroma(level) for level in (12, 120)]
    assert faded_ones[0] < 0.8 * whole[0]
    assert faded_ones[1] == whole[1]
