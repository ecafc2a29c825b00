"""What `models.patchgan` promises."""

import pytest
import torch
from torch import nn

from colorlib.models.patchgan import PatchGAN, receptive_field
from colorlib.models.size import parameter_count
from colorlib.models.unet import UNet

# --- the PatchGAN ------------------------------------------------------------------------------------------------


def test_patchgan_of_the_paper():
    discriminator = PatchGAN()
    assert parameter_count(discriminator) == 2_765_633
    assert discriminator(torch.zeros(1, 3, 256, 256)).shape == (1, 1, 30, 30)
    layers = list(discriminator.layers)
    assert isinstance(layers[-1], nn.Conv2d)  # logits: nothing follows
    assert not isinstance(layers[1], nn.BatchNorm2d)
    assert sum(isinstance(layer, nn.BatchNorm2d) for layer in layers) == 3


@pytest.mark.parametrize(("patch", "side"), [(1, 256), (16, 126), (70, 30), (286, 6)])
def test_the_receptive_field_is_the_patch(patch, side):
    discriminator = PatchGAN(filters=4, patch=patch)
    assert receptive_field(discriminator) == patch
    assert discriminator(torch.zeros(1, 3, 256, 256)).shape == (1, 1, side, side)


@pytest.mark.parametrize(("patch", "size"), [(1, 32), (16, 64), (70, 256)])
def test_the_gradient_of_one_logit_covers_exactly_its_patch(patch, size):
    discriminator = PatchGAN(
        filters=8, patch=patch
    ).eval()  # in training, batch norm lets every pixel touch every logit
    lab = torch.randn(1, 3, size, size, requires_grad=True)
    logits = discriminator(lab)
    row, column = logits.shape[-2] // 2, logits.shape[-1] // 2 + 1
    logits[0, 0, row, column].backward()
    seen = lab.grad[0].abs().sum(0) > 0
    rows, columns = seen.any(1).nonzero()[:, 0], seen.any(0).nonzero()[:, 0]
    assert rows[-1] - rows[0] + 1 == patch
    assert columns[-1] - columns[0] + 1 == patch
    assert seen.sum() == patch**2


def test_receptive_field_of_other_chains():
    assert receptive_field(nn.ReLU()) == 1
    assert receptive_field(nn.Sequential(nn.Conv2d(1, 1, 3), nn.Conv2d(1, 1, 3))) == 5
    assert receptive_field(nn.Sequential(nn.Conv2d(1, 1, 3, dilation=2), nn.MaxPool2d(2), nn.Conv2d(1, 1, 3))) == 10
    with pytest.raises(ValueError, match="ConvTranspose2d"):
        receptive_field(UNet(downs=2, filters=2))
    with pytest.raises(ValueError, match="square"):
        receptive_field(nn.Conv2d(1, 1, (1, 3)))


def test_unknown_patch_lists_the_known_ones():
    with pytest.raises(ValueError, match="1, 16, 70, 286"):
        PatchGAN(patch=34)
