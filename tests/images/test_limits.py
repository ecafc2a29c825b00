"""Pages in linear time, limits in bytes and in number that can be raised, and notes that reach the report."""

import csv
import os
import shutil
import time

import numpy as np
import pytest
from PIL import Image

from colorlib.album.contact_sheet import write_report
from colorlib.album.run import AlbumColorizer, Report, plan, run
from colorlib.images.decode import memory_needed
from colorlib.images.read import read_document
from colorlib.images.write import write_document
from helpers.tiffs import RAMP, stored, tiff

DOT = {"values": np.full((1, 1, 1), 90, np.uint8)}


def painted(page):
    return np.dstack([page] * 3)


def test_pages_take_linear_time(tmp_path):
    """Measured in work of the processor: ten times the pages, about ten times the time, not a hundred times."""
    times = []
    for count in (200, 2000):
        (tmp_path / f"{count}.tif").write_bytes(tiff(*[DOT] * count))
        start = time.process_time()
        document = read_document(tmp_path / f"{count}.tif")
        write_document(document, map(painted, document.pages), tmp_path / f"{count}-out.tif")
        times.append(time.process_time() - start)
    assert times[1] < 25 * times[0]
    assert times[1] < 20


def test_too_many_pages_and_frames(tmp_path, monkeypatch):
    (tmp_path / "a.tif").write_bytes(tiff(*[DOT] * 31))
    frames = [Image.new("L", (1, 1), value) for value in range(31)]
    for suffix in ("gif", "png", "webp"):
        frames[0].save(tmp_path / f"a.{suffix}", save_all=True, append_images=frames[1:], lossless=True)
    monkeypatch.setenv("COLORLIB_MAX_PAGES", "30")
    for suffix, what in {"tif": "pages", "gif": "frames", "png": "frames", "webp": "frames"}.items():
        with pytest.raises(ValueError, match=rf"a\.{suffix} has more than 30 {what}.*set COLORLIB_MAX_PAGES"):
            read_document(tmp_path / f"a.{suffix}")
    monkeypatch.setenv("COLORLIB_MAX_PAGES", "31")
    for suffix in ("tif", "gif", "png", "webp"):
        assert len(read_document(tmp_path / f"a.{suffix}").pages) == 31


@pytest.mark.parametrize("value", ["-1", "lots", "0", "nan"])
def test_a_limit_that_is_none(tmp_path, monkeypatch, value):
    Image.new("L", (9, 9)).save(tmp_path / "a.png")
    monkeypatch.setenv("COLORLIB_MAX_GB", value)
    with pytest.raises(ValueError, match=rf"COLORLIB_MAX_GB is '{value}'; give a number"):
        read_document(tmp_path / "a.png")


def test_bytes_are_counted_not_pixels(tmp_path, monkeypatch):
    """The same pixels at 16 bits with alpha, in a TIFF, or as many frames, take more."""
    side = 300
    Image.new("L", (side, side)).save(tmp_path / "grey.png")
    rgba = np.zeros((side, side, 4), np.uint16)
    (tmp_path / "deep.tif").write_bytes(tiff({"values": rgba, "photometric": 2, "extra": [2]}))
    (tmp_path / "grey.tif").write_bytes(tiff({"values": rgba[..., :1].astype(np.uint8)}))
    frames = [Image.new("L", (side, side), value) for value in range(4)]
    frames[0].save(tmp_path / "a.gif", save_all=True, append_images=frames[1:])
    needed = {path.name: memory_needed(path) / side**2 for path in tmp_path.iterdir()}
    assert needed["a.gif"] >= 4 * needed["grey.png"] >= 32
    assert needed["deep.tif"] > 3 * needed["grey.tif"]
    monkeypatch.setenv("COLORLIB_MAX_GB", str(15 * side**2 / 1e9))
    for name in ("grey.png", "grey.tif"):
        read_document(tmp_path / name)
    for name in ("deep.tif", "a.gif"):
        with pytest.raises(ValueError, match=rf"{name} claims 300 x 300 pixels.*set COLORLIB_MAX_GB to allow more"):
            read_document(tmp_path / name)


def test_thumbnails_and_masks_are_no_pages(tmp_path):
    small = {"values": stored(RAMP, 8)[::4, ::4, None], "tags": {254: ("I", [1])}}
    mask = {"values": stored(RAMP, 1)[..., None], "bits": 1, "photometric": 4, "tags": {254: ("I", [4])}}
    old = {"values": stored(RAMP, 8)[::4, ::4, None], "tags": {255: ("H", [2])}}
    (tmp_path / "in").mkdir()
    page = {"values": stored(RAMP, 8)[..., None]}
    (tmp_path / "in/a.tif").write_bytes(tiff(small, page, mask, old, page))
    with pytest.warns(UserWarning, match=r"a\.tif: 3 thumbnail\(s\) or mask\(s\) inside it are left out"):
        document = read_document(tmp_path / "in/a.tif")
    assert [page.shape for page in document.pages] == [RAMP.shape] * 2


def test_a_file_that_is_replaced_is_not_mixed(tmp_path):
    """The pages are those of the file that was opened."""
    for name, values in {"a.tif": (10, 20, 30), "b.tif": (110, 120, 130)}.items():
        (tmp_path / name).write_bytes(tiff(*({"values": np.full((3, 3, 1), value, np.uint8)} for value in values)))
    document = read_document(tmp_path / "a.tif")
    os.replace(tmp_path / "b.tif", tmp_path / "a.tif")
    assert [page[0, 0] for page in document.pages] == [10, 20, 30]


def test_notes_reach_the_report_and_the_last_message(tmp_path, recwarn):
    (tmp_path / "in").mkdir()
    values = stored(RAMP, 12)[..., None]
    (tmp_path / "in/twelve.tif").write_bytes(tiff({"values": values}))
    shutil.copy(tmp_path / "in/twelve.tif", tmp_path / "in/twin.tif")
    Image.new("L", (20, 20), 90).save(tmp_path / "in/plain.png")
    Image.new("RGB", (20, 20), 90).save(tmp_path / "in/profile.png", icc_profile=b"no profile" * 20)
    report, colorizer = (
        Report(),
        AlbumColorizer(lambda page: page if page.ndim == 3 else painted(page), tmp_path / "out"),
    )
    list(run(colorizer, plan([tmp_path / "in"], tmp_path / "out"), report, workers=2))
    write_report(tmp_path / "out", [outcome.row() for outcome in report.outcomes])
    with (tmp_path / "out/report.csv").open(newline="") as file:
        rows = {row["result"]: row for row in csv.DictReader(file)}
    assert {row["status"] for row in rows.values()} == {"done"}
    assert "looks like 12 bits stored in 16" in rows["twelve.tif"]["reason"]
    assert rows["profile.png"]["reason"] == "its colour profile does not fit or is damaged; it is ignored"
    assert rows["plain.png"]["reason"] == ""
    lines = report.summary().splitlines()
    assert lines[0] == "4 colorized"
    assert sum("looks like 12 bits" in line and "and 1 more" in line for line in lines) == 1
    assert sum("profile.png" in line for line in lines) == 1
    assert "looks like 12 bits" in (tmp_path / "out/contact-sheet.html").read_text()
    assert [str(warning.message) for warning in recwarn if "colorlib" in str(warning.filename)] == []
