"""What `film.damage` promises."""

import av
import numpy as np
import pytest

from colorlib.film.colorize import colorize_video
from helpers.video import Sepia, left_over, make, pictures_of

# --- bad input ---


def test_a_film_that_was_cut_off_is_coloured_as_far_as_it_goes(tmp_path):
    whole = make(tmp_path / "whole.mp4", frames=100, options={"g": "10"}, container={"movflags": "+faststart"})
    source = tmp_path / "half.mp4"
    source.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    result = colorize_video(source, tmp_path / "out.mp4", Sepia())
    assert 10 < result.frames < 90
    assert any("should last 4.0 s and ends after" in line or "broke off" in line for line in result.damage)
    assert len(pictures_of(result.path)) == result.frames


def test_a_film_cut_off_in_mkv_too(tmp_path):
    whole = make(tmp_path / "whole.mkv", frames=100, sounds=1)
    source = tmp_path / "half.mkv"
    source.write_bytes(whole.read_bytes()[: whole.stat().st_size * 6 // 10])
    result = colorize_video(source, tmp_path / "out.mkv", Sepia())
    assert 10 < result.frames < 100
    assert result.damage


def test_damage_in_the_middle_is_told(tmp_path):
    whole = make(tmp_path / "whole.mkv", frames=100, options={"g": "10"})
    data = bytearray(whole.read_bytes())
    data[len(data) // 2 : len(data) // 2 + 600] = np.random.default_rng(0).bytes(600)
    source = tmp_path / "hurt.mkv"
    source.write_bytes(data)
    result = colorize_video(source, tmp_path / "out.mkv", Sepia())
    assert 40 < result.frames <= 100
    assert result.damage


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("noindex.mp4", None, r"noindex\.mp4: not a film that FFmpeg can read, or its beginning or index is missing"),
        ("text.mkv", b"hello\n" * 100, r"text\.mkv: not a film that FFmpeg can read"),
        ("nothing.mp4", b"", r"nothing\.mp4: not a film that FFmpeg can read"),
    ],
)
def test_what_is_no_film(tmp_path, name, content, message):
    if content is None:
        whole = make(tmp_path / "whole.mp4")
        content = whole.read_bytes()[: whole.stat().st_size // 2]  # the index is at the end
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ValueError, match=message):
        colorize_video(tmp_path / name, tmp_path / "out.mkv", Sepia())
    assert not (tmp_path / "out.mkv").exists()


def test_a_file_without_pictures_and_a_film_without_frames(tmp_path):
    with av.open(str(tmp_path / "sound.mkv"), "w") as film:
        tone = film.add_stream("flac", rate=8000)
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.int16), "s16", "mono")
        frame.sample_rate, frame.pts, tone.layout = 8000, 0, "mono"
        film.mux(tone.encode(frame))
        film.mux(tone.encode(None))
    with pytest.raises(ValueError, match=r"sound\.mkv: no video stream in it, only audio"):
        colorize_video(tmp_path / "sound.mkv", tmp_path / "out.mkv", Sepia())
    with av.open(str(tmp_path / "empty.mkv"), "w") as film:
        film.add_stream("libx264", rate=25)
        film.start_encoding()
    with pytest.raises(ValueError, match=r"empty\.mkv: not a film that FFmpeg can read"):
        colorize_video(tmp_path / "empty.mkv", tmp_path / "out.mkv", Sepia())
    with pytest.raises(FileNotFoundError, match=r"nowhere\.mkv: no such file"):
        colorize_video(tmp_path / "nowhere.mkv", tmp_path / "out.mkv", Sepia())
    with pytest.raises(ValueError, match="is a folder; give a film"):
        colorize_video(tmp_path, tmp_path / "out.mkv", Sepia())
    assert left_over(tmp_path) == []
