"""What `colorize.onnx_backend` promises: the same pictures as torch, and other people's networks."""

import pickle
import shutil
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch
from onnxruntime.capi.onnxruntime_pybind11_state import Fail

from colorlib.colorize.colorizer import Colorizer
from colorlib.colorize.onnx_backend import OnnxNetwork
from colorlib.colorize.torch_backend import TorchNetwork
from colorlib.models.export import export_onnx
from colorlib.models.shipped import SHIPPED
from colorlib.models.unet import UNet
from colorlib.models.weights import save_weights
from helpers.colorize import GREY, lab_of
from helpers.onnx_networks import pixelwise, twenty_photographs

DDCOLOR, DEOLDIFY = {"preset": "ddcolor"}, {"preset": "deoldify"}


@pytest.fixture(scope="module")
def natural(tmp_path_factory):
    return export_onnx("natural", tmp_path_factory.mktemp("export") / "natural.onnx")


def test_twenty_photographs_are_the_same_from_both_backends(natural):
    ours, theirs = (Colorizer.from_pretrained("natural", backend=backend) for backend in ("onnx", "torch"))
    assert isinstance(ours.network, OnnxNetwork)
    assert isinstance(theirs.network, TorchNetwork)
    exported = Colorizer.from_pretrained(natural)
    assert ours.sizes == theirs.sizes == exported.sizes
    assert ours.sha256 == theirs.sha256
    for number, photo in enumerate(twenty_photographs(200)):
        result = ours(photo).astype(int)
        assert np.abs(result - theirs(photo)).max() <= 1
        if number % 4 == 0:  # the exported file is a copy of the graph that ours is
            assert np.abs(result - exported(photo)).max() <= 1
    assert np.abs(result - result.mean(2, keepdims=True)).max() > 10, "there are colours"


def test_options_are_the_same_with_both_backends(photograph):
    for options in (
        {"vividness": 0.1, "flip": False},
        {"vividness": 1, "size": 96},
        {"size": (64, 128), "saturation": 1.5},
    ):
        ours, theirs = (Colorizer.from_pretrained(backend=name, **options)(photograph) for name in ("onnx", "torch"))
        assert np.abs(ours.astype(int) - theirs).max() <= 1, options
    with pytest.raises(ValueError, match=r"from 0 .* to 1"):
        Colorizer.from_pretrained(vividness=1.5)


def test_what_runs_a_network_is_chosen(tmp_path, natural, monkeypatch):
    assert isinstance(Colorizer.from_pretrained("vivid", device="cpu").network, OnnxNetwork)
    with pytest.raises(ValueError, match="unknown backend 'tf': choose one of onnx, torch"):
        Colorizer.from_pretrained(backend="tf")
    with pytest.raises(ValueError, match=r'natural\.onnx.* not run by torch; take backend="onnx"'):
        Colorizer.from_pretrained(natural, backend="torch")
    own = save_weights(UNet(downs=3, filters=4), tmp_path / "w.safetensors", "unet", {"downs": 3, "filters": 4}, {})
    assert isinstance(Colorizer.from_pretrained(own).network, TorchNetwork)
    with pytest.raises(ValueError, match=r"w\.safetensors: onnxruntime needs a graph.*colorlib export"):
        Colorizer.from_pretrained(own, backend="onnx")
    monkeypatch.setattr("colorlib.colorize.backends.find_spec", lambda name: None)
    with pytest.raises(ModuleNotFoundError, match=r"w\.safetensors: it needs torch.*\[train\]"):
        Colorizer.from_pretrained(own)


def test_a_graph_that_was_altered_is_refused(tmp_path):
    for path in SHIPPED.glob("light.*"):
        shutil.copy(path, tmp_path)
    assert OnnxNetwork(tmp_path / "light.safetensors").multiple == 32
    graph = tmp_path / "light.graph.onnx"
    graph.write_bytes(graph.read_bytes() + b"x")
    with pytest.raises(ValueError, match=r"light\.graph\.onnx: its sha256 is not the one in light\.json"):
        Colorizer.from_pretrained(tmp_path / "light.safetensors", backend="onnx")


def test_what_tells_a_network_from_others(natural):
    names = {Colorizer.from_pretrained(natural, vividness=at).sha256 for at in (None, 0.5, 1)}
    assert len(names) == 2, "by default the dial stands at 0.5"


def test_many_threads_and_other_processes(natural, photograph):
    network = OnnxNetwork(natural, 0.2)
    L = np.linspace(0, 100, 2 * 64 * 96, dtype=np.float32).reshape(2, 1, 64, 96)
    expected = network.predict(L)
    assert expected.shape == (2, 2, 64, 96)
    with ThreadPoolExecutor(3) as pool:
        assert all(np.array_equal(found, expected) for found in pool.map(network.predict, [L] * 6))
    assert np.array_equal(pickle.loads(pickle.dumps(network)).predict(L), expected)
    colorizer = pickle.loads(pickle.dumps(Colorizer.from_pretrained(natural)))
    assert colorizer(photograph).shape == photograph.shape


# Other people's networks


def test_ddcolor_takes_grey_rgb_of_one_size_and_gives_ab(tmp_path):
    """A tiny network of its export's signature: a = 60 * red - 10, b = 20."""
    path = pixelwise(tmp_path / "dd.onnx", [[60, 0, 0], [0, 0, 0]], [-10, 20], [1, 3, 32, 32], DDCOLOR)
    colorizer = Colorizer.from_pretrained(path)
    assert colorizer.sizes == (512,)
    ramp = np.repeat(np.linspace(60, 180, 90, dtype=np.uint8)[None], 70, axis=0)
    lab = lab_of(colorizer(ramp))
    inner = np.s_[10:-10, 10:-10]
    expected = 60 * torch.from_numpy(ramp / 255) - 10
    assert (lab[1] - expected)[inner].abs().max() < 1.5
    assert (lab[2] - 20)[inner].abs().max() < 1.5


