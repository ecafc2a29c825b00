"""The fusion layer: shapes, any size, who hears the global vector, and that labels reach it."""

import copy

import pytest
import torch

from colorlib.models.auxiliary import has_auxiliary
from colorlib.models.fusion import FusionLayer, FusionNet
from colorlib.models.registry import build_generator

LABELS = torch.tensor([1, 3])


def grey(*sides, batch=2):
    torch.manual_seed(0)
    return torch.rand(batch, 1, *sides) * 2 - 1


@pytest.mark.parametrize("branch", ["grid", "pyramid"])
@pytest.mark.parametrize("sides", [(1, 1), (4, 4), (5, 9)])
def test_the_layer_keeps_shapes_at_any_size(branch, sides):
    layer = FusionLayer(8, branch, vector=16)
    features = torch.randn(2, 8, *sides)
    assert layer(features).shape == features.shape
    assert layer(features, torch.randn(2, 8, 7, 3)).shape == features.shape


def test_every_place_hears_of_the_whole():
    """Changing one corner changes the features of the opposite one, and only by way of the global vector."""
    torch.manual_seed(1)
    layer = FusionLayer(8, vector=16).eval()
    features = torch.randn(1, 8, 8, 8)
    changed = features.clone()
    changed[..., :4, :4] += 3
    far = layer(features)[..., 6:, 6:]
    assert not torch.allclose(layer(changed)[..., 6:, 6:], far, atol=1e-4)
    assert torch.equal(layer(changed, features)[..., 6:, 6:], far)


@pytest.mark.parametrize(
    ("kind", "arguments"),
    [
        ("fusion", {"filters": 4, "whole": 32}),
        ("unet", {"downs": 3, "filters": 4}),
        ("light", {"pretrained": False}),
        ("dynamic_unet", {"body": "tf_efficientnet_lite0", "size": 32, "pretrained": False}),
    ],
)
def test_generators_carry_it_and_both_heads_reach_the_global_path(kind, arguments):
    torch.manual_seed(2)
    generator = build_generator(kind, **arguments, fusion={"classes": 5, "vector": 16})
    layer = next(part for part in generator.modules() if isinstance(part, FusionLayer))
    last = [p for p in layer.branch.parameters() if p.ndim == 2][-1]
    L = grey(64, 64)
    ab, said = generator(L, auxiliary=True)
    assert ab.shape == (2, 2, 64, 64)
    by_color = torch.autograd.grad(ab.square().sum() + ab.sum(), last, retain_graph=True)[0]
    (loss,) = said.losses(ab, LABELS).values()
    by_label = torch.autograd.grad(loss, last)[0]
    assert by_color.abs().sum() > 0
    assert by_label.abs().sum() > 0
    assert said.metrics(ab, LABELS)["class_accuracy"].shape == (2,)
    assert has_auxiliary(generator)
    assert not has_auxiliary(build_generator(kind, **arguments, fusion={}))
    generator.eval()
    with torch.no_grad():
        torch.testing.assert_close(generator(L), generator(L, auxiliary=True)[0], rtol=0, atol=0)


@pytest.mark.parametrize("fusion", [None, {}, {"branch": "pyramid"}])
def test_the_net_takes_any_size(fusion):
    net = FusionNet(4, whole=16, fusion=fusion).eval()
    assert net(grey(24, 40)).shape == (2, 2, 24, 40)
    with pytest.raises(ValueError, match="multiples of 8, not 20x16"):
        net(grey(20, 16))


def test_untrained_colours_are_grey():
    assert FusionNet(4, whole=16, fusion={}).eval()(grey(32, 32)).abs().max() < 0.01


def test_style_is_the_global_vector_of_another_picture():
    torch.manual_seed(3)
    net = FusionNet(8, whole=16, fusion={"vector": 16}).eval()
    one, other = grey(16, 16, batch=2).split(1)
    own = net(one)
    assert torch.equal(net(one, style=one.clone()), own)
    assert not torch.equal(net(one, style=other), own)
    assert net(one, style=grey(40, 24, batch=1)).shape == own.shape


def test_a_network_keeps_nothing_of_a_batch():
    net = FusionNet(4, whole=16, fusion={"classes": 5})
    _, said = net(grey(16, 16), auxiliary=True)
    assert said.logits.requires_grad
    copy.deepcopy(net)  # which fails on a tensor that a graph hangs on


@pytest.mark.parametrize(
    ("arguments", "message"), [({"branch": "tree"}, "grid, pyramid"), ({"classes": 1}, "at least 2")]
)
def test_wrong_arguments_are_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        FusionLayer(4, **arguments)
