"""A coloured film says in its container that its colours are predicted."""

import av
import pytest

from colorlib.film.colorize import colorize_video
from colorlib.images.label import SOURCE_TYPE, Label
from helpers.video import Sepia, make


def comment_of(path):
    with av.open(str(path)) as film:
        return {key.lower(): text for key, text in film.metadata.items()}["comment"]


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".webm", ".mov", ".avi", ".wmv"])
def test_every_container_says_it(tmp_path, suffix):
    label = Label("natural", "3a" * 32)
    colorize_video(make(tmp_path / "in.mkv"), tmp_path / f"out{suffix}", Sepia(), made_by=label)
    assert comment_of(tmp_path / f"out{suffix}") == label.statement
    assert SOURCE_TYPE in label.statement
    assert "natural" in label.statement


def test_what_the_original_says_stays(tmp_path):
    """Its comment too; a film that is coloured twice says once what it is."""
    make(tmp_path / "in.mkv")
    with av.open(str(tmp_path / "in.mkv")) as film, av.open(str(tmp_path / "said.mkv"), "w") as said:
        pictures = said.add_stream_from_template(film.streams.video[0])
        said.metadata.update({"comment": "Summer of 1936", "title": "Lake"})
        for packet in film.demux(video=0):
            if packet.size:
                packet.stream = pictures
                said.mux(packet)
    colorize_video(tmp_path / "said.mkv", tmp_path / "once.mkv", Sepia())
    assert comment_of(tmp_path / "once.mkv") == f"Summer of 1936\n{Label().statement}"
    colorize_video(tmp_path / "once.mkv", tmp_path / "twice.mkv", Sepia(), make_grey=True)
    assert comment_of(tmp_path / "twice.mkv") == comment_of(tmp_path / "once.mkv")
