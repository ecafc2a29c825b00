"""Recipes: their spelling, their run, and that a killed run goes on as if nothing had happened."""

import json
import os
import signal
import subprocess
import sys
import time

import pandas as pd
import pytest
import torch
from safetensors.torch import load_file

from colorlib.experiments import run_recipe
from colorlib.recipes import SHIPPED, load_recipe
from colorlib.weights import load_weights

TINY = """
title = "tiny"
ema = 0.9
frames = ["flower"]
[data]
photographs = "package"
size = 32
batch_size = 4
crops = {crops}
[generator]
kind = "unet"
downs = 3
filters = 4
[discriminator]
filters = 4
patch = 16
[[phase]]
players = "generator"
epochs = 2
lr = 1e-3
schedule = "one_cycle"
[[phase]]
epochs = 3
lr = 2e-4
schedule = "decay"
"""


@pytest.fixture
def tiny(tmp_path):
    path = tmp_path / "tiny.toml"
    path.write_text(TINY.format(crops=1))
    return path


@pytest.mark.parametrize("path", sorted(SHIPPED.glob("*.toml")), ids=lambda path: path.stem)
def test_shipped_recipes_are_well_formed(path):
    recipe = load_recipe(path.stem)
    assert recipe.title
    assert sum(phase.epochs for phase in recipe.phase) > 0


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("crops = 1", "corps = 1", "did you mean 'crops'"),
        ("epochs = 3", "epochs = 'three'", "epochs in .* must be of type int"),
        ('kind = "unet"', 'kind = "unett"', "unett"),
        ('players = "generator"', 'players = "painter"', "players must be one of"),
        ('schedule = "decay"', 'schedule = "decai"', "schedule must be one of"),
        ('title = "tiny"', "", "title"),
        ('frames = ["flower"]', 'frames = ["lena"]', "lena"),
        ("[data]", "[data", "not a TOML file"),
    ],
)
def test_mistakes_are_named(tiny, tmp_path, old, new, message):
    text = tiny.read_text()
    assert old in text
    tiny.write_text(text.replace(old, new))
    with pytest.raises(ValueError, match=message):
        run_recipe(load_recipe(tiny), tmp_path / "out")


def test_missing_recipe_lists_what_there_is():
    with pytest.raises(FileNotFoundError, match="paper-128"):
        load_recipe("paper-129")


def test_a_run_leaves_everything_behind(tiny, tmp_path):
    learn = run_recipe(load_recipe(tiny), tmp_path / "out")
    log = pd.read_csv(tmp_path / "out" / "log.csv")
    assert log["players"].tolist() == ["generator"] * 2 + ["both"] * 3
    assert log["lr"].iloc[-1] < 2e-4
    record = json.loads((tmp_path / "out" / "record.json").read_text())
    assert record["epochs"] == 5
    assert record["command"] == "colorlib train tiny"
    assert list(record["metrics"]) == ["model", "grey", "truth"]
    assert record["metrics"]["truth"]["colourfulness"] > record["metrics"]["grey"]["colourfulness"]
    assert record["metrics"]["model"]["frechet"] > record["metrics"]["truth"]["frechet"] == 0
    assert len(list((tmp_path / "out" / "frames").glob("*-flower.webp"))) == 5
    generator, card = load_weights(tmp_path / "out" / "generator.safetensors")
    assert card["metrics"]["epoch"] == 5
    L = torch.zeros(1, 1, 32, 32)
    torch.testing.assert_close(generator(L), learn.generator.eval()(L), atol=2e-3, rtol=0)


def test_a_time_limit_ends_after_an_epoch_and_the_next_call_goes_on(tiny, tmp_path):
    recipe = load_recipe(tiny)
    assert len(run_recipe(recipe, tmp_path / "out", minutes=0).history) == 1
    assert json.loads((tmp_path / "out" / "record.json").read_text())["epochs"] == 1
    assert len(run_recipe(recipe, tmp_path / "out").history) == 5


def test_data_folder_from_the_environment(tiny, tmp_path, monkeypatch):
    monkeypatch.setenv("COLORLIB_DATA", str(tmp_path / "nowhere"))
    with pytest.raises(FileNotFoundError, match="nowhere"):
        run_recipe(load_recipe(tiny), tmp_path / "out")


def command(recipe, out):
    return [sys.executable, "-W", "ignore", "-m", "colorlib", "train", str(recipe), "--out", str(out)]


def test_a_killed_run_goes_on_as_the_same_run(tmp_path):
    recipe = tmp_path / "killed.toml"
    recipe.write_text(TINY.format(crops=12))
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    subprocess.run(command(recipe, tmp_path / "whole"), env=environment, check=True, capture_output=True)

    victim = subprocess.Popen(
        command(recipe, tmp_path / "killed"), env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    deadline = time.time() + 300
    while not (tmp_path / "killed" / "checkpoint.pt").exists():
        assert victim.poll() is None, "the run ended before it could be killed"
        assert time.time() < deadline
        time.sleep(0.02)
    victim.send_signal(signal.SIGKILL)
    assert victim.wait() == -signal.SIGKILL
    killed_at = torch.load(tmp_path / "killed" / "checkpoint.pt", weights_only=True)["epochs_done"]
    assert killed_at < 5

    subprocess.run(command(recipe, tmp_path / "killed"), env=environment, check=True, capture_output=True)
    whole, resumed = (load_file(tmp_path / name / "generator.safetensors") for name in ("whole", "killed"))
    assert all(torch.equal(whole[name], resumed[name]) for name in whole)
    timing = ["seconds", "images_per_second"]
    logs = [pd.read_csv(tmp_path / name / "log.csv").drop(columns=timing) for name in ("whole", "killed")]
    pd.testing.assert_frame_equal(*logs)
