"""colorlib.color: against scikit-image over every 8-bit colour, gradients, and the properties of Lab and its gamut."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from skimage import color as skcolor

from colorlib import color
from colorlib.color import gamut
from helpers.color import channel, chromatic, colours, lightnesses, pixel, properties


def test_whole_cube_equals_skimage(one_thread):
    """All 16,777,216 colours of 8 bits, both ways, float32 here against float64 there."""
    green, blue = np.meshgrid(np.arange(256), np.arange(256), indexing="ij")
    worst = np.zeros(4)
    for red in range(256):
        rgb = np.stack([np.full_like(green, red), green, blue], axis=-1) / 255
        ours = torch.from_numpy(rgb).permute(2, 0, 1)[None].float()
        lab = color.rgb_to_lab(ours)
        lab_there = skcolor.rgb2lab(rgb)
        rgb_there = skcolor.lab2rgb(lab_there)
        there = torch.from_numpy(lab_there).permute(2, 0, 1)[None]
        errors = (
            (lab - there).abs().max(),
            (color.lab_to_rgb(there.float()) - torch.from_numpy(rgb_there).permute(2, 0, 1)).abs().max(),
            (color.lab_to_rgb(lab) - ours).abs().max(),
            (color.lightness(ours) - lab[:, :1]).abs().max(),
        )
        worst = np.maximum(worst, [float(e) for e in errors])
    assert worst[0] < 1e-3, "Lab"
    assert worst[1] < 1e-4, "RGB"
    assert worst[2] < 1e-4, "round trip"
    assert worst[3] < 1e-4, "lightness is the L of rgb_to_lab"


@pytest.mark.filterwarnings("ignore:Conversion from CIE-LAB")
def test_impossible_colours_clip_as_skimage_does():
    rng = np.random.default_rng(0)
    lab = rng.uniform([0, -128, -128], [100, 128, 128], (200, 200, 3))
    ours = color.lab_to_rgb(torch.from_numpy(lab).permute(2, 0, 1).float())
    assert np.abs(ours.permute(1, 2, 0).numpy() - skcolor.lab2rgb(lab)).max() < 1e-4


def test_known_colours():
    """Values of the sRGB primaries that any table of Lab lists."""
    table = {
        (1, 0, 0): (53.24, 80.09, 67.20),
        (0, 1, 0): (87.74, -86.18, 83.18),
        (0, 0, 1): (32.30, 79.20, -107.86),
        (1, 1, 1): (100, 0, 0),
        (0, 0, 0): (0, 0, 0),
    }
    for rgb, expected in table.items():
        got = color.rgb_to_lab(pixel([float(v) for v in rgb])).flatten().tolist()
        assert got == pytest.approx(expected, abs=0.02)


# Properties


@properties
@given(colours)
def test_round_trip_from_rgb(rgb):
    assert torch.allclose(color.lab_to_rgb(color.rgb_to_lab(pixel(rgb))), pixel(rgb), atol=1e-4)


@properties
@given(lightnesses, chromatic, chromatic)
def test_round_trip_from_any_lab_when_not_clipped(L, a, b):
    lab = pixel([L, a, b], torch.float64)
    assert torch.allclose(color.rgb_to_lab(color.lab_to_rgb(lab, clip=False)), lab, atol=1e-3)


@properties
@given(colours, st.integers(0, 2), channel)
def test_more_light_is_never_darker(rgb, which, value):
    """L is monotone in each of R, G and B."""
    other = list(rgb)
    other[which] = max(value, rgb[which])
    assert color.lightness(pixel(other)) >= color.lightness(pixel(rgb)) - 1e-4


@properties
@given(channel, channel)
def test_lightness_of_greys_keeps_order(one, two):
    low, high = sorted((one, two))
    L_low, L_high = (float(color.lightness(pixel([v] * 3))) for v in (low, high))
    assert -1e-3 <= L_low <= L_high + 1e-4 <= 100.001
    if high - low > 1e-3:
        assert L_low < L_high


@properties
@given(channel)
def test_greys_have_no_chroma(value):
    lab = color.rgb_to_lab(pixel([value] * 3))
    assert lab[:, 1:].abs().max() < 0.01


@properties
@given(lightnesses)
def test_grey_rgb_is_grey_and_has_that_lightness(L):
    grey = color.grey_rgb(torch.full((1, 1, 1, 1), L))
    assert grey.max() - grey.min() < 1e-4
    assert float(color.lightness(grey)) == pytest.approx(L, abs=0.01)


@properties
@given(lightnesses, chromatic, chromatic)
def test_network_scale_round_trip(L, a, b):
    lab = pixel([L, a, b])
    network = color.to_network(lab)
    assert network[0].abs().max() <= 1
    assert torch.allclose(color.from_network(*network), lab, atol=1e-4)


# Derivatives, types, devices, shapes


@pytest.mark.parametrize("convert", [color.rgb_to_lab, color.lab_to_rgb, color.lightness, gamut.fit_gamut])
@pytest.mark.parametrize("value", [0.0, 0.0031308, 0.008856, 0.04045, 0.2068966, 0.5, 1.0, 100.0, -0.1, -200.0])
def test_gradients_are_finite_everywhere(convert, value):
    picture = torch.full((1, 3, 2, 2), value, requires_grad=True)
    result = convert(picture)
    result.sum().backward()
    assert result.isfinite().all()
    assert picture.grad.isfinite().all()


def test_gradients_are_right():
    torch.manual_seed(0)
    rgb = (torch.rand(2, 3, 2, 2, dtype=torch.float64) * 0.9 + 0.05).requires_grad_()
    assert torch.autograd.gradcheck(color.rgb_to_lab, rgb)
    assert torch.autograd.gradcheck(color.lightness, rgb)
    lab = color.rgb_to_lab(rgb).detach().requires_grad_()
    assert torch.autograd.gradcheck(color.lab_to_rgb, lab)


def test_gradient_does_not_vanish_outside_the_gamut_without_clipping():
    lab = pixel([50.0, 120.0, -120.0]).requires_grad_()
    color.lab_to_rgb(lab, clip=False).sum().backward()
    assert (lab.grad.abs() > 0).all()


def test_inputs_are_left_alone():
    rgb = torch.rand(2, 3, 5, 4)
    before = rgb.clone()
    lab = color.rgb_to_lab(rgb)
    lab_before = lab.clone()
    color.lab_to_rgb(lab)
    gamut.fit_gamut(lab * 3)
    color.lightness(rgb)
    assert torch.equal(rgb, before)
    assert torch.equal(lab, lab_before)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_is_computed_in_float32(dtype):
    rgb = torch.rand(1, 3, 4, 4).to(dtype)
    lab = color.rgb_to_lab(rgb)
    assert lab.dtype == torch.float32
    assert torch.equal(lab, color.rgb_to_lab(rgb.float()))


def test_float64_stays_and_autocast_changes_nothing():
    rgb = torch.rand(1, 3, 8, 8, dtype=torch.float64)
    assert color.rgb_to_lab(rgb).dtype == torch.float64
    plain = color.rgb_to_lab(rgb.float())
    with torch.autocast("cpu", torch.bfloat16):
        assert torch.equal(color.rgb_to_lab(rgb.float()), plain)
        assert torch.equal(color.lab_to_rgb(plain), color.lab_to_rgb(plain.clone()))
        assert color.lab_to_rgb(plain).dtype == torch.float32


@pytest.mark.parametrize("shape", [(3, 5, 7), (1, 3, 5, 7), (4, 3, 300, 200), (0, 3, 8, 8), (2, 3, 1, 1)])
def test_shapes(shape):
    rgb = torch.rand(shape)
    lab = color.rgb_to_lab(rgb)
    assert lab.shape == rgb.shape
    assert color.lab_to_rgb(lab).shape == rgb.shape
    assert color.lightness(rgb).shape == (*shape[:-3], 1, *shape[-2:])
    assert gamut.in_gamut(lab).shape == color.lightness(rgb).shape
    assert gamut.fit_gamut(lab).shape == rgb.shape
    L, ab = color.to_network(lab)
    assert color.from_network(L, ab).shape == rgb.shape
    assert ab.shape == (*shape[:-3], 2, *shape[-2:])


def test_batch_equals_picture_by_picture():
    """Whatever the chunks, a pixel's colour does not depend on its neighbours."""
    rgb = torch.rand(5, 3, 150, 170)
    lab = color.rgb_to_lab(rgb)
    assert torch.allclose(lab, torch.stack([color.rgb_to_lab(picture) for picture in rgb]), atol=1e-4)
    assert torch.allclose(color.lab_to_rgb(lab), rgb, atol=1e-4)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_cuda_equals_cpu():
    rgb = torch.rand(2, 3, 16, 16)
    lab = color.rgb_to_lab(rgb.cuda())
    assert lab.is_cuda
    assert torch.allclose(lab.cpu(), color.rgb_to_lab(rgb), atol=1e-3)
    assert torch.allclose(color.lab_to_rgb(lab).cpu(), rgb, atol=1e-4)


# Bad input


@pytest.mark.parametrize("convert", [color.rgb_to_lab, color.lab_to_rgb, color.lightness, color.to_network])
def test_wrong_shape_or_type_says_what_to_do(convert):
    with pytest.raises(ValueError, match="channels first"):
        convert(torch.rand(1, 4, 4, 3))
    with pytest.raises(ValueError, match="/ 255"):
        convert(torch.zeros(1, 3, 4, 4, dtype=torch.uint8))
    with pytest.raises(ValueError, match="channels first"):
        convert(torch.rand(3))


def test_grey_needs_one_channel():
    with pytest.raises(ValueError, match=r"L must be \(B, 1, H, W\)"):
        color.grey_rgb(torch.rand(1, 3, 4, 4))
    with pytest.raises(ValueError, match=r"ab must be \(B, 2, H, W\)"):
        color.from_network(torch.rand(1, 1, 4, 4), torch.rand(1, 3, 4, 4))
