"""A checkpoint goes on as the run that it belongs to, or not at all; and the record says what was run."""

import json
import os
import shutil

import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file
from typer.testing import CliRunner

from colorlib.cli import app
from colorlib.experiments.recipe import load_recipe
from colorlib.experiments.run import run_recipe
from colorlib.models.card import read_card
from colorlib.models.unet import UNet
from colorlib.models.weights import save_weights

TINY = """
title = "tiny"
seed = 1
frames = ["flower"]
frame_side = 32
[data]
size = 16
batch_size = 4
[generator]
kind = "unet"
downs = 3
filters = 4
[discriminator]
filters = 4
patch = 16
[loss]
pixel = "l1"
[[phase]]
trains = "generator"
epochs = 1
lr = 1e-3
[[phase]]
trains = "generator"
epochs = 2
lr = 2e-4
"""


def recipe(tmp_path, *changes, name="tiny", **arguments):
    """The recipe with some of its text replaced."""
    text = TINY
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    path = tmp_path / f"{name}.toml"
    path.write_text(text)
    return load_recipe(path, **arguments)


@pytest.fixture(scope="module")
def begun(tmp_path_factory):
    """A run that was stopped after the first epoch of its second phase."""
    folder = tmp_path_factory.mktemp("begun")
    for _ in range(2):
        run_recipe(recipe(folder), folder / "out", minutes=0)
    return folder / "out"


@pytest.fixture
def out(begun, tmp_path):
    shutil.copytree(begun, tmp_path / "out")
    return tmp_path / "out"


def files(folder):
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def refused(out, other, *messages):
    """The recipe is refused in this folder, for all these reasons, and nothing in it is touched."""
    before = files(out)
    with pytest.raises(ValueError, match=r"checkpoint\.pt") as error:
        run_recipe(other, out)
    assert "\n" not in str(error.value)
    for message in messages:
        assert message in str(error.value)
    assert files(out) == before


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("seed = 1", "seed = 2", "seed was 1, now 2"),
        ("lr = 2e-4", "lr = 1e-3", "lr of phase 2 was 0.0002, now 0.001"),
        ('pixel = "l1"', 'pixel = "l2"', "pixel of loss was l1, now l2"),
        ("size = 16", "size = 32", "size of data was 16, now 32"),
        ("batch_size = 4", "batch_size = 2", "batch_size of data was 4, now 2"),
        ("[data]", "[data]\ncrops = 2", "crops of data was 1, now 2"),
        ("[data]", "[data]\ndegraded = 0.5", "degraded of data was 0, now 0.5"),
        ("filters = 4", "filters = 8", "filters of generator was 4, now 8"),
        ("downs = 3", "downs = 3\ndropout = 0.1", "dropout of generator was not given, now 0.1"),
        ("seed = 1", "seed = 1\nbeta1 = 0.9", "beta1 was 0.5, now 0.9"),
        ("seed = 1", "seed = 1\nema = 0.9", "ema was 0, now 0.9"),
        ("seed = 1", "seed = 1\nclip = 1.0", "clip was 0, now 1"),
        ("lr = 2e-4", 'lr = 2e-4\nschedule = "decay"', "schedule of phase 2 was constant, now decay"),
        ("epochs = 2", "epochs = 1", "epochs of phase 2 was 2, now 1"),
        ("epochs = 1", "epochs = 3", "epochs of phase 1 was 1, now 3 (phase 2 has begun)"),
        ('[[phase]]\ntrains = "generator"\nepochs = 1\nlr = 1e-3\n', "", "phases were 2, now 1"),
    ],
)
def test_a_key_that_differs_is_named_and_refused(out, tmp_path, old, new, message):
    refused(out, recipe(tmp_path, (old, new)), message)


def test_all_differing_keys_are_named_at_once(out, tmp_path):
    other = recipe(tmp_path, ("seed = 1", "seed = 2"), ("lr = 2e-4", "lr = 1e-3"))
    refused(out, other, "seed was 1, now 2", "lr of phase 2 was 0.0002, now 0.001", "--out", "--no-resume")


