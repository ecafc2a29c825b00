"""Metrics: known values, equality with other implementations, and what each of them can and cannot see."""

import math

import numpy as np
import pandas as pd
import pytest
import skimage.metrics
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from skimage import data
from torch import Tensor, nn
from torchmetrics.functional.image import peak_signal_noise_ratio

from colorlib import evaluation, metrics
from colorlib import frechet as frechet_room
from colorlib.color import from_network, grey_rgb, lab_to_rgb, lightness, rgb_to_lab, to_network


def crops(count: int, size: int = 64, seed: int = 0) -> Tensor:
    """Crops of a colour photograph, (count, 3, size, size)."""
    photograph = torch.from_numpy(data.astronaut().copy()).permute(2, 0, 1).float() / 255
    generator = torch.Generator().manual_seed(seed)
    corners = torch.randint(0, 512 - size, (count, 2), generator=generator).tolist()
    return torch.stack([photograph[:, top : top + size, left : left + size] for top, left in corners])


@pytest.fixture(scope="module")
def truth() -> Tensor:
    return crops(6)


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


def reference_colourfulness(rgb: np.ndarray) -> float:
    """Hasler and Suesstrunk 2003, section 5, on an (H, W, 3) picture in 0..255."""
    red, green, blue = (rgb[..., c].astype(float) for c in range(3))
    rg, yb = red - green, 0.5 * (red + green) - blue
    return math.hypot(rg.std(), yb.std()) + 0.3 * math.hypot(rg.mean(), yb.mean())


def test_colourfulness_equals_the_paper(truth):
    expected = [reference_colourfulness(picture.permute(1, 2, 0).numpy() * 255) for picture in truth]
    np.testing.assert_allclose(metrics.colourfulness(truth).numpy(), expected, rtol=1e-4)


def test_colourfulness_of_known_pictures():
    red = torch.tensor([1.0, 0, 0]).view(1, 3, 1, 1).expand(1, 3, 4, 4)
    flat = 0.3 * math.hypot(255, 127.5)  # one colour has no spread
    assert metrics.colourfulness(red).item() == pytest.approx(flat, rel=1e-5)
    half = red.clone()
    half[:, :, :2] = torch.tensor([0.0, 1, 0]).view(3, 1, 1)  # half red, half green
    assert metrics.colourfulness(half).item() == pytest.approx(255 + 0.3 * 127.5, rel=1e-5)
    assert metrics.colourfulness_unsigned(half).item() == pytest.approx(flat, rel=1e-5)  # |R - G| loses the spread
    grey = grey_rgb(lightness(torch.rand(2, 3, 8, 8)))
    assert metrics.colourfulness(grey).max().item() < 0.05


@given(st.integers(0, 2**31))
@settings(max_examples=20, deadline=None)
def test_less_chroma_is_less_colourful(seed):
    ab = torch.randn(1, 2, 8, 8, generator=torch.Generator().manual_seed(seed)) * 8
    lab = torch.cat([torch.full((1, 1, 8, 8), 55.0), ab], 1)
    faded = torch.cat([lab[:, :1], ab / 2], 1)
    assert metrics.colourfulness(lab_to_rgb(faded)) < metrics.colourfulness(lab_to_rgb(lab))


@pytest.fixture(scope="module")
def frechet() -> frechet_room.FrechetDistance:
    return frechet_room.FrechetDistance()


def distance(frechet: frechet_room.FrechetDistance, real: Tensor, fake: Tensor) -> float:
    frechet.reset()
    for batch in real.split(16):
        frechet.update(batch, real=True)
    for batch in fake.split(16):
        frechet.update(batch, real=False)
    return frechet.compute()


def test_frechet_distance_sees_colour(frechet):
    photographs = crops(48, size=32)
    grey = grey_rgb(lightness(photographs))
    faded = (photographs + grey) / 2
    same, half, none = (distance(frechet, photographs, other) for other in (photographs, faded, grey))
    assert same < 1e-2
    assert half > 5
    assert none > 2 * half


