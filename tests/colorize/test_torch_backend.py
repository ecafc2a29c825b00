"""What `colorize.torch_backend` promises."""

import numpy as np
import pytest
import torch
from torch import nn

from colorlib.colorize.colorizer import Colorizer
from colorlib.colorize.torch_backend import fold_batch_norms
from colorlib.models.registry import build_generator, multiple_of
from colorlib.models.unet import UNet
from helpers.colorize import GREY, FlatGenerator, SizeTeller, lab_of


@pytest.mark.parametrize(
    ("shape", "seen"),
    [
        ((100, 100), (64, 64)),
        ((100, 150), (64, 96)),
        ((480, 640), (64, 96)),  # 64 x 85, mirrored to 96
        ((640, 480), (96, 64)),
        ((20, 10), (128, 64)),  # enlarged to the size
        ((1, 1), (64, 64)),
        ((1, 2000), (32, 256)),  # at most four times the size
        ((2000, 3), (256, 32)),
    ],
)
def test_network_sees_a_padded_never_a_squashed_picture(shape, seen):
    generator = FlatGenerator()
    ramp = np.add.outer(np.linspace(0, 120, shape[0]), np.linspace(0, 120, shape[1])).astype(np.uint8)
    result = Colorizer(generator, size=64)(ramp)
    assert result.shape == (*shape, 3)
    assert generator.seen[0].shape == (2, 1, *seen), "the picture and its mirror image"
    assert generator.seen[0].min() >= -1
    assert generator.seen[0].max() <= 1


def test_what_the_network_sees_has_square_pixels():
    """A disc stays a disc: its width and height agree in the network's picture."""
    y, x = np.mgrid[:240, :400]
    disc = np.where((y - 120) ** 2 + (x - 200) ** 2 < 90**2, 255, 0).astype(np.uint8)
    generator = FlatGenerator()
    Colorizer(generator, size=96)(disc)
    bright = generator.seen[0][0, 0] > 0
    rows, columns = bright.any(1).sum().item(), bright.any(0).sum().item()
    assert rows == pytest.approx(2 * 90 * 96 / 240, abs=2)
    assert columns == pytest.approx(rows, abs=1)


@pytest.mark.parametrize(("downs", "multiple"), [(3, 8), (5, 32)])
def test_real_networks_get_the_multiple_they_need(downs, multiple, photograph):
    colorizer = Colorizer(UNet(downs=downs, filters=4), size=40)
    assert multiple_of(colorizer.network.generator) == multiple
    assert colorizer(photograph).shape == photograph.shape


@pytest.mark.parametrize(
    "error", [torch.OutOfMemoryError("CUDA"), RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried")]
)
def test_out_of_memory_is_told_with_a_remedy(error):
    class Hungry(nn.Module):
        def forward(self, L):
            raise error

    with pytest.raises(MemoryError, match=r"50x40 pixels at size 32: take a smaller size"):
        Colorizer(Hungry(), size=32)(np.zeros((40, 50), np.uint8))


def test_another_error_of_the_network_is_not_hidden():
    class Broken(nn.Module):
        def forward(self, L):
            raise RuntimeError("shapes do not match")

    with pytest.raises(RuntimeError, match="shapes do not match"):
        Colorizer(Broken(), size=32)(np.zeros((40, 50), np.uint8))


def test_numbers_that_are_not_finite_are_not_painted():
    with pytest.raises(FloatingPointError, match="not finite"):
        Colorizer(FlatGenerator(float("nan"), 0), size=32)(np.zeros((40, 50), np.uint8))


def test_dropout_is_off_and_modes_come_back(photograph):
    generator = UNet(downs=4, filters=4).train()
    generator.block.inside.eval()  # a frozen part stays frozen
    modes = [module.training for module in generator.modules()]
    colorizer = Colorizer(generator, size=32)
    assert np.array_equal(colorizer(photograph), colorizer(photograph))
    assert [module.training for module in generator.modules()] == modes


def test_the_predictions_of_several_sizes_are_averaged():
    for sizes, a in (((40,), 4.0), ((80,), 8.0), ((40, 80), 6.0), ((80, 40, 120), 8.0)):
        lab = lab_of(Colorizer(SizeTeller(), size=sizes, flip=False)(GREY))
        assert float(lab[1].mean()) == pytest.approx(a, abs=0.6), sizes


def test_flip_averages_with_the_mirror_image():
    once = lab_of(Colorizer(SizeTeller(), size=80, flip=False)(GREY))[2]
    assert once[:, -8:].mean() - once[:, :8].mean() > 15
    both = lab_of(Colorizer(SizeTeller(), size=80)(GREY))[2]
    assert both[:, -8:].mean() == pytest.approx(float(both[:, :8].mean()), abs=0.3)
    assert both.mean() == pytest.approx(10, abs=0.5)


def test_a_mirrored_picture_gets_mirrored_colours(photograph):
    torch.manual_seed(0)
    colorizer = Colorizer(nn.Conv2d(1, 2, 9, padding=4), size=64)
    result, mirrored = colorizer(photograph), colorizer(np.ascontiguousarray(photograph[:, ::-1]))
    assert np.abs(result.astype(int) - mirrored[:, ::-1]).mean() < 0.5
    without = Colorizer(colorizer.network.generator, size=64, flip=False)
    assert np.abs(without(photograph).astype(int) - without(photograph[:, ::-1])[:, ::-1]).mean() > 0.5


@pytest.mark.parametrize("kind", ["light", "unet", "dynamic_unet"])
def test_folded_batch_norms_give_the_same_answers(kind):
    torch.manual_seed(3)
    generator = build_generator(kind, **({} if kind == "unet" else {"pretrained": False})).eval()
    norms = [module for module in generator.modules() if isinstance(module, nn.BatchNorm2d)]
    for norm in norms:
        for values in (norm.weight.data, norm.bias.data, norm.running_mean, norm.running_var):
            values.uniform_(0.5, 1.5)
    L = torch.rand(2, 1, 256, 256) * 2 - 1
    with torch.no_grad():
        before = generator(L)
        fold_batch_norms(generator)
        after = generator(L)
    assert (after - before).abs().max() < 1e-3 * before.std()
    left = sum(isinstance(module, nn.BatchNorm2d) for module in generator.modules())
    assert left == 0 if kind == "light" else left < len(norms)
    assert not any(module.training for module in generator.modules())
