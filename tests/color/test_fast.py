"""What `color.fast` promises."""

import numpy as np
import pytest
import torch

from colorlib.color import fast, gamut
from colorlib.color import lab as color


def planes_of(lab):
    """The three planes of a tensor (1, 3, H, W)."""
    return [plane.copy() for plane in lab[0].numpy()]


def test_the_quick_way_to_displayable_colours_is_the_plain_one():
    torch.manual_seed(0)
    lab = torch.stack([torch.rand(180, 80) * 100, *(torch.rand(2, 180, 80) * 200 - 100)])[None]
    lab[:, 1:, 90:] /= 20
    plain = color.lab_to_rgb(gamut.fit_gamut(lab))[0].permute(1, 2, 0).numpy()
    assert np.abs(fast.displayed_rgb(*planes_of(lab)) - plain).max() < 2e-4
    levels = fast.displayed_bytes(*planes_of(lab))
    assert levels.dtype == np.uint8
    assert np.abs(levels - plain * 255).max() < 0.6


def test_a_colour_that_no_screen_shows_keeps_its_lightness():
    L = np.linspace(0, 100, 101, dtype=np.float32)[:, None].repeat(73, 1)
    hue = np.linspace(0, 2 * np.pi, 73, dtype=np.float32)[None].repeat(101, 0)
    shown = fast.displayed_rgb(L, 130 * np.cos(hue), 130 * np.sin(hue))
    assert np.abs(fast.lightness_of_pixels(shown) - L).max() < 0.1
    assert shown.min() >= 0
    assert shown.max() <= 1


def test_displayable_colours_come_back():
    rgb = np.random.default_rng(0).random((40, 30, 3), dtype=np.float32)
    lab = fast.lab_of_pixels(rgb)
    back = fast.displayed_rgb(*(np.ascontiguousarray(plane) for plane in lab.transpose(2, 0, 1)))
    assert np.abs(back - rgb).max() < 1e-4


@pytest.mark.parametrize(("dtype", "full"), [(np.uint8, 255), (np.uint16, 65535), (np.float32, 1)])
def test_lightness_and_lab_are_those_of_the_tensors(dtype, full):
    rng = np.random.default_rng(0)
    values = (
        rng.random((60, 50, 3)).astype(dtype) if full == 1 else rng.integers(0, full + 1, (60, 50, 3)).astype(dtype)
    )
    values[0], values[1] = 0, full
    floats = torch.from_numpy(values / full).double().permute(2, 0, 1)[None]
    wanted = color.rgb_to_lab(floats)[0].permute(1, 2, 0).numpy()
    assert np.abs(fast.lab_of_pixels(values) - wanted).max() < 1e-3
    assert np.abs(fast.lightness_of_pixels(values) - wanted[..., 0]).max() < 1e-3
    grey = np.ascontiguousarray(values[..., 1])
    wanted = color.lightness(floats[:, 1:2].expand(-1, 3, -1, -1))[0, 0].numpy()
    assert np.abs(fast.lightness_of_pixels(grey) - wanted).max() < 1e-3
