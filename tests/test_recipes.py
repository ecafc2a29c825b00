"""Recipes: their spelling, their run, and that a killed run goes on as if nothing had happened."""

import dataclasses
import inspect
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

from colorlib.data import validation_loader
from colorlib.evaluation import evaluate
from colorlib.experiments import run_recipe
from colorlib.models import GENERATORS, LightUnet, UNet
from colorlib.photos import package_split
from colorlib.recipes import SHIPPED, load_recipe, variants
from colorlib.recorded import recorded_file, recorded_log
from colorlib.verdict import photograph_errors
from colorlib.weights import load_weights, save_weights

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
    for variant in variants(path.stem) or [None]:
        recipe = load_recipe(path.stem, variant)
        assert recipe.title
        assert sum(phase.epochs for phase in recipe.phase) > 0
        known = inspect.signature(GENERATORS[recipe.generator["kind"]]).parameters
        assert set(recipe.generator) - {"kind"} <= set(known), recipe.folder


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
        ("[data]", "[data]\ndegraded = 1.5", "degraded is a share .* 0 to 1, not 1.5"),
        ("[data]", "[data]\ndegraded = -0.1", "degraded is a share"),
        ("[data]", "[data]\nsmallest_crop = 0", "smallest_crop is a part .* not 0"),
        ("[data]", "[data]\nsmallest_crop = 1.1", "smallest_crop is a part"),
        ("[data]", "[data]\nepoch = -1", "epoch is a number of photographs"),
        ("[data]", "[data]\nepoch = 2", "epoch of 2 photographs does not fill a batch of 4"),
        ("size = 32", "size = 36\ndegraded = 0.5", "multiple of 8, not 36"),
        ("size = 32", "size = 32\ntest_size = 36", "test_size must be a multiple of 8, not 36"),
        ("size = 32", "size = 32\ntest_size = -8", "test_size is a number of pixels"),
        ("[data]", '[data]\nmix = "cats"', r"\[data.mix\] must be a table"),
        ("[data]", "[data]\nmix = {cats = 0}", "cats in .* positive whole number, not 0"),
        ("[data]", "[data]\nmix = {cats = 1.5}", "cats in .* positive whole number, not 1.5"),
        ("[data]", "[data]\nmix = {cats = true}", "cats in .* positive whole number, not True"),
        ("epochs = 3", "epochs = 3\nfrozen = -1", "frozen counts groups"),
        ("epochs = 3", "epochs = 3\nfrozen = 1", r"1 group\(s\) of parameters; the last is never frozen"),
    ],
)
def test_mistakes_are_named(tiny, tmp_path, old, new, message):
    text = tiny.read_text()
    assert old in text
    tiny.write_text(text.replace(old, new))
    with pytest.raises(ValueError, match=message):
        run_recipe(load_recipe(tiny), tmp_path / "out")


def test_the_trained_network_may_look_closer_than_in_training(tiny, tmp_path):
    tiny.write_text(tiny.read_text().replace("size = 32", "size = 32\ntest_size = 48"))
    learn = run_recipe(load_recipe(tiny), tmp_path / "out", minutes=0)
    _, card = load_weights(tmp_path / "out" / "generator.safetensors")
    assert card["size"] == 48
    record = json.loads((tmp_path / "out" / "record.json").read_text())
    at = {size: evaluate(learn.generator, validation_loader(package_split()[1], size))["ab_l1"] for size in (32, 48)}
    assert record["metrics"]["grey"]["ab_l1"] == pytest.approx(at[48]["grey"], abs=1e-4)
    assert at[48]["grey"] != pytest.approx(at[32]["grey"], abs=1e-3)


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


def test_a_mixture_is_measured_collection_by_collection(tiny, tmp_path, monkeypatch):
    train, valid = package_split()
    for name, seen, unseen in (("cats", train[:3], valid[:2]), ("dogs", train[3:6], [*valid[2:], train[6]])):
        for half, paths in (("train", seen), ("val", unseen)):
            (tmp_path / "data" / name / half).mkdir(parents=True)
            for path in paths:
                (tmp_path / "data" / name / half / path.name).symlink_to(path)
    tiny.write_text(tiny.read_text().replace("[data]", "[data]\nepoch = 8\nmix = {cats = 2, dogs = 1}"))
    monkeypatch.setenv("COLORLIB_DATA", str(tmp_path / "data"))
    learn = run_recipe(load_recipe(tiny), tmp_path / "out", minutes=0)
    assert len(learn.dls.train.dataset) == 9
    assert len(learn.dls.train) == 2
    metrics = json.loads((tmp_path / "out" / "record.json").read_text())["metrics"]
    assert list(metrics) == ["cats", "dogs"]
    assert metrics["cats"]["truth"] != metrics["dogs"]["truth"]
    (tmp_path / "data" / "dogs").rename(tmp_path / "data" / "wolves")
    with pytest.raises(FileNotFoundError, match="dogs"):
        run_recipe(load_recipe(tiny), tmp_path / "other")


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
    imagenet, moved = LightUnet(), []
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


VARIANTS = """
[variant.short]
title = "half of it"
data.crops = 2
phase = [{ epochs = 1, players = "generator", lr = 1e-3 }]
[variant.colours]
title = "colours are classes"
generator = { kind = "classes", downs = 4 }
loss.lambda_l1 = 0.0
phase = [{ epochs = 2, players = "generator", lr = 1e-3 }]
"""


