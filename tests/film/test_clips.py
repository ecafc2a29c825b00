"""What `film.clips` promises."""

import io

import av
import numpy as np
import pytest

from colorlib.film.clips import write_clip


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
