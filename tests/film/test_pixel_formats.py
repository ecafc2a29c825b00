"""What `film.pixel_formats` promises."""

import av
import numpy as np
import pytest
from av.video.reformatter import VideoReformatter

from colorlib.film.colorize import colorize_video
from colorlib.film.decode import frames_of, picture_of
from colorlib.film.pixel_formats import has_chroma, pixels_of_frame, to_frame, turned
from colorlib.film.probe import read_film
from helpers.video import Sepia, is_sepia, make, pictures_of, scene

# --- pixels ---


def test_grey_and_its_frame_are_the_same_pixels():
    """Through the table and back: exact for full range, within a step of rounding for the 219 values of the other."""
    ramp = np.arange(256, dtype=np.uint8)[None].repeat(4, 0)
    for full in (True, False):
        frame = to_frame(ramp[..., None].repeat(3, 2), "yuv420p", full)
        assert not has_chroma(frame)
        back = pixels_of_frame(frame, VideoReformatter(), colored=False)
        assert back.shape == (4, 256)
        assert np.abs(back.astype(int) - ramp).max() <= (0 if full else 1)
    deep = np.arange(0, 65536, 64, dtype=np.uint16)[None].repeat(4, 0)
    frame = to_frame(deep[..., None].repeat(3, 2), "yuv420p10le", False)
    back = pixels_of_frame(frame, VideoReformatter(), colored=False)
    assert np.abs(back.astype(int) - deep).max() <= 65535 / 876 / 2 + 1


@pytest.mark.parametrize("name", ["yuv420p", "yuv422p", "yuv444p10le"])
@pytest.mark.parametrize("full", [True, False])
def test_rgb_goes_into_a_frame_as_bt709_says(name, full):
    """Against the standard's own numbers for a red, and FFmpeg's way back."""
    red = np.full((8, 8, 3), (200, 30, 60), np.uint8)
    frame = to_frame(red, name, full)
    bits = 10 if "10" in name else 8
    y = 0.2126 * 200 + 0.7152 * 30 + 0.0722 * 60
    cr = (200 - y) / 1.5748
    scale = 2 ** (bits - 8)
    wanted_y = y * (1 if full else 219 / 255) + (0 if full else 16)
    wanted_cr = cr * (1 if full else 224 / 255) + 128
    dtype = np.uint16 if bits == 10 else np.uint8
    assert np.frombuffer(frame.planes[0], dtype)[0] == pytest.approx(wanted_y * scale, abs=1.5)
    assert np.frombuffer(frame.planes[2], dtype)[0] == pytest.approx(wanted_cr * scale, abs=1.5)
    back = pixels_of_frame(frame, VideoReformatter()).astype(float)[4, 4]
    assert back / (257 if bits == 10 else 1) == pytest.approx([200, 30, 60], abs=2)


def test_the_lightness_of_a_film_stays_within_the_error_of_the_codec(tmp_path):
    """With the colours of a network on it, L of the result is L of the original, up to what the encoder changes."""
    import torch

    from colorlib.color.lab import rgb_to_lab
    from colorlib.colorize.compose import paint

    def lightness(pictures):
        batch = torch.from_numpy(np.stack(pictures)).permute(0, 3, 1, 2) / 255
        return rgb_to_lab(batch)[:, 0]

    class Colorizer:
        upscale = 1

        def paint(self, frames):
            y, x = np.mgrid[-1:1:12j, -1:1:16j]
            ab = np.dstack([30 * x, 40 * y]).astype(np.float32)
            for frame in frames:
                yield paint(frame, np.full((12, 16), 50, np.float32), ab, frame.dtype.type)

    source = make(tmp_path / "in.mkv", frames=6, size=(144, 192), options={"crf": "0"})
    fine = colorize_video(source, tmp_path / "fine.mkv", Colorizer(), crf=1).path
    usual = colorize_video(source, tmp_path / "usual.mkv", Colorizer()).path
    before = lightness(pictures_of(source))
    after = lightness(pictures_of(fine))
    assert (before - after).abs().mean() < 0.25
    assert abs(float((before - after).mean())) < 0.05
    assert (before - lightness(pictures_of(usual))).abs().mean() < 0.4


@pytest.mark.parametrize("matrix", [(1, 0, 0, 1), (0, 1, -1, 0), (-1, 0, 0, -1), (0, -1, 1, 0), (-1, 0, 0, 1)])
def test_turning_is_what_the_matrix_says(matrix):
    a, b, c, d = matrix
    picture = np.arange(6).reshape(2, 3)
    result = turned(picture, matrix)
    points = {(a * x + c * y, b * x + d * y): picture[y, x] for y in range(2) for x in range(3)}
    left, top = min(p for p, _ in points), min(q for _, q in points)
    assert all(result[q - top, p - left] == value for (p, q), value in points.items())
    assert result.size == 6


@pytest.mark.parametrize("full", [True, False])
def test_the_range_stays(tmp_path, full):
    source = make(tmp_path / "in.mkv", frames=3, full=full)
    out = colorize_video(source, tmp_path / "out.mkv", Sepia()).path
    before, after = read_film(source), read_film(out)
    assert before.full is after.full is full
    grey = [picture_of(frame, before, VideoReformatter(), colored=False) for _, frame in frames_of(before)][1]
    assert np.abs(grey.astype(int) - scene(1)).mean() < 2
    assert np.abs(pictures_of(out)[1][..., 1].astype(int) - scene(1)).mean() < 3


def test_ten_bits_stay_ten_bits(tmp_path):
    source = make(tmp_path / "in.mkv", frames=3, pixels="yuv420p10le")
    seen = []

    class Looking(Sepia):
        def paint(self, frames):
            return super().paint(seen.append((frame.dtype, frame.shape)) or frame for frame in frames)

    out = colorize_video(source, tmp_path / "out.mkv", Looking()).path
    assert seen[0] == (np.uint16, (48, 64))
    with av.open(str(out)) as film:
        assert film.streams.video[0].pix_fmt == "yuv420p10le"
    plain = colorize_video(source, tmp_path / "out.webm", Sepia()).path
    with av.open(str(plain)) as film:
        assert film.streams.video[0].pix_fmt == "yuv420p"
    assert is_sepia(pictures_of(plain)[1])


def test_odd_sides_lose_nothing(tmp_path):
    source = make(tmp_path / "in.mkv", frames=3, size=(47, 63), pixels="yuv444p")
    result = colorize_video(source, tmp_path / "out.mkv", Sepia())
    assert result.notes == ["63x47 pixels are odd: the last row or column is repeated"]
    after = pictures_of(result.path)[1]
    assert after.shape == (48, 64, 3)
    assert np.abs(after[:47, :63, 1].astype(int) - pictures_of(source)[1][..., 1]).mean() < 3
    assert not colorize_video(source, tmp_path / "two.mkv", Sepia(upscale=2)).notes
