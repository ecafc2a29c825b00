"""Colour by scribbles: the solver against a plain one, edges against bleeding, distances by hand, films, bad input."""

import json
from pathlib import Path

import classical
import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csc_array, diags_array
from scipy.sparse.csgraph import dijkstra
from scipy.sparse.linalg import spsolve

from colorlib.classical import (
    BY_SCRIBBLES,
    adaptive_edges,
    blend,
    distances,
    geodesic,
    marks,
    points_from_truth,
    propagate,
    propagate_between_edges,
    propagate_film,
)
from colorlib.classical.dissection import solve_picture
from colorlib.classical.edges import LEAK, fenced
from colorlib.classical.likeness import STEPS, graph, likeness, pairs
from colorlib.classical.pixels import lab_pixels
from colorlib.photos import package_photographs

ROOT = Path(__file__).resolve().parents[1]


def plain(diagonal: np.ndarray, ties: list[np.ndarray], right: np.ndarray) -> np.ndarray:
    """The same system, by the solver of SciPy."""
    system = csc_array(diags_array(diagonal.ravel()) - graph(ties))
    return spsolve(system, right.reshape(-1, right.shape[-1])).reshape(right.shape)


def random_system(shape: tuple[int, int], seed: int = 0) -> tuple[np.ndarray, list[np.ndarray], np.ndarray]:
    """Ties over nine orders of magnitude, some missing; a little more on the diagonal than their sum."""
    rng = np.random.default_rng(seed)
    ties, diagonal = [], np.full(shape, 1e-3)
    for here, there in pairs(shape):
        tie = np.zeros(shape)
        drawn = 10 ** rng.uniform(-9, 0, shape) * (rng.random(shape) < 0.8)
        tie[here] = drawn[here]
        diagonal[here] += tie[here]
        diagonal[there] += tie[here]
        ties.append(tie)
    return diagonal, ties, rng.normal(size=(*shape, 2)) * diagonal[..., None]


@pytest.mark.parametrize("shape", [(1, 1), (1, 50), (50, 1), (2, 2), (9, 10), (17, 9), (40, 41), (8, 130), (131, 70)])
def test_the_dissection_solves_what_a_plain_solver_solves(shape):
    system = random_system(shape)
    expected = plain(*system)
    result = solve_picture(*system)
    assert result.dtype == np.float32
    np.testing.assert_allclose(result, expected, atol=1e-5 * abs(expected).max())


def test_levin_on_a_photograph_is_the_textbook_answer():
    """Rows that sum to one, the identity for marked pixels: as the paper writes it, channel after channel."""
    lab = lab_pixels(package_photographs()["coffee"], 180)
    L, ab = lab[..., 0], lab[..., 1:]
    marked, values = points_from_truth(ab, 50)
    weights = graph(likeness(L))
    free = diags_array((~marked).ravel().astype(float))
    rows = csc_array(diags_array(np.ones(L.size)) - free @ diags_array(1 / weights.sum(axis=1)) @ weights)
    expected = np.stack([spsolve(rows, values[..., c].ravel()) for c in range(2)], axis=-1).reshape(ab.shape)
    np.testing.assert_allclose(propagate(L, marked, values), expected, atol=1e-3)


def test_ten_channels_are_solved_as_one_is():
    rng = np.random.default_rng(0)
    L, marked = rng.uniform(20, 80, (30, 34)), rng.random((30, 34)) < 0.05
    values = rng.normal(size=(30, 34, 10))
    together = propagate(L, marked, values)
    np.testing.assert_allclose(together[..., 3:4], propagate(L, marked, values[..., 3:4]), atol=1e-5)


def test_a_walled_in_pixel_still_gets_a_colour():
    L = np.full((9, 9), 20.0)
    L[3:6, 3:6] = 90
    marked, values = marks(L.shape, [([[0, 0]], (30, -20))])
    np.testing.assert_allclose(propagate(L, marked, values), np.broadcast_to([30, -20], (9, 9, 2)), atol=1e-2)


