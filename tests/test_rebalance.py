"""Colour as a choice among bins: which bins, how colours are spread over them, and what is made of the answer."""

import copy

import pytest
import torch

from colorlib.color import lab_to_rgb, rgb_to_lab
from colorlib.gamut import gamut_mask
from colorlib.losses import own_losses
from colorlib.models import ClassUNet, RgbUNet
from colorlib.models.rebalance import (
    ab_bins,
    annealed_mean,
    colour_prior,
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
    assert colour_prior([ab, ab], bins).tolist() == [0.5, 0.5, 0.0]
    with pytest.raises(ValueError, match="no photographs"):
        colour_prior([], bins)


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


def test_the_network_paints_and_wants_the_right_bins():
    torch.manual_seed(3)
    net = ClassUNet(downs=4, filters=4)
    L, ab = torch.zeros(2, 1, 32, 48), torch.full((2, 2, 32, 48), 0.2)
    assert net(L).shape == (2, 2, 32, 48)
    assert net.logits.shape == (2, len(ab_bins()), 8, 12)
    before = own_losses(net, ab)["bins"]
    before.backward()
    assert all(p.grad is not None for p in net.parameters())
    index, weight = soft_encode(torch.full((2, 2, 8, 12), 22.0), net.bins)
    right = torch.zeros_like(net.logits).scatter(1, index, weight).clamp(min=1e-6).log()
    net.logits = right
    entropy = -(weight * weight.log()).sum(1).mean()
    torch.testing.assert_close(own_losses(net, ab)["bins"], entropy, atol=0.01, rtol=0)
    assert before > 2 * entropy
    with pytest.raises(ValueError, match="multiples of 16"):
        net(torch.zeros(1, 1, 24, 32))
    with pytest.raises(ValueError, match="at least 4 downs"):
        ClassUNet(downs=3)


def test_rare_colours_count_more_once_the_network_has_seen_photographs():
    net = ClassUNet(downs=4, filters=4)
    ab = torch.zeros(4, 2, 16, 16)
    ab[0, :, :2, :2] = 0.4
    net.learn_colours([ab])
    net.logits = torch.zeros(4, len(net.bins), 4, 4)
    rare, common = (own_losses(net, torch.full((4, 2, 16, 16), value))["bins"] for value in (0.4, 0.0))
    assert rare > 3 * common
    plain = ClassUNet(downs=4, filters=4, mix=1.0)
    plain.learn_colours([ab])
    assert plain.weights.allclose(torch.ones(()))


def test_networks_can_be_copied_in_the_middle_of_training():
    for net in (ClassUNet(downs=4, filters=4), RgbUNet(downs=4, filters=4)):
        net(torch.zeros(1, 1, 16, 16))
        copy.deepcopy(net)


def test_the_rgb_network_learns_rgb_and_hands_on_its_ab():
    torch.manual_seed(4)
    net = RgbUNet(downs=4, filters=4)
    L = torch.rand(2, 1, 16, 16) - 0.5
    ab = net(L)
    assert ab.shape == (2, 2, 16, 16)
    own = rgb_to_lab(net.guess)
    torch.testing.assert_close(ab * 110, own[:, 1:], atol=1e-3, rtol=0)
    measured = net.own_metrics(ab)["lightness_l1"]
    torch.testing.assert_close(measured, (own[:, :1] - 50 * (L + 1)).abs().mean(dim=(1, 2, 3)))
    truth = lab_to_rgb(torch.cat([50 * (L + 1), torch.zeros(2, 2, 16, 16)], 1))
    expected = 2 * (net.guess - truth).abs().mean()
    torch.testing.assert_close(own_losses(net, torch.zeros(2, 2, 16, 16))["rgb"], expected)
