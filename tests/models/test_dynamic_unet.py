"""What `models.dynamic_unet` promises."""

import copy
import inspect
import subprocess
import sys
from urllib.error import URLError

import pytest
import torch
import torchvision

from colorlib.models import registry
from colorlib.models.dynamic_unet import ENCODERS, dynamic_unet, encoder_decoder
from colorlib.models.efficientnet_lite import lite0
from colorlib.models.registry import GENERATORS
from colorlib.models.size import parameter_count
from colorlib.models.unet import UNet
from helpers.models import LITE0, grey_batch


@pytest.fixture(scope="module")
def lite0_unet():
    torch.manual_seed(0)
    return dynamic_unet(LITE0, size=64)


def test_lite0_encoder_sees_L_as_the_classifier_sees_grey():
    L = grey_batch(64)
    model, encoder = lite0(), ENCODERS[LITE0](True).eval()
    with torch.no_grad():
        expected = model.blocks(model.bn1(model.conv_stem(L.expand(-1, 3, -1, -1))))
        torch.testing.assert_close(encoder(L), expected, rtol=1e-3, atol=1e-3)


def test_resnet_encoder_sees_L_as_a_classifier_sees_grey(monkeypatch):
    original = torchvision.models.resnet18(weights=None)
    monkeypatch.setattr(torchvision.models, "get_model", lambda name, weights: copy.deepcopy(original))
    encoder = ENCODERS["resnet18"](True).eval()
    L = grey_batch(64)
    grey = (((L + 1) / 2 - 0.449) / 0.226).expand(-1, 3, -1, -1)
    with torch.no_grad():
        torch.testing.assert_close(encoder[0](L), original.conv1(grey), rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize(("body", "parameters"), [(LITE0, 9_269_600), ("resnet18", 31_099_672)])
def test_dynamic_unet_parameters(body, parameters):
    assert parameter_count(dynamic_unet(body, pretrained=False)) == parameters


def test_dynamic_unet_colours_any_size(lite0_unet):
    with torch.no_grad():
        for height, width in ((64, 64), (96, 128), (100, 72)):
            assert lite0_unet(torch.zeros(2, 1, height, width)).shape == (2, 2, height, width)


def test_dynamic_unet_can_be_copied_after_a_pass(lite0_unet):
    lite0_unet.train()(grey_batch())
    twin = copy.deepcopy(lite0_unet).eval()
    L = grey_batch(64)
    with torch.no_grad():
        torch.testing.assert_close(twin(L), lite0_unet.eval()(L))
        twin.layers[0][0][1].weight.zero_()
        assert not torch.equal(twin(L), lite0_unet(L))  # the copy reads its own encoder


def test_offline_resnet_says_what_to_do(monkeypatch):
    def offline(*args, **kwargs):
        raise URLError("no network")

    monkeypatch.setattr(torchvision.models, "get_model", offline)
    with pytest.raises(ConnectionError, match=r"resnet34.*tf_efficientnet_lite0.*pretrained=False"):
        dynamic_unet("resnet34")


def test_dynamic_unet_bad_arguments():
    with pytest.raises(ValueError, match=f"resnet18, resnet34, {LITE0}"):
        dynamic_unet("vgg16")
    with pytest.raises(ValueError, match="at least 32"):
        dynamic_unet(LITE0, size=16)


def test_encoder_decoder_splits_every_parameter_once(lite0_unet):
    encoder, rest = encoder_decoder(lite0_unet)
    assert {id(p) for p in encoder} == {id(p) for p in lite0_unet.layers[0].parameters()}
    together = [id(p) for p in encoder + rest]
    assert sorted(together) == sorted(id(p) for p in lite0_unet.parameters())
    unet = UNet(downs=3, filters=4)
    assert [len(group) for group in encoder_decoder(unet)] == [len(list(unet.parameters()))]


def test_what_fastai_builds_is_imported_late_and_takes_the_same_arguments():
    late, real = (inspect.signature(build).parameters for build in (GENERATORS["dynamic_unet"], dynamic_unet))
    assert list(late.values()) == list(real.values())
    code = """
import sys, colorlib.models
assert "fastai" not in sys.modules
colorlib.models.dynamic_unet
print("fastai" in sys.modules)
"""
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "True\n"
    with pytest.raises(AttributeError, match="no attribute 'static_unet'"):
        registry.static_unet  # noqa: B018
