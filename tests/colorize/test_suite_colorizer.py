"""A colorizer that is measured gives what it gives its user."""

import pickle

import numpy as np
import torch

from colorlib import Colorizer
from colorlib.colorize.suite_colorizer import SuiteColorizer
from helpers.metrics import crops


def test_it_is_the_colorizer_of_the_package_also_in_another_process():
    truths = (crops(2, 64) * 255).byte()
    method = SuiteColorizer("natural", size=64)
    results = method(truths, ["a", "b"])
    one = Colorizer.from_pretrained("natural", 64)(truths[0].permute(1, 2, 0).numpy())
    assert np.abs(results[0].permute(1, 2, 0).numpy().astype(int) - one).max() <= 2
    copy = pickle.loads(pickle.dumps(method))
    assert copy(truths, ["a", "b"]).equal(results)
    assert copy.described() == method.described()
    assert method.described()["sizes"] == [64]
    grey = truths.float().mean(1, keepdim=True).expand(-1, 3, -1, -1).round().byte()
    assert method(grey, ["a", "b"]).shape == results.shape


def test_only_lightness_is_looked_at():
    truths = (crops(2, 64) * 255).byte()
    method = SuiteColorizer("natural", size=64)
    from colorlib.metrics.suite import Grey

    apart = (method(truths, ["a", "b"]).int() - method(Grey()(truths, []), ["a", "b"]).int()).abs()
    assert torch.quantile(apart.float().flatten(), 0.99) <= 4  # lightness of 8 bits
