"""What `color.display` promises."""

import numpy as np
import pytest
import torch

from colorlib.color import display, gamut
from colorlib.color import lab as color
from colorlib.color.fast import lab_of_pixels, lightness_of_pixels
from colorlib.data.sources import package_photographs
from colorlib.images.decode import open_rgb


def differences(L, a, b):
    """How far 8-bit pixels are from the exact ones, and which of them no screen shows as they are."""
    lab = torch.from_numpy(np.stack([L, a, b]))[None]
    exact = color.lab_to_rgb(gamut.fit_gamut(lab))[0].permute(1, 2, 0).numpy()
    levels = display.displayed_bytes(L, a, b)
    assert levels.dtype == np.uint8
    assert np.abs(display.displayed_rgb(L, a, b) * 255 - levels).max() < 0.6
    return np.abs(levels - np.rint(exact * 255)).max(axis=-1), ~gamut.in_gamut(lab)[0, 0].numpy()


@pytest.mark.parametrize("strength", [2, 30, 100, 1000])
@pytest.mark.parametrize("darkest", [0, 90])
def test_the_quick_way_to_displayable_colours_is_the_plain_one(strength, darkest):
    rng = np.random.default_rng(0)
    L = rng.uniform(darkest, darkest + (10 if darkest else 100), (200, 300)).astype(np.float32)
    a, b = rng.uniform(-strength, strength, (2, 200, 300)).astype(np.float32)
    wrong, outside = differences(L, a, b)
    assert wrong[~outside].max(initial=0) <= 1
    # Near white, some colours leave the screen's twice on their way from grey: either border is a right answer.
    assert (wrong > 2).mean() < 5e-4


@pytest.mark.parametrize("name", ["coffee", "china", "astronaut"])
def test_vivid_photographs_are_the_plain_ones(name):
    lab = lab_of_pixels(np.asarray(open_rgb(package_photographs()[name]))[::3, ::3])
    L, a, b = (np.ascontiguousarray(plane) for plane in lab.transpose(2, 0, 1))
    wrong, outside = differences(L, 1.4 * a, 1.4 * b)
    assert outside.mean() > 0.01
    assert wrong[~outside].max() <= 1
    assert wrong[outside].max() <= 2


@pytest.mark.parametrize("chroma", [130, 13_000])
def test_a_colour_that_no_screen_shows_keeps_its_lightness(chroma):
    L = np.linspace(0, 100, 101, dtype=np.float32)[:, None].repeat(73, 1)
    hue = np.linspace(0, 2 * np.pi, 73, dtype=np.float32)[None].repeat(101, 0)
    shown = display.displayed_rgb(L, chroma * np.cos(hue), chroma * np.sin(hue))
    assert np.abs(lightness_of_pixels(shown) - L).max() < 0.1
    assert shown.min() >= 0
    assert shown.max() <= 1


@pytest.mark.parametrize("shape", [(1, 1), (1, 4), (4, 1), (2, 2), (40, 30)])
def test_displayable_colours_come_back(shape):
    """However few they are: OpenCV takes the smallest arrays for numbers, if it is let."""
    rgb = np.random.default_rng(0).random((*shape, 3), dtype=np.float32)
    L, a, b = (np.ascontiguousarray(plane) for plane in lab_of_pixels(rgb).transpose(2, 0, 1))
    assert np.abs(display.displayed_rgb(L, a, b) - rgb).max() < 1e-4
    assert np.abs(lightness_of_pixels(display.displayed_rgb(L, 9 * a, 9 * b)) - L).max() < 0.1


def test_inputs_are_left_alone():
    planes = np.random.default_rng(0).uniform(1, 99, (3, 20, 30)).astype(np.float32)
    before = planes.copy()
    display.displayed_bytes(*planes)
    display.displayed_rgb(*planes)
    assert np.array_equal(planes, before)
