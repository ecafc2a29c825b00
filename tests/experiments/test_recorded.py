"""What was recorded is found in the repository, or in the installed package."""

import dataclasses
import json
import math

import choices
import pandas as pd
import pytest

from colorlib.experiments import recorded
from colorlib.experiments.recipe import load_recipe

RECORD = {
    "epochs": 2,
    "recipe": {"frames": ["flower", "rocket"]},
    "metrics": {"model": {"psnr": 25.5}, "grey": {"psnr": 24.5}, "truth": {"psnr": None}},
}


def fill(folder):
    """A recorded training of two epochs."""
    (folder / "run").mkdir(parents=True)
    pd.DataFrame({"epoch": [1, 2], "loss_pixel": [0.2, 0.1]}).to_csv(folder / "run.csv", index=False)
    (folder / "run.json").write_text(json.dumps(RECORD))
    for epoch in (1, 2):
        for name in RECORD["recipe"]["frames"]:
            (folder / "run" / f"{epoch:03d}-{name}.webp").write_bytes(b"RIFF")
    return folder


def check():
    """All three ways to read a recorded training."""
    assert recorded.recorded_log("run")["loss_pixel"].tolist() == [0.2, 0.1]
    metrics = recorded.recorded_metrics("run")
    assert metrics.loc["model", "psnr"] == 25.5
    assert metrics.loc["truth", "psnr"] == math.inf
    frames = recorded.recorded_frames("run")
    assert list(frames) == [1, 2]
    assert frames[2]["rocket"].read_bytes() == b"RIFF"


def test_every_picture_of_a_record_is_there():
    for path in recorded.RESULTS.glob("*.json"):
        if (recorded.RESULTS / path.stem).is_dir() and "epochs" in json.loads(path.read_text()):
            shown = recorded.recorded_frames(path.stem)
            there = {file.name for file in (recorded.RESULTS / path.stem).glob("*.webp")}
            assert {file.name for frames in shown.values() for file in frames.values()} == there


def test_from_the_repository(monkeypatch, tmp_path):
    monkeypatch.setattr(recorded, "RESULTS", fill(tmp_path / "results"))
    check()
    with pytest.raises(FileNotFoundError, match=r"no recorded file 'other.csv'.*run.csv"):
        recorded.recorded_log("other")


def test_variants_side_by_side(monkeypatch, tmp_path):
    monkeypatch.setattr(recorded, "RESULTS", tmp_path)
    (tmp_path / "fusion").mkdir()
    for variant, colour, accuracy in (("none", 10.0, {}), ("labels", 12.0, {"valid_class_accuracy": [0.2, 0.5]})):
        log = {"images_per_second": [90.0, 110.0], "seconds": [30.0, 60.0], "peak_memory_mib": [700.0, 800.0]}
        pd.DataFrame(log | accuracy).to_csv(tmp_path / "fusion" / f"{variant}-7.csv", index=False)
        bounds = {"colorfulness_low": colour - 1, "colorfulness_high": colour + 1}
        metrics = {"model": {"colorfulness": colour, **bounds}, "truth": {"colorfulness": 20.0}}
        record = RECORD | {"metrics": metrics, "noise": 0.25}
        (tmp_path / "fusion" / f"{variant}-7.json").write_text(json.dumps(record))
    table = recorded.recorded_variants("fusion", ["none", "labels"], seed=7)
    assert table["color_share"].tolist() == [0.5, 0.6]
    assert table.loc["labels", ["color_share_low", "color_share_high"]].tolist() == pytest.approx([0.55, 0.65])
    assert pd.isna(table.loc["none", "class_accuracy"])
    assert table.loc["labels", "class_accuracy"] == 0.5
    cost = ["noise", "images_per_second", "minutes", "peak_memory_mib"]
    assert table.loc["none", cost].tolist() == [0.25, 100.0, 1.5, 800.0]


def test_difference_is_taken_photograph_by_photograph(monkeypatch, tmp_path):
    monkeypatch.setattr(recorded, "RESULTS", tmp_path)
    (tmp_path / "fusion").mkdir()
    errors = pd.DataFrame({"labels-7": [5.0, 9.0, 22.0], "none-7": [4.0, 8.0, 21.0], "none-42": [0.0, 0.0, 0.0]})
    errors.to_csv(tmp_path / "fusion/errors.csv", index=False)
    assert recorded.recorded_difference("fusion", "labels", "none", seed=7) == (1.0, 1.0, 1.0)  # whoever was drawn


@pytest.mark.parametrize(("name", "variant", "seed"), choices.experiments())
def test_every_comparison_is_recorded_as_its_recipe_says(name, variant, seed):
    recipe = load_recipe(name, variant, seed)
    record = json.loads(recorded.recorded_file(f"{recipe.folder}.json").read_text())
    assert record["command"] == recipe.command
    now = json.loads(json.dumps(dataclasses.asdict(recipe)))
    now["data"] = {key: now["data"][key] for key in record["recipe"]["data"]}  # keys that came later have defaults
    assert record["recipe"] == now
    assert record["epochs"] == len(recorded.recorded_log(recipe.folder)) == sum(p.epochs for p in recipe.phase)
    pictures = [path for epoch in recorded.recorded_frames(recipe.folder).values() for path in epoch.values()]
    assert len(pictures) == record["epochs"] * len(recipe.frames)
    errors = recorded.recorded_errors(name)[f"{variant}-{seed}"]
    assert len(errors) == record["photographs"]["valid"]
    assert errors.mean() == pytest.approx(record["metrics"]["model"]["ab_l1"], abs=0.01)


def test_recorded_pictures_stay_small():
    assert sum(path.stat().st_size for path in recorded.RESULTS.rglob("*.webp")) <= 12e6
