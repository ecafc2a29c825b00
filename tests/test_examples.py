"""Colour by example: against cases solved by hand, against what each method promises, against POT."""

import numpy as np
import ot
import pytest
from scipy.ndimage import rotate

from colorlib.classical import BY_EXAMPLE, gupta, match_density, pitie, reinhard, sheng, sliced_distance, tai, welsh
from colorlib.classical.luminance import jittered
from colorlib.classical.pixels import lab_pixels, painted
from colorlib.classical.reference import checked
from colorlib.classical.regions import segment
from colorlib.classical.superpixels import _adjacent, _middles, correspond, superpixels, vote
from colorlib.classical.textures import WIDTHS, gabor_energies, rotation_invariant
from colorlib.opening import open_rgb
from colorlib.photos import package_photographs

each_method = pytest.mark.parametrize("method", BY_EXAMPLE.values(), ids=lambda method: method.__name__)


def photograph(name: str, size: int = 96) -> np.ndarray:
    """A package photograph in Lab, (H, W, 3), its longer side `size`."""
    return lab_pixels(package_photographs()[name], size)


def scene(seed: int, trees: int, height: int = 40, width: int = 48) -> np.ndarray:
    """A smooth blue sky over rough green trees of the same mean lightness; the lowest `trees` rows are trees."""
    rng = np.random.default_rng(seed)
    lab = np.array([60.0, -5, -30]) + rng.normal(0, 0.5, (height, width, 3))
    lab[-trees:] = np.array([60, -30, 35]) + rng.normal(0, 1, (trees, width, 3)) * [12, 1, 1]
    return lab


def error(ab: np.ndarray, truth: np.ndarray) -> float:
    """Root mean square over a and b."""
    return float(np.sqrt(np.square(ab - truth[..., 1:]).mean()))


def test_a_photograph_becomes_an_array_and_a_picture_again():
    path = package_photographs()["china"]
    lab = lab_pixels(path)
    rgb = np.asarray(open_rgb(path)) / 255
    assert lab.shape == rgb.shape == (427, 640, 3)
    np.testing.assert_allclose(painted(lab[..., 0], lab[..., 1:]), rgb, atol=2e-3)
    assert photograph("china", 100).shape == (67, 100, 3)
    with pytest.raises(ValueError, match=r"ab \(H, W, 2\), not \(3, 4\) and \(3, 4, 3\)"):
        painted(np.zeros((3, 4)), np.zeros((3, 4, 3)))


@each_method
@pytest.mark.parametrize("shape", [(1, 1), (1, 6), (7, 1), (30, 21)])
def test_any_sizes_go_together_and_no_input_changes(method, shape):
    rng = np.random.default_rng(0)
    for size in [(1, 2), (9, 5), (25, 33)]:
        L = rng.uniform(0, 100, shape)
        reference = np.concatenate([rng.uniform(0, 100, (*size, 1)), rng.normal(9, 30, (*size, 2))], axis=-1)
        before = L.copy(), reference.copy()
        ab = method(L, reference)
        assert ab.shape == (*shape, 2)
        assert ab.dtype == np.float32
        assert np.isfinite(ab).all()
        assert np.isfinite(method(np.full(shape, 40.0), reference)).all()
        np.testing.assert_array_equal(L, before[0])
        np.testing.assert_array_equal(reference, before[1])


@each_method
def test_the_truth_as_reference_beats_grey_and_the_same_call_gives_the_same(method):
    truth = photograph("coffee")
    ab = method(truth[..., 0], truth)
    assert error(ab, truth) < 0.6 * error(np.zeros_like(ab), truth)
    np.testing.assert_array_equal(method(truth[..., 0], truth), ab)


@each_method
def test_another_exposure_of_the_reference_changes_nothing(method):
    """Lightness scaled by a half and shifted: exactly so in binary, so that no tie falls another way."""
    truth = photograph("flower", 64)
    darker = truth * [0.5, 1, 1] + [8, 0, 0]
    apart = abs(method(truth[..., 0], darker) - method(truth[..., 0], truth))
    assert np.quantile(apart, 0.95) < 0.5, "CIE units, which nobody sees"


GOOD = np.concatenate([np.full((4, 4, 1), 50.0), np.random.default_rng(0).normal(0, 30, (4, 4, 2))], axis=-1)


