"""Degraded greys: each step does what it says, mildly, and each picture ages in its own way."""

from io import BytesIO

import numpy as np
import pytest
import torch
from PIL import Image

from colorlib.data import degrade as steps
from colorlib.data.degrade import degrade
from colorlib.data.sources import package_photographs
from colorlib.images.tensors import read_rgb


@pytest.fixture(scope="module")
def rgb():
    """Sixteen different crops of a cat, (16, 3, 64, 64)."""
    photograph = read_rgb(package_photographs()["chelsea"]) / 255
    return torch.stack([photograph[:, 40 + 9 * i : 104 + 9 * i, 90 + 7 * i : 154 + 7 * i] for i in range(16)])


@pytest.fixture
def grey(rgb):
    return rgb.mean(1, keepdim=True)


def fix(monkeypatch, value):
    """Every strength that a step draws is this one."""
    monkeypatch.setattr(steps, "_uniform", lambda x, low, high: torch.full((len(x), 1, 1, 1), float(value)))


@pytest.mark.parametrize("shape", [(1, 3, 8, 8), (5, 3, 64, 96), (2, 3, 40, 24)])
def test_grey_of_the_same_size_and_in_range(shape):
    torch.manual_seed(0)
    for picture in (torch.rand(shape), torch.zeros(shape), torch.ones(shape)):
        before = picture.clone()
        for _ in range(8):
            degraded = degrade(picture)
            assert degraded.shape == (shape[0], 1, *shape[2:])
            assert degraded.dtype == torch.float32
            assert 0 <= degraded.min() <= degraded.max() <= 1  # false for NaN too
        assert torch.equal(picture, before)


def test_the_seed_decides(rgb):
    def degraded(seed):
        torch.manual_seed(seed)
        return degrade(rgb)

    assert torch.equal(degraded(1), degraded(1))
    assert not torch.equal(degraded(1), degraded(2))


def test_every_picture_ages_in_its_own_way(rgb):
    torch.manual_seed(0)
    degraded = degrade(rgb[:1].expand(32, -1, -1, -1))
    assert len({tuple(picture.flatten().tolist()) for picture in degraded}) == 32


def test_it_is_mild_enough_to_know_the_picture_again(rgb):
    torch.manual_seed(0)
    degraded = torch.cat([degrade(rgb) for _ in range(8)]).flatten(1)
    clean = rgb.mean(1).flatten(1).repeat(8, 1)
    alike = torch.tensor([torch.corrcoef(torch.stack(pair))[0, 1] for pair in zip(degraded, clean, strict=True)])
    assert alike.median() > 0.95
    assert alike.min() > 0.5
    assert (degraded - clean).abs().mean() > 0.03, "and yet it is degraded"


def test_some_changes_about_its_share_and_nothing_else():
    torch.manual_seed(0)
    pictures = torch.rand(2000, 1, 2, 2)
    changed = steps._some(pictures, lambda x: x + 2, 0.3)
    touched = (changed > 1.5).flatten(1).all(1)
    assert 0.26 < touched.float().mean() < 0.34
    assert torch.equal(changed[~touched], pictures[~touched])
    assert torch.equal(steps._some(pictures, lambda x: x + 2, 0.0), pictures)


def test_a_film_keeps_greys_and_sees_colours_in_its_own_way(rgb, grey):
    torch.testing.assert_close(steps._film(grey.expand(-1, 3, -1, -1)), grey)
    seen = steps._film(rgb)
    assert (seen >= rgb.amin(1, keepdim=True) - 1e-6).all()
    assert (seen <= rgb.amax(1, keepdim=True) + 1e-6).all()
    red = torch.tensor([1.0, 0, 0]).view(1, 3, 1, 1).expand(200, -1, 2, 2)
    assert steps._film(red).std(0).min() > 0.05, "one red is dark on one film and light on another"


def test_fading_keeps_the_order_of_lightness():
    torch.manual_seed(0)
    ramp = torch.linspace(0, 1, 64).expand(50, 1, 8, 64)
    faded = steps._fade(ramp)
    assert (faded.diff(dim=-1) >= 0).all()
    black, white = faded.amin((1, 2, 3)), faded.amax((1, 2, 3))
    assert black.max() > 0.1
    assert white.min() < 0.9
    assert (white - black).min() > 0.45


def test_blur_takes_detail_and_nothing_else():
    torch.manual_seed(0)
    noise = torch.rand(12, 1, 64, 64)
    blurred = steps._blur(noise)
    left = blurred.var((1, 2, 3)) / noise.var((1, 2, 3))
    assert left.max() < 0.9
    assert left.max() > 3 * left.min(), "some pictures are blurred more than others"
    torch.testing.assert_close(blurred.mean((1, 2, 3)), noise.mean((1, 2, 3)), atol=5e-3, rtol=0)
    flat = torch.full((3, 1, 16, 16), 0.4)
    torch.testing.assert_close(steps._blur(flat), flat)


def test_blur_is_the_gaussian_it_says(monkeypatch):
    fix(monkeypatch, 1.2)
    point = torch.zeros(1, 1, 17, 17)
    point[..., 8, 8] = 1
    square = (torch.arange(17.0) - 8) ** 2
    expected = torch.exp(-(square[:, None] + square) / (2 * 1.2**2))
    torch.testing.assert_close(steps._blur(point)[0, 0], expected / expected.sum(), atol=1e-3, rtol=0)


def test_grain_is_weak_and_takes_no_side():
    torch.manual_seed(0)
    flat = torch.full((200, 1, 32, 32), 0.5)
    grain = steps._grain(flat) - flat
    strength = grain.std((1, 2, 3))
    assert strength.max() < 0.06
    assert strength.max() > 10 * strength.min()
    assert grain.mean().abs() < 1e-3
    neighbours = (grain[..., 1:] * grain[..., :-1]).mean((1, 2, 3)) / grain.var((1, 2, 3))
    assert 0.3 < (neighbours > 0.25).float().mean() < 0.7, "coarse in half of the pictures"


def test_scratches_are_few_and_towards_black_or_white():
    torch.manual_seed(0)
    flat = torch.full((60, 1, 64, 64), 0.5)
    scratched = steps._scratch(flat)
    touched = scratched != flat
    assert 0.01 < touched.float().mean() < 0.12
    up, down = (scratched > 0.5).flatten(1).any(1), (scratched < 0.5).flatten(1).any(1)
    assert up.any()
    assert down.any()
    assert not (up & down).any()
    whole_columns = touched.all(2)[:, 0].sum(1)
    assert 0.5 < whole_columns.float().mean() < 4


def test_jpeg_is_what_pillow_writes(grey, monkeypatch):
    """At quality 50 the standard's table holds as it stands, so a real encoder must agree."""
    fix(monkeypatch, 50)
    for picture, ours in zip(grey, steps._jpeg((grey * 255).round() / 255), strict=True):
        file = BytesIO()
        Image.fromarray((picture[0] * 255).round().byte().numpy()).save(file, "jpeg", quality=50)
        theirs = torch.from_numpy(np.array(Image.open(file))) / 255
        assert (ours[0].clamp(0, 1) - theirs).abs().mean() < 0.75 / 255


def test_jpeg_of_high_quality_is_close_and_of_low_quality_is_not(grey, monkeypatch):
    errors = []
    for quality in (15, 50, 80, 99.9):
        fix(monkeypatch, quality)
        errors.append((steps._jpeg(grey) - grey).abs().mean().item())
    assert errors == sorted(errors, reverse=True)
    assert errors[-1] < 1 / 255
    assert errors[0] > 4 * errors[-1]
