"""What is said of what an album leaves out, and with which exit code."""

import csv
import os
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from colorlib.album.run import plan
from colorlib.cli import app
from colorlib.images.folder import LeftOut, album, find_photographs
from helpers.album_files import AVIF, CONTENTS, DNG, HEIC, JP2, JPEG, TIFF, go, grow, regular


def command(*arguments):
    return CliRunner().invoke(app, ["colorize", *map(str, arguments), "--size", "16"])


def test_jpegs_under_any_name_and_other_formats_are_coloured(tmp_path):
    """B7 (c): they were left out without a word."""
    names = ["a.jfif", "b.jpe", "c.HEIC", "d", "e.dat", "f.JPG", "g.12"]
    grow(
        tmp_path / "album",
        {name: JPEG for name in names} | {"a.jpg": JPEG, "h.avif": AVIF, "i.jp2": JP2, "j.jpg": TIFF},
    )
    report = go([tmp_path / "album"], tmp_path / "out")
    results = {outcome.job.source.name: outcome.job.name for outcome in report.of("done")}
    assert results == {
        **{"a.jfif": "a.jfif", "a.jpg": "a.jpg", "b.jpe": "b.jpe", "c.HEIC": "c.HEIC.jpg", "d": "d.jpg"},
        **{"e.dat": "e.dat.jpg", "f.JPG": "f.JPG", "g.12": "g.12.jpg", "h.avif": "h.avif.png"},
        **{"i.jp2": "i.jp2.png", "j.jpg": "j.jpg"},
    }
    for name in results.values():
        with Image.open(tmp_path / "out" / name) as image:
            assert image.format == ("PNG" if name.endswith("png") else "JPEG")
            assert np.abs(np.asarray(image.convert("RGB"), int) - (204, 31, 31)).max() <= 6


def test_what_is_left_out_is_said_in_a_handful_of_lines(tmp_path):
    grow(tmp_path / "album", {f"{number:05}.txt": b"x" for number in range(20_000)} | {"a.jpg": JPEG})
    result = command(tmp_path / "album", "--out", tmp_path / "out")
    assert result.exit_code == 0
    assert len(result.output.splitlines()) < 10
    assert "20000 files are no photographs: " in result.output
    assert " and 19997 more" in result.output


def test_linked_folders_are_told_and_not_followed(tmp_path):
    """B7 (b)."""
    grow(tmp_path / "album", {"a.jpg": JPEG})
    grow(tmp_path / "far", {"b.jpg": JPEG})
    (tmp_path / "album/1950").symlink_to(tmp_path / "far")
    (tmp_path / "album/again").symlink_to(tmp_path / "album")
    result = command(tmp_path / "album", "--out", tmp_path / "out")
    assert result.exit_code == 0
    assert "2 linked folders were not followed" in result.output
    assert str(tmp_path / "album/1950") in result.output
    assert command(tmp_path / "album/1950", "--out", tmp_path / "out").exit_code == 0
    assert (tmp_path / "out/b.jpg").exists()


def test_an_input_inside_the_output_is_never_ignored(tmp_path, monkeypatch):
    """B7 (a)."""
    grow(tmp_path, {"w/scans/a.jpg": JPEG, "far/b.jpg": JPEG})
    monkeypatch.chdir(tmp_path / "w")
    for inputs in (["scans", "../far"], ["../far", "scans"], ["../far", "scans/a.jpg"], ["../far", "../w/scans/."]):
        result = command(*inputs, "--out", ".")
        assert result.exit_code == 2
        assert "scans" in result.output
        assert "lies in ., where the results go and nothing is an input; give another --out" in result.output
    assert command("scans", "--out", ".").exit_code == 2
    assert not Path("b.jpg").exists()


def test_results_of_before_are_counted_when_the_output_is_inside(tmp_path):
    grow(tmp_path / "album", {"a.jpg": JPEG, "b/c.jpg": JPEG})
    assert command(tmp_path / "album", "--out", tmp_path / "album/out").exit_code == 0
    again = command(tmp_path / "album", "--out", tmp_path / "album/out")
    assert again.exit_code == 0
    assert f"{regular(tmp_path / 'album/out')} files lie in the output folder" in again.output


