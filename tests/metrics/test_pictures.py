"""Metrics: known values, equality with other implementations, and what each of them can and cannot see."""

import math

import numpy as np
import pytest
import skimage.metrics
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor
from torchmetrics.functional.image import peak_signal_noise_ratio

from colorlib import metrics
from colorlib.color.lab import grey_rgb, lab_to_rgb, lightness, rgb_to_lab
from helpers.metrics import crops


@pytest.fixture(scope="module")
def noisy(truth) -> Tensor:
    return (truth + 0.1 * torch.randn(truth.shape, generator=torch.Generator().manual_seed(1))).clamp(0, 1)


def test_psnr_of_known_differences():
    black = torch.zeros(3, 3, 8, 8)
    other = torch.stack([black[0], black[1] + 0.1, black[2] + 1])
    assert metrics.psnr(other, black)[0] == math.inf
    torch.testing.assert_close(metrics.psnr(other, black)[1:], torch.tensor([20.0, 0.0]))


def test_psnr_does_not_wrap_around():
    darker, lighter = torch.full((1, 3, 4, 4), 10 / 255), torch.full((1, 3, 4, 4), 12 / 255)
    expected = 20 * math.log10(255 / 2)  # 8-bit arithmetic would find a difference of 254
    assert metrics.psnr(darker, lighter).item() == pytest.approx(expected, abs=1e-3)
    assert metrics.psnr(lighter, darker).item() == pytest.approx(expected, abs=1e-3)
    with pytest.raises(ValueError, match=r"uint8.*divide 8-bit pictures by 255"):
        metrics.psnr((darker * 255).byte(), (lighter * 255).byte())


def test_psnr_and_ssim_equal_other_implementations(truth, noisy):
    own_psnr, own_ssim = metrics.psnr(noisy, truth), metrics.ssim(noisy, truth)
    assert own_psnr.shape == own_ssim.shape == (6,)
    for i in range(len(truth)):
        expected = peak_signal_noise_ratio(noisy[i : i + 1], truth[i : i + 1], data_range=1.0)
        assert own_psnr[i].item() == pytest.approx(expected.item(), abs=1e-4)
        expected = skimage.metrics.structural_similarity(
            noisy[i].numpy(),
            truth[i].numpy(),
            data_range=1.0,
            channel_axis=0,
            gaussian_weights=True,
            sigma=1.5,
            use_sample_covariance=False,
        )
        assert own_ssim[i].item() == pytest.approx(expected, abs=2e-4)


def test_ssim_of_one_picture_and_of_equal_ones(truth):
    assert metrics.ssim(truth[:1], truth[:1]).tolist() == pytest.approx([1.0])
    with pytest.raises(ValueError, match="11 pixels"):
        metrics.ssim(truth[..., :8, :8], truth[..., :8, :8])


def test_ab_error_looks_at_ab_only():
    lab = torch.rand(2, 3, 5, 7) * 50
    other = lab + torch.tensor([30.0, 4.0, -8.0]).view(1, 3, 1, 1)
    torch.testing.assert_close(metrics.ab_error(other, lab), torch.tensor([6.0, 6.0]))


def test_ab_psnr_is_that_of_the_colours_alone():
    lab = rgb_to_lab(crops(2))
    other = lab + torch.tensor([9.0, 22.0, -22.0]).view(1, 3, 1, 1)  # a tenth of the range: 20 dB
    torch.testing.assert_close(metrics.ab_psnr(other, lab), torch.tensor([20.0, 20.0]), atol=1e-3, rtol=0)
    half = lab.clone()
    half[:, 1] += 22  # one of the two channels: half of the squared error
    expected = torch.full((2,), 20 + 10 * math.log10(2))
    torch.testing.assert_close(metrics.ab_psnr(half, lab), expected, atol=1e-3, rtol=0)
    assert metrics.ab_psnr(lab, lab).isinf().all()


@pytest.mark.parametrize("metric", [metrics.psnr, metrics.ssim, metrics.ab_error, metrics.ab_psnr, metrics.ab_accuracy])
def test_shapes_that_differ_are_named(metric):
    with pytest.raises(ValueError, match=r"\(1, 3, 16, 16\) and \(2, 3, 16, 16\)"):
        metric(torch.rand(1, 3, 16, 16), torch.rand(2, 3, 16, 16))


