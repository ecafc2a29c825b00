"""What `color.gamut` promises."""

import pytest
import torch
from hypothesis import given

from colorlib import color
from colorlib.color import gamut
from helpers.color import chromatic, colours, lightnesses, pixel, properties


@properties
@given(colours)
def test_every_srgb_colour_is_in_gamut_and_in_network_range(rgb):
    lab = color.rgb_to_lab(pixel(rgb))
    assert gamut.in_gamut(lab).all()
    assert torch.equal(gamut.fit_gamut(lab)[:, 1:], lab[:, 1:])
    assert color.to_network(lab)[1].abs().max() < 1


@properties
@given(lightnesses, chromatic, chromatic)
def test_in_gamut_agrees_with_unclipped_rgb(L, a, b):
    lab = pixel([L, a, b], torch.float64)
    rgb = color.lab_to_rgb(lab, clip=False)
    overshoot = float(torch.maximum(-rgb, rgb - 1).max())
    if abs(overshoot - 1e-3) > 1e-6:  # at the very border rounding decides
        assert bool(gamut.in_gamut(lab)) == (overshoot < 1e-3)


@properties
@given(lightnesses, chromatic, chromatic)
def test_fit_gamut_keeps_lightness_and_hue(L, a, b):
    lab = pixel([L, a, b])
    fitted = gamut.fit_gamut(lab)
    assert gamut.in_gamut(fitted).all()
    assert torch.equal(fitted[:, 0], lab[:, 0])
    shown = color.rgb_to_lab(color.lab_to_rgb(fitted))
    assert float(shown[0, 0]) == pytest.approx(L, abs=0.2)
    chroma, chroma_fitted = lab[0, 1:].norm(), fitted[0, 1:].norm()
    assert chroma_fitted <= chroma + 1e-4
    dot = (lab[0, 1:] * fitted[0, 1:]).sum()
    assert dot == pytest.approx(float(chroma * chroma_fitted), rel=1e-4, abs=1e-4), "same direction in ab"


def test_fit_gamut_takes_no_more_chroma_than_needed():
    torch.manual_seed(0)
    lab = torch.cat([torch.rand(1, 1, 50, 50) * 80 + 10, torch.rand(1, 2, 50, 50) * 256 - 128], dim=1)
    fitted = gamut.fit_gamut(lab)
    outside = ~gamut.in_gamut(lab)
    assert outside.float().mean() > 0.5
    more = torch.cat([fitted[:, :1], fitted[:, 1:] * 1.01], dim=1)
    # a hundredth more chroma is a tenth of a unit at least: outside by more than the tolerance nearly everywhere
    assert (~gamut.in_gamut(more))[outside].float().mean() > 0.9


def test_fit_gamut_limits_lightness():
    lab = torch.tensor([[120.0, -5.0], [3.0, 3.0], [4.0, 4.0]]).view(1, 3, 1, 2)
    fitted = gamut.fit_gamut(lab)
    assert fitted[0, 0, 0].tolist() == [100, 0]
    assert gamut.in_gamut(fitted).all()


@pytest.mark.parametrize("L", [0, 20, 50, 75, 100])
def test_gamut_mask_agrees_with_lab_to_rgb(L):
    a, b, mask = gamut.gamut_mask(L, step=2.5)
    assert a.shape == b.shape == (89,)
    assert mask.shape == (89, 89)
    assert mask[44, 44], "grey can be shown at every L"
    assert a[44] == b[44] == 0
    for i in range(0, 89, 4):
        for j in range(0, 89, 4):
            rgb = color.lab_to_rgb(pixel([L, a[j], b[i]], torch.float64), clip=False)
            assert bool(mask[i, j]) == bool(((rgb > -1e-3) & (rgb < 1 + 1e-3)).all()), (L, a[j], b[i])


def test_gamut_is_widest_in_the_middle_and_rows_are_b():
    areas = [float(gamut.gamut_mask(L)[2].float().mean()) for L in (1, 50, 99)]
    assert areas[1] > 5 * max(areas[0], areas[2])
    a, b, mask = gamut.gamut_mask(90)
    yellow = mask[b.tolist().index(60), a.tolist().index(-15)]
    pink = mask[b.tolist().index(-15), a.tolist().index(60)]
    assert yellow
    assert not pink


@pytest.mark.parametrize(("arguments", "word"), [((-1,), "L must"), ((101,), "L must"), ((50, 0), "positive")])
def test_gamut_mask_rejects(arguments, word):
    with pytest.raises(ValueError, match=word):
        gamut.gamut_mask(*arguments)
