"""The vividness dial: two ends in one file, every network between them, and the way that was measured to be best."""

import numpy as np
import pandas as pd
import pytest
import ship
import torch

from colorlib.colorize.colorizer import Colorizer
from colorlib.data.sources import package_photographs
from colorlib.images.decode import open_rgb
from colorlib.models import dial
from colorlib.models.card import read_card
from colorlib.models.registry import build_generator
from colorlib.models.shipped import load_named, shipped_points, shipped_weights
from colorlib.models.weights import load_weights, mixture, save_weights

ARGUMENTS = {"pretrained": False, "widths": [8, 8, 8, 8, 8]}
TURNS = {"vividness": [0.0, 0.5, 1.0], "part": [0.0, 0.4, 0.8], "gain": [1.0, 1.0, 1.5], "default": 0.5}


def light(seed: int) -> torch.nn.Module:
    """A small light U-Net; its encoder is always the same, its head is loud."""
    torch.manual_seed(0)
    generator = build_generator("light", **ARGUMENTS).eval()
    torch.manual_seed(seed)
    torch.nn.init.normal_(generator.head.weight, std=0.3)
    return generator


@pytest.fixture
def ends(tmp_path):
    """Both ends, and the file that holds them."""
    careful, vivid = light(1), light(2)
    card = {"dial": TURNS, "points": {"halfway": {"vividness": 0.5}}}
    path = save_weights(careful, tmp_path / "light.safetensors", "light", ARGUMENTS, card, vivid)
    return careful, vivid, path


def test_the_file_grows_by_what_differs_alone(ends, tmp_path):
    careful, _, path = ends
    alone = save_weights(careful, tmp_path / "alone.safetensors", "light", ARGUMENTS, {})
    assert path.stat().st_size < 1.01 * alone.stat().st_size


@pytest.mark.parametrize(("vividness", "part", "gain"), [(0, 0, 1), (0.25, 0.2, 1), (0.75, 0.6, 1.25), (1, 0.8, 1.5)])
def test_between_the_ends_weights_lie_on_a_straight_line(ends, vividness, part, gain):
    careful, vivid, path = ends
    turned, card = load_weights(path, vividness)
    assert (card["part"], card["gain"], card["vividness"]) == pytest.approx((part, gain, vividness))
    for name, tensor in turned.state_dict().items():
        if tensor.is_floating_point():
            begin, end = careful.state_dict()[name], vivid.state_dict()[name]
            torch.testing.assert_close(tensor, torch.lerp(begin, end, part), rtol=2e-3, atol=2e-3)
    L = torch.linspace(-1, 1, 64 * 64).view(1, 1, 64, 64)
    with torch.inference_mode():
        strong = turned(L)
        turned.gain = 1.0
        torch.testing.assert_close(strong, gain * turned(L))


def test_without_a_word_the_dial_stands_where_the_card_says(ends):
    assert load_weights(ends[2])[1]["vividness"] == 0.5


def test_points_are_found_by_name(ends, monkeypatch):
    monkeypatch.setattr("colorlib.models.shipped.SHIPPED", ends[2].parent)
    assert load_named("halfway")[1]["part"] == 0.4
    assert load_named("halfway", 1)[1]["part"] == 0.8
    assert shipped_points()["halfway"]["weights"] == "light"
    with pytest.raises(FileNotFoundError, match="halfway"):
        load_named("nowhere")


@pytest.mark.parametrize("vividness", [-0.1, 1.1, float("nan")])
def test_a_dial_has_two_ends(ends, vividness):
    with pytest.raises(ValueError, match=r"0 .*to 1"):
        load_weights(ends[2], vividness)


def test_weights_without_a_dial_say_so(tmp_path):
    path = save_weights(light(1), tmp_path / "w.safetensors", "light", ARGUMENTS, {})
    with pytest.raises(ValueError, match="no vividness"):
        load_weights(path, 0.5)


def test_two_networks_mix_weight_by_weight(ends):
    careful, vivid, _ = ends
    mixed, between = light(3), mixture(careful, vivid, 0.25)
    mixed.load_state_dict(between)
    for name, tensor in careful.state_dict().items():
        expected = torch.lerp(tensor, vivid.state_dict()[name], 0.25) if tensor.is_floating_point() else tensor
        torch.testing.assert_close(mixed.state_dict()[name], expected)
    assert not between["head.weight"].equal(careful.head.weight)


def test_a_colorizer_is_turned():
    photograph = np.asarray(open_rgb(package_photographs()["coffee"], shorter_side=200))
    pale, strong = (Colorizer.from_pretrained(vividness=v)(photograph).astype(int) for v in (0, 1))
    assert np.ptp(strong, axis=-1).mean() > 1.1 * np.ptp(pale, axis=-1).mean()


def test_the_shipped_dial_rises_and_is_small():
    path = shipped_weights()["light"]
    turns = read_card(path)["dial"]
    assert path.stat().st_size < 15e6
    assert turns["vividness"][0] == 0
    assert turns["vividness"][-1] == 1
    assert (np.diff(turns["vividness"]) > 0).all()
    assert dial.setting(read_card(path), 0).part == turns["part"][0]


def test_the_best_way_is_found_on_a_grid():
    """A mixture costs error and gains Frechet distance; a gain costs more and gains none: it stays at 1."""
    rows = [
        {"part": part, "gain": gain, "ab error, of grey's": 0.8 + 0.1 * part + 0.5 * (gain - 1) ** 2,
         "Frechet, of grey's": 0.3 - 0.2 * part, "colourfulness, of truth's": (0.5 + 0.4 * part) * gain}
        for part in (0.0, 0.5, 1.0) for gain in (1.0, 1.1, 1.25)
    ]  # fmt: skip
    way = ship.best_way(pd.DataFrame(rows))
    assert way["part"][0] == 0
    assert way["part"][-1] == 1
    assert (np.diff(way["part"]) >= 0).all()
    assert way["gain"] == pytest.approx([1, 1, 1, 1, 1], abs=0.02)
    assert way["part"] == pytest.approx([0, 0.25, 0.5, 0.75, 1], abs=0.03)


def test_both_ends_are_moved_back_by_the_same_step(tmp_path):
    networks = {name: light(seed) for seed, name in enumerate(("before", "careful", "vivid"))}
    for name, network in networks.items():
        save_weights(network, tmp_path / name / "generator.safetensors", "light", ARGUMENTS, {})
    first, careful, vivid = (load_weights(tmp_path / name / "generator.safetensors")[0] for name in networks)
    begin, end, _ = ship.ends(tmp_path / "careful", tmp_path / "vivid", tmp_path / "before")
    step = begin.head.weight - careful.head.weight
    torch.testing.assert_close(step, 0.5 * (first.head.weight - careful.head.weight), atol=1e-3, rtol=0)
    torch.testing.assert_close(end.head.weight - vivid.head.weight, step, atol=1e-3, rtol=0)
    unmoved, _, _ = ship.ends(tmp_path / "careful", tmp_path / "vivid", None)
    torch.testing.assert_close(unmoved.head.weight, careful.head.weight)
