"""What `models.class_unet` promises."""

import copy

import pytest
import torch

from colorlib.models.class_unet import BinLogits, ClassUNet
from colorlib.models.color_bins import (
    ab_bins,
    soft_encode,
)
from colorlib.models.rgb_unet import RgbUNet


def test_the_network_paints_and_wants_the_right_bins():
    torch.manual_seed(3)
    net = ClassUNet(downs=4, filters=4)
    L, ab = torch.zeros(2, 1, 32, 48), torch.full((2, 2, 32, 48), 0.2)
    painted, said = net(L, auxiliary=True)
    assert net(L).shape == painted.shape == (2, 2, 32, 48)
    assert said.logits.shape == (2, len(ab_bins()), 8, 12)
    before = said.losses(ab)["bins"]
    before.backward()
    assert all(p.grad is not None for p in net.parameters())
    index, weight = soft_encode(torch.full((2, 2, 8, 12), 22.0), net.bins)
    right = torch.zeros_like(said.logits).scatter(1, index, weight).clamp(min=1e-6).log()
    entropy = -(weight * weight.log()).sum(1).mean()
    torch.testing.assert_close(BinLogits(right, net.bins, net.weights).losses(ab)["bins"], entropy, atol=0.01, rtol=0)
    assert before > 2 * entropy
    with pytest.raises(ValueError, match="multiples of 16"):
        net(torch.zeros(1, 1, 24, 32))
    with pytest.raises(ValueError, match="at least 4 downs"):
        ClassUNet(downs=3)


def test_rare_colours_count_more_once_the_network_has_seen_photographs():
    net = ClassUNet(downs=4, filters=4)
    ab = torch.zeros(4, 2, 16, 16)
    ab[0, :, :2, :2] = 0.4
    net.learn_colors([ab])
    said = BinLogits(torch.zeros(4, len(net.bins), 4, 4), net.bins, net.weights)
    rare, common = (said.losses(torch.full((4, 2, 16, 16), value))["bins"] for value in (0.4, 0.0))
    assert rare > 3 * common
    plain = ClassUNet(downs=4, filters=4, mix=1.0)
    plain.learn_colors([ab])
    assert plain.weights.allclose(torch.ones(()))


def test_networks_can_be_copied_in_the_middle_of_training():
    for net in (ClassUNet(downs=4, filters=4), RgbUNet(downs=4, filters=4)):
        _, said = net(torch.zeros(2, 1, 16, 16), auxiliary=True)
        assert said.losses(torch.zeros(2, 2, 16, 16)).popitem()[1].requires_grad
        copy.deepcopy(net)  # which fails on a tensor that a graph hangs on
