"""A film goes on only as what it was: same film, same weights, same settings, whole segments, one process."""

import json
import os
import shutil

import numpy as np
import pytest

from colorlib.colorize.colorizer import Colorizer
from colorlib.film import colorize, frame_colorizer, originals
from colorlib.film.colorize import colorize_video
from colorlib.film.steady import SteadyColorizer
from colorlib.models.card import card_path
from colorlib.models.unet import UNet
from colorlib.models.weights import save_weights
from helpers.video import Sepia, Stops, left_over, make, same_film

KEEP = {"job.json", "colorlib.lock"}


@pytest.fixture(autouse=True)
def small_segments(monkeypatch):
    monkeypatch.setattr(colorize, "SEGMENT", 10)
    monkeypatch.setattr(frame_colorizer, "WARM_UP", 4)


@pytest.fixture
def broken_off(tmp_path):
    """A film of 60 frames, of which 30 are in segments; and what it becomes when nothing happens to it."""
    source = make(tmp_path / "in.mkv", frames=60, sounds=1)
    whole = colorize_video(source, tmp_path / "whole.mkv", Sepia()).path
    out = tmp_path / "out.mkv"
    with pytest.raises(KeyboardInterrupt):
        colorize_video(source, out, Stops(37))
    return source, out, whole


def parts_of(out):
    return out.with_name(out.name + ".parts")


# --- what it was ---


def test_another_film_under_the_name_is_refused_and_the_same_under_another_goes_on(broken_off, tmp_path):
    source, out, whole = broken_off
    state, good = source.stat(), source.read_bytes()
    data = bytearray(good)
    data[len(data) // 2] ^= 1
    source.write_bytes(data)
    os.utime(source, ns=(state.st_atime_ns, state.st_mtime_ns))  # size and time are as they were
    before = sorted(path.read_bytes() for path in parts_of(out).glob("*.nut"))
    with pytest.raises(
        ValueError, match=r"out\.mkv\.parts holds a run .* had another source \(sha256\); .*--no-resume"
    ):
        colorize_video(source, out, Sepia())
    assert sorted(path.read_bytes() for path in parts_of(out).glob("*.nut")) == before
    (tmp_path / "moved.mkv").write_bytes(good)
    assert "going on after 30 frames" in colorize_video(tmp_path / "moved.mkv", out, Sepia()).notes
    assert same_film(out, whole)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"crf": 30}, r"another options \(crf \(17, now 30\)\)"),
        ({"start": 1}, r"another start \(0, now 1\)"),
        ({"make_grey": True}, r"another make_grey \(False, now True\)"),
        ({"deinterlace": True}, "another deinterlace"),
        ({"preview": True}, "another .*preview"),
    ],
)
def test_a_setting_that_differs_is_named(broken_off, change, message):
    source, out, whole = broken_off
    with pytest.raises(ValueError, match=message):
        colorize_video(source, out, Sepia(), **change)
    colorize_video(source, out, Sepia())
    assert same_film(out, whole)


def test_another_version_is_named(broken_off):
    source, out, _ = broken_off
    job = parts_of(out) / "job.json"
    told = json.loads(job.read_text())
    told["job"]["version"] = "0.0.1"
    job.write_text(json.dumps(told))
    with pytest.raises(ValueError, match=r"another version \(0\.0\.1, now "):
        colorize_video(source, out, Sepia())
    assert colorize_video(source, out, Sepia(), resume=False).frames == 60


class Breaks(SteadyColorizer):
    """Is stopped after 30 frames."""

    def paint_from(self, *arguments):
        for index, picture in enumerate(super().paint_from(*arguments)):
            if index == 35:
                raise KeyboardInterrupt
            yield picture


def test_other_weights_and_another_reference_under_the_same_name_are_refused(tmp_path):
    """The recipe of the attacker: half of the film in the colours of one network, half in those of another."""
    source, out = make(tmp_path / "in.mkv", frames=60), tmp_path / "out.mkv"
    path, arguments = tmp_path / "w.safetensors", {"downs": 3, "filters": 4}
    reference = tmp_path / "ref.png"

    def steady_colorizer(kind=SteadyColorizer, **more):
        return kind(Colorizer.from_pretrained(path), reference=reference, **more)

    def save(what):
        if what == "weights":
            save_weights(UNet(**arguments), path, "unet", arguments, {"size": 32})
        else:
            from PIL import Image

            noise = np.random.default_rng().integers(0, 255, (12, 16, 3), np.uint8)
            Image.fromarray(noise).resize((64, 48)).save(reference)

    save("weights"), save("reference")
    kept = {name: name.read_bytes() for name in (path, card_path(path), reference)}
    with pytest.raises(KeyboardInterrupt):
        colorize_video(source, out, steady_colorizer(Breaks))
    for what in ("weights", "reference"):
        save(what)
        with pytest.raises(ValueError, match=rf"had another colorizer \({what}\)"):
            colorize_video(source, out, steady_colorizer())
        for name, data in kept.items():
            name.write_bytes(data)
    with pytest.raises(ValueError, match=r"had another colorizer \(key_every \(10, now 5\)\)"):
        colorize_video(source, out, steady_colorizer(key_every=5))
    assert colorize_video(source, out, steady_colorizer()).frames == 60


