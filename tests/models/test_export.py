"""A colorizer in an ONNX file is the colorizer that it was, at every size and every vividness."""

import json

import numpy as np
import onnx
import pytest
import torch
from onnxruntime import InferenceSession
from torch import nn

from colorlib.color.constants import AB_RANGE
from colorlib.color.lab import rgb_to_lab
from colorlib.color.scale import to_network
from colorlib.models import registry
from colorlib.models.export import export_onnx, interpolated
from colorlib.models.onnx_card import METADATA
from colorlib.models.shipped import shipped_weights
from colorlib.models.weights import load_weights, save_weights
from helpers.onnx_networks import twenty_photographs

# What onnxruntime-web runs on a processor, as its list of operators says.
PLAIN = {"Add", "BatchNormalization", "Cast", "Clip", "Concat", "Constant", "ConstantOfShape", "Conv", "Gather", "Mul"}
PLAIN |= {"Pad", "Relu", "Reshape", "Resize", "Shape", "Slice", "Sub", "Tanh", "Transpose"}
LIGHT = {"pretrained": False, "widths": [8, 8, 8, 8, 8]}


@pytest.fixture(scope="module")
def natural(tmp_path_factory):
    return export_onnx("natural", tmp_path_factory.mktemp("export") / "natural.onnx")


def asked(path, L, vividness=None):
    """What a file answers, in CIE units."""
    inputs = {"L": L.numpy()} | ({} if vividness is None else {"vividness": np.array(vividness, np.float32)})
    return InferenceSession(path, providers=["CPUExecutionProvider"]).run(["ab"], inputs)[0] * AB_RANGE


def test_twenty_photographs_have_the_colours_that_torch_gives_them(natural):
    session = InferenceSession(natural, providers=["CPUExecutionProvider"])
    dials = [(at, load_weights(shipped_weights()["light"], at)[0]) for at in (0, 0.2, 0.5, 0.9, 1)]
    strong = []
    for number, photo in enumerate(twenty_photographs(128)):
        height, width = (side // 32 * 32 for side in photo.shape[:2])
        rgb = torch.from_numpy(photo[:height, :width].copy()).permute(2, 0, 1)[None] / 255
        L, _ = to_network(rgb_to_lab(rgb))
        vividness, generator = dials[number % len(dials)]
        with torch.inference_mode():
            expected = generator(L).numpy() * AB_RANGE
        inputs = {"L": L.numpy(), "vividness": np.array(vividness, np.float32)}
        assert np.abs(session.run(["ab"], inputs)[0] * AB_RANGE - expected).max() < 0.01
        strong.append(np.abs(expected).max())
    assert np.median(strong) > 10, "there was something to compare"


def test_one_small_file_with_its_card_and_plain_operators(natural):
    assert natural.stat().st_size <= 14e6
    assert list(natural.parent.iterdir()) == [natural]
    model = onnx.load(natural)
    assert {node.op_type for node in model.graph.node} <= PLAIN
    assert [value.name for value in model.graph.input] == ["L", "vividness"]
    heavy = [tensor for tensor in model.graph.initializer if tensor.data_type != onnx.TensorProto.FLOAT16]
    assert sum(np.prod(tensor.dims) for tensor in heavy) < 1000, "weights have 16 bits"
    card = json.loads({entry.key: entry.value for entry in model.metadata_props}[METADATA])
    shipped = json.loads(shipped_weights()["light"].with_suffix(".json").read_text("utf8"))
    assert card["exported from"] == shipped["sha256"]
    assert card["dial"] == shipped["dial"]
    assert card["signature"]["multiple"] == 32


def test_a_point_on_the_dial_is_where_the_file_stands(tmp_path):
    model = onnx.load(export_onnx("vivid", tmp_path / "vivid.onnx"))
    assert json.loads(model.metadata_props[0].value)["dial"]["default"] == 1


@pytest.mark.parametrize(("kind", "arguments"), [("light", LIGHT), ("unet", {"downs": 5, "filters": 4})])
def test_without_a_dial_there_is_one_input(tmp_path, kind, arguments):
    torch.manual_seed(0)
    generator = registry.build_generator(kind, **arguments)
    for module in generator.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.running_var.uniform_(0.5, 2)
    source = save_weights(generator, tmp_path / "w.safetensors", kind, arguments, {})
    path = export_onnx(source, tmp_path / "w.onnx")
    assert [value.name for value in onnx.load(path).graph.input] == ["L"]
    L = torch.rand(2, 1, 96, 64) * 2 - 1
    with torch.inference_mode():
        expected = load_weights(source)[0](L).numpy() * AB_RANGE
    assert np.abs(asked(path, L) - expected).max() < 0.01


def test_the_gain_of_a_dial_is_in_the_file(tmp_path):
    torch.manual_seed(0)
    ends = [registry.build_generator("light", **LIGHT) for _ in range(2)]
    turns = {"vividness": [0.0, 0.4, 1.0], "part": [0.0, 0.5, 1.0], "gain": [1.0, 1.0, 1.5], "default": 0.5}
    source = save_weights(ends[0], tmp_path / "w.safetensors", "light", LIGHT, {"dial": turns}, ends[1])
    path = export_onnx(source, tmp_path / "w.onnx")
    L = torch.rand(1, 1, 64, 64) * 2 - 1
    for vividness in (0.3, 0.8):
        with torch.inference_mode():
            expected = load_weights(source, vividness)[0](L).numpy() * AB_RANGE
        np.testing.assert_allclose(asked(path, L, vividness), expected, atol=1e-3)


class SideTeller(nn.Module):
    """Its colour is the width of the picture, which a trace takes for a constant."""

    multiple = 8

    def __init__(self):
        super().__init__()
        self.factor = nn.Parameter(torch.tensor(1e-3))

    def forward(self, L):
        return torch.cat([L, L], dim=1) * self.factor * int(L.shape[-1])


def test_a_file_that_answers_otherwise_is_not_written(tmp_path, monkeypatch):
    monkeypatch.setitem(registry.GENERATORS, "side", SideTeller)
    source = save_weights(SideTeller(), tmp_path / "w.safetensors", "side", {}, {})
    with pytest.raises(FloatingPointError, match=r"CIE units off.*'side' cannot be exported"):
        export_onnx(source, tmp_path / "w.onnx")
    assert not (tmp_path / "w.onnx").exists()


def test_another_suffix_is_refused(tmp_path):
    with pytest.raises(ValueError, match=r"end the name in \.onnx"):
        export_onnx("natural", tmp_path / "natural.pt")


def test_interpolation_is_that_of_numpy():
    at, values = [0.0, 0.2, 0.7, 1.0], [0.1, 0.9, 0.4, 0.5]
    x = torch.linspace(-0.2, 1.2, 50)
    np.testing.assert_allclose(interpolated(x, at, values), np.interp(x, at, values), atol=1e-6)
