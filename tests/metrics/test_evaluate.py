"""What `metrics.evaluate` promises."""

import math
import time

import numpy as np
import pandas as pd
import pytest
import torch
from torch import Tensor, nn

from colorlib import metrics
from colorlib.color.lab import grey_rgb, lab_to_rgb, lightness, rgb_to_lab
from colorlib.color.scale import from_network, to_network
from colorlib.metrics import evaluate
from helpers.metrics import crops, distance


def test_bootstrap_interval_covers_the_mean_as_often_as_it_says():
    rng = np.random.default_rng(0)
    covered = 0
    for trial in range(200):
        low, high = evaluate.bootstrap_interval(rng.normal(5, 2, 60), confidence=0.9, resamples=300, seed=trial)
        covered += low <= 5 <= high
    assert 0.83 < covered / 200 < 0.96


def test_bootstrap_interval_narrows_repeats_and_survives_infinity():
    few, many = torch.randn(50), torch.randn(5000)
    width = [np.subtract(*evaluate.bootstrap_interval(values)[::-1]) for values in (few, many)]
    assert width[1] < width[0] / 4
    assert evaluate.bootstrap_interval(few, seed=3) == evaluate.bootstrap_interval(few.numpy(), seed=3)
    assert evaluate.bootstrap_interval([2.5] * 7) == (2.5, 2.5)
    assert evaluate.bootstrap_interval([math.inf] * 7) == (math.inf, math.inf)
    assert evaluate.bootstrap_interval([2.5]) == (2.5, 2.5)
    # One of thirty is infinite: it is in most draws but not in all, and their means are infinite.
    assert evaluate.bootstrap_interval([20.0] * 29 + [math.inf]) == (20.0, math.inf)
    for values, confidence in (([], 0.95), ([1.0], 1.0), ([1.0], 0.0)):
        with pytest.raises(ValueError, match="at least one value"):
            evaluate.bootstrap_interval(values, confidence)


def test_bootstrap_interval_is_that_of_a_plain_loop():
    values = np.random.default_rng(1).normal(25, 4, 2000)
    rng = np.random.default_rng(2)
    means = [values[rng.integers(2000, size=2000)].mean() for _ in range(4000)]
    start = time.process_time()
    found = evaluate.bootstrap_interval(values, resamples=4000)
    assert time.process_time() - start < 2
    np.testing.assert_allclose(found, np.quantile(means, [0.025, 0.975]), atol=0.02)


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
    table = evaluate.evaluate(generator, batches(truth, 4))
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
        "colorfulness": metrics.colorfulness(rgb).mean(),
        "colorfulness_unsigned": metrics.colorfulness_unsigned(rgb).mean(),
    }
    for column, value in expected.items():
        assert table.loc["model", column] == pytest.approx(float(value), rel=1e-3), column
    assert table.loc["grey", "psnr"] == pytest.approx(metrics.psnr(grey, truth).mean().item(), rel=1e-3)
    assert table.loc["grey", "colorfulness"] < 0.05
    assert table.loc["truth", ["psnr", "ssim", "ab_l1", "ab_auc"]].tolist() == [math.inf, 1, 0, 1]
    assert table.loc["truth", "colorfulness"] == pytest.approx(metrics.colorfulness(truth).mean().item(), rel=1e-3)
    for column in ("psnr", "ab_l1", "colorfulness"):
        assert (table[f"{column}_low"] <= table[column] + 1e-9).all()
        assert (table[column] <= table[f"{column}_high"] + 1e-9).all()
    assert not table.isna().any().any()


def test_grey_photographs_lift_greys_mean_psnr_and_not_its_median(truth):
    lab = rgb_to_lab(truth)
    lab[0, 1:] = 0.0
    table = evaluate.evaluate(Paints(10, 20), batches(lab_to_rgb(lab), 4))
    colour = metrics.psnr(grey_rgb(lab[1:, :1]), lab_to_rgb(lab[1:]))
    assert table.loc["grey", "psnr"] > colour.max()
    assert table.loc["grey", "psnr_median"] <= colour.max()


def test_evaluate_does_not_depend_on_the_batches_and_takes_a_generator_that_streams(truth):
    tables = [evaluate.evaluate(Paints(5, 5), batches(truth, size)) for size in (1, 4, 6)]
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

    evaluate.evaluate(Paints(0, 0), watched())
    assert len(alive) == len(truth)


def test_evaluate_adds_the_frechet_distance_of_model_and_grey(frechet):
    pictures = crops(32, size=32)
    table = evaluate.evaluate(Paints(0, 0), batches(pictures, 8), frechet)
    grey = grey_rgb(lightness(pictures))
    assert table.loc["grey", "frechet"] == pytest.approx(distance(frechet, pictures, grey), rel=0.02)
    assert table.loc["model", "frechet"] == pytest.approx(table.loc["grey", "frechet"], rel=1e-3)
    assert table.loc["truth", "frechet"] == 0


def test_shares_are_against_grey_and_of_the_truth():
    rows = {"psnr": [26.0, 25.0, math.inf], "ab_l1": [6.0, 8.0, 0.0], "colorfulness": [15.0, 0.0, 30.0]}
    table = pd.DataFrame(rows, index=["model", "grey", "truth"])
    few = {"dB over grey": 1.0, "ab error, of grey's": 0.75, "colourfulness, of truth's": 0.5}
    assert evaluate.shares(table) == few
    table = table.assign(psnr_median=[27.0, 25.0, math.inf], frechet=[40.0, 200.0, 0.0])
    assert evaluate.shares(table) == {**few, "dB over grey, median": 2.0, "Frechet, of grey's": 0.2}


def test_evaluate_restores_modes_after_an_error_and_refuses_nothing(truth):
    generator = Paints(0, 0).train()
    with pytest.raises(ValueError, match="no batch"):
        evaluate.evaluate(generator, [])
    with pytest.raises(ValueError, match=r"ab"):
        evaluate.evaluate(generator, [(torch.zeros(1, 1, 16, 16), torch.zeros(1, 3, 16, 16))])
    assert generator.training
    assert generator.noise.training
