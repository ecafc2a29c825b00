"""What `color.fast` promises."""

import numpy as np
import pytest
import torch

from colorlib.color import fast, gamut
from colorlib.color import lab as color


def test_the_quick_way_to_displayable_colours_is_the_plain_one():
    torch.manual_seed(0)
    lab = torch.stack([torch.rand(90, 80) * 100, *(torch.rand(2, 90, 80) * 200 - 100)])[None]
    lab = torch.cat([lab, torch.cat([lab[:, :1], lab[:, 1:] / 20], dim=1)])
    plain = color.lab_to_rgb(gamut.fit_gamut(lab))
    assert torch.allclose(fast.displayed_rgb(lab), plain, atol=1e-4)
    levels = fast.displayed_bytes(lab)
    assert levels.dtype == torch.uint8
    assert (levels - plain * 255).abs().max() < 0.56


def test_displayable_colours_are_not_touched():
    lab = color.rgb_to_lab(torch.rand(2, 3, 40, 30))
    assert torch.equal(fast.fitted_linear_rgb(lab), color.lab_to_linear_rgb(lab))


@pytest.mark.parametrize(("dtype", "full"), [(np.uint8, 255), (np.uint16, 65535)])
def test_lightness_of_whole_numbers(dtype, full):
    values = np.random.default_rng(0).integers(0, full + 1, (60, 50, 3)).astype(dtype)
    values[0], values[1] = 0, full
    floats = torch.from_numpy(values / full).permute(2, 0, 1)[None]
    assert torch.allclose(fast.integer_lightness(torch.from_numpy(values)).double(), color.lightness(floats), atol=1e-3)
    grey = np.ascontiguousarray(values[..., 1])
    wanted = color.lightness(floats[:, 1:2].expand(-1, 3, -1, -1))
    assert torch.allclose(fast.integer_lightness(torch.from_numpy(grey)).double(), wanted, atol=1e-3)
