"""What `metrics.suite`, its table and its files promise."""

import json

import numpy as np
import pandas as pd
import pytest

from colorlib.metrics import evaluate, suite
from colorlib.metrics.assessment import MOST_PSNR
from colorlib.metrics.suite_files import begin_run, write_tables
from colorlib.metrics.suite_table import accuracy_curves, method_table, picture_table
from helpers.suite import Pale, Swapped, arrays_equal, photographs


@pytest.fixture(scope="module")
def measured(tmp_path_factory):
    folder = tmp_path_factory.mktemp("suite")
    files = photographs(folder / "photographs", 360)
    methods = {"pale": Pale(0.5), "swapped": Swapped()}
    return files, *suite.measure_suite(files, 48, methods, folder / "work")


def test_grey_and_truth_are_the_ends_of_every_scale(measured):
    _, found, truth = measured
    table = method_table(found, truth)
    assert list(table.index) == ["grey", "pale", "swapped", "truth"]
    assert table.loc["truth", ["psnr", "ssim", "ab_l1", "ab_auc", "frechet", "frechet_hue"]].tolist() == [
        np.inf, 1, 0, 1, 0, 0,
    ]  # fmt: skip
    for column in ("psnr", "ssim", "ab_auc", "colorfulness", "colorfulness_unsigned"):
        assert table.loc["grey", column] < table.loc["pale", column] < table.loc["truth", column], column
    for column in ("ab_l1", "frechet"):
        assert table.loc["grey", column] > table.loc["pale", column] > table.loc["truth", column], column


def test_the_hue_invariant_distance_forgives_pale_colours_and_no_wrong_ones(measured):
    _, found, truth = measured
    table = method_table(found, truth)
    assert table.loc["pale", "chroma_factor"] == pytest.approx(2, rel=0.1)
    assert table.loc["pale", "frechet_hue"] < table.loc["pale", "frechet"] / 5
    assert table.loc["swapped", "frechet_hue"] > table.loc["swapped", "frechet"] / 2
    assert np.isnan(table.loc["grey", "chroma_factor"])


def test_the_table_is_the_mean_of_the_pictures_with_their_intervals(measured):
    files, found, truth = measured
    table, pictures = method_table(found, truth), picture_table(found)
    assert len(pictures) == 3 * len(files)
    of = pictures[pictures.method == "pale"].set_index("picture")
    assert list(of.index) == list(files)
    for column in ("psnr", "ab_l1", "colorfulness"):
        assert table.loc["pale", column] == pytest.approx(of[column].mean())
        ends = table.loc["pale", [f"{column}_low", f"{column}_high"]].tolist()
        assert ends == pytest.approx(evaluate.bootstrap_interval(of[column]))
    assert table.loc["pale", "psnr_median"] == pytest.approx(of.psnr.median())
    for end in ("frechet", "frechet_hue"):
        assert table.loc["pale", f"{end}_low"] < table.loc["pale", end] < table.loc["pale", f"{end}_high"]
    curves = accuracy_curves(found)
    assert (curves.diff().dropna() >= 0).all(axis=None)
    assert curves["pale"].iloc[-1] == 1


def test_few_pictures_have_no_distance(tmp_path):
    files = photographs(tmp_path / "photographs", 3)
    table = method_table(*suite.measure_suite(files, 48, {"pale": Pale(0.5)}, tmp_path / "work"))
    assert "frechet" not in table
    assert table.loc["grey", "psnr"] < MOST_PSNR


def test_a_run_that_was_stopped_goes_on_and_comes_to_the_same(tmp_path, monkeypatch):
    monkeypatch.setattr(suite, "PIECE", 8)
    files = photographs(tmp_path / "photographs", 20)
    whole = suite.measure_suite(files, 48, {"pale": Pale(0.5)}, tmp_path / "whole")[0]["pale"]
    with pytest.raises(KeyboardInterrupt):
        suite.measure_suite(files, 48, {"pale": Pale(0.5, stop_at=2)}, tmp_path / "work")
    assert len(list((tmp_path / "work" / "pale").glob("*.npz"))) == 2
    rest = Pale(0.5)
    again = suite.measure_suite(files, 48, {"pale": rest}, tmp_path / "work")[0]["pale"]
    assert rest.calls == 1
    assert arrays_equal(whole.numbers, again.numbers)
    assert arrays_equal(whole.scaled, again.scaled)
    suite.measure_suite(files, 48, {"pale": rest}, tmp_path / "work")
    assert rest.calls == 1


def test_several_processes_come_to_the_same(tmp_path, monkeypatch):
    monkeypatch.setattr(suite, "PIECE", 3)
    files = photographs(tmp_path / "photographs", 6)
    one = suite.measure_suite(files, 48, {"pale": Pale(0.5)}, tmp_path / "one")
    two = suite.measure_suite(files, 48, {"pale": Pale(0.5)}, tmp_path / "two", jobs=2)
    for name in ("grey", "pale"):
        assert arrays_equal(one[0][name].numbers, two[0][name].numbers)
    assert arrays_equal(one[1], two[1])


def test_a_folder_holds_one_run(tmp_path):
    files = photographs(tmp_path / "photographs", 3)
    about = {"pale": {"part": 0.5}}
    record = begin_run(tmp_path / "out", "few", files, 48, about)
    assert begin_run(tmp_path / "out", "few", files, 48, {"other": 1})["methods"] == {"other": 1}
    for size, methods in ((64, about), (48, {"pale": {"part": 0.6}})):
        with pytest.raises(ValueError, match=r"differs in (size|pale): choose another folder"):
            begin_run(tmp_path / "out", "few", files, size, methods)
    with pytest.raises(FileExistsError, match="something else"):
        begin_run(tmp_path / "photographs", "few", files, 48, about)

    found, truth = suite.measure_suite(files, 48, {"pale": Pale(0.5)}, tmp_path / "out" / "pieces")
    write_tables(tmp_path / "out", method_table(found, truth), found, record)
    assert json.loads((tmp_path / "out" / "record.json").read_text())["photographs"] == 3
    table = pd.read_csv(tmp_path / "out" / "table.csv", index_col=0)
    assert list(table.index) == ["grey", "pale", "truth"]
    assert len(pd.read_csv(tmp_path / "out" / "pictures.csv")) == 6
    assert len(pd.read_csv(tmp_path / "out" / "curves.csv")) == 151