def test_ab_accuracy_of_a_known_offset():
    truth = torch.zeros(1, 3, 10, 10)
    lab = truth.clone()
    lab[:, 1, :5], lab[:, 2, :5] = 30, 40  # half of the pixels are 50 away, the others right
    lab[:, 0] = 77  # L plays no part
    curve, auc = metrics.ab_accuracy(lab, truth)
    assert len(curve) == 151
    torch.testing.assert_close(curve, torch.tensor([0.5] * 50 + [1.0] * 101))
    assert auc == pytest.approx((0.5 * 49.5 + 100.5) / 150)
    assert metrics.ab_accuracy(truth, truth)[1] == 1.0


def test_ab_accuracy_equals_its_definition(truth, noisy):
    lab, true_lab = rgb_to_lab(noisy), rgb_to_lab(truth)
    thresholds = [0.5, 3, 10.0, 42, 150]
    curve, auc = metrics.ab_accuracy(lab, true_lab, thresholds)
    distance = (lab[:, 1:] - true_lab[:, 1:]).pow(2).sum(1).sqrt()
    expected = [(distance <= threshold).double().mean().item() for threshold in thresholds]
    np.testing.assert_allclose(curve.numpy(), expected, atol=1e-4)
    assert auc == pytest.approx(np.trapezoid(expected, thresholds) / 149.5, abs=1e-4)
    for wrong in ([1.0], [2.0, 1.0], []):
        with pytest.raises(ValueError, match="increasing order"):
            metrics.ab_accuracy(lab, true_lab, wrong)


@given(st.integers(0, 2**31), st.floats(0, 1))
@settings(max_examples=20, deadline=None)
def test_ab_accuracy_falls_when_colours_move_away(seed, amount):
    generator = torch.Generator().manual_seed(seed)
    truth = torch.rand(1, 3, 8, 8, generator=generator) * 60
    offset = torch.randn(1, 3, 8, 8, generator=generator) * 20
    curve, auc = metrics.ab_accuracy(truth + amount * offset, truth)
    assert bool((curve.diff() >= 0).all())
    assert 0 <= auc <= 1
    assert metrics.ab_accuracy(truth + offset, truth)[1] <= auc + 1e-6


def reference_colorfulness(rgb: np.ndarray) -> float:
    """Hasler and Suesstrunk 2003, section 5, on an (H, W, 3) picture in 0..255."""
    red, green, blue = (rgb[..., c].astype(float) for c in range(3))
    rg, yb = red - green, 0.5 * (red + green) - blue
    return math.hypot(rg.std(), yb.std()) + 0.3 * math.hypot(rg.mean(), yb.mean())


def test_colorfulness_equals_the_paper(truth):
    expected = [reference_colorfulness(picture.permute(1, 2, 0).numpy() * 255) for picture in truth]
    np.testing.assert_allclose(metrics.colorfulness(truth).numpy(), expected, rtol=1e-4)


def test_colorfulness_of_known_pictures():
    red = torch.tensor([1.0, 0, 0]).view(1, 3, 1, 1).expand(1, 3, 4, 4)
    flat = 0.3 * math.hypot(255, 127.5)  # one colour has no spread
    assert metrics.colorfulness(red).item() == pytest.approx(flat, rel=1e-5)
    half = red.clone()
    half[:, :, :2] = torch.tensor([0.0, 1, 0]).view(3, 1, 1)  # half red, half green
    assert metrics.colorfulness(half).item() == pytest.approx(255 + 0.3 * 127.5, rel=1e-5)
    assert metrics.colorfulness_unsigned(half).item() == pytest.approx(flat, rel=1e-5)  # |R - G| loses the spread
    grey = grey_rgb(lightness(torch.rand(2, 3, 8, 8)))
    assert metrics.colorfulness(grey).max().item() < 0.05


@given(st.integers(0, 2**31))
@settings(max_examples=20, deadline=None)
def test_less_chroma_is_less_colourful(seed):
    ab = torch.randn(1, 2, 8, 8, generator=torch.Generator().manual_seed(seed)) * 8
    lab = torch.cat([torch.full((1, 1, 8, 8), 55.0), ab], 1)
    faded = torch.cat([lab[:, :1], ab / 2], 1)
    assert metrics.colorfulness(lab_to_rgb(faded)) < metrics.colorfulness(lab_to_rgb(lab))