@each_method
def test_bad_input_is_refused(method):
    L = np.full((4, 4), 50.0)
    for reference, message in [
        (GOOD * [1, 0, 0], "the reference has no colour: give"),
        (GOOD * 0 + [50, 30, -20], "the reference has one colour only: give"),
        (np.where(np.arange(3) == 2, np.nan, GOOD), "reference_lab holds numbers that are not finite"),
        (GOOD[..., :2], r"reference_lab must be \(H, W, 3\)"),
        (GOOD[:0], r"reference_lab must be \(H, W, 3\)"),
        (GOOD[None], r"reference_lab must be \(H, W, 3\)"),
    ]:
        with pytest.raises(ValueError, match=message):
            method(L, reference)
    for bad, message in [
        (np.where(np.eye(4), np.nan, L), "L holds numbers that are not finite"),
        (np.where(np.eye(4), np.inf, L), "L holds numbers that are not finite"),
        (L[..., None], r"L must be \(H, W\)"),
        (L[:0], r"L must be \(H, W\)"),
    ]:
        with pytest.raises(ValueError, match=message):
            method(bad, GOOD)


def test_lightness_is_made_comparable_and_colours_are_left_alone():
    L, truth = photograph("china")[..., 0], photograph("coffee")
    _, reference = checked(L, truth)
    assert reference[..., 0].mean() == pytest.approx(L.mean())
    assert reference[..., 0].std() == pytest.approx(L.std())
    np.testing.assert_array_equal(reference[..., 1:], truth[..., 1:])


def test_reinhard_solved_by_hand():
    # a of the reference: mean 20, deviation 10, rising with lightness; b: mean -5, deviation 15, falling.
    reference = np.array([[[20.0, 10, 10], [80, 30, -20]]])
    ab = reinhard(np.array([[0.0, 100, 50]]), reference)
    deviation = np.sqrt(5000 / 3)
    np.testing.assert_allclose(ab[0, :, 0], [20 - 500 / deviation, 20 + 500 / deviation, 20], rtol=1e-6)
    np.testing.assert_allclose(ab[0, :, 1], [-5 + 750 / deviation, -5 - 750 / deviation, -5], rtol=1e-6)


@pytest.mark.parametrize("name", ["astronaut", "china", "rocket"])
def test_reinhard_matches_mean_and_deviation_exactly(name):
    reference = photograph("coffee")
    ab = reinhard(photograph(name)[..., 0], reference).astype(np.float64)
    np.testing.assert_allclose(ab.mean(axis=(0, 1)), reference[..., 1:].mean(axis=(0, 1)), atol=1e-4)
    np.testing.assert_allclose(ab.std(axis=(0, 1)), reference[..., 1:].std(axis=(0, 1)), atol=1e-4)


def test_welsh_takes_colours_by_lightness_and_by_texture():
    halves = np.tile([30.0, 40, 20], (20, 40, 1))
    halves[:, 20:] = [70, -10, -30]
    ab = welsh(halves[..., 0], halves[:, ::-1])
    np.testing.assert_allclose(ab, halves[..., 1:], atol=1e-6)  # wherever they are in the reference
    truth, reference = scene(0, trees=15), scene(1, trees=28)
    ab = welsh(truth[..., 0], reference)
    right = np.linalg.norm(ab - truth[..., 1:], axis=-1) < 15
    assert right[:22].mean() > 0.99, "a sky as light as the trees is still smooth"
    assert right[-12:].mean() > 0.9


def test_samples_come_one_from_each_cell():
    rows, columns = jittered(60, 90, 54, np.random.default_rng(0))
    cells = rows // 10 * 9 + columns // 10
    np.testing.assert_array_equal(np.sort(cells), np.arange(54))
    rows, columns = jittered(3, 4, 500, np.random.default_rng(0))
    np.testing.assert_array_equal(rows * 4 + columns, np.arange(12))


