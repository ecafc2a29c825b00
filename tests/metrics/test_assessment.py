"""What `metrics.assessment` promises: each measure against a value worked out by hand."""

import numpy as np
import pytest
import torch
from PIL import Image

from colorlib import metrics
from colorlib.color.lab import rgb_to_lab
from colorlib.metrics.assessment import MOST_PSNR, assess, features, middle_square, with_chroma
from colorlib.metrics.networks import measuring_networks
from helpers.metrics import crops


def flat(*colors: tuple[int, int, int]) -> torch.Tensor:
    """Pictures of stripes of colours, (1, 3, 32, 32)."""
    stripes = torch.tensor(colors, dtype=torch.uint8).repeat_interleave(32 // len(colors), 0)
    return stripes.T[None, :, None].expand(1, 3, 32, -1).contiguous()


def test_each_measure_of_flat_colours_by_hand():
    truth, result = flat((100, 100, 100)), flat((116, 116, 116))
    found = {key: values[0] for key, values in assess(result, truth, {}).items()}
    assert found["psnr"] == pytest.approx(20 * np.log10(255 / 16))  # 16 steps everywhere
    c1 = 0.01**2  # of Wang 2004, equation 13, without variance
    a, b = 100 / 255, 116 / 255
    assert found["ssim"] == pytest.approx((2 * a * b + c1) / (a * a + b * b + c1), rel=1e-4)
    assert found["ab_l1"] == pytest.approx(0, abs=0.02)  # both are grey
    assert found["ab_auc"] == pytest.approx(1, abs=0.005)
    assert found["colorfulness"] == pytest.approx(0, abs=1e-3)

    # Half red, half green: R - G is 255 and -255, (R + G) / 2 - B is 127.5 in both halves.
    found = {key: values[0] for key, values in assess(flat((255, 0, 0), (0, 255, 0)), flat((0, 0, 0)), {}).items()}
    assert found["colorfulness"] == pytest.approx(255 + 0.3 * 127.5)
    assert found["colorfulness_unsigned"] == pytest.approx(0 + 0.3 * np.hypot(255, 127.5))
    red, green = rgb_to_lab(torch.eye(3)[:2].reshape(2, 3, 1, 1))[:, 1:].flatten(1)
    assert found["ab_l1"] == pytest.approx((red.abs().sum() + green.abs().sum()).item() / 4, rel=1e-3)
    # The curve is 0, then a half from green's chroma on if that is smaller, then 1.
    far = sorted(np.hypot(*color.numpy()) for color in (red, green))
    steps = [np.searchsorted(metrics.THRESHOLDS, value) for value in far]
    curve = found["curve"]
    assert [curve[steps[0] - 1], curve[steps[0]], curve[steps[1] - 1], curve[steps[1]]] == [0, 0.5, 0.5, 1]
    assert found["ab_auc"] == pytest.approx(np.trapezoid(curve) / 150)


def test_a_picture_equal_to_its_truth_has_the_psnr_of_rounding():
    rng = np.random.default_rng(0)
    exact = rng.uniform(0, 255, 10**6)
    assert pytest.approx(10 * np.log10(255**2 / np.mean((exact - exact.round()) ** 2)), abs=0.01) == MOST_PSNR
    found = assess(flat((9, 9, 9)), flat((9, 9, 9)), {})
    assert found["psnr"] == pytest.approx(MOST_PSNR)
    assert found["ssim"] == pytest.approx(1, rel=1e-4)


def test_a_batch_is_measured_picture_by_picture():
    truth = (crops(5, 40) * 255).byte()
    result = with_chroma(truth, 0.5)
    found = assess(result, truth, {})
    pair = [rgb_to_lab(rgb / 255) for rgb in (result, truth)]
    assert found["ab_l1"] == pytest.approx(metrics.ab_error(*pair).numpy(), rel=1e-3)
    assert found["psnr"] == pytest.approx(metrics.psnr(result / 255, truth / 255).numpy(), rel=1e-4)
    curve, area = metrics.ab_accuracy(*pair)
    assert found["curve"].mean(0) == pytest.approx(curve.numpy(), abs=2e-3)
    assert found["ab_auc"].mean() == pytest.approx(area, abs=2e-3)
    assert found["colorfulness_unsigned"] == pytest.approx(metrics.colorfulness_unsigned(result / 255).numpy(), 1e-4)
    networks = measuring_networks(torch.device("cpu"))
    assert features(result, networks)["frechet"].shape == (5, 176)


def test_chroma_is_multiplied_and_lightness_stays():
    rgb = (crops(3, 40) * 0.4 + 0.3).mul(255).byte()  # pale: nothing leaves the gamut
    before, after = (rgb_to_lab(picture / 255) for picture in (rgb, with_chroma(rgb, 1.5)))
    assert (after[:, 0] - before[:, 0]).abs().max() < 0.5
    assert (after[:, 1:] - 1.5 * before[:, 1:]).abs().mean() < 0.3


def test_the_middle_square_is_the_middle(tmp_path):
    wide = np.zeros((30, 90, 3), np.uint8)
    wide[:, 30:60] = 200
    Image.fromarray(wide).save(tmp_path / "wide.png")
    square = middle_square(tmp_path / "wide.png", 15)
    assert square.shape == (3, 15, 15)
    assert square.float().mean() > 190
