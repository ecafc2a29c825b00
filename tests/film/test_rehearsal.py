"""What cannot be finished is known before the first frame is coloured, and what can be mended is."""

import re

import av
import numpy as np
import pytest

from colorlib.film import mux
from colorlib.film.colorize import colorize_video
from colorlib.film.probe import read_film
from helpers.film_cases import joined, write
from helpers.video import Sepia, make, packets_of, times_of

TOL = 1.6e-3  # seconds: Matroska tells milliseconds


def sound_times(path):
    with av.open(str(path)) as film:
        return [float(p.pts * p.time_base) for p in film.demux(audio=0) if p.size]


# --- clocks ---


@pytest.mark.parametrize("out", [".mkv", ".mp4", ".ts"])
@pytest.mark.parametrize(
    ("suffix", "codec", "sound"),
    [(".ts", "libx264", "aac"), (".mpg", "mpeg2video", "mp2"), (".vob", "mpeg2video", "ac3"), (".ts", "mpeg4", None)],
)
def test_a_clock_that_starts_anew_goes_on(tmp_path, suffix, codec, sound, out):
    options = {"flags": "+qscale", "global_quality": "236"} if codec.startswith("mpeg") else {}
    if codec == "libx264":
        options = {"bf": "2"}
    kind = {"rate": 32000, "size": (96, 128), "options": options}
    one = write(tmp_path / f"one{suffix}", codec, sound, frames=60, **kind)
    two = write(tmp_path / f"two{suffix}", codec, sound, frames=40, **kind)
    source = joined(tmp_path / f"joined{suffix}", one, two, one)
    result = colorize_video(source, tmp_path / f"out{out}", Sepia())
    assert result.damage == []
    assert len([note for note in result.notes if "starts anew" in note]) == 1
    assert re.search(r"starts anew at 2\.\d s, 4\.\d s", " ".join(result.notes))
    assert 156 <= result.frames <= 160  # a decoder may lose what a stream that was cut needs
    steps = np.diff(times_of(result.path))
    assert steps.min() > 0.03
    assert steps.max() < 0.3
    assert np.median(steps) == pytest.approx(0.04, abs=1e-3)
    assert times_of(result.path)[-1] - times_of(result.path)[0] == pytest.approx(6.36, abs=0.4)
    if sound:
        heard = sound_times(result.path)
        assert np.diff(heard).min() > 0
        assert np.diff(heard).max() < 0.3
        assert heard[-1] == pytest.approx(times_of(result.path)[-1], abs=0.4)


def test_a_part_of_a_film_whose_clock_starts_anew(tmp_path):
    one = write(tmp_path / "one.ts", "libx264", "aac", frames=50)
    source = joined(tmp_path / "joined.ts", one, one)
    result = colorize_video(source, tmp_path / "out.mkv", Sepia(), start=1, end=3.5)
    assert result.frames in range(58, 64)
    assert times_of(result.path)[-1] == pytest.approx(2.46, abs=0.16)
    with pytest.raises(ValueError, match=r"is 4\.\d s long: there is nothing from 5 s on"):
        colorize_video(source, tmp_path / "x.mkv", Sepia(), start=5)


def test_a_leap_ahead_of_hours(tmp_path):
    one = write(tmp_path / "one.ts", "libx264", "aac")
    two = write(tmp_path / "two.ts", "libx264", None, first=7200)
    result = colorize_video(joined(tmp_path / "in.ts", one, two), tmp_path / "out.mkv", Sepia())
    assert result.damage == []
    assert "starts anew at 2." in " ".join(result.notes)
    assert times_of(result.path)[-1] < 6


def test_a_steady_film_gets_no_note(tmp_path):
    for name, codec, sound in (("a.ts", "libx264", "aac"), ("a.avi", "mpeg4", "mp2"), ("a.mkv", "libx264", "flac")):
        source = write(tmp_path / name, codec, sound, rate=32000)
        result = colorize_video(source, tmp_path / f"{name}.mkv", Sepia())
        assert (result.frames, result.notes, result.damage) == (50, [], [])
        assert len(times_of(source)) == 50


# --- times ---

UNEVEN = [0, 0.04, 0.05, 0.06, 0.5, 0.51, 0.9, 1.7, 1.71]
LATE = [index * 0.04 for index in range(200)] + [8.0, 8.004, 8.008, 8.012]


@pytest.mark.parametrize("times", [UNEVEN, LATE])
@pytest.mark.parametrize("suffix", [".avi", ".h264"])
def test_a_rate_that_varies_is_refused_where_pictures_come_evenly(tmp_path, times, suffix):
    source, colorizer = make(tmp_path / "in.mp4", times=times), Sepia()
    with pytest.raises(ValueError, match=rf"out{re.escape(suffix)}: .*name the result \.mkv"):
        colorize_video(source, tmp_path / f"out{suffix}", colorizer)
    assert colorizer.seen == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.mp4"]


