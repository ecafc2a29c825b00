"""What `models.efficientnet_lite` promises."""

import pytest
import torch

from colorlib.color.lab import grey_rgb, lightness
from colorlib.models.dynamic_unet import ENCODERS
from colorlib.models.efficientnet_lite import TAKEN, LiteEncoder, lite0, lite_weights
from helpers.models import LITE0, grey_batch, photograph

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