def test_deoldify_takes_bytes_of_any_size_and_gives_rgb(tmp_path):
    """A tiny network of its export's signature: the grey, times the colour of a tint."""
    tint = np.array([1, 0.8, 0.6])
    path = pixelwise(tmp_path / "de.onnx", np.diag(tint), [0, 0, 0], ["b", 3, "h", "w"], DEOLDIFY)
    lab = lab_of(Colorizer.from_pretrained(path, size=64)(GREY))
    wanted = lab_of(np.full((1, 1, 3), 128 * tint / 255, np.float32))[1:, 0, 0]
    assert (lab[1:] - wanted[:, None, None]).abs().max() < 1


def test_scale_order_and_range_are_those_of_the_card(tmp_path):
    """Seen with ImageNet's mean and deviation, answered as BGR in [0, 1]: back comes the tint."""
    mean, deviation, tint = np.array([[0.406, 0.456, 0.485], [0.225, 0.224, 0.229], [0.6, 0.8, 1]])
    card = {"input": "rgb", "black": list(-mean / deviation), "white": list((1 - mean) / deviation)}
    card |= {"output": "rgb", "scale": 1, "order": "bgr", "multiple": 8, "size": 40}
    path = pixelwise(tmp_path / "net.onnx", np.diag(deviation * tint), mean * tint, [1, 3, "h", "w"], card)
    colorizer = Colorizer.from_pretrained(path)
    assert (colorizer.sizes, colorizer.network.multiple) == ((40,), 8)
    lab = lab_of(colorizer(GREY))
    wanted = lab_of(np.full((1, 1, 3), 128 * tint[::-1] / 255, np.float32))[1:, 0, 0]
    assert (lab[1:] - wanted[:, None, None]).abs().max() < 1


def test_lightness_in_and_ab_out(tmp_path):
    """From L* in [0, 100] to ab in units of 128: a = L / 2, b = -L / 4."""
    card = {"input": "L", "black": 0, "white": 100, "output": "ab", "scale": 128}
    path = pixelwise(tmp_path / "net.onnx", [[1 / 256], [-1 / 512]], [0, 0], ["b", 1, "h", "w"], card)
    L = np.linspace(0, 100, 64 * 32, dtype=np.float32).reshape(1, 1, 64, 32)
    np.testing.assert_allclose(OnnxNetwork(path).predict(L), np.concatenate([L / 2, -L / 4], axis=1), atol=1e-4)


CARD = {"input": "L", "black": 0, "white": 100, "output": "ab", "scale": 128}


@pytest.mark.parametrize(
    ("card", "what"),
    [
        (None, r'it has no card; write net\.json beside it, {"preset": NAME}.*ddcolor, deoldify'),
        ({"preset": "other"}, "no preset 'other'"),
        ({}, "missing 5 required"),
        ([], "an object of json"),
        (CARD | {"input": "grey"}, "input must be L or rgb, not 'grey'"),
        (CARD | {"white": "much"}, "must be numbers"),
        (CARD | {"multiple": 0}, "multiple must be"),
        (DDCOLOR, r"one picture of 3 channels, but the file takes input \['b', 1, 'h', 'w'\]"),
    ],
)
def test_a_card_that_does_not_fit_is_named(tmp_path, card, what):
    path = pixelwise(tmp_path / "net.onnx", [[1], [1]], [0, 0], ["b", 1, "h", "w"], card)
    with pytest.raises((ValueError, FileNotFoundError), match=rf"net\.(onnx|json): .*{what}"):
        Colorizer.from_pretrained(path)


def test_no_dial_no_file_and_no_network(tmp_path):
    path = pixelwise(tmp_path / "net.onnx", [[1], [1]], [0, 0], ["b", 1, "h", "w"], CARD)
    with pytest.raises(ValueError, match="no vividness"):
        Colorizer.from_pretrained(path, vividness=0.5)
    path.write_bytes(b"no network")
    with pytest.raises(ValueError, match=r"net\.onnx: not an ONNX file"):
        Colorizer.from_pretrained(path)
    with pytest.raises(FileNotFoundError, match=r"none\.onnx"):
        Colorizer.from_pretrained(tmp_path / "none.onnx")


def test_a_card_tells_networks_apart(tmp_path):
    """The same numbers with another scale paint other pictures."""
    names = set()
    for scale in (100, 128):
        path = pixelwise(tmp_path / "net.onnx", [[1], [1]], [0, 0], ["b", 1, "h", "w"], CARD | {"scale": scale})
        names.add(Colorizer.from_pretrained(path).sha256)
    assert len(names) == 2


def test_an_answer_of_another_kind_is_named(tmp_path):
    path = pixelwise(tmp_path / "net.onnx", [[1]] * 3, [0, 0, 0], ["b", 1, "h", "w"], CARD)
    with pytest.raises(ValueError, match=r"2 channels come back, but \[2, 3, 64, 64\] came"):
        Colorizer.from_pretrained(path, size=64)(GREY)


@pytest.mark.parametrize(("said", "raised"), [("Failed to allocate memory", MemoryError), ("Got 3", ValueError)])
def test_what_onnxruntime_cannot_do_is_an_error_of_ours(tmp_path, monkeypatch, said, raised):
    class Failing:
        def run(self, *_):
            raise Fail(said)

    path = pixelwise(tmp_path / "net.onnx", [[1]] * 2, [0, 0], ["b", 1, "h", "w"], CARD)
    colorizer = Colorizer.from_pretrained(path, size=64)
    monkeypatch.setattr(colorizer.network, "_session", Failing())
    with pytest.raises(raised):
        colorizer(GREY)