def test_another_name_title_or_limit_of_time_is_the_same_run(out, tmp_path):
    same = recipe(tmp_path, ('title = "tiny"', 'title = "the same"'), name="other")
    assert len(run_recipe(same, out, minutes=60).rows) == 3
    assert len(run_recipe(same, out, minutes=60).rows) == 3


def weights(folder):
    return load_file(folder / "generator.safetensors")


@pytest.mark.parametrize(
    "longer",
    [
        [("epochs = 2", "epochs = 4")],
        [
            ("epochs = 2\nlr = 2e-4", "epochs = 2\nlr = 2e-4\n[[phase]]\nepochs = 2\nlr = 1e-4")
        ],  # the discriminator joins
    ],
)
def test_more_epochs_at_a_constant_rate_are_the_longer_run(out, tmp_path, longer, recwarn):
    run_recipe(recipe(tmp_path), out)
    run_recipe(recipe(tmp_path, *longer), out)
    assert not [warning for warning in recwarn if "epochs in one go" in str(warning.message)]
    run_recipe(recipe(tmp_path, *longer), tmp_path / "whole")
    ours, whole = weights(out), weights(tmp_path / "whole")
    assert all(torch.equal(ours[name], whole[name]) for name in whole)


def test_more_epochs_of_a_falling_rate_are_said_and_recorded(tmp_path):
    out, falling = tmp_path / "out", ("lr = 2e-4", 'lr = 2e-4\nschedule = "decay"')
    run_recipe(recipe(tmp_path, falling), out)
    with pytest.warns(UserWarning, match=r"phase 2 was to last 2 epochs, 2 of them are done.*the rate rises again"):
        run_recipe(recipe(tmp_path, falling, ("epochs = 2", "epochs = 4")), out)
    record = json.loads((out / "record.json").read_text())
    stretches = [(each["first"], each["last"], each["phase"], each["epochs"]) for each in record["trained"]]
    assert stretches == [(1, 1, 1, 1), (2, 3, 2, 2), (4, 5, 2, 4)]
    assert record["epochs"] == 5
    rates = pd.read_csv(out / "log.csv")["lr"]
    assert rates[3] > rates[2]


def test_record_and_card_say_what_was_run_over_all_processes(out, tmp_path):
    run_recipe(recipe(tmp_path), out)
    record, log = json.loads((out / "record.json").read_text()), pd.read_csv(out / "log.csv")
    card = read_card(out / "generator.safetensors")
    assert record["epochs"] == len(log) == card["metrics"]["epoch"] == 3
    assert record["hours"] == pytest.approx(log["seconds"].sum() / 3600, rel=1e-4)
    assert [(part["first"], part["last"], part["lr"]) for part in record["trained"]] == [(1, 1, 1e-3), (2, 3, 2e-4)]
    for key in ("recipe", "trained", "commit"):
        assert record[key] == card[key]
    assert record["source"] == "package"
    assert record["start_sha256"] == "none"
    renamed = recipe(tmp_path, ('title = "tiny"', 'title = "new"'))
    run_recipe(renamed, out)  # nothing is left to train
    assert json.loads((out / "record.json").read_text())["recipe"]["title"] == "new"
    assert read_card(out / "generator.safetensors")["recipe"]["title"] == "new"