def test_frechet_features_are_of_the_picture_alone(frechet):
    features = frechet_room.FrechetFeatures().train()
    assert not any(module.training for module in features.modules())
    pictures = crops(4, size=32)
    together = features(pictures)
    assert together.shape == (4, frechet_room.FrechetFeatures.num_features) == (4, 176)
    torch.testing.assert_close(features(pictures[2:3])[0], together[2], rtol=1e-3, atol=1e-4)
    assert not any(parameter.requires_grad for parameter in features.parameters())


def test_frechet_distance_equals_its_formula(frechet):
    real, fake = crops(300, size=32, seed=1), crops(300, size=32, seed=2).flip(1)
    value = distance(frechet, real, fake)
    features = frechet_room.FrechetFeatures()
    a, b = (features(pictures).double().numpy() for pictures in (real, fake))
    cov_a, cov_b = np.cov(a, rowvar=False), np.cov(b, rowvar=False)
    root = np.sqrt(np.linalg.eigvals(cov_a @ cov_b).astype(complex)).real.sum()
    expected = ((a.mean(0) - b.mean(0)) ** 2).sum() + np.trace(cov_a) + np.trace(cov_b) - 2 * root
    assert value == pytest.approx(expected, rel=1e-3)


def test_frechet_distance_refuses_what_it_cannot_do(frechet, monkeypatch):
    with pytest.raises(ValueError, match="choose lite0 or inception"):
        frechet_room.FrechetDistance("vgg")
    frechet.reset()
    frechet.update(crops(1, size=32), real=True)
    with pytest.raises(RuntimeError, match="More than one sample"):
        frechet.compute()

    def no_network(*args, **kwargs):
        raise OSError("no route to host")

    monkeypatch.setattr(frechet_room.FrechetInceptionDistance, "__init__", no_network)
    with pytest.raises(RuntimeError, match='offline use features="lite0"'):
        frechet_room.FrechetDistance("inception")


def test_bootstrap_interval_covers_the_mean_as_often_as_it_says():
    rng = np.random.default_rng(0)
    covered = 0
    for trial in range(200):
        low, high = evaluation.bootstrap_interval(rng.normal(5, 2, 60), confidence=0.9, resamples=300, seed=trial)
        covered += low <= 5 <= high
    assert 0.83 < covered / 200 < 0.96


def test_bootstrap_interval_narrows_repeats_and_survives_infinity():
    few, many = torch.randn(50), torch.randn(5000)
    width = [np.subtract(*evaluation.bootstrap_interval(values)[::-1]) for values in (few, many)]
    assert width[1] < width[0] / 4
    assert evaluation.bootstrap_interval(few, seed=3) == evaluation.bootstrap_interval(few.numpy(), seed=3)
    assert evaluation.bootstrap_interval([2.5] * 7) == (2.5, 2.5)
    assert evaluation.bootstrap_interval([math.inf] * 7) == (math.inf, math.inf)
    for values, confidence in (([], 0.95), ([1.0], 1.0), ([1.0], 0.0)):
        with pytest.raises(ValueError, match="at least one value"):
            evaluation.bootstrap_interval(values, confidence)


class Paints(nn.Module):
    """A generator that paints one colour, and would paint another in training mode."""

    def __init__(self, a: float, b: float) -> None:
        super().__init__()
        self.ab = nn.Parameter(torch.tensor([a, b]) / 110)
        self.noise = nn.Dropout(0.9)

    def forward(self, L: Tensor) -> Tensor:
        return self.noise(self.ab).view(1, 2, 1, 1).expand(len(L), 2, *L.shape[2:])


def batches(pictures: Tensor, size: int):
    for batch in pictures.split(size):
        yield to_network(rgb_to_lab(batch))


