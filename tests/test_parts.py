"""A part of the way from a run's start to its end: mixed, measured, and measured on where the command was stopped."""

import shutil

import pandas as pd
import parts
import pytest
import torch
from ship import mixture

from colorlib import recorded
from colorlib.photos import package_photographs
from colorlib.weights import card_path, load_weights, shipped_weights


@pytest.fixture
def run(tmp_path):
    """A folder as the training of `vivid` leaves it; the weights are those that are shipped."""
    folder, path = tmp_path / "run", shipped_weights()["vivid"]
    folder.mkdir()
    shutil.copy(path, folder / "generator.safetensors")
    shutil.copy(card_path(path), folder / "generator.json")
    return folder


def test_a_mixture_lies_on_the_straight_line(run):
    start, end = (load_weights(shipped_weights()[name])[0].state_dict() for name in ("careful", "vivid"))
    for part in (0.0, 0.25, 1.0):
        mixed, card, recipe = mixture(run, part)
        assert recipe.name == card["recipe"]["name"] == "vivid"
        for name, tensor in mixed.state_dict().items():
            if tensor.is_floating_point():
                torch.testing.assert_close(tensor, (1 - part) * start[name] + part * end[name])


def test_parts_are_measured_once(run, tmp_path, monkeypatch):
    for collection, names in (("tiny-imagenet-64", ["coffee"]), ("imagenette-160", ["china", "flower", "rocket"])):
        for number, name in enumerate(names):
            half = tmp_path / "data" / collection / ("val" if number else "train")
            half.mkdir(parents=True, exist_ok=True)
            shutil.copy(package_photographs()[name], half)
    shutil.copytree(tmp_path / "data" / "imagenette-160", tmp_path / "data" / "scenes-144")
    monkeypatch.setenv("COLORLIB_DATA", str(tmp_path / "data"))
    path = parts.main(run, (0.0, 1.0), tmp_path)
    assert path.name == "vivid-parts.csv"
    first = pd.read_csv(path)
    assert first[["part", "collection"]].to_numpy().tolist() == [
        [part, name] for part in (0, 1) for name in ("imagenette-160", "scenes-144")
    ]
    assert (first["ab error, of grey's"] < 1).all()
    stopped = first[first.part == 0].assign(**{"dB over grey": 7.0})
    stopped.to_csv(path, index=False)
    again = pd.read_csv(parts.main(run, (0.0, 1.0), tmp_path))
    assert (again[again.part == 0]["dB over grey"] == 7).all(), "what is there is not measured again"
    pd.testing.assert_frame_equal(again[again.part == 1], first[first.part == 1])
    assert list(again) == list(recorded.recorded_log("vivid-parts"))
