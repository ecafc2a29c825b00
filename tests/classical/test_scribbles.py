"""Colour by scribbles: the solver against a plain one, edges against bleeding, distances by hand, films, bad input."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import classical
from colorlib.classical import (
    BY_SCRIBBLES,
    blend,
    marks,
    points_from_truth,
)
from colorlib.classical.arrays import lab_pixels
from colorlib.data.sources import package_photographs

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("name", BY_SCRIBBLES)
def test_every_method_beats_grey_with_true_points_and_keeps_them(name):
    lab = lab_pixels(package_photographs()["coffee"], 96)
    L, ab = lab[..., 0], lab[..., 1:]
    errors = []
    for count in (5, 50):
        marked, values = points_from_truth(ab, count)
        result = BY_SCRIBBLES[name](L, marked, values)
        assert result.dtype == np.float32
        np.testing.assert_allclose(result[marked], ab[marked], atol=1e-4)
        errors.append(np.square(result - ab).mean())
    assert errors[1] < errors[0] < np.square(ab).mean()
    assert errors[1] < np.square(ab).mean() / 10**0.4 / 2


def test_more_points_hold_the_fewer_ones():
    ab = np.random.default_rng(0).normal(size=(12, 13, 2))
    few, values = points_from_truth(ab, 5, seed=3)
    many, _ = points_from_truth(ab, 50, seed=3)
    assert few.sum() == 5
    assert (many & few).sum() == 5
    np.testing.assert_array_equal(values[few], ab[few])
    assert not values[~few].any()
    assert (points_from_truth(ab, 5, seed=4)[0] != few).any()
    for count in (0, 12 * 13 + 1):
        with pytest.raises(ValueError, match="count must be from 1 to the 156 pixels"):
            points_from_truth(ab, count)
    with pytest.raises(ValueError, match=r"\(H, W, 2\)"):
        points_from_truth(ab[..., 0], 3)


def test_strokes_become_marks():
    marked, values = marks((4, 5), [([[0, 0], [0, 1]], (10, 20)), ([[3, 4]], (-5, 0)), ([[0, 1]], (10, 20))])
    assert marked.sum() == 3
    np.testing.assert_array_equal(values[0, 1], [10, 20])
    np.testing.assert_array_equal(values[3, 4], [-5, 0])


@pytest.mark.parametrize(
    ("strokes", "message"),
    [
        ([], "no strokes: give at least one pixel"),
        ([([[0, 0]], (1, 2)), ([[0, 1], [0, 0]], (1, 3))], "stroke 1 contradicts an earlier one: row 0, column 0"),
        ([([[4, 0]], (1, 2))], "stroke 0 leaves the picture of 4 x 5"),
        ([([[0, -1]], (1, 2))], "stroke 0 leaves the picture"),
        ([([[0.5, 1]], (1, 2))], "whole numbers"),
        ([([0, 1], (1, 2))], "whole numbers"),
        ([([[0, 1]], (1, np.nan))], "stroke 0: its colour must be two finite numbers"),
        ([([[0, 1]], (1, 2, 3))], "stroke 0: its colour must be two finite numbers"),
    ],
)
def test_strokes_that_make_no_sense_are_refused(strokes, message):
    with pytest.raises(ValueError, match=message):
        marks((4, 5), strokes)


@pytest.mark.parametrize("name", BY_SCRIBBLES)
@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"marked": np.zeros((4, 5), dtype=bool)}, "no pixel is marked"),
        ({"marked": np.ones((4, 4), dtype=bool)}, r"marked must be bool of L's shape \(4, 5\)"),
        ({"marked": np.ones((4, 5))}, "marked must be bool"),
        ({"values": np.zeros((5, 4, 2))}, r"values must be \(H, W, channels\)"),
        ({"values": np.full((4, 5, 2), np.nan)}, "finite"),
        ({"L": np.full((4, 5), np.inf)}, "finite"),
    ],
)
def test_bad_input_is_refused_by_every_method(name, changed, message):
    good = {"L": np.full((4, 5), 50.0), "marked": np.eye(4, 5) > 0, "values": np.ones((4, 5, 2))}
    with pytest.raises(ValueError, match=message):
        BY_SCRIBBLES[name](**(good | changed))
    if name == "Yatziv 2006":
        with pytest.raises(ValueError, match="fall must be above 0"):
            blend(**good, fall=0)


def test_the_recorded_curves_can_be_made_again(tmp_path, monkeypatch, capsys):
    """On two photographs instead of a hundred, into another folder: the same tables as in book/results."""
    monkeypatch.setattr(classical, "RESULTS", tmp_path)
    monkeypatch.setattr(classical, "COUNTS", (1, 50))
    monkeypatch.setattr(classical, "SIDE", 48)
    photographs = tmp_path / "photographs"
    photographs.mkdir()
    for name in ("coffee", "flower"):
        path = package_photographs()[name]
        (photographs / path.name).write_bytes(path.read_bytes())
    assert classical.main([str(photographs), "--photographs", "2"]) == 0
    made, recorded = pd.read_csv(tmp_path / "scribbles.csv"), pd.read_csv(ROOT / "book" / "results" / "scribbles.csv")
    assert list(made) == list(recorded)
    assert set(made.method) == set(recorded.method) == {"grey", *BY_SCRIBBLES}
    gains = json.loads((tmp_path / "scribbles.json").read_text("utf8"))["gain_over_grey_with_50_points_db"]
    assert min(gains.values()) > 4
    recorded = recorded[recorded.points == 50].ab_psnr - recorded.ab_psnr[0]
    assert recorded.min() > 4, "fifty points beat grey by 4 dB on the recorded photographs"
