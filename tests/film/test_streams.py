"""What goes with the pictures of a film, and pictures that are not like the others."""

import av
import numpy as np
import pytest

from colorlib.film.colorize import colorize_video
from colorlib.film.pixel_formats import to_frame
from colorlib.film.probe import read_film
from helpers.film_cases import joined, write
from helpers.video import Sepia, is_sepia, make, pictures_of, scene, times_of


def sounds_of(path):
    """All samples of the first sound, from -1 to 1, and the time of the first."""
    with av.open(str(path)) as film:
        frames = list(film.decode(audio=0))
        resampler = av.AudioResampler("flt", "mono", 8000)
        parts = [part for frame in (*frames, None) for part in resampler.resample(frame)]
    return np.concatenate([part.to_ndarray()[0] for part in parts]), float(frames[0].pts * frames[0].time_base)


def codecs_of(path):
    with av.open(str(path)) as film:
        return [stream.codec_context.name for stream in film.streams if stream.type == "audio"]


# --- sounds ---

SOUNDS = {
    "adpcm_ms": 8000,
    "adpcm_ima_wav": 8000,
    "adpcm_yamaha": 8000,
    "wmav1": 22050,
    "wmav2": 22050,
    "g726": 8000,
    "pcm_u8": 8000,
    "pcm_mulaw": 8000,
    "mp2": 32000,
    "ac3": 32000,
    "adpcm_swf": 11025,
    "nellymoser": 8000,
}


@pytest.mark.parametrize(
    ("codec", "suffix"),
    [(codec, suffix) for codec in SOUNDS for suffix in (".mkv", ".mp4")]
    + [(codec, suffix) for codec in ("adpcm_ms", "wmav2") for suffix in (".avi", ".mov", ".webm", ".ts")],
)
def test_every_sound_goes_into_every_container(tmp_path, codec, suffix):
    container = ".flv" if codec in ("adpcm_swf", "nellymoser") else ".avi"
    video = "flv" if container == ".flv" else "mpeg4"
    source = write(tmp_path / f"in{container}", video, codec, frames=30, rate=SOUNDS[codec])
    result = colorize_video(source, tmp_path / f"out{suffix}", Sepia())
    assert (result.frames, result.damage) == (30, [])
    before, after = sounds_of(source)[0], sounds_of(result.path)[0]
    copied = codecs_of(result.path) == codecs_of(source)
    if copied:
        assert result.notes == []
    else:
        assert len(result.notes) == 1
        assert f"(audio, {codecs_of(source)[0]}) is encoded anew as " in result.notes[0]
    if suffix == ".mkv" and container == ".avi":
        assert copied
    assert len(after) == pytest.approx(len(before), abs=2600)
    length = min(len(before), len(after))
    spectrum = [np.abs(np.fft.rfft(samples[:length])) for samples in (before, after)]
    assert abs(int(spectrum[0].argmax()) - int(spectrum[1].argmax())) <= 2
    assert np.std(after) == pytest.approx(np.std(before), rel=0.2)


def test_a_copied_sound_is_the_same_packets(tmp_path):
    for codec, rate in (("adpcm_ms", 8000), ("wmav2", 22050), ("g726", 8000)):
        source = write(tmp_path / f"{codec}.avi", "mpeg4", codec, rate=rate)
        result = colorize_video(source, tmp_path / f"{codec}.mkv", Sepia())

        def packets(path):
            with av.open(str(path)) as film:
                return [bytes(packet) for packet in film.demux(audio=0) if packet.size]

        assert packets(result.path) == packets(source)


def test_a_film_without_its_sound(tmp_path):
    source = make(tmp_path / "in.mkv", sounds=2, subtitles=1)
    result = colorize_video(source, tmp_path / "out.mkv", Sepia(), sound=False)
    assert result.notes == ["stream 1 (audio) is not copied", "stream 2 (audio) is not copied"]
    with av.open(str(result.path)) as film:
        assert [stream.type for stream in film.streams] == ["video", "subtitle"]


def test_no_sound_is_an_option_of_the_command(tmp_path):
    from typer.testing import CliRunner

    from colorlib.cli import app

    shown = CliRunner().invoke(app, ["video", "--help"], env={"COLUMNS": "200"})
    assert "--no-sound" in shown.output