def test_the_weights_of_pairs_are_those_of_the_graph():
    L = np.random.default_rng(0).uniform(0, 100, (5, 6))
    weights = likeness(L)
    dense = graph(weights).toarray()
    for weight, (down, right) in zip(weights, STEPS, strict=True):
        assert dense[2 * 6 + 3, (2 + down) * 6 + 3 + right] == weight[2, 3]
    assert np.count_nonzero(weights[0][:, -1]) == np.count_nonzero(weights[2][-1]) == 0


def soft_edge(step: float = 12.0, width: float = 4.0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Two even halves with a soft edge between them, one mark in each; the true colour changes where the light does."""
    across = np.linspace(-20, 20, 48)
    L = np.broadcast_to(50 + step / 2 * np.tanh(across / width), (32, 48)).copy()
    marked, values = marks(L.shape, [([[16, 2]], (40, 0)), ([[3, 45]], (-40, 0))])
    return L, marked, values


def test_huang_stops_the_bleeding_across_a_soft_edge():
    L, marked, values = soft_edge()
    bled, held = propagate(L, marked, values)[..., 0], propagate_between_edges(L, marked, values)[..., 0]
    truth = np.where(np.arange(48) < 24, 40.0, -40.0)
    away = np.abs(np.arange(48) - 23.5) > 4
    assert abs(bled - truth)[:, away].mean() > 10
    assert abs(held - truth)[:, away].mean() < 2
    assert abs(held[:, 10:14]).min() > 38


def test_edges_adapt_to_what_is_around():
    """The same step is an edge on an even ground, and none in the middle of a rough one."""
    rng = np.random.default_rng(0)
    L = np.full((64, 160), 50.0)
    L[:, 40:] += 6
    L[:, 80:] += rng.normal(0, 12, (64, 80))
    L[:, 120:] += 6
    edges = adaptive_edges(L)
    assert edges[4:60, 39:41].any(axis=1).all()
    assert edges[:, 119:121].any(axis=1).mean() < 0.7
    assert edges[:, 4:36].sum() == edges[:, 44:72].sum() == 0
    assert not adaptive_edges(np.full((20, 20), 30.0)).any()
    assert not adaptive_edges(np.broadcast_to(np.linspace(0, 8, 40), (40, 40))).any()


def test_a_fence_has_no_gap_at_its_corners():
    """A diagonal line of edge pixels, touching only at corners, is as tight as a straight one."""
    edges = np.eye(6, dtype=bool)
    weights = fenced([np.ones((6, 6))] * 4, edges)
    dense = graph(weights).toarray()
    above, below = np.triu_indices(6, 1), np.tril_indices(6, -1)
    crossing = dense[np.ravel_multi_index(above, (6, 6))][:, np.ravel_multi_index(below, (6, 6))]
    assert 0 < crossing.max() <= LEAK
    flipped = graph(fenced([np.ones((6, 6))] * 4, edges[:, ::-1])).toarray()
    assert flipped[0 * 6 + 4, 1 * 6 + 5] == LEAK
    assert flipped[0 * 6 + 3, 0 * 6 + 2] == 1
    with pytest.raises(ValueError, match="edges must be bool"):
        fenced([np.ones((6, 6))] * 4, edges[:5])


def test_distances_are_those_of_the_shortest_paths():
    """Against Dijkstra on the graph of neighbours, on a maze whose paths turn back often."""
    rng = np.random.default_rng(0)
    L = np.full((15, 17), 20.0)
    L[1:13, 2::4] = L[3:, 4::4] = 80
    L += rng.uniform(0, 3, L.shape)
    sources = np.zeros(L.shape, dtype=bool)
    sources[0, 0] = sources[14, 1] = True
    costs = []
    for (down, right), (here, there) in zip(STEPS, pairs(L.shape), strict=True):
        cost = np.zeros(L.shape)
        cost[here] = abs(L[here] - L[there]) + geodesic.STEP * np.hypot(down, right)
        costs.append(cost)
    exact = dijkstra(graph(costs), indices=np.flatnonzero(sources), min_only=True).reshape(L.shape)
    result = distances(L, sources)
    assert (result >= exact - 1e-3).all()
    np.testing.assert_allclose(result, exact, atol=geodesic.SETTLED)


def test_blending_by_hand():
    """A row of four: distances to each mark are the sums of steps, colours are weighted by distance to the -4."""
    L = np.array([[10.0, 12.0, 15.0, 16.0]])
    marked, values = marks((1, 4), [([[0, 0]], (10, 0)), ([[0, 3]], (0, 20))])
    left, right = np.array([2.05, 5.10]), np.array([4.10, 1.05])
    share = left**-4.0 / (left**-4.0 + right**-4.0)
    expected = share[:, None] * [10, 0] + (1 - share)[:, None] * [0, 20]
    result = blend(L, marked, values)
    np.testing.assert_allclose(result[0, 1:3], expected, rtol=1e-4)
    np.testing.assert_array_equal(result[0, [0, 3]], [[10, 0], [0, 20]])
    softer = blend(L, marked, values, fall=2)
    share = left**-2.0 / (left**-2.0 + right**-2.0)
    np.testing.assert_allclose(softer[0, 1:3, 0], share * 10, rtol=1e-4)


def test_blending_with_many_colours_is_blending_in_groups(monkeypatch):
    monkeypatch.setattr(geodesic, "TOGETHER", 24 * 6)
    rng = np.random.default_rng(0)
    L, ab = rng.uniform(30, 60, (20, 24)), rng.normal(0, 20, (20, 24, 2))
    marked, values = points_from_truth(ab, 19)
    result = blend(L, marked, values)
    rows, columns = np.nonzero(marked)
    far = np.stack(
        [distances(L, (np.indices(L.shape) == [[[r]], [[c]]]).all(0)) for r, c in zip(rows, columns, strict=True)]
    )
    weight = np.maximum(far, 1e-6)[..., None] ** -4.0
    expected = (weight * ab[rows, columns][:, None, None]).sum(0) / weight.sum(0)
    np.testing.assert_allclose(result, expected, atol=0.3)


def moving_square() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A bright square that moves three pixels to the right in each of four frames; its place, and its flow."""
    L, square = np.full((4, 20, 30), 30.0), np.zeros((4, 20, 30), dtype=bool)
    flow = np.zeros((3, 20, 30, 2))
    for t in range(4):
        square[t, 7:13, 4 + 3 * t : 10 + 3 * t] = True
        if t < 3:
            flow[t, 7:13, 4 + 3 * t : 10 + 3 * t, 1] = 3
    L[square] = 70
    return L, square, flow


def test_one_frame_of_a_film_is_a_picture():
    L = np.random.default_rng(0).uniform(20, 80, (14, 15))
    marked, values = points_from_truth(np.random.default_rng(1).normal(0, 20, (14, 15, 2)), 8)
    alone = propagate_film(L[None], marked[None], values[None])
    np.testing.assert_allclose(alone[0], propagate(L, marked, values), atol=1e-3)


def test_colours_given_in_the_first_frame_reach_the_last():
    L, square, flow = moving_square()
    marked, values = np.zeros(L.shape, dtype=bool), np.zeros((*L.shape, 1))
    marked[0, 9, 6] = marked[0, 2, 2] = True
    values[0, 9, 6], values[0, 2, 2] = 50, -10
    for motion in (None, flow):
        result = propagate_film(L, marked, values, motion)[..., 0]
        assert result.shape == L.shape
        assert result[square].min() > 45
        assert result[~square].max() < -5


def test_what_jumps_is_followed_only_along_its_flow():
    L, square, _ = moving_square()
    L, square = L[[0, 3]], square[[0, 3]]  # nine pixels further: no overlap any more
    flow = np.where(square[:1, ..., None], [0.0, 9.0], 0.0)
    marked, values = np.zeros(L.shape, dtype=bool), np.zeros((*L.shape, 1))
    marked[0, 9, 6] = marked[0, 2, 2] = True
    values[0, 9, 6], values[0, 2, 2] = 50, -10
    followed, lost = propagate_film(L, marked, values, flow)[1], propagate_film(L, marked, values)[1]
    assert followed[square[1]].min() > 45
    assert lost[square[1]].max() < 45
    with pytest.raises(ValueError, match=r"flow must be \(T - 1, H, W, 2\)"):
        propagate_film(L, marked, values, flow[0])
    with pytest.raises(ValueError, match="flow must be finite"):
        propagate_film(L, marked, values, flow * np.nan)
    with pytest.raises(ValueError, match=r"L must be \(T, H, W\)"):
        propagate_film(L[0], marked[0], values[0])


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
