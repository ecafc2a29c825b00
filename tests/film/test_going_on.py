"""A film that was broken off anywhere becomes what it would have been: a colorizer that remembers goes on as it was."""

from collections import deque

import av
import numpy as np
import pytest
import torch
from torch import nn

from colorlib.colorize.colorizer import Colorizer
from colorlib.data.sources import package_photographs
from colorlib.film import colorize
from colorlib.film.colorize import colorize_video
from colorlib.film.memory import Memory, last_memory
from colorlib.film.steady import MODES, SteadyColorizer
from colorlib.film.synthetic import camera_clip, joined
from helpers.steady import FRAME
from helpers.video import pictures_of

COUNT = 40


class Nervous(nn.Module):
    """The same guess for the same frame, another one for the next: a slip in what is carried is seen."""

    multiple = 1

    def forward(self, L):
        shift = 0.3 * torch.sin(5000 * L.mean())
        return torch.cat([0.2 * L + shift, 0.1 - 0.2 * L - shift], dim=1)


def steady_colorizer(mode, kind=SteadyColorizer, **more):
    return kind(Colorizer(Nervous(), size=64, flip=False), mode, key_every=6, **more)


@pytest.fixture(scope="module")
def grey():
    """Frames of two shots, the second of which begins at 22."""
    photographs = package_photographs()
    counts = {"chelsea": 22, "coffee": COUNT - 22}
    return joined(*(camera_clip(photographs[name], "pan", n, FRAME) for name, n in counts.items())).grey


def reference_of(grey, number=12):
    red = np.stack([grey[number]] * 3, axis=-1) * (1.0, 0.8, 0.7)
    return red.astype(np.uint8)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("given", [False, True])
def test_from_each_frame_on_it_is_the_same_picture(grey, mode, given, tmp_path):
    more = {"reference": reference_of(grey)} if given else {}
    memories, whole, at = deque(), [], {}
    for done, picture in enumerate(steady_colorizer(mode, **more).paint_from(iter(grey), None, memories.append), 1):
        whole.append(picture)
        at[done] = last_memory(memories, done)
    assert len(whole) == COUNT
    assert all(memory.frame <= done < memory.frame + (9 if mode == "flow" else 2) for done, memory in at.items())
    for done in (1, 5, 6, 7, 13, 21, 22, 23, 30, COUNT - 1):
        at[done].save(tmp_path / "memory.npz")
        memory = Memory.load(tmp_path / "memory.npz")
        again = list(steady_colorizer(mode, **more).paint_from(iter(grey[memory.first :]), memory))
        assert len(again) == COUNT - memory.frame
        assert np.array_equal(again[done - memory.frame :], whole[done:]), f"after {done} frames"


class Stopped(SteadyColorizer):
    """Is stopped after some frames."""

    after = 0

    def paint_from(self, *arguments):
        for index, picture in enumerate(super().paint_from(*arguments)):
            if index == self.after:
                raise KeyboardInterrupt
            yield picture


@pytest.fixture
def film(grey, tmp_path, monkeypatch):
    monkeypatch.setattr(colorize, "SEGMENT", 5)
    with av.open(str(tmp_path / "in.mkv"), "w") as container:
        stream = container.add_stream("ffv1", rate=25)
        stream.height, stream.width, stream.pix_fmt = *FRAME, "gray"
        for picture in grey:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="gray")))
        container.mux(stream.encode(None))
    return tmp_path / "in.mkv"


def broken_off(film, out, after):
    stopped = steady_colorizer("flow", Stopped)
    stopped.after = after
    with pytest.raises(KeyboardInterrupt):
        colorize_video(film, out, stopped, codec="ffv1")


def same(one, other):
    """Without an encoder that loses something, to the bit."""
    return np.array_equal(pictures_of(one), pictures_of(other))


def test_a_film_that_was_stopped_again_and_again_is_that_which_was_not(film, tmp_path):
    whole = colorize_video(film, tmp_path / "whole.mkv", steady_colorizer("flow"), codec="ffv1").path
    out = tmp_path / "out.mkv"
    for after in (8, 12, 9, 17):
        broken_off(film, out, after)
    assert colorize_video(film, out, steady_colorizer("flow"), codec="ffv1").notes[0].startswith("going on after ")
    assert same(out, whole)
    assert not out.with_name("out.mkv.parts").exists()


@pytest.mark.parametrize("harm", ["lost", "cut off"])
def test_a_memory_that_is_damaged_is_made_anew_with_its_segment(film, tmp_path, harm):
    whole = colorize_video(film, tmp_path / "whole.mkv", steady_colorizer("flow"), codec="ffv1").path
    out = tmp_path / "out.mkv"
    broken_off(film, out, 22)
    memory = out.with_name("out.mkv.parts") / "000002.npz"
    memory.unlink() if harm == "lost" else memory.write_bytes(memory.read_bytes()[:-9])
    notes = colorize_video(film, out, steady_colorizer("flow"), codec="ffv1").notes
    assert any("000002.npz is" in note and "made anew from there on" in note for note in notes)
    assert "going on after 10 frames" in notes
    assert same(out, whole)


def test_a_file_that_is_no_memory_is_refused(tmp_path):
    path = tmp_path / "000000.npz"
    np.savez(path, ab=np.zeros(3))
    with pytest.raises(ValueError, match=r"000000\.npz: is damaged"):
        Memory.load(path)
    path.write_bytes(b"PK\x03\x04" + bytes(40))
    with pytest.raises(ValueError, match=r"000000\.npz: is damaged"):
        Memory.load(path)
