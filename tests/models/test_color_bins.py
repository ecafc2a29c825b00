"""Colour as a choice among bins: which bins, how colours are spread over them, and what is made of the answer."""

import pytest
import torch

from colorlib.color.gamut import gamut_mask
from colorlib.color.lab import rgb_to_lab
from colorlib.models.color_bins import (
    ab_bins,
    annealed_mean,
    bin_frequencies,
    rebalancing_weights,
    smooth_prior,
    soft_encode,
)


def test_every_bin_holds_a_displayable_colour():
    """Checked against the gamut's slices, which are computed in another way than the bins."""
    reached = set()
    for L in range(0, 101):
        a, b, mask = gamut_mask(float(L), step=0.97)  # no point between two bins
        rows, columns = mask.nonzero(as_tuple=True)
        cells = torch.stack([(a[columns] / 10).round(), (b[rows] / 10).round()], 1).unique(dim=0)
        reached |= {tuple(cell) for cell in cells.int().tolist()}
    bins = {tuple(cell) for cell in (ab_bins() / 10).int().tolist()}
    assert reached <= bins
    assert len(bins - reached) <= 5  # corners of the gamut that no point of the slices' grid hits
    assert 250 < len(bins) < 313
    assert (0, 0) in bins


def test_every_colour_has_a_bin():
    torch.manual_seed(0)
    ab = rgb_to_lab(torch.rand(1, 3, 64, 64).round(decimals=1))[:, 1:]
    nearest = ab_bins()[soft_encode(ab, ab_bins(), nearest=1)[0][0, 0]].permute(2, 0, 1)
    assert (nearest - ab[0]).abs().max() <= 5 + 1e-3
    with pytest.raises(ValueError, match="positive"):
        ab_bins(0.0)


def test_the_soft_encoding_is_a_distribution_over_the_nearest():
    torch.manual_seed(1)
    bins, ab = ab_bins(), torch.rand(2, 2, 5, 7) * 60 - 30
    index, weight = soft_encode(ab, bins)
    assert index.shape == weight.shape == (2, 5, 5, 7)
    torch.testing.assert_close(weight.sum(1), torch.ones(2, 5, 7))
    assert (weight.diff(dim=1) <= 1e-6).all()
    distance = torch.linalg.vector_norm(bins[index[1, :, 2, 3]] - ab[1, :, 2, 3], dim=1)
    expected = torch.exp(-distance.square() / 50)
    torch.testing.assert_close(weight[1, :, 2, 3], expected / expected.sum())


def test_a_colour_on_a_bin_is_mostly_that_bin():
    index, weight = soft_encode(torch.tensor([20.0, -10.0]).reshape(1, 2, 1, 1), ab_bins())
    assert ab_bins()[index[0, 0, 0, 0]].tolist() == [20.0, -10.0]
    assert weight[0, 0] == pytest.approx(1 / (1 + 4 * torch.tensor(-2.0).exp().item()), abs=1e-4)


def test_the_prior_counts_pixels():
    bins = torch.tensor([[0.0, 0.0], [10.0, 0.0], [0.0, 10.0]])
    ab = torch.tensor([[1.0, 0.0], [9.0, 1.0], [11.0, 0.0], [2.0, 1.0]]).T.reshape(1, 2, 2, 2)
    assert bin_frequencies([ab, ab], bins).tolist() == [0.5, 0.5, 0.0]
    with pytest.raises(ValueError, match="no photographs"):
        bin_frequencies([], bins)


def test_weights_have_mean_one_under_the_prior_and_favour_the_rare():
    torch.manual_seed(2)
    bins = ab_bins()
    prior = torch.softmax(-bins.norm(dim=1) / 10, 0)
    smoothed = smooth_prior(prior, bins)
    torch.testing.assert_close(smoothed.sum(), torch.tensor(1.0))
    for mix in (0.0, 0.5, 1.0):
        weights = rebalancing_weights(prior, bins, mix)
        torch.testing.assert_close((smoothed * weights).sum(), torch.tensor(1.0))
    assert weights.allclose(torch.ones(()))  # mix 1
    common, rare = smoothed.argmax(), smoothed.argmin()
    half, none = rebalancing_weights(prior, bins, 0.5), rebalancing_weights(prior, bins, 0.0)
    assert 1 < half[rare] / half[common] < none[rare] / none[common]
    with pytest.raises(ValueError, match="0 to 1, not 2"):
        rebalancing_weights(prior, bins, 2)


def test_the_annealed_mean_lies_between_the_mean_and_the_likeliest():
    bins = torch.tensor([[-60.0, 20.0], [60.0, 20.0]])
    logits = torch.tensor([0.0, 1.0]).reshape(1, 2, 1, 1)
    p = torch.softmax(torch.tensor([0.0, 1.0]), 0)
    assert annealed_mean(logits, bins, 1.0).flatten().tolist() == pytest.approx((p @ bins).tolist(), abs=1e-4)
    assert annealed_mean(logits, bins, 1e-3).flatten().tolist() == pytest.approx([60, 20], abs=1e-4)
    a = [annealed_mean(logits, bins, t)[0, 0].item() for t in (1.0, 0.38, 0.1)]
    assert a == sorted(a)
    with pytest.raises(ValueError, match="positive"):
        annealed_mean(logits, bins, 0)
