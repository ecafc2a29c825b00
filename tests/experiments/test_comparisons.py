"""What `experiments.comparisons` promises."""

import dataclasses
import json

import pandas as pd
import pytest

from colorlib.data.sources import package_split
from colorlib.experiments.assess import photograph_errors
from colorlib.experiments.recipe import load_recipe
from colorlib.experiments.recorded import recorded_file, recorded_log
from colorlib.experiments.run import run_recipe
from colorlib.models.weights import load_weights
from helpers.recipes import VARIANTS


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


def test_colour_classes_are_trained_measured_and_loaded_again(tiny, tmp_path):
    tiny.write_text(tiny.read_text() + VARIANTS)
    run_recipe(load_recipe(tiny, "colours"), tmp_path / "out")
    log = pd.read_csv(tmp_path / "out" / "log.csv")
    columns = ["epoch", "trains", "lr", "loss_pixel", "loss_bins", "valid_ab_l1", "valid_ab_l1_grey"]
    columns += ["valid_psnr", "valid_psnr_grey", "valid_colorfulness", "valid_colorfulness_truth"]
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
