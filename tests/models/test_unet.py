"""The networks: their sizes, their sight, their start, and the traps around them."""

import pytest
import torch
from torch import nn

from colorlib.models import unet as models
from colorlib.models.size import parameter_count
from colorlib.models.unet import UNet
from helpers.models import grey_batch


@pytest.fixture(scope="module")
def paper_unet():
    return UNet()


# --- the U-Net ---------------------------------------------------------------------------------------------------


def test_unet_of_the_paper_has_its_parameters(paper_unet):
    assert parameter_count(paper_unet) == 54_409_858


def test_unet_goes_from_256_to_1_and_back_even_for_one_picture(paper_unet):
    sizes = []
    for module in paper_unet.modules():
        if isinstance(module, nn.Conv2d | nn.ConvTranspose2d):
            module.register_forward_hook(lambda m, i, o, sizes=sizes: sizes.append(o.shape[-1]))
    paper_unet.train()
    with torch.no_grad():
        ab = paper_unet(grey_batch(256, batch=1))  # a batch of one must survive the 1x1 bottleneck
    assert ab.shape == (1, 2, 256, 256)
    assert sizes == [128, 64, 32, 16, 8, 4, 2, 1, 2, 4, 8, 16, 32, 64, 128, 256]


def test_norms_and_dropouts_are_where_pix2pix_has_them(paper_unet):
    blocks = [module for module in paper_unet.modules() if isinstance(module, models.UNetBlock)]
    assert len(blocks) == 8
    outermost, innermost = blocks[0], blocks[-1]
    assert not any(isinstance(layer, nn.BatchNorm2d) for layer in [*outermost.down, *outermost.up, *innermost.down])
    assert isinstance(innermost.up[2], nn.BatchNorm2d)
    assert isinstance(outermost.up[-1], nn.Tanh)
    rates = [[layer.p for layer in block.up if isinstance(layer, nn.Dropout)] for block in blocks]
    assert rates == [[], [], [], [], [0.5], [0.5], [0.5], []]
    slopes = {module.negative_slope for module in paper_unet.modules() if isinstance(module, nn.LeakyReLU)}
    assert slopes == {0.2}


def test_skips_hand_over_what_entered_the_block_untouched():
    net = UNet(downs=4, filters=8).eval()
    for block in net.modules():
        if isinstance(block, models.UNetBlock) and not block.outermost:
            x = torch.randn(2, block.down[1].in_channels, 16, 16)
            before = x.clone()
            out = block(x)
            assert torch.equal(x, before)
            assert torch.equal(out[:, : x.shape[1]], before)


def test_without_skips_the_blocks_meet_in_the_middle_alone():
    net = UNet(downs=3, filters=4, skips=False)
    blocks = [block for block in net.modules() if isinstance(block, models.UNetBlock)]
    x = torch.randn(2, 4, 16, 16)
    assert blocks[1](x).shape == x.shape
    assert net(torch.zeros(2, 1, 32, 32)).shape == (2, 2, 32, 32)
    middle = net.block.inside.inside.inside
    middle.register_forward_hook(lambda _module, _inputs, out: torch.zeros_like(out))
    one, other = (net.eval()(torch.full((1, 1, 32, 32), value)) for value in (-0.5, 0.5))
    assert torch.equal(one, other)


def test_seven_downs_fit_128_and_other_multiples():
    net = UNet(downs=7, filters=8)
    assert net(grey_batch(128)).shape == (2, 2, 128, 128)
    assert net(torch.zeros(2, 1, 128, 256)).shape == (2, 2, 128, 256)


def test_a_wrong_size_is_named_with_its_remedy():
    with pytest.raises(ValueError, match=r"multiples of 32, not 64x72.*pad or crop"):
        UNet(downs=5, filters=8)(torch.zeros(1, 1, 64, 72))
    with pytest.raises(ValueError, match="at least 2 downs"):
        UNet(downs=1)


def test_dropout_is_noise_in_training_and_silent_in_evaluation():
    net, L = UNet(downs=5, filters=8), grey_batch()
    with torch.no_grad():
        assert not torch.equal(net.train()(L), net(L))
        assert torch.equal(net.eval()(L), net(L))