@pytest.mark.parametrize("suffix", [".mkv", ".mp4", ".mov", ".nut", ".ts", ".flv", ".webm"])
def test_a_rate_that_varies_stays_elsewhere(tmp_path, suffix):
    source = make(tmp_path / "in.mp4", times=UNEVEN)
    result = colorize_video(source, tmp_path / f"out{suffix}", Sepia())
    found = times_of(result.path)
    assert np.subtract(found, found[0]) == pytest.approx(UNEVEN, abs=TOL)


@pytest.mark.parametrize("suffix", [".avi", ".wmv", ".asf", ".mkv"])
@pytest.mark.parametrize("base", [12800, 90000])
def test_an_even_rate_goes_everywhere(tmp_path, suffix, base):
    from fractions import Fraction

    source = make(tmp_path / "in.mp4", base=Fraction(1, base))
    result = colorize_video(source, tmp_path / f"out{suffix}", Sepia())
    assert times_of(result.path) == pytest.approx(times_of(source), abs=TOL)


def test_h264_in_asf_is_refused_when_asked_for(tmp_path):
    source = make(tmp_path / "in.mp4")
    with pytest.raises(ValueError, match=r"out\.wmv: pictures of libx264 come a frame late"):
        colorize_video(source, tmp_path / "out.wmv", Sepia(), codec="libx264")


@pytest.mark.parametrize("bf", [0, 2])
@pytest.mark.parametrize("name", ["in.avi", "in.wmv"])
@pytest.mark.parametrize("codec", ["libx264", "mpeg4"])
def test_pictures_in_files_that_tell_no_time_to_show_them(tmp_path, name, codec, bf):
    """FFmpeg's guess is a frame late; each frame must have its own place, also after a hole."""
    source = write(tmp_path / name, codec, frames=40, options={"bf": str(bf)}, skip=range(20, 34) if not bf else ())
    wanted = [index / 25 for index in range(40) if bf or index not in range(20, 34)]
    result = colorize_video(source, tmp_path / "out.mkv", Sepia())
    assert times_of(source) == pytest.approx(wanted, abs=TOL)
    assert name.endswith(".wmv") or result.damage == []  # in an AVI what was left out has its place
    assert times_of(result.path) == pytest.approx(wanted, abs=TOL)


# --- lengths that files tell ---


@pytest.mark.parametrize(
    ("tag", "seconds"),
    [
        ("5.0", None),
        ("0.5", 0.5),
        ("00:00.500000000", 0.5),
        ("N/A", None),
        ("nan:0:0", None),
        ("inf", None),
        ("1:2:3:4", None),
        ("-1:00:00", None),
        ("99999:00:00", None),
        ("", None),
        ("0", None),
        ("::", None),
        ("\N{DEVANAGARI DIGIT TWO}", None),
    ],
)
def test_odd_lengths(tmp_path, tag, seconds):
    source = make(tmp_path / "in.mkv", sounds=1)
    data = source.read_bytes()
    told = re.findall(rb"\d\d:\d\d:\d\d\.\d{9}", data)[0]
    source.write_bytes(data.replace(told, tag.encode().ljust(len(told), b"\0")))
    found = read_film(source).seconds
    with av.open(str(source)) as film:
        assert found == pytest.approx(film.duration / 1e6 if seconds is None else seconds)
    result = colorize_video(source, tmp_path / "out.mkv", Sepia())
    assert (result.frames, result.damage) == (24, [])


# --- joining that fails ---


def test_a_film_that_could_not_be_joined_is_joined_by_the_next_call(tmp_path, monkeypatch):
    source = make(tmp_path / "in.mkv", sounds=1)
    out, real = tmp_path / "out.mp4", mux.packets_of_sounds

    def broken(*arguments):
        for packet in real(*arguments):
            packet.dts = packet.pts = -5  # no container takes that after others
            yield packet

    monkeypatch.setattr(mux, "packets_of_sounds", broken)
    with pytest.raises(ValueError, match=r"out\.mp4: .*out\.mp4\.parts: call again .* out\.mkv, or with --no-sound"):
        colorize_video(source, out, Sepia())
    monkeypatch.undo()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.mkv", "out.mp4.parts"]
    colorizer = Sepia()
    result = colorize_video(source, out.with_suffix(".mkv"), colorizer)
    assert (result.frames, colorizer.seen) == (24, 0)
    assert packets_of(result.path) == packets_of(source)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.mkv", "out.mkv"]


def test_what_could_not_be_joined_is_of_one_job(tmp_path, monkeypatch):
    source = make(tmp_path / "in.mkv", sounds=1)
    monkeypatch.setattr(mux, "packets_of_sounds", lambda *_: (_ for _ in ()).throw(ValueError("no")))
    with pytest.raises(ValueError, match="The coloured frames stay in"):
        colorize_video(source, tmp_path / "out.mp4", Sepia())
    monkeypatch.undo()
    colorizer = Sepia()
    assert colorize_video(source, tmp_path / "out.mkv", colorizer, crf=30).frames == colorizer.seen == 24
    colorizer = Sepia()
    result = colorize_video(source, tmp_path / "out.mp4", colorizer, sound=False)
    assert (result.frames, colorizer.seen) == (24, 0)
    with av.open(str(result.path)) as film:
        assert [stream.type for stream in film.streams] == ["video"]
