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

from colorlib.experiments.recipe import load_recipe
from colorlib.experiments.run import run_recipe
from colorlib.models.light_unet import LightUNet
from colorlib.models.unet import UNet
from colorlib.models.weights import load_weights, save_weights
from helpers.recipes import TINY


def test_a_run_leaves_everything_behind(tiny, tmp_path):
    learn = run_recipe(load_recipe(tiny), tmp_path / "out")
    log = pd.read_csv(tmp_path / "out" / "log.csv")
    assert log["trains"].tolist() == ["generator"] * 2 + ["both"] * 3
    assert log["lr"].iloc[-1] < 2e-4
    record = json.loads((tmp_path / "out" / "record.json").read_text())
    assert record["epochs"] == 5
    assert record["command"] == "colorlib train tiny"
    assert list(record["metrics"]) == ["model", "grey", "truth"]
    assert record["metrics"]["truth"]["colorfulness"] > record["metrics"]["grey"]["colorfulness"]
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


def test_a_stopped_run_draws_and_ages_as_the_same_run(tiny, tmp_path):
    tiny.write_text(tiny.read_text().replace("crops = 1", "crops = 3\nepoch = 8\ndegraded = 0.5"))
    recipe = load_recipe(tiny)
    run_recipe(recipe, tmp_path / "whole")
    for _ in range(3):
        run_recipe(recipe, tmp_path / "stopped", minutes=0)
    run_recipe(recipe, tmp_path / "stopped")
    whole, stopped = (load_file(tmp_path / name / "generator.safetensors") for name in ("whole", "stopped"))
    assert all(torch.equal(whole[name], stopped[name]) for name in whole)


def test_a_phase_freezes_what_it_says(tiny, tmp_path):
    text = (
        tiny.read_text().replace('kind = "unet"\ndowns = 3\nfilters = 4', 'kind = "light"').replace("ema = 0.9\n", "")
    )
    tiny.write_text(text.replace("lr = 1e-3", "lr = 1e-3\nfrozen = 2").replace("lr = 2e-4", "lr = 2e-4\nfrozen = 1"))
    imagenet, moved = LightUNet(), []
    for _ in range(3):  # two epochs of the first phase, one of the second
        net = run_recipe(load_recipe(tiny), tmp_path / "out", minutes=0).live_generator
        groups = zip(net.parameter_groups()[:2], imagenet.parameter_groups()[:2], strict=True)
        moved.append([not torch.equal(own[0], start[0]) for own, start in groups])
    assert moved == [[False, False], [False, False], [False, True]]


def started_from(tiny, tmp_path, **arguments):
    """The recipe, starting from the weights of some other U-Net and learning nothing."""
    generator = UNet(**arguments)
    path = save_weights(generator, tmp_path / "start.safetensors", "unet", arguments, {})
    text = tiny.read_text().replace("ema = 0.9", f'start = "{path}"').replace("lr = 1e-3", "lr = 0.0")
    tiny.write_text(text)
    return generator


def test_a_run_starts_from_exactly_the_weights_it_names(tiny, tmp_path):
    torch.manual_seed(5)
    generator = started_from(tiny, tmp_path, downs=3, filters=4)
    learn = run_recipe(load_recipe(tiny), tmp_path / "out", minutes=0)  # one epoch at the rate 0
    for name, value in learn.generator.named_parameters():
        assert torch.equal(value, generator.state_dict()[name].half().float()), name


def test_weights_to_start_from_must_fit_and_exist(tiny, tmp_path):
    started_from(tiny, tmp_path, downs=4, filters=4)
    with pytest.raises(ValueError, match=r"start\.safetensors.*unet\(downs=4, filters=4\)"):
        run_recipe(load_recipe(tiny), tmp_path / "out")
    (tmp_path / "start.safetensors").unlink()
    with pytest.raises(FileNotFoundError, match="no such weights"):
        run_recipe(load_recipe(tiny), tmp_path / "out")


def test_a_killed_run_goes_on_as_the_same_run(one_thread, tmp_path):
    recipe = tmp_path / "killed.toml"
    recipe.write_text(TINY.format(crops=4))
    run_recipe(load_recipe(recipe), tmp_path / "whole")

    command = [
        sys.executable,
        "-W",
        "ignore",
        "-m",
        "colorlib",
        "train",
        str(recipe),
        "--out",
        str(tmp_path / "killed"),
    ]
    victim = subprocess.Popen(
        command, env={**os.environ, "OMP_NUM_THREADS": "1"}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
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

    run_recipe(load_recipe(recipe), tmp_path / "killed")
    whole, resumed = (load_file(tmp_path / name / "generator.safetensors") for name in ("whole", "killed"))
    assert all(torch.equal(whole[name], resumed[name]) for name in whole)
    of_the_machine = ["seconds", "images_per_second", "peak_memory_mib"]
    logs = [pd.read_csv(tmp_path / name / "log.csv").drop(columns=of_the_machine) for name in ("whole", "killed")]
    pd.testing.assert_frame_equal(*logs)
