"""What `models.rgb_unet` promises."""

import torch

from colorlib.color.lab import lab_to_rgb, rgb_to_lab
from colorlib.models.rgb_unet import RgbUNet


def test_the_rgb_network_learns_rgb_and_hands_on_its_ab():
    torch.manual_seed(4)
    net = RgbUNet(downs=4, filters=4)
    L = torch.rand(2, 1, 16, 16) - 0.5
    ab, predicted = net(L, auxiliary=True)
    assert ab.shape == (2, 2, 16, 16)
    own = rgb_to_lab(predicted.rgb)
    torch.testing.assert_close(ab * 110, own[:, 1:], atol=1e-3, rtol=0)
    measured = predicted.metrics(ab)["lightness_l1"]
    torch.testing.assert_close(measured, (own[:, :1] - 50 * (L + 1)).abs().mean(dim=(1, 2, 3)))
    truth = lab_to_rgb(torch.cat([50 * (L + 1), torch.zeros(2, 2, 16, 16)], 1))
    expected = 2 * (predicted.rgb - truth).abs().mean()
    torch.testing.assert_close(predicted.losses(torch.zeros(2, 2, 16, 16))["rgb"], expected)
