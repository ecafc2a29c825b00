"""Films: every frame at its time, every sound as it was, and nothing lost when a run, a file or a disk breaks."""

import os
import sys
from pathlib import Path

import av
import numpy as np
import pytest

from colorlib.film.colorize import colorize_video
from colorlib.film.pixel_formats import to_frame
from helpers.video import MILLI, Sepia, is_sepia, left_over, make, packets_of, pictures_of, scene, times_of

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
    colorizer = Sepia()
    with pytest.raises(ValueError, match=r"out\.mp4: this container cannot hold stream 2 .*subtitle, srt.*\.mkv"):
        colorize_video(source, tmp_path / "out.mp4", colorizer)
    assert colorizer.seen == 0
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


def test_a_preview_shows_both(grey_film, tmp_path):
    out = colorize_video(grey_film, tmp_path / "out.mkv", Sepia(upscale=2), preview=True, end=0.4).path
    pictures = pictures_of(out)
    assert len(pictures) == 10
    assert pictures[0].shape == (96, 256, 3)
    left, right = np.split(pictures[3].astype(int), 2, axis=1)
    assert np.ptp(left[4:-4, 4:-4], axis=2).max() < 24
    assert is_sepia(right)
    assert np.abs(left[..., 1] - right[..., 1]).mean() < 3


def test_a_colorizer_gets_frames_of_one_kind(tmp_path):
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


def test_the_film_itself_is_never_written(grey_film, tmp_path):
    before = grey_film.read_bytes()
    (tmp_path / "link.mkv").symlink_to(grey_film)
    os.link(grey_film, tmp_path / "hard.mkv")
    for out in (grey_film, tmp_path / "x" / ".." / "grey.mkv", tmp_path / "link.mkv", tmp_path / "hard.mkv"):
        for resume in (True, False):
            with pytest.raises(ValueError, match="the result would be the film itself"):
                colorize_video(grey_film, out, Sepia(), resume=resume)
    with pytest.raises(ValueError, match=r"is a folder; give the name of the film to write, as in .*grey\.mkv"):
        colorize_video(grey_film, tmp_path, Sepia())
    assert grey_film.read_bytes() == before


@pytest.mark.skipif(not hasattr(os, "geteuid") or sys.platform != "linux", reason="reads /proc of Linux")
def test_a_folder_that_cannot_be_written(grey_film, tmp_path):
    (tmp_path / "file").write_text("in the way")
    for folder in (tmp_path / "file", Path("/proc/1/fd")):
        with pytest.raises(OSError, match=r"(?i)not a directory|denied|no such file|read-only|not permitted"):
            colorize_video(grey_film, folder / "out.mkv", Sepia())


def test_a_folder_of_the_user_is_left_alone(grey_film, tmp_path):
    mine = tmp_path / "out.mkv.parts" / "my notes"
    mine.parent.mkdir()
    mine.write_text("precious")
    with pytest.raises(ValueError, match=r"out\.mkv\.parts: is in the way"):
        colorize_video(grey_film, tmp_path / "out.mkv", Sepia())
    assert mine.read_text() == "precious"
