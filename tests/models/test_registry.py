"""What `models.registry` promises."""

import pytest
import torch
from fastai.vision.models.unet import DynamicUnet
from torchvision.transforms.functional import resize

from colorlib.color.lab import rgb_to_lab
from colorlib.color.scale import from_network, to_network
from colorlib.models.dynamic_unet import dynamic_unet
from colorlib.models.light_unet import LightUNet
from colorlib.models.patchgan import PatchGAN
from colorlib.models.registry import GENERATORS, build_generator
from colorlib.models.unet import UNet
from helpers.models import LITE0, grey_batch, photograph


@pytest.mark.parametrize(
    "arguments",
    [
        {"kind": "unet"},
        {"kind": "dynamic_unet", "body": LITE0},
        {"kind": "light"},
        {"kind": "light", "pretrained": False},
    ],
    ids=["unet", "dynamic_unet", "light", "light-random"],
)
@pytest.mark.parametrize("training", [True, False])
def test_an_untrained_generator_paints_grey(arguments, training):
    torch.manual_seed(0)
    net = build_generator(**arguments).train(training)
    rgb = resize(photograph("chelsea"), 256, antialias=True)
    L, truth = to_network(rgb_to_lab(rgb))
    with torch.no_grad():
        ab = from_network(L, net(L))[:, 1:]
    assert ab.abs().mean() < 2
    assert from_network(L, truth)[:, 1:].abs().mean() > 4  # the photograph itself is far from grey


# --- by name, and under autocast ---------------------------------------------------------------------------------


def test_build_generator_by_name():
    assert isinstance(build_generator("unet", downs=3, filters=4), UNet)
    assert isinstance(build_generator("dynamic_unet", body=LITE0, pretrained=False), DynamicUnet)
    assert isinstance(build_generator("light", pretrained=False), LightUNet)
    assert set(GENERATORS) == {"unet", "dynamic_unet", "light", "fusion", "classes", "rgb"}


def test_build_generator_lists_what_there_is():
    with pytest.raises(ValueError, match="unet, dynamic_unet, light"):
        build_generator("vit")
    with pytest.raises(ValueError, match=r"no argument depth.*downs, filters"):
        build_generator("unet", depth=8)


@pytest.mark.parametrize(
    "build",
    [
        lambda: UNet(downs=6, filters=8),
        lambda: dynamic_unet(LITE0, size=64, pretrained=False),
        lambda: LightUNet(pretrained=False),
        lambda: LightUNet(),
    ],
    ids=["unet", "dynamic_unet", "light-random", "light"],
)
def test_generators_train_in_bfloat16_and_channels_last(build):
    generator = build().to(memory_format=torch.channels_last)
    discriminator = PatchGAN(filters=8, patch=16).to(memory_format=torch.channels_last)
    L = grey_batch().to(memory_format=torch.channels_last)
    with torch.autocast("cpu", torch.bfloat16):
        ab = generator(L)
        logits = discriminator(torch.cat([L, ab], 1))
    assert type(ab) is torch.Tensor
    assert logits.shape == (2, 1, 30, 30)
    (logits.float().mean() + ab.float().pow(2).mean()).backward()
    for net in (generator, discriminator):
        assert all(p.grad is not None and p.grad.isfinite().all() for p in net.parameters())