def test_what_may_not_be_opened_is_told_and_is_a_failure(tmp_path, monkeypatch):
    """B7 (d). The tests may run as root, whom no permission stops: the errors are made here."""
    grow(tmp_path / "album", {"a.jpg": JPEG, "locked/b.jpg": JPEG, "secret.jpg": JPEG, "secret": JPEG})
    scan, opening = os.scandir, Path.open

    def scandir(path):
        if Path(path).name == "locked":
            raise PermissionError(13, "Permission denied", str(path))
        return scan(path)

    def open_(self, *args, **options):
        if self.name.startswith("secret"):
            raise PermissionError(13, "Permission denied", str(self))
        return opening(self, *args, **options)

    monkeypatch.setattr(os, "scandir", scandir)
    monkeypatch.setattr(Path, "open", open_)
    result = command(tmp_path / "album", "--out", tmp_path / "out")
    assert result.exit_code == 1
    assert f"2 files or folders cannot be opened: {tmp_path / 'album/secret'} (Permission denied)" in result.output
    assert f"{tmp_path / 'album/locked'} (Permission denied)" in result.output
    with pytest.raises(OSError, match=r"not all of .* can be searched.*locked"):
        find_photographs(tmp_path / "album")


@pytest.mark.parametrize(("step", "levels"), [("n" * 200, 25), ("nnn", 1200)])
def test_paths_that_are_too_long_are_told(tmp_path, monkeypatch, step, levels):
    """B7 (d): deeper than a path may be long, and deeper than a recursion."""
    grow(tmp_path / "album", {"a.jpg": JPEG})
    monkeypatch.chdir(tmp_path / "album")
    for _ in range(levels):
        os.mkdir(step)
        os.chdir(step)
    Path("deep.jpg").write_bytes(JPEG)
    os.chdir(tmp_path)
    try:
        result = command(tmp_path / "album", "--out", tmp_path / "out")
    finally:  # pytest cannot remove it either
        os.system(f"rm -rf '{tmp_path}/album'")
    assert result.exit_code == 1
    assert "1 colorized" in result.output
    assert "1 file or folder cannot be opened" in result.output
    assert "(File name too long)" in result.output