def cloud(seed: int, size: int = 400, channels: int = 3) -> np.ndarray:
    """Colours in two bunches, which no Gaussian describes."""
    rng = np.random.default_rng(seed)
    colours = rng.normal(size=(size, channels)) @ rng.normal(0, 9, (channels, channels)) + rng.normal(0, 20, channels)
    colours[: size // 3] += rng.normal(0, 60, channels)
    return colours


def test_in_one_dimension_the_match_is_the_optimal_transport():
    source, target = cloud(0, 60, 1), cloud(1, 60, 1)
    result = match_density(source, target, rotations=1)
    plan = ot.emd(np.full(60, 1 / 60), np.full(60, 1 / 60), ot.dist(source, target))
    np.testing.assert_allclose(result, 60 * plan @ target, atol=1e-9)
    np.testing.assert_allclose(np.sort(result.ravel()), np.sort(target.ravel()), atol=1e-9)


def test_equal_colours_stay_equal():
    source = np.repeat(cloud(0, 20), 5, axis=0)
    result = match_density(source, cloud(1)).reshape(20, 5, 3)
    np.testing.assert_array_equal(result, np.repeat(result[:, :1], 5, axis=1))


@pytest.mark.parametrize("size", [400, 300])
def test_all_marginals_are_matched_and_more_rotations_match_more(size):
    source, target = cloud(2), cloud(3, size)
    before, few, many = (
        sliced_distance(result, target, seed=9)
        for result in (source, match_density(source, target, 2), match_density(source, target, 40))
    )
    assert many < 0.02 * before
    assert many < 0.2 * few
    assert few < 0.5 * before


def test_the_sliced_distance_is_pots():
    source, target = cloud(4), cloud(5)
    ways = np.random.default_rng(7).normal(size=(3, 32))
    ways /= np.linalg.norm(ways, axis=0)
    expected = ot.sliced_wasserstein_distance(source, target, projections=ways, p=2)
    assert sliced_distance(source, target, directions=32, seed=7) == pytest.approx(expected, rel=1e-6)
    assert sliced_distance(source, source[::-1]) == pytest.approx(0, abs=1e-12)
    assert sliced_distance(source, source + np.array([30, 0, 40])) == pytest.approx(50 / np.sqrt(3), rel=0.15)
    assert sliced_distance(np.repeat(source, 2, axis=0), source) < 0.02 * sliced_distance(source, target)


@pytest.mark.parametrize("name", ["china", "coffee", "flower"])
def test_with_the_truth_as_reference_pitie_leaves_the_marginals_equal(name):
    truth = photograph(name)
    colours = truth[..., 1:].reshape(-1, 2)
    ab = pitie(truth[..., 0], truth).reshape(-1, 2)
    grey = sliced_distance(colours * 0, colours)
    assert sliced_distance(ab, colours) < 0.03 * grey
    assert sliced_distance(welsh(truth[..., 0], truth).reshape(-1, 2), colours) > 2 * sliced_distance(ab, colours)


def test_bad_sets_are_refused():
    for function in (match_density, sliced_distance):
        with pytest.raises(ValueError, match="same channels, not 3 and 2"):
            function(cloud(0), cloud(0, channels=2))
        with pytest.raises(ValueError, match="at least 1, not 0"):
            function(cloud(0), cloud(1), 0)
        with pytest.raises(ValueError, match="not finite"):
            function(cloud(0) * np.nan, cloud(1))


def test_regions_hang_together():
    """Two grey levels in noise that mixes up a sixth of the pixels: with their neighbours' say, hardly any is wrong."""
    rng = np.random.default_rng(0)
    truth = np.arange(60)[:, None] + np.arange(60) < 60
    features = (np.where(truth, 40.0, 60.0) + rng.normal(0, 10, truth.shape))[..., None]
    memberships = segment(features, regions=2)
    np.testing.assert_allclose(memberships.sum(axis=-1), 1, atol=1e-9)
    assert memberships.min() >= 0
    found = memberships.argmax(axis=-1) == memberships[0, 0].argmax()
    alone = (features[..., 0] < 50) == truth
    assert alone.mean() < 0.85
    assert (found == truth).mean() > 0.95


def test_regions_of_bad_features_are_refused():
    with pytest.raises(ValueError, match=r"features must be \(H, W, C\)"):
        segment(np.zeros((4, 4)))
    with pytest.raises(ValueError, match="not finite"):
        segment(np.full((4, 4, 1), np.nan))
    with pytest.raises(ValueError, match="at least 1, not 0"):
        segment(np.zeros((4, 4, 1)), regions=0)


def test_tai_finds_the_colours_of_each_region_where_reinhard_mixes_them():
    """Sky and trees, in other shares than in the reference."""
    truth, reference = scene(0, trees=10), scene(1, trees=32)
    for lab, trees in ((truth, 10), (reference, 32)):
        lab[-trees:, :, 0] -= 25
    ab = tai(truth[..., 0], reference)
    assert error(ab, truth) < 0.5 * error(reinhard(truth[..., 0], reference), truth)


def waves(width: float, degrees: float, size: int = 96) -> np.ndarray:
    """Stripes of amplitude 10 around a lightness of 50, which run across the given direction."""
    rows, columns = np.mgrid[:size, :size] - size // 2
    angle = np.radians(degrees)
    return 50 + 10 * np.cos(2 * np.pi * (columns * np.cos(angle) + rows * np.sin(angle)) / width)


@pytest.mark.parametrize(("i", "j"), [(1, 0), (2, 3), (3, 4)])
def test_a_gabor_filter_answers_to_its_own_stripes(i, j):
    energies = gabor_energies(waves(WIDTHS[i], 22.5 * j))[..., 40:56, 40:56].mean(axis=(2, 3))
    assert energies[i, j] == pytest.approx(10, rel=0.05)
    assert np.unravel_index(energies.argmax(), energies.shape) == (i, j)
    assert energies[i, (j + 4) % 8] < 0.05
    assert abs(gabor_energies(np.full((20, 30), 70.0))).max() < 1e-9


def test_a_quarter_turn_changes_no_feature_and_thirty_degrees_hardly_one():
    L = photograph("chelsea", 120)[10:74, 20:84, 0]
    features = rotation_invariant(L)
    np.testing.assert_allclose(rotation_invariant(np.rot90(L)), np.rot90(features), atol=1e-8)
    smooth = waves(9, 0) + waves(16, 50) / 2
    turned = rotate(smooth, 30, reshape=False, order=3, mode="reflect")
    middle = np.s_[38:58, 38:58]
    own, other = (rotation_invariant(x)[middle].reshape(-1, 15)[:, 3:].mean(axis=0) for x in (smooth, turned))
    np.testing.assert_allclose(own, other, atol=0.1 * own.max())
    # The energies themselves do change: it is the magnitudes that hold still.
    raw = [gabor_energies(x)[:, :, 38:58, 38:58].mean(axis=(2, 3)) for x in (smooth, turned)]
    assert abs(raw[0] - raw[1]).max() > 0.4 * raw[0].max()


def test_sheng_colours_stripes_however_they_run():
    """Fine stripes are red, coarse ones blue. In the picture both run in another direction than in the reference."""

    def stripes(degrees: float) -> np.ndarray:
        L = np.concatenate([waves(5, degrees, 64), waves(16, degrees, 64)], axis=1)
        ab = np.tile([-20.0, -40], (64, 128, 1))
        ab[:, :64] = [50, 30]
        return np.concatenate([L[..., None], ab], axis=-1)

    truth, reference = stripes(90), stripes(0)[:, ::-1]
    assert error(sheng(truth[..., 0], reference), truth) < 0.35 * error(np.zeros((64, 128, 2)), truth)
    assert error(welsh(truth[..., 0], reference), truth) > error(sheng(truth[..., 0], reference), truth)


def test_a_cascade_solved_by_hand():
    """Three candidates: the first has another texture, the second another lightness, the third is the partner."""
    ours = [np.array([[0.0]])] * 4
    theirs = [np.array([[9.0], [0], [1], [8]]), *[np.array([[0.0], [50], [1], [9]])] * 3]
    partner, cost = correspond(ours, theirs)
    # Of four candidates a third, one, passes the first step: the one with the same texture.
    assert partner.tolist() == [1]
    assert cost[0] == pytest.approx(0.8 * 50 / 15)
    with pytest.raises(ValueError, match="4 features, not 2 and 4"):
        correspond(ours[:2], theirs)


def test_the_neighbours_outvote_a_wrong_match():
    labels = np.repeat(np.repeat(np.arange(25).reshape(5, 5), 4, axis=0), 4, axis=1)
    colours = np.tile([20.0, -30.0], (25, 1))
    colours[12] = [-60, 60]
    lightness, cost = np.full(25, 50.0), np.ones(25)
    np.testing.assert_array_equal(vote(labels, lightness, colours, cost), np.tile([20.0, -30.0], (25, 1)))
    # Where the one that differs is of another lightness, it is another thing, and keeps its colour.
    lightness[12] = 95
    np.testing.assert_array_equal(vote(labels, lightness, colours, cost), colours)


def test_superpixels_cover_the_picture_and_know_their_neighbours():
    labels = superpixels(photograph("coffee")[..., 0])
    np.testing.assert_array_equal(np.unique(labels), np.arange(labels.max() + 1))
    middles = _middles(labels)
    np.testing.assert_array_equal(labels[tuple(middles.T)], np.arange(len(middles)))
    small = np.array([[0, 0, 1], [2, 2, 1], [3, 2, 1]])
    expected = [[1, 1, 1, 0], [1, 1, 1, 0], [1, 1, 1, 1], [0, 0, 1, 1]]
    np.testing.assert_array_equal(_adjacent(small).toarray(), expected)


def test_gupta_recovers_a_shifted_copy_of_its_reference():
    whole = photograph("coffee", 140)
    truth, reference = whole[:, 30:], whole[:, :-30]
    ab = gupta(truth[..., 0], reference)
    assert error(ab, truth) < 0.4 * error(np.zeros_like(ab), truth)
    assert error(ab, truth) < 0.8 * error(reinhard(truth[..., 0], reference), truth)
