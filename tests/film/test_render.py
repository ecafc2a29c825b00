"""What `film.render` promises."""

import cv2
import numpy as np
import pytest
import torch

from colorlib.color.gamut import fit_gamut
from colorlib.color.lab import lab_to_rgb
from colorlib.data.sources import package_photographs
from colorlib.film.render import frame_lightness, paint_frame, upscaled
from colorlib.film.steadiness import chroma
from colorlib.film.steady import MODES
from colorlib.images.decode import open_rgb
from helpers.steady import FRAME, painted


@pytest.mark.parametrize("mode", ["off", "flow"])
def test_twice_the_size(clip, mode):
    result = painted(clip.grey[:3], mode, 0.0, upscale=2)
    assert result.shape == (3, 2 * FRAME[0], 2 * FRAME[1], 3)
    L = frame_lightness(result[0])
    shrunk = cv2.resize(L, FRAME[::-1], interpolation=cv2.INTER_AREA)
    assert np.abs(shrunk - frame_lightness(clip.grey[0])).mean() < 0.5, "shrunk, it is the film"
    small = chroma(painted(clip.grey[:3], mode, 0.0)[:1])[0]
    large = cv2.resize(chroma(result[:1])[0], FRAME[::-1], interpolation=cv2.INTER_AREA)
    assert np.abs(small - large).mean() < 1


def test_upscaling_is_nearer_to_the_truth_than_bicubic():
    gains = []
    for name in ("astronaut", "coffee", "flower", "motorcycle", "rocket"):
        L = frame_lightness(np.asarray(open_rgb(package_photographs()[name]))[50:350, 50:350])
        small = cv2.resize(L, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
        bicubic = cv2.resize(small, L.shape[::-1], interpolation=cv2.INTER_CUBIC)
        errors = [np.mean((x - L) ** 2) for x in (bicubic, upscaled(small))]
        gains.append(10 * np.log10(errors[0] / errors[1]))
    assert min(gains) > -0.1
    assert np.mean(gains) > 0.3, "decibels"


def test_upscaling_arguments():
    L = np.random.default_rng(0).uniform(0, 100, (7, 9)).astype(np.float32)
    assert upscaled(L, 3).shape == (21, 27)
    assert np.allclose(upscaled(np.full((5, 6), 42, np.float32)), 42, atol=1e-3)
    assert 0 <= upscaled(L).min() < upscaled(L).max() <= 100
    with pytest.raises(ValueError, match="times at least 1"):
        upscaled(L, 0)


@pytest.mark.parametrize("mode", ["off", "flow"])
def test_sixteen_bits_stay_sixteen(clip, mode):
    deep = clip.grey[:3].astype(np.uint16) * 257 + 40
    result = painted(deep, mode, 0.0)
    assert result.dtype == np.uint16
    assert np.abs(frame_lightness(result[0]) - frame_lightness(deep[0])).max() < 0.1
    assert np.abs(result / 257 - painted(clip.grey[:3], mode, 0.0)).mean() < 1


@pytest.mark.parametrize("chroma_wanted", [0, 30, 120])
def test_quick_painting_is_exact_painting(chroma_wanted):
    """All greys in all hues: within one step of the exact way where a screen has the colour; L kept everywhere."""
    frame = np.tile(np.arange(256, dtype=np.uint8), (200, 1))
    hue = np.linspace(0, 2 * np.pi, 200)[:, None].repeat(256, 1)
    ab = (chroma_wanted * np.stack([np.cos(hue), np.sin(hue)], axis=-1)).astype(np.float32)
    L = frame_lightness(frame)
    quick = paint_frame(frame, L, ab)
    lab = np.dstack([L, ab]).transpose(2, 0, 1)[None]
    exact = lab_to_rgb(fit_gamut(torch.from_numpy(lab)))[0].permute(1, 2, 0).numpy() * 255
    assert np.abs(frame_lightness(quick) - L).max() < 0.5
    # Some bright yellows leave the screen's colours twice on their way from grey: either border is a right answer.
    assert (np.abs(quick - exact) > 1.5).mean() < 5e-4


@pytest.mark.parametrize("shape", [(1, 1), (3, 200), (50, 2), (17, 33)])
def test_any_shape(shape):
    frames = np.random.default_rng(0).integers(0, 255, (3, *shape), np.uint8)
    for mode in MODES:
        assert painted(frames, mode).shape == (3, *shape, 3)
