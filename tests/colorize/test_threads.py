"""Colorizers of photographs and films, and hints, work in several threads at once; their network stays as it was."""

import copy
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch
from torch import nn

from colorlib.colorize.colorizer import Colorizer
from colorlib.colorize.hints import Point
from colorlib.colorize.torch_backend import evaluating
from colorlib.data.sources import package_photographs
from colorlib.film.steady import SteadyColorizer
from colorlib.images.decode import open_rgb
from colorlib.models.registry import build_generator
from colorlib.models.unet import UNet

KINDS = {
    "unet": {"downs": 3, "filters": 4},
    "light": {"pretrained": False},
    "dynamic_unet": {"pretrained": False},
    "rgb": {"downs": 3, "filters": 4},
    "classes": {"downs": 4},
    "fusion": {"whole": 32, "filters": 4, "fusion": {"classes": 3}},
}


def network(kind="unet"):
    """A generator in training mode, its batch norms off their defaults and its colours off grey."""
    torch.manual_seed(3)
    generator = build_generator(kind, **KINDS[kind]).train()
    for module in generator.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.running_mean.uniform_(-0.2, 0.2)
            module.running_var.uniform_(0.5, 1.5)
    return generator


def pictures(number):
    rng = np.random.default_rng(0)
    return [rng.integers(0, 256, (40 + i, 60 - i), dtype=np.uint8) for i in range(number)]


def in_threads(function, items, threads=3):
    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(function, items))


def state(generator):
    """All that a call might change: modes, numbers, gradients, where they lie in memory, attributes."""
    tensors = {
        name: (value.clone(), value.data_ptr(), value.stride()) for name, value in generator.state_dict().items()
    }
    modes = [module.training for module in generator.modules()]
    return tensors, modes, [parameter.requires_grad for parameter in generator.parameters()]


def same(one, other):
    numbers = all(torch.equal(one[0][key][0], other[0][key][0]) for key in one[0])
    return numbers and all(one[0][key][1:] == other[0][key][1:] for key in one[0]) and one[1:] == other[1:]


@pytest.mark.parametrize("kind", KINDS)
def test_three_threads_give_what_one_gives_and_change_nothing(kind):
    generator = network(kind)
    before = state(generator)
    colorizer = Colorizer(generator, size=32)
    shown = pictures(8)
    alone = [colorizer(picture) for picture in shown]
    assert len({array.tobytes() for array in alone}) == 8
    together = in_threads(colorizer, shown * 3)
    for number, result in enumerate(together):
        assert np.array_equal(result, alone[number % 8]), number
    assert same(before, state(generator))
    assert generator.training


def test_a_network_that_trains_meanwhile_is_asked_in_evaluation_mode():
    generator = network()
    colorizer = Colorizer(generator, size=32)
    (picture,) = pictures(1)
    wanted = Colorizer(copy.deepcopy(generator).eval(), size=32)(picture)
    generator.eval()
    assert np.array_equal(colorizer(picture), wanted)
    generator.train()
    assert np.array_equal(colorizer(picture), wanted)
    generator.block.inside.eval()
    modes = [module.training for module in generator.modules()]
    colorizer.uncertainty(picture)
    colorizer(torch.rand(2, 1, 32, 32))
    assert modes == [module.training for module in generator.modules()]


def test_what_the_network_learns_the_colorizer_knows():
    generator = network()
    colorizer = Colorizer(generator, size=32)
    (picture,) = pictures(1)
    first = colorizer(picture)
    optimizer = torch.optim.SGD(generator.parameters(), lr=0.5)
    generator(torch.rand(2, 1, 32, 32)).sum().backward()
    optimizer.step()
    after = colorizer(picture)
    assert not np.array_equal(first, after)
    assert np.array_equal(after, Colorizer(generator, size=32)(picture))


def test_a_view_on_another_device_leaves_the_network_where_it_is():
    generator = network()
    generator.block.tied = generator.block.down  # one module, two names
    view = evaluating(generator, torch.device("meta"))
    assert {value.device.type for value in view.state_dict().values()} == {"meta"}
    assert {value.device.type for value in generator.state_dict().values()} == {"cpu"}
    assert view.block.tied is view.block.down is not generator.block.down
    assert len(list(view.parameters())) == len(list(generator.parameters()))


def test_a_view_that_goes_takes_nothing_along():
    """fastai's DynamicUnet removes its hooks when it is deleted; those of the network must stay."""
    generator = network("dynamic_unet")
    L = torch.rand(1, 1, 64, 64)
    wanted = copy.deepcopy(generator).eval()(L)
    for _ in range(2):
        Colorizer(generator, size=32)(pictures(1)[0])
    assert torch.equal(generator.eval()(L), wanted)
    assert all(hook.stored is None for hook in generator.sfs)


def test_shared_hints_and_references_in_several_threads():
    colorizer = Colorizer(network(), size=32)
    points = [Point(0.2, 0.3, "tomato"), Point(0.8, 0.7, (20, 80, 200))]
    reference = np.random.default_rng(1).integers(0, 256, (50, 50, 3), dtype=np.uint8)
    kept = reference.copy()

    def hinted(picture):
        return colorizer(picture, points=points, reference=reference)

    shown = pictures(6)
    alone = [hinted(picture) for picture in shown]
    for number, result in enumerate(in_threads(hinted, shown * 3)):
        assert np.array_equal(result, alone[number % 6])
    assert np.array_equal(reference, kept)


@pytest.mark.parametrize("mode", ["flow", "exponential", "off"])
def test_one_colorizer_colours_several_films_at_once(mode):
    generator = UNet(downs=3, filters=4).train()
    before = state(generator)
    reference = np.random.default_rng(1).integers(0, 256, (48, 64, 3), dtype=np.uint8)
    steady = SteadyColorizer(Colorizer(generator, size=48), mode, key_every=3, reference=reference)
    coffee = np.asarray(open_rgb(package_photographs()["coffee"]).convert("L"))
    films = [
        np.stack([coffee[40 * number + 2 * frame :, 60 + 3 * frame :][:128, :160] for frame in range(5)])
        for number in range(4)
    ]

    def painted(film):
        return np.stack(list(steady.paint(film)))

    alone = [painted(film) for film in films]
    # OpenCV's search for motion reads memory that it never wrote, so that it is not the same twice to the last bit.
    most = 1.0 if mode == "flow" else 0.0
    for result, wanted in zip(in_threads(painted, films), alone, strict=True):
        assert np.abs(result.astype(int) - wanted).mean() <= most
    assert same(before, state(generator))