def test_a_record_of_fewer_epochs_does_not_outlive_them(out, tmp_path, monkeypatch):
    assert (out / "record.json").exists()
    monkeypatch.setattr("colorlib.experiments.run.measure", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        run_recipe(recipe(tmp_path), out)
    assert not (out / "record.json").exists()


def test_a_checkpoint_holds_tensors_numbers_and_strings_and_an_older_one_is_refused(out, tmp_path):
    state = torch.load(out / "checkpoint.pt", weights_only=True)
    assert state["made_of"]["recipe"]["seed"] == 1
    for key in ("made_of", "trained"):
        old = {name: value for name, value in state.items() if name != key}
        torch.save(old, out / "checkpoint.pt")
        refused(out, recipe(tmp_path), "written by an older version of colorlib", "--no-resume")
    torch.save(state | {"made_of": state["made_of"] | {"colorlib": "0.0.1"}}, out / "checkpoint.pt")
    refused(out, recipe(tmp_path), "colorlib was 0.0.1, now")
    torch.save(state | {"made_of": state["made_of"] | {"processes": 2}}, out / "checkpoint.pt")
    refused(out, recipe(tmp_path), "processes was 2, now 1")
    (out / "checkpoint.pt").write_bytes(b"half a file")
    refused(out, recipe(tmp_path), "not a checkpoint")
    assert len(run_recipe(recipe(tmp_path), out, resume=False, minutes=0).rows) == 1


def album(folder, number=8, shade=0):
    folder.mkdir(parents=True)
    for i in range(number):
        pixels = np.random.default_rng(i + shade).integers(0, 256, (24, 24, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(folder / f"{i}.bmp")  # all of one size in bytes
    return folder


def test_photographs_that_change_between_processes_are_named(tmp_path, monkeypatch):
    out, first = tmp_path / "run", album(tmp_path / "first")
    monkeypatch.setenv("COLORLIB_DATA", str(first))
    for _ in range(2):
        run_recipe(recipe(tmp_path), out, minutes=0)
    moved = tmp_path / "moved" / "first"
    moved.parent.mkdir()
    first.rename(moved)
    monkeypatch.setenv("COLORLIB_DATA", str(moved))
    assert len(run_recipe(recipe(tmp_path), out, minutes=0).rows) == 3  # the same photographs in another place
    monkeypatch.setenv("COLORLIB_DATA", str(album(tmp_path / "second" / "first", shade=50)))
    refused(out, recipe(tmp_path), f"of {moved}, now 6 of {tmp_path / 'second'}")
    Image.new("RGB", (24, 24), "red").save(moved / "3.bmp")
    monkeypatch.setenv("COLORLIB_DATA", str(moved))
    refused(out, recipe(tmp_path), "photographs", f"of {moved}, but with other names or contents")
    monkeypatch.delenv("COLORLIB_DATA")
    refused(out, recipe(tmp_path), f"6 of {moved}, now 8 of package")


def test_other_weights_to_start_from_are_noticed_by_their_content(tmp_path):
    def started(seed, name):
        torch.manual_seed(seed)
        arguments = {"downs": 3, "filters": 4}
        save_weights(UNet(**arguments), tmp_path / name, "unet", arguments, {})
        return recipe(tmp_path, ("seed = 1", f'seed = 1\nstart = "{tmp_path / name}"'))

    out = tmp_path / "run"
    run_recipe(started(0, "one.safetensors"), out, minutes=0)
    assert len(run_recipe(started(0, "same.safetensors"), out, minutes=0).rows) == 2
    sha = read_card(tmp_path / "one.safetensors")["sha256"]
    assert json.loads((out / "record.json").read_text())["start_sha256"] == sha
    refused(out, started(1, "one.safetensors"), "the weights to start from had the sha256", sha[:12])


def test_a_second_seed_has_a_folder_of_its_own(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    recipe(tmp_path)
    for seed in ((), ("--seed", "2"), ("--seed", "3")):
        result = CliRunner().invoke(app, ["train", "tiny.toml", "--minutes", "0", *seed])
        assert result.exit_code == 0, result.output
    folders = ["runs/tiny", "runs/tiny-2", "runs/tiny-3"]
    assert sorted(str(path) for path in (tmp_path / "runs").iterdir()) == [str(tmp_path / name) for name in folders]
    records = [json.loads((tmp_path / name / "record.json").read_text()) for name in folders]
    assert [record["recipe"]["seed"] for record in records] == [1, 2, 3]
    assert records[0]["command"] == "colorlib train tiny"
    assert records[1]["command"] == "colorlib train tiny --seed 2"
    before = files(tmp_path / "runs")
    result = CliRunner().invoke(app, ["train", "tiny.toml", "--seed", "3", "--out", "runs/tiny-2"])
    assert result.exit_code == 2
    assert "seed was 2, now 3" in result.stderr.replace("\n", " ")
    assert files(tmp_path / "runs") == before


def test_a_folder_with_brackets_is_no_markup(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    recipe(tmp_path)
    result = CliRunner().invoke(app, ["train", "tiny.toml", "--minutes", "0", "--out", f"runs{os.sep}[red]a[/b]"])
    assert result.exit_code == 0, result.output
    assert "[red]a[/b]" in result.stdout
