"""A folder run loses nothing, overwrites nothing and leaves no half file."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from colorlib.files import SAVE_OPTIONS, Job, Report, plan, run, save_image
from colorlib.photos import PHOTO_SUFFIXES

RED = Image.new("RGB", (24, 16), (200, 30, 30))


def make(*paths):
    """Write a small grey picture to each path."""
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("L", (24, 16), 100).save(path)


def paint(path):
    """A stand-in for a Colorizer that reads the file, as a real one does."""
    with Image.open(path) as image:
        return RED.resize(image.size)


@pytest.fixture
def album(tmp_path):
    make(tmp_path / "album/b.jpg", tmp_path / "album/1999/a.png", tmp_path / "album/1999/sea/c.TIF")
    (tmp_path / "album/notes.txt").write_text("not a photograph")
    return tmp_path / "album"


def test_folder_layout_is_kept_in_sorted_order(album, tmp_path):
    out = tmp_path / "coloured"
    jobs = plan([album], out)
    assert [job.target for job in jobs] == [out / "1999/a.png", out / "1999/sea/c.TIF", out / "b.jpg"]
    assert [job.source for job in jobs] == [album / "1999/a.png", album / "1999/sea/c.TIF", album / "b.jpg"]
    assert not out.exists()


def test_files_and_folders_together_each_once(album, tmp_path):
    make(tmp_path / "single.webp")
    jobs = plan([tmp_path / "single.webp", album / "b.jpg", album, str(album / "b.jpg")], tmp_path / "out")
    assert [job.target.name for job in jobs] == ["single.webp", "b.jpg", "a.png", "c.TIF"]


def test_output_inside_the_input_is_no_input(album):
    out = album / "coloured"
    make(out / "b.jpg")
    assert [job.source.name for job in plan([album], out)] == ["a.png", "c.TIF", "b.jpg"]


@pytest.mark.parametrize("given", [".", "b.jpg", "../album", "1999/.."])
def test_output_folder_that_is_the_input_folder_is_refused(album, given):
    with pytest.raises(ValueError, match=r"is the folder of the input .* give another --out"):
        plan([album / given], album)


def test_output_folder_is_recognised_behind_a_link(album, tmp_path):
    (tmp_path / "link").symlink_to(album)
    with pytest.raises(ValueError, match="is the folder of the input"):
        plan([album], tmp_path / "link")


def test_two_inputs_for_one_result_are_refused(tmp_path):
    make(tmp_path / "mum/1.jpg", tmp_path / "dad/1.jpg")
    with pytest.raises(ValueError, match=r"dad.1\.jpg and .*mum.1\.jpg would both become"):
        plan([tmp_path / "mum", tmp_path / "dad"], tmp_path / "out")


def test_bad_inputs_name_the_file(album, tmp_path):
    with pytest.raises(FileNotFoundError, match=r"nowhere\.jpg: no such file"):
        plan([tmp_path / "nowhere.jpg"], tmp_path / "out")
    with pytest.raises(ValueError, match=r"notes\.txt: not a photograph; expected \.bmp"):
        plan([album / "notes.txt"], tmp_path / "out")
    (tmp_path / "empty").mkdir()
    with pytest.raises(ValueError, match=r"no photographs in .*empty"):
        plan([tmp_path / "empty"], tmp_path / "out")
    with pytest.raises(ValueError, match=r"notes\.txt: the output is a file"):
        plan([album], album / "notes.txt")


def test_a_photograph_that_links_into_the_output_is_not_written(album, tmp_path):
    """The result of a link must never land on the photograph it points to."""
    make(tmp_path / "out/real.jpg")
    (album / "real.jpg").symlink_to(tmp_path / "out/real.jpg")
    assert "real.jpg" not in [job.source.name for job in plan([album], tmp_path / "out")]


def test_every_suffix_that_is_read_is_written(tmp_path):
    assert set(SAVE_OPTIONS) >= PHOTO_SUFFIXES
    for suffix in SAVE_OPTIONS:
        path = tmp_path / f"red{suffix.upper()}"
        save_image(RED, path)
        with Image.open(path) as back:
            assert np.abs(np.asarray(back.convert("RGB"), int) - np.asarray(RED, int)).max() <= 4, suffix


def test_jpeg_keeps_colour_at_full_resolution(tmp_path):
    stripes = np.full((32, 32, 3), (120, 120, 120), np.uint8)
    stripes[:, ::2] = (180, 90, 90)
    save_image(Image.fromarray(stripes), tmp_path / "stripes.jpg")
    back = np.asarray(Image.open(tmp_path / "stripes.jpg"), int)
    assert np.abs(back - stripes).max() < 25


def test_save_overwrites_nothing_and_knows_its_formats(tmp_path):
    path = tmp_path / "new/folder/red.png"
    save_image(RED, path)
    before = path.read_bytes()
    with pytest.raises(FileExistsError, match=r"red\.png: already there"):
        save_image(RED.convert("L"), path)
    assert path.read_bytes() == before
    with pytest.raises(ValueError, match=r"red\.xyz: cannot save"):
        save_image(RED, tmp_path / "red.xyz")
    assert [file.name for file in path.parent.iterdir()] == ["red.png"]


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_an_interrupted_save_leaves_nothing(tmp_path, monkeypatch, error):
    def half(self, path, **options):
        Path(path).write_bytes(b"half a pict")
        raise error

    monkeypatch.setattr(Image.Image, "save", half)
    with pytest.raises(type(error)):
        save_image(RED, tmp_path / "red.jpg")
    assert list(tmp_path.iterdir()) == []


def test_a_run_goes_on_after_a_bad_file_and_reports_it(album, tmp_path):
    (album / "1999/broken.jpg").write_bytes(b"\xff\xd8\xff truncated")
    (album / "1999/text.png").write_text("hello")
    originals = {path: path.read_bytes() for path in album.rglob("*") if path.is_file()}
    report = Report(list(run(paint, plan([album], tmp_path / "out"))))
    assert [outcome.status for outcome in report.outcomes] == ["done", "failed", "done", "failed", "done"]
    lines = report.summary().splitlines()
    assert lines[0] == "3 colorized, 2 failed:"
    assert "broken.jpg" in lines[1]
    assert "text.png" in lines[2]
    assert sorted(p.relative_to(tmp_path / "out").as_posix() for p in (tmp_path / "out").rglob("*") if p.is_file()) == [
        "1999/a.png",
        "1999/sea/c.TIF",
        "b.jpg",
    ]
    assert {path: path.read_bytes() for path in album.rglob("*") if path.is_file()} == originals


def test_a_second_run_does_only_what_is_missing(album, tmp_path):
    out = tmp_path / "out"
    list(run(paint, plan([album], out)))
    (out / "b.jpg").unlink()
    seen = []

    def counting(path):
        seen.append(path.name)
        return paint(path)

    report = Report(list(run(counting, plan([album], out))))
    assert seen == ["b.jpg"]
    assert report.summary() == "1 colorized, 2 skipped (their results are already there)"


def test_ctrl_c_stops_the_run_and_leaves_whole_files_only(album, tmp_path):
    out, seen = tmp_path / "out", []

    def stopped_at_the_second(path):
        seen.append(path)
        if len(seen) == 2:
            raise KeyboardInterrupt
        return paint(path)

    with pytest.raises(KeyboardInterrupt):
        list(run(stopped_at_the_second, plan([album], out)))
    files = [path for path in out.rglob("*") if path.is_file()]
    assert files == [out / "1999/a.png"]
    assert Report(list(run(paint, plan([album], out)))).summary().startswith("2 colorized, 1 skipped")


def test_a_message_is_one_line_with_the_file_in_front(tmp_path):
    def angry(path):
        raise RuntimeError("first line\n  second line")

    make(tmp_path / "a.jpg")
    outcome = next(run(angry, [Job(tmp_path / "a.jpg", tmp_path / "out/a.jpg")]))
    assert outcome.reason == f"{tmp_path / 'a.jpg'}: first line second line"