# --- pictures of another size ---


@pytest.mark.parametrize(
    ("second", "box"),
    [
        ((64, 96), (3, 45, 0, 64)),
        ((96, 128), (0, 48, 0, 64)),
        ((96, 64), (0, 48, 16, 48)),
        ((40, 120), (13, 35, 0, 64)),
    ],
)
def test_pictures_of_another_size_are_fitted_undistorted(tmp_path, second, box):
    sizes, options = ((48, 64), second), {"crf": "5"}
    parts = [
        write(tmp_path / f"{place}.ts", "libx264", size=size, options=options, first=2 * place)
        for place, size in enumerate(sizes)
    ]
    source = joined(tmp_path / "in.ts", *parts)
    result = colorize_video(source, tmp_path / "out.mkv", Sepia())
    assert len([note for note in result.notes if f"{second[1]}x{second[0]}" in note]) == 1
    assert result.damage == []
    pictures = pictures_of(result.path)
    assert {picture.shape for picture in pictures} == {(48, 64, 3)}
    assert all(is_sepia(picture) for picture in pictures)
    last = pictures[-1][..., 1].astype(int)
    top, bottom, left, right = box
    edges = np.ones_like(last, bool)
    edges[max(0, top - 1) : bottom + 1, max(0, left - 1) : right + 1] = False
    assert not edges.any() or last[edges].max() < 12
    wanted = av.VideoFrame.from_ndarray(scene(49, *second), "gray8").reformat(right - left, bottom - top)
    assert np.abs(last[top:bottom, left:right] - wanted.to_ndarray()).mean() < 8


def test_interlaced_pictures_of_another_size(tmp_path):
    paths = []
    for index, (height, width) in enumerate(((48, 64), (64, 96))):
        paths.append(tmp_path / f"{index}.ts")
        options = {"flags": "+ildct+ilme", "x264-params": "tff=1", "crf": "5"}
        write(paths[-1], "libx264", size=(height, width), frames=20, options=options)
    result = colorize_video(joined(tmp_path / "in.ts", *paths), tmp_path / "out.mkv", Sepia())
    assert 38 <= result.frames <= 40
    assert {picture.shape for picture in pictures_of(result.path)} == {(48, 64, 3)}


# --- pictures that are repeated or were left out ---


def test_pictures_that_a_capture_card_left_out(tmp_path):
    source = write(tmp_path / "in.avi", "mpeg4", "pcm_s16le", frames=60, skip=range(20, 33))
    wanted = [index / 25 for index in range(60) if index not in range(20, 33)]
    for suffix in (".mkv", ".avi", ".mp4"):
        result = colorize_video(source, tmp_path / f"out{suffix}", Sepia())
        assert (result.damage, result.notes[1:]) == ([], [])
        assert times_of(result.path) == pytest.approx(wanted, abs=1.6e-3)


def test_empty_packets_are_pictures_shown_again(tmp_path):
    path = tmp_path / "in.nut"
    with av.open(str(path), "w") as film:
        shown = film.add_stream("mpeg4", rate=25, options={"bf": "0"})
        shown.height, shown.width, shown.pix_fmt = 48, 64, "yuv420p"
        for index in range(60):
            frame = to_frame(scene(index)[..., None].repeat(3, 2), "yuv420p", False)
            frame.pts = index
            for packet in shown.encode(frame):
                if 20 <= index < 33:
                    empty = av.Packet(b"")
                    empty.stream, empty.pts, empty.dts, empty.time_base = (
                        shown,
                        packet.pts,
                        packet.dts,
                        packet.time_base,
                    )
                    packet = empty
                film.mux(packet)
        film.mux(shown.encode(None))
    with av.open(str(path)) as film:
        assert len([packet for packet in film.demux(video=0) if not packet.size and packet.dts is not None]) == 13
    result = colorize_video(path, tmp_path / "out.mkv", Sepia())
    assert (result.frames, result.damage) == (47, [])
    assert times_of(result.path)[-1] == pytest.approx(59 / 25, abs=2e-3)
    assert read_film(path).width == 64