def test_weights_without_a_file_are_told_apart_by_their_numbers():
    one, two = (Colorizer(UNet(downs=3, filters=4), size=32) for _ in "ab")
    assert one.sha256 == one.sha256 != two.sha256


def test_a_film_that_changes_while_it_is_read_fails(tmp_path):
    source, out = make(tmp_path / "in.mkv", frames=60), tmp_path / "out.mkv"
    data = source.read_bytes()

    class Meddles(Sepia):
        def paint(self, frames):
            for index, picture in enumerate(super().paint(frames)):
                if index == 25:
                    source.write_bytes(data)  # the same, but who knows what was between
                yield picture

    with pytest.raises(ValueError, match=r"in\.mkv: the file was changed while it was read"):
        colorize_video(source, out, Meddles())
    assert not out.exists()
    assert len(list(parts_of(out).glob("*.nut"))) == 2
    assert colorize_video(source, out, Sepia()).notes == ["going on after 20 frames"]


def test_a_giant_is_told_by_its_pieces(tmp_path, monkeypatch):
    monkeypatch.setattr(originals, "WHOLE", 1000)
    monkeypatch.setattr(originals, "PIECE", 100)
    path = tmp_path / "giant"
    contents = []
    for place in (0, 9_999, None):
        data = bytearray(10_000)
        if place is not None:
            data[place] = 1
        path.write_bytes(data)
        os.utime(path, (1, 1))
        contents.append(originals.Original(path).content()["sha256 of pieces"])
    assert len(set(contents)) == 3


# --- whole segments ---


def damage(parts, how):
    first, second, third = (parts / f"00000{index}.nut" for index in range(3))
    if how == "missing":
        second.unlink()
    elif how == "half zeroed":
        data = second.read_bytes()
        second.write_bytes(data[: len(data) // 2] + bytes(len(data) - len(data) // 2))
    elif how == "foreign":
        shutil.copy(third, second)
    elif how == "one too many":
        shutil.copy(third, parts / "000003.nut")
    elif how == "a hole and one too many":
        shutil.copy(first, parts / "000007.nut")


@pytest.mark.parametrize("how", ["missing", "half zeroed", "foreign", "one too many", "a hole and one too many"])
def test_a_segment_that_is_not_what_it_was_is_made_anew(broken_off, how):
    source, out, whole = broken_off
    damage(parts_of(out), how)
    colorizer = Sepia()
    result = colorize_video(source, out, colorizer)
    assert result.frames == 60
    assert same_film(out, whole)
    if how in ("missing", "half zeroed", "foreign"):
        assert any("000001.nut" in note and "made anew from there on" in note for note in result.notes)
        assert colorizer.seen == 50 + 4
    else:
        assert colorizer.seen == 30 + 4
    assert left_over(out.parent) == []


def test_a_damaged_job_is_named(broken_off):
    source, out, whole = broken_off
    job = parts_of(out) / "job.json"
    job.write_text(job.read_text()[:40])
    with pytest.raises(ValueError, match=r"job\.json is damaged.*--no-resume"):
        colorize_video(source, out, Sepia())
    assert colorize_video(source, out, Sepia(), resume=False).frames == 60
    assert same_film(out, whole)


def test_only_files_of_ours_go_away(broken_off, tmp_path):
    source, out, _ = broken_off
    parts = parts_of(out)
    mine = [parts / name for name in ("mine.nut", "0000001.nut", "00001.nut", "notes", "lock")]
    for path in mine:
        path.write_text("precious")
    note = colorize_video(source, out, Sepia(), resume=False).notes[-1]
    assert "out.mkv.parts stays, with files of yours: 00001.nut, 0000001.nut" in note.replace(
        "0000001.nut, 00001.nut", "00001.nut, 0000001.nut"
    )
    assert sorted(path.name for path in parts.iterdir()) == sorted(path.name for path in mine)
    assert {path.read_text() for path in mine} == {"precious"}
    inside = tmp_path / "new.mkv.parts" / "000000.nut"
    inside.parent.mkdir()
    shutil.copy(source, inside)
    for resume in (True, False):
        with pytest.raises(ValueError, match=r"000000\.nut is in .*new\.mkv\.parts.*move it away"):
            colorize_video(inside, tmp_path / "new.mkv", Sepia(), resume=resume)
    assert inside.read_bytes() == source.read_bytes()


def test_a_file_that_appears_meanwhile_is_not_replaced(tmp_path):
    source, out = make(tmp_path / "in.mkv"), tmp_path / "out.mkv"

    class Slow(Sepia):
        def paint(self, frames):
            yield from super().paint(frames)
            out.write_text("my own")

    with pytest.raises(FileExistsError, match=r"out\.mkv: appeared while .* all frames are in"):
        colorize_video(source, out, Slow())
    assert out.read_text() == "my own"
    out.rename(tmp_path / "mine.mkv")
    colorizer = Sepia()
    assert colorize_video(source, out, colorizer).frames == 24
    assert colorizer.seen <= 4, "nothing is coloured again"
