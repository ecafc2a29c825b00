"""Measures of flicker: each against a film whose answer is known."""

import numpy as np
import pytest
from scipy.spatial.distance import jensenshannon

from colorlib.data.sources import package_photographs
from colorlib.film.steadiness import chroma, color_consistency, flicker_spectrum, steadiness, warping_error
from colorlib.film.synthetic import camera_clip


@pytest.fixture(scope="module")
def clip():
    return camera_clip(package_photographs()["coffee"], "pan", 12, (96, 128))


def noisy(ab, amount, seed=0):
    """One colour more or less for each frame: a film that flickers as a whole, by a known amount."""
    shifts = np.random.default_rng(seed).normal(0, amount, (len(ab), 1, 1, 2))
    return (ab + shifts).astype(np.float32), shifts


def test_chroma():
    frames = np.full((2, 3, 4, 3), 128, np.uint8)
    frames[1] = (255, 0, 0)
    ab = chroma(frames)
    assert np.abs(ab[0]).max() < 0.02
    assert np.allclose(ab[1], (80.1, 67.2), atol=0.1)


def test_colours_that_move_with_the_picture_are_no_flicker(clip):
    """A colour for each place of the photograph, seen by the moving window."""
    height, width = clip.frames.shape[1:3]
    where = np.stack(np.meshgrid(np.arange(width), np.arange(height)), axis=-1).astype(np.float32)
    ab = [where]
    for t in range(1, 12):
        ab.append(ab[-1] + clip.flow[t])  # a pan: the same shift everywhere, so this is exact
    ab = np.stack(ab)
    assert warping_error(ab, clip.flow, clip.visible) < 0.05, "OpenCV fetches to a 32nd of a pixel"
    standing = np.zeros_like(clip.flow)
    assert warping_error(ab, standing, clip.visible) == pytest.approx(
        np.linalg.norm(clip.flow[1:, 0, 0], axis=-1).mean(), rel=1e-3
    )


def test_the_warping_error_is_the_known_change(clip):
    ab, shifts = noisy(np.zeros_like(clip.flow), 3.0)
    wanted = np.linalg.norm(np.diff(shifts[:, 0, 0], axis=0), axis=-1)
    counts = clip.visible[1:].sum(axis=(1, 2))
    assert warping_error(ab, clip.flow, clip.visible) == pytest.approx((wanted * counts).sum() / counts.sum(), rel=1e-4)


def test_what_was_not_visible_does_not_count(clip):
    ab = np.zeros_like(clip.flow)
    ab[1][~clip.visible[1]] = 50
    ab[2:] = ab[1:2]
    seen = clip.visible.copy()
    seen[2:] = False
    assert warping_error(ab, clip.flow, seen) == 0
    with pytest.raises(ValueError, match="no pixel is visible"):
        warping_error(ab, clip.flow, np.zeros_like(seen))
    with pytest.raises(ValueError, match="do not fit"):
        warping_error(ab[:5], clip.flow, clip.visible)


def test_consistency_of_a_still_and_of_the_worst():
    still = np.repeat(np.random.default_rng(0).integers(0, 255, (1, 8, 9, 3), np.uint8), 6, axis=0)
    assert color_consistency(still) == 0
    alternating = np.zeros((6, 8, 9, 3), np.uint8)
    alternating[::2] = 255
    assert color_consistency(alternating, (1,)) == pytest.approx(np.log(2))
    assert color_consistency(alternating, (2, 4)) == 0


def test_consistency_is_the_jensen_shannon_divergence(clip):
    frames = clip.frames[:6]
    divergences = [
        jensenshannon(*(np.bincount(frames[i][..., c].ravel(), minlength=256) for i in (t, t + lag))) ** 2
        for lag in (1, 2)
        for t in range(6 - lag)
        for c in range(3)
    ]
    wanted = np.mean([np.mean(divergences[:15]), np.mean(divergences[15:])])
    assert color_consistency(frames, (1, 2)) == pytest.approx(wanted, rel=1e-6)


@pytest.mark.parametrize("lags", [(), (0,), (6,)])
def test_lags_that_make_no_sense(clip, lags):
    with pytest.raises(ValueError, match="lags"):
        color_consistency(clip.frames[:6], lags)


@pytest.mark.parametrize("hertz", [3.0, 6.0, 9.0])
def test_the_spectrum_finds_the_frequency_and_the_power(hertz):
    count, rate = 48, 24.0
    wave = 2.0 * np.sin(2 * np.pi * hertz * np.arange(count) / rate)
    ab = np.zeros((count, 16, 20, 2), np.float32)
    ab[..., 0] = wave[:, None, None] + np.linspace(0, 30, count)[:, None, None]  # a steady change is no flicker
    frequency, power = flicker_spectrum(ab, rate)
    assert frequency[power.argmax()] == pytest.approx(hertz)
    assert frequency[-1] == rate / 2
    assert power.sum() == pytest.approx(2.0, rel=0.15), "half the square of the amplitude"


@pytest.mark.parametrize("count", [8, 25])
def test_the_spectrum_is_the_squared_transform_under_a_hann_window(count):
    rate, rng = 25.0, np.random.default_rng(count)
    wave = rng.normal(0, 5, count)
    wave[0] = wave[-1] = 3  # no line to take away but a constant
    ab = np.repeat(wave, 4 * 4 * 2).reshape(count, 4, 4, 2).astype(np.float32)
    window = np.hanning(count + 2)[1:-1]
    wave = ab[:, 0, 0, 0].astype(np.float64) - 3
    squared = np.abs(np.fft.rfft((wave - wave.mean()) * window)) ** 2
    frequency, power = flicker_spectrum(ab, rate)
    np.testing.assert_allclose(frequency, np.fft.rfftfreq(count, 1 / rate)[1:])
    np.testing.assert_allclose(power, 2 * 2 * squared[1:] / (window**2).sum() / count, rtol=1e-6)


def test_a_spectrum_needs_some_frames():
    with pytest.raises(ValueError, match="at least 8 frames"):
        flicker_spectrum(np.zeros((7, 16, 16, 2), np.float32))


def test_the_table(clip):
    other = clip.frames.astype(int) + np.random.default_rng(0).integers(-20, 20, (12, 1, 1, 3))
    table = steadiness({"boiling": other.clip(0, 255).astype(np.uint8)}, clip.frames, clip.flow, clip.visible)
    assert list(table.index) == ["boiling", "grey", "truth"]
    assert list(table.columns) == ["ab_error", "warping_error", "cdc", "fast"]
    assert table.ab_error["truth"] == 0
    assert table.ab_error["grey"] > 5
    assert table.warping_error["grey"] < 0.05
    for measure in ("warping_error", "cdc", "fast"):
        assert table[measure]["boiling"] > 2 * table[measure]["truth"]


def test_frames_of_another_kind_are_refused():
    with pytest.raises(ValueError, match="uint8"):
        chroma(np.zeros((2, 4, 4), np.uint8))
    with pytest.raises(ValueError, match="uint8"):
        color_consistency(np.zeros((9, 4, 4, 3), np.float32))
