"""Names of films are names of files: whatever is in them goes in and out, and nothing else is opened."""

import os
import sys
from pathlib import Path

import av
import pytest

from colorlib.film.colorize import colorize_video
from colorlib.film.probe import read_film
from helpers.video import Sepia, make, packets_of, times_of

NAMES = [
    "film: one.mp4",
    "12:30.mp4",
    "rtmp:x.mp4",
    "100%.mp4",
    "a%03d.mp4",
    "two\nlines.mp4",
    "-y.mp4",
    "concat:a|b.mp4",
    "file:x.mp4",
    "pipe:0.mp4",
    " leading and trailing .mp4",
    'it\'s "quoted" $HOME `x` \\.mp4',
    "ümläut 写真 😀.mp4",
    "[glob]*?.mp4",
    ".hidden.mp4",
    "x" * 251 + ".mp4",
    "写" * 83 + ".mp4",
]


@pytest.fixture(scope="module")
def film(tmp_path_factory):
    return make(tmp_path_factory.mktemp("film") / "plain.mp4", frames=6, sounds=1)


def check(name, film):
    """A film of this name, in the working folder, becomes one of this name in another."""
    Path(name).write_bytes(film.read_bytes())
    os.mkdir("out")
    result = colorize_video(name, Path("out", name), Sepia())
    assert (result.frames, result.damage) == (6, [])
    assert os.listdir("out") == [name]
    os.rename(Path("out", name), "result.mp4")
    assert times_of("result.mp4") == times_of(film)
    assert packets_of("result.mp4", ("audio",)) == packets_of(film, ("audio",))


@pytest.mark.parametrize("name", NAMES)
def test_any_name_goes_in_and_out(name, film, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    check(name, film)


@pytest.mark.skipif(sys.platform != "linux", reason="other file systems take no such names")
def test_bytes_that_are_no_text_go_in_and_out(film, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    check(os.fsdecode(b"caf\xe9 \xff.mp4"), film)


def test_a_run_with_a_long_name_goes_on(film, tmp_path, monkeypatch):
    from colorlib.film import colorize

    monkeypatch.setattr(colorize, "SEGMENT", 2)
    out = tmp_path / ("y" * 251 + ".mp4")

    class Stops(Sepia):
        def paint(self, frames):
            for index, picture in enumerate(super().paint(frames)):
                if index == 5:
                    raise KeyboardInterrupt
                yield picture

    with pytest.raises(KeyboardInterrupt):
        colorize_video(film, out, Stops())
    result = colorize_video(film, out, Sepia())
    assert (result.frames, result.notes) == (6, ["going on after 4 frames"])
    assert os.listdir(tmp_path) == [out.name]


M3U8 = "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\n{0}\n#EXT-X-ENDLIST\n"
LIVE = "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\n{0}\n"
FFCONCAT = "ffconcat version 1.0\nfile '{0}'\n"
SDP = "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 5004 RTP/AVP 96\na=rtpmap:96 H264/90000\n"
MPD = (
    '<?xml version="1.0"?>\n<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" profiles="urn:mpeg:dash:profile:isoff-on-demand'
    ':2011" type="static"><Period><AdaptationSet mimeType="video/mp4"><Representation id="1" bandwidth="1">'
    "<BaseURL>{0}</BaseURL></Representation></AdaptationSet></Period></MPD>\n"
)


@pytest.mark.parametrize("where", ["{film}", "sibling.mp4", "file://{film}", "http://127.0.0.1:9/x.ts"])
@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("list.m3u8", M3U8),
        ("list.m3u8", LIVE),
        ("list.mp4", M3U8),
        ("list.mkv", FFCONCAT),
        ("list.ffconcat", FFCONCAT),
        ("list.sdp", SDP),
        ("list.mpd", MPD),
        ("list.txt", FFCONCAT),
    ],
)
def test_lists_of_other_files_are_refused(name, text, where, film, tmp_path):
    (tmp_path / "sibling.mp4").write_bytes(film.read_bytes())
    (tmp_path / name).write_text(text.replace("{0}", where.replace("{film}", str(film))))
    colorizer = Sepia()
    with pytest.raises(ValueError, match=rf"{name}: not a film that FFmpeg can read"):
        colorize_video(tmp_path / name, tmp_path / "out.mp4", colorizer)
    assert colorizer.seen == 0
    assert not (tmp_path / "out.mp4").exists()


@pytest.mark.parametrize("name", ["out.m3u8", "out.mpd", "out%03d.png", "out.jpg"])
def test_no_result_is_a_list_or_a_row_of_pictures(name, film, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ValueError, match=rf"{name}: .* is no container of one film; end the name in \.mkv or \.mp4"):
        colorize_video(film, name, Sepia())
    assert os.listdir() == []


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with a name here")
def test_a_pipe_and_a_device_are_refused_at_once(tmp_path):
    os.mkfifo(tmp_path / "pipe.mp4")
    (tmp_path / "link.mp4").symlink_to("pipe.mp4")
    (tmp_path / "zero.mp4").symlink_to("/dev/zero")
    for name in ("pipe.mp4", "link.mp4", "zero.mp4"):
        with pytest.raises(ValueError, match=rf"{name}: neither a file nor a link to one"):
            colorize_video(tmp_path / name, tmp_path / "out.mkv", Sepia())


def test_a_link_to_a_film_is_a_film(film, tmp_path):
    (tmp_path / "link.mp4").symlink_to(film)
    assert colorize_video(tmp_path / "link.mp4", tmp_path / "out.mkv", Sepia()).frames == 6


def test_a_pyav_that_knows_no_metadata_errors(film, monkeypatch):
    opened = av.open

    def newer(file, mode=None, format=None, options=None, container_options=None):
        return opened(file, mode, format=format, options=options, container_options=container_options)

    monkeypatch.setattr(av, "open", newer)
    assert read_film(film).width == 64
