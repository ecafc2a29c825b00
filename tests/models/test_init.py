"""What `models.init` promises."""

import pytest
from torch import nn

from colorlib.models.init import init_weights
from colorlib.models.unet import UNet

# --- how they start ----------------------------------------------------------------------------------------------


def test_init_weights_draws_what_pix2pix_draws():
    net = init_weights(nn.Sequential(nn.Conv2d(16, 64, 4), nn.BatchNorm2d(2000), nn.ConvTranspose2d(64, 16, 4)))
    for conv in (net[0], net[2]):
        assert conv.weight.std().item() == pytest.approx(0.02, rel=0.05)
        assert conv.weight.mean().abs() < 1e-3
        assert not conv.bias.any()
    assert net[1].weight.mean().item() == pytest.approx(1, abs=0.005)
    assert net[1].weight.std().item() == pytest.approx(0.02, rel=0.1)
    assert not net[1].bias.any()


def test_start_grey_survives_init_weights_twice():
    net = UNet(downs=5, filters=32)
    for _ in range(2):
        init_weights(net)
        assert net.block.up[1].weight.std().item() == pytest.approx(0.0002, rel=0.1)
