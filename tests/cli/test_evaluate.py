"""`colorlib evaluate`: suites, folders, pictures that others coloured, networks of others."""

import json

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from helpers.cli import call, error_line
from helpers.photos import save


def run(*arguments):
    """In one process: what several do is tested in `metrics`."""
    return call("evaluate", "--jobs", 1, "--side", 32, *arguments)


def test_a_folder_and_weights_beside_grey_and_truth(album, weights, tmp_path):
    result = run("--suite", album, "--weights", weights, "--out", tmp_path / "out")
    assert result.exit_code == 0, result.output
    assert "2 pictures at 32 x 32" in result.stdout
    table = pd.read_csv(tmp_path / "out" / "table.csv", index_col=0)
    assert list(table.index) == ["grey", "tiny", "truth"]
    assert table.loc["truth", "ab_l1"] == 0
    assert table.loc["grey", "colorfulness"] < table.loc["truth", "colorfulness"]
    for row in table.index:
        assert row in result.stdout
    assert "lpips: not available" in result.stderr
    assert "frechet: not available, 2 pictures are too few" in result.stderr
    assert (tmp_path / "out" / "pieces" / "tiny" / "pictures" / "deep" / "er" / "two.png").is_file()
    assert json.loads((tmp_path / "out" / "record.json").read_text())["methods"]["tiny"]["sizes"] == [32]
    before = (tmp_path / "out" / "pieces" / "tiny" / "0000.npz").stat().st_mtime_ns
    assert run("--suite", album, "--weights", weights, "--out", tmp_path / "out").exit_code == 0
    assert (tmp_path / "out" / "pieces" / "tiny" / "0000.npz").stat().st_mtime_ns == before
    assert "differs in tiny" in error_line(
        run("--suite", album, "--weights", weights, "--size", 40, "--out", tmp_path / "out")
    )


def test_the_package_suite_is_the_default_and_several_weights_make_several_rows(weights, monkeypatch):
    monkeypatch.setattr("colorlib.models.shipped.SHIPPED", weights.parent)
    result = run("--weights", "tiny", "--weights", weights)
    assert "there is a row called tiny already" in error_line(result)
    result = run("--weights", "tiny")
    assert result.exit_code == 0, result.output
    assert "the photographs that installed packages carry" in result.stdout


def test_networks_of_others_run_from_onnx(album, weights, tmp_path):
    assert call("export", weights, tmp_path / "theirs.onnx").exit_code == 0
    result = run("--suite", album, "--weights", weights, "--weights", tmp_path / "theirs.onnx", "--out", tmp_path / "o")
    assert result.exit_code == 0, result.output
    table = pd.read_csv(tmp_path / "o" / "table.csv", index_col=0)
    assert table.loc["theirs", "psnr"] == pytest.approx(table.loc["tiny", "psnr"], abs=0.05)


def test_pictures_that_others_coloured(tmp_path):
    for name, colour in (("a", (200, 60, 40)), ("b", (40, 90, 200))):
        truth = save(tmp_path / "truth" / f"{name}.png", colour)
        made = tmp_path / "made" / f"{name}.jpg"
        made.parent.mkdir(exist_ok=True)
        Image.open(truth).resize((180, 120)).save(made, quality=95)
    result = run("--pictures", tmp_path / "truth", tmp_path / "made", "--out", tmp_path / "out")
    assert result.exit_code == 0, result.output
    assert "2 of 2 results have another size" in result.stderr
    table = pd.read_csv(tmp_path / "out" / "table.csv", index_col=0)
    assert list(table.index) == ["grey", "made", "truth"]
    assert table.loc["made", "psnr"] > table.loc["grey", "psnr"] + 5
    assert "leave out --suite" in error_line(run("--pictures", tmp_path / "truth", tmp_path / "made", "--suite", "x"))


def test_broken_photographs_are_left_out_and_named(album, weights):
    (album / "broken.png").write_bytes(b"\x89PNG")
    result = run("--suite", album, "--weights", weights)
    assert result.exit_code == 1
    assert "2 pictures" in result.stdout
    assert "left out: " in result.stderr
    assert "broken.png" in result.stderr


def test_errors_are_one_line(album, weights, tmp_path):
    assert "nowhere" in error_line(run("--suite", tmp_path / "nowhere"))
    assert "x.safetensors" in error_line(run("--suite", album, "--weights", tmp_path / "x.safetensors"))
    (tmp_path / "greys").mkdir()
    Image.fromarray(np.full((40, 40), 90, np.uint8)).save(tmp_path / "greys/grey.png")
    assert "give photographs in colour" in error_line(run("--suite", tmp_path / "greys", "--weights", weights))
    assert "holds something else" in error_line(run("--suite", album, "--weights", weights, "--out", album))