def test_formats_that_are_not_read_are_failures_by_name(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    files = {"a.jpg": JPEG, "b.dng": DNG, "c.psd": CONTENTS["psd"], "d.jxl": b"\xff\x0a" + bytes(20), "e.tif": DNG}
    grow(tmp_path / "album", files | {"f.heic": HEIC})
    result = command(tmp_path / "album", "--out", tmp_path / "out", "--format", "png")
    assert result.exit_code == 1
    output = " ".join(result.output.split())
    assert "1 colorized, 5 failed:" in output
    for name, kind in {"b.dng": "raw (DNG)", "c.psd": "Photoshop", "d.jxl": "JPEG XL", "e.tif": "raw (DNG)"}.items():
        assert f"{name}: {kind} files are not read here: convert it to TIFF or PNG" in output
    assert "f.heic: HEIC photographs need an extra: pip install 'colorlib-book[heic] @ git+https://" in output
    assert sorted(path.name for path in (tmp_path / "out").glob("*.png")) == ["a.png"]


def test_a_single_file_is_known_by_its_content_too(tmp_path):
    grow(tmp_path, {"scan": TIFF, "notes": b"x", "notes.jpg": b"x", "far/.hidden": JPEG})
    (job,) = plan([tmp_path / "scan"], tmp_path / "out")
    assert job.name == "scan.tif"
    assert plan([tmp_path / "far/.hidden"], tmp_path / "out")[0].name == ".hidden.jpg"
    with pytest.raises(
        ValueError, match=r"notes: not a photograph; expected \.bmp, .* or the content of one under any"
    ):
        plan([tmp_path / "notes"], tmp_path / "out")
    assert len(plan([tmp_path / "notes.jpg"], tmp_path / "out")) == 1  # meant to be one: the run says what is wrong


def test_a_folder_without_photographs_says_what_there_is(tmp_path):
    grow(tmp_path / "album", {"a.txt": b"x", ".b.jpg": JPEG})
    (tmp_path / "album/c").symlink_to(tmp_path)
    with pytest.raises(ValueError, match=r"no photographs in .*album.*1 file is no photograph.*hidden.*linked folder"):
        plan([tmp_path / "album"], tmp_path / "out")
    (tmp_path / "empty").mkdir()
    with pytest.raises(ValueError, match="it is empty"):
        plan([tmp_path / "empty"], tmp_path / "out")


def test_overlapping_inputs_count_nothing_twice(tmp_path):
    grow(tmp_path / "album", {"a.jpg": JPEG, "b/c.jpg": JPEG, "b/d.txt": b"x"})
    left_out = LeftOut()
    for given_ in ("album", "album/b"):
        album(tmp_path / given_, tmp_path / "out", left_out)
    assert left_out.count("no photograph") == 1


def table(folder):
    with (folder / "left-out.csv").open(newline="") as file:
        return {row["file"]: row["reason"] for row in csv.DictReader(file)}


def test_what_is_left_out_stands_in_a_table_beside_the_report(tmp_path):
    many = {f"texts/{number:05}.txt": b"x" for number in range(500)}
    grow(tmp_path / "album", many | {"a.jpg": JPEG, ".b.jpg": JPEG, "=1+1.txt": b"x"})
    (tmp_path / "album/far").symlink_to(tmp_path)
    inside = tmp_path / "album/out"
    assert command(tmp_path / "album", "--out", inside).exit_code == 0
    found = table(inside)
    assert found[str(tmp_path / "album/texts/00007.txt")] == "file is no photograph"
    assert found[str(tmp_path / "album/.b.jpg")] == "file is hidden"
    assert found[str(tmp_path / "album/far")] == "linked folder was not followed"
    assert len(found) == 503
    assert len((inside / "report.csv").read_text().splitlines()) == 2
    for path in (tmp_path / "album").rglob("*.txt"):
        path.unlink()
    assert command(tmp_path / "album", "--out", inside).exit_code == 0
    assert len(table(inside)) == 2, "of the last run; results and thumbnails are only counted"


def test_no_table_when_nothing_is_left_out_and_a_strange_one_stays(tmp_path):
    grow(tmp_path / "album", {"a.jpg": JPEG})
    assert command(tmp_path / "album", "--out", tmp_path / "out").exit_code == 0
    assert not (tmp_path / "out/left-out.csv").exists()
    (tmp_path / "out/left-out.csv").write_text("my own")
    grow(tmp_path / "album", {"b.txt": b"x"})
    with pytest.warns(UserWarning, match="left-out.csv is not from here"):
        assert command(tmp_path / "album", "--out", tmp_path / "out").exit_code == 0
    assert (tmp_path / "out/left-out.csv").read_text() == "my own"
    assert (tmp_path / "out/left-out-2.csv").exists()


def test_results_of_an_earlier_run_are_no_photographs_of_the_next(tmp_path):
    """E: results in album/natural were photographs for a run with --out album/vivid."""
    album_ = tmp_path / "album"
    grow(album_, {"a.jpg": JPEG, "b/c.jpg": JPEG})
    assert command(album_, "--out", album_ / "natural").exit_code == 0
    second = command(album_, "--out", album_ / "vivid")
    assert second.exit_code == 0
    assert "2 colorized" in second.output
    assert "2 files are results of earlier runs: " in second.output
    assert not (album_ / "vivid/natural").exists()
    (album_ / "natural/a.jpg").write_bytes(JPEG)  # somebody's own now
    assert "3 colorized" in command(album_, "--out", tmp_path / "third").output
    assert "2 colorized" in command(album_ / "vivid", "--out", tmp_path / "fourth").output, "named, it is an album"