def test_evaluate_puts_model_grey_and_truth_side_by_side(truth):
    generator = Paints(10, 20).train()
    generator.noise.eval()  # one part in another mode than the rest
    table = evaluation.evaluate(generator, batches(truth, 4))
    assert generator.training
    assert not generator.noise.training
    assert list(table.index) == ["model", "grey", "truth"]
    lab = rgb_to_lab(truth)
    painted = from_network(*to_network(lab))
    painted[:, 1], painted[:, 2] = 10, 20
    rgb, grey = lab_to_rgb(painted), grey_rgb(lab[:, :1])
    expected = {
        "psnr": metrics.psnr(rgb, truth).mean(),
        "psnr_median": np.median(metrics.psnr(rgb, truth)),
        "ssim": metrics.ssim(rgb, truth).mean(),
        "ab_l1": metrics.ab_error(painted, lab).mean(),
        "ab_auc": metrics.ab_accuracy(painted, lab)[1],
        "colourfulness": metrics.colourfulness(rgb).mean(),
        "colourfulness_unsigned": metrics.colourfulness_unsigned(rgb).mean(),
    }
    for column, value in expected.items():
        assert table.loc["model", column] == pytest.approx(float(value), rel=1e-3), column
    assert table.loc["grey", "psnr"] == pytest.approx(metrics.psnr(grey, truth).mean().item(), rel=1e-3)
    assert table.loc["grey", "colourfulness"] < 0.05
    assert table.loc["truth", ["psnr", "ssim", "ab_l1", "ab_auc"]].tolist() == [math.inf, 1, 0, 1]
    assert table.loc["truth", "colourfulness"] == pytest.approx(metrics.colourfulness(truth).mean().item(), rel=1e-3)
    for column in ("psnr", "ab_l1", "colourfulness"):
        assert (table[f"{column}_low"] <= table[column] + 1e-9).all()
        assert (table[column] <= table[f"{column}_high"] + 1e-9).all()
    assert not table.isna().any().any()


def test_grey_photographs_lift_greys_mean_psnr_and_not_its_median(truth):
    lab = rgb_to_lab(truth)
    lab[0, 1:] = 0.0
    table = evaluation.evaluate(Paints(10, 20), batches(lab_to_rgb(lab), 4))
    colour = metrics.psnr(grey_rgb(lab[1:, :1]), lab_to_rgb(lab[1:]))
    assert table.loc["grey", "psnr"] > colour.max()
    assert table.loc["grey", "psnr_median"] <= colour.max()


def test_evaluate_does_not_depend_on_the_batches_and_takes_a_generator_that_streams(truth):
    tables = [evaluation.evaluate(Paints(5, 5), batches(truth, size)) for size in (1, 4, 6)]
    for table in tables[1:]:
        pd.testing.assert_frame_equal(table, tables[0], rtol=1e-4)


def test_evaluate_holds_one_batch_at_a_time(truth):
    import gc
    import weakref

    alive: list[weakref.ref] = []

    def watched():
        for L, ab in batches(truth, 1):
            gc.collect()
            assert sum(reference() is not None for reference in alive) <= 1
            alive.append(weakref.ref(ab))
            yield L, ab

    evaluation.evaluate(Paints(0, 0), watched())
    assert len(alive) == len(truth)


def test_evaluate_adds_the_frechet_distance_of_model_and_grey(frechet):
    pictures = crops(32, size=32)
    table = evaluation.evaluate(Paints(0, 0), batches(pictures, 8), frechet)
    grey = grey_rgb(lightness(pictures))
    assert table.loc["grey", "frechet"] == pytest.approx(distance(frechet, pictures, grey), rel=0.02)
    assert table.loc["model", "frechet"] == pytest.approx(table.loc["grey", "frechet"], rel=1e-3)
    assert table.loc["truth", "frechet"] == 0


def test_shares_are_against_grey_and_of_the_truth():
    rows = {"psnr": [26.0, 25.0, math.inf], "ab_l1": [6.0, 8.0, 0.0], "colourfulness": [15.0, 0.0, 30.0]}
    table = pd.DataFrame(rows, index=["model", "grey", "truth"])
    few = {"dB over grey": 1.0, "ab error, of grey's": 0.75, "colourfulness, of truth's": 0.5}
    assert evaluation.shares(table) == few
    table = table.assign(psnr_median=[27.0, 25.0, math.inf], frechet=[40.0, 200.0, 0.0])
    assert evaluation.shares(table) == {**few, "dB over grey, median": 2.0, "Frechet, of grey's": 0.2}


def test_evaluate_restores_modes_after_an_error_and_refuses_nothing(truth):
    generator = Paints(0, 0).train()
    with pytest.raises(ValueError, match="no batch"):
        evaluation.evaluate(generator, [])
    with pytest.raises(ValueError, match=r"ab"):
        evaluation.evaluate(generator, [(torch.zeros(1, 1, 16, 16), torch.zeros(1, 3, 16, 16))])
    assert generator.training
    assert generator.noise.training