def test_a_variant_says_only_what_differs(tiny):
    tiny.write_text(tiny.read_text() + VARIANTS)
    recipe = load_recipe(tiny, "short", 7)
    assert (recipe.title, recipe.seed, recipe.data.crops, recipe.data.size) == ("half of it", 7, 2, 32)
    assert recipe.generator == {"kind": "unet", "downs": 3, "filters": 4}
    assert [phase.epochs for phase in recipe.phase] == [1]
    assert recipe.command == "colorlib train tiny --variant short --seed 7"
    assert recipe.folder == "tiny/short-7"
    with pytest.raises(ValueError, match="choose a variant; there are short, colours"):
        load_recipe(tiny)
    with pytest.raises(ValueError, match="no variant 'long'; there are short, colours"):
        load_recipe(tiny, "long")
    with pytest.raises(ValueError, match="no variant 'short'; the recipe has none"):
        load_recipe("quick", "short")


def test_colour_classes_are_trained_measured_and_loaded_again(tiny, tmp_path):
    tiny.write_text(tiny.read_text() + VARIANTS)
    run_recipe(load_recipe(tiny, "colours"), tmp_path / "out")
    log = pd.read_csv(tmp_path / "out" / "log.csv")
    columns = ["epoch", "players", "lr", "loss_pixel", "loss_bins", "valid_ab_l1", "valid_ab_l1_grey"]
    columns += ["valid_psnr", "valid_psnr_grey", "valid_colourfulness", "valid_colourfulness_truth"]
    assert log.columns.tolist() == [*columns, "images_per_second", "seconds", "peak_memory_mib"]
    assert (log[["images_per_second", "seconds", "peak_memory_mib"]] > 0).all(axis=None)
    record = json.loads((tmp_path / "out" / "record.json").read_text())
    assert record["recipe"]["variant"] == "colours"
    assert record["metrics"]["model"]["psnr_low"] <= record["metrics"]["model"]["psnr_high"]
    assert record["noise"] > 0
    generator, _ = load_weights(tmp_path / "out" / "generator.safetensors")
    assert generator.weights.max() > 2 * generator.weights.min()  # it has seen how common colours are


@pytest.fixture
def folders(tmp_path, monkeypatch):
    """Photographs in a folder for each of two classes."""
    train, valid = package_split()
    for half, paths in (("train", train[:6]), ("val", valid)):
        for number, path in enumerate(paths):
            folder = tmp_path / "data" / half / ("animals", "things")[number % 2]
            folder.mkdir(parents=True, exist_ok=True)
            (folder / path.name).symlink_to(path)
    monkeypatch.setenv("COLORLIB_DATA", str(tmp_path / "data"))


FUSION = 'kind = "fusion"\nwhole = 32\nfilters = 4\nfusion = { classes = 2 }'


def test_a_fusion_layer_learns_the_labels_and_the_log_says_how_well(tiny, tmp_path, folders):
    text = tiny.read_text().replace('kind = "unet"\ndowns = 3\nfilters = 4', FUSION)
    tiny.write_text(text)
    with pytest.raises(ValueError, match="needs labels = true"):
        run_recipe(load_recipe(tiny), tmp_path / "out", minutes=0)
    tiny.write_text(text.replace("[data]", "[data]\nlabels = true\nvalid = 2"))
    learn = run_recipe(load_recipe(tiny), tmp_path / "out")
    log = pd.read_csv(tmp_path / "out" / "log.csv")
    assert log["valid_class_accuracy"].isin([0, 0.5, 1]).all()
    assert (log["loss_class"] > 0).all()
    assert len(learn.dls.valid_ds) == 2
    tiny.write_text(tiny.read_text().replace("classes = 2", "classes = 3"))
    with pytest.raises(ValueError, match="names 3 classes, the photographs have 2"):
        run_recipe(load_recipe(tiny), tmp_path / "other")


@pytest.mark.parametrize("name", ["choices/gan-l1", "fusion/labels"])
def test_a_short_run_of_a_comparison_leaves_what_the_recorded_one_left(name, tmp_path, folders):
    recipe = load_recipe(*name.split("/"))
    generator = recipe.generator | ({"fusion": {"classes": 2}} if "fusion" in recipe.generator else {})
    data = dataclasses.replace(recipe.data, train=0, valid=0, epoch=8, batch_size=4)
    run_recipe(dataclasses.replace(recipe, generator=generator, data=data), tmp_path / "out", minutes=2)
    log, recorded = pd.read_csv(tmp_path / "out" / "log.csv"), recorded_log(recipe.folder)
    assert list(log) == list(recorded)
    assert log.dtypes.to_dict() == recorded.dtypes.to_dict()
    assert log["epoch"].tolist() == recorded["epoch"].tolist()
    assert log.select_dtypes("number").notna().all(axis=None)
    there = {path.name for path in recorded_file(f"{recipe.folder}/001-flower.webp").parent.iterdir()}
    assert {path.name for path in (tmp_path / "out" / "frames").iterdir()} == there
    record = json.loads((tmp_path / "out" / "record.json").read_text())
    kept = json.loads(recorded_file(f"{recipe.folder}.json").read_text())
    assert record.keys() >= kept.keys()  # later versions say more
    assert record["metrics"]["model"].keys() == kept["metrics"]["model"].keys()
    generator, _ = load_weights(tmp_path / "out" / "generator.safetensors")
    errors = photograph_errors(generator.eval(), data, package_split()[1])
    assert errors.mean().item() == pytest.approx(record["metrics"]["model"]["ab_l1"], abs=0.01)
    assert record["command"] == kept["command"] == f"colorlib train {recipe.name} --variant {recipe.variant} --seed 42"
