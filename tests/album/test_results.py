"""A result is of its own photograph: also when that changes while it is read, and when several write at once."""

import os
import threading
import time

import pytest
from PIL import Image

from colorlib.album import fingerprint
from colorlib.album.contact_sheet import thumbnails
from helpers.albums import SETTINGS, go, level, make, only, paint

# --- a source that changes ---


def book(path, levels):
    pages = [Image.new("L", (30, 20), value) for value in levels]
    path.parent.mkdir(parents=True, exist_ok=True)
    pages[0].save(path, save_all=True, append_images=pages[1:])


@pytest.mark.parametrize("how", ["replaced", "rewritten", "removed", "touched", "replaced at the last page"])
def test_a_photograph_that_changes_while_it_is_read_fails(tmp_path, how):
    source, out, pages = tmp_path / "album/book.tif", tmp_path / "out", []
    book(source, [10, 20, 30])
    os.utime(source, (1e9, 1e9))

    def changing(page):
        pages.append(page)
        if len(pages) == (3 if "last" in how else 1):
            if how.startswith("replaced"):
                book(tmp_path / "other.tif", [110, 120, 130])
                os.utime(tmp_path / "other.tif", (1e9, 1e9))
                os.replace(tmp_path / "other.tif", source)
            elif how == "rewritten":
                book(source, [110, 120, 130])
            elif how == "removed":
                source.unlink()
            else:
                os.utime(source)
        return paint(page)

    outcome = only(go([source], out, paint=changing))
    assert outcome.status == "failed"
    assert f"{source} was changed meanwhile" in outcome.reason
    assert [path for path in out.rglob("*") if path.is_file()] == []


def test_a_change_within_one_tick_of_the_clock_is_noticed(tmp_path, monkeypatch):
    """Size, time and place are the same; the file was written a moment ago, so its content is looked at."""
    source = make(tmp_path / "album/a.bmp", 50)
    real = fingerprint._identity(source)
    monkeypatch.setattr(fingerprint, "_identity", lambda path: real)
    monkeypatch.setattr(time, "time_ns", lambda: real[-2] + 1000)

    def changing(page):
        make(source, 60)
        return paint(page)

    outcome = only(go([source], tmp_path / "out", paint=changing))
    assert (outcome.status, "was changed meanwhile" in outcome.reason) == ("failed", True)


def test_a_result_that_is_edited_while_it_is_made_anew_stays(tmp_path):
    source, out = make(tmp_path / "album/a.bmp", 50), tmp_path / "out"
    go([source], out)

    def meanwhile(page):
        make(out / "a.bmp", 70)
        return paint(page)

    outcome = only(go([source], out, SETTINGS | {"flip": False}, meanwhile, redo=True))
    assert (outcome.status, level(out / "a.bmp")) == ("failed", 70)


# --- many ---


def test_long_names_that_begin_alike_and_several_workers(tmp_path):
    """Each result is of its own photograph."""
    long = "Photographs of the estate, third box, page"
    for number in range(40):
        make(tmp_path / f"album/{long} {number:03}.png", 5 * number + 20)

    def slow(page):
        time.sleep(0.01 * (page[0, 0] % 3))
        return paint(page)

    outcomes = go([tmp_path / "album"], tmp_path / "out", paint=slow, workers=4)
    assert {outcome.status for outcome in outcomes.values()} == {"done"}
    for number in range(40):
        assert level(tmp_path / f"out/{long} {number:03}.png") == 5 * number + 20
        before, after = thumbnails(tmp_path / "out", f"{long} {number:03}.png")
        assert abs(level(before) - 5 * number - 20) < 3
        assert abs(level(after) - 5 * number - 20) < 3


def test_two_runs_at_once_of_albums_with_the_same_names(tmp_path):
    """One of them has the result and the thumbnails, the other is told."""
    barrier, became = threading.Barrier(2), {}

    def wait(page):
        barrier.wait()
        return paint(page)

    def one(album, value):
        source = make(tmp_path / album / "0001.png", value)
        became[value] = only(go([source], tmp_path / "out", paint=wait))

    threads = [threading.Thread(target=one, args=pair) for pair in (("x", 50), ("y", 200))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    (won,) = [value for value in became if became[value].status == "done"]
    (lost,) = [value for value in became if became[value].status == "failed"]
    assert "already there and not overwritten" in became[lost].reason
    assert level(tmp_path / "out/0001.png") == won
    assert all(abs(level(path) - won) < 3 for path in thumbnails(tmp_path / "out", "0001.png"))
    again = only(go([tmp_path / ("x" if lost == 50 else "y")], tmp_path / "out"))
    assert "is of another photograph" in again.reason


def test_a_file_that_appears_while_its_name_is_worked_on_stays(tmp_path):
    source = make(tmp_path / "album/a.png", 50)

    def meanwhile(page):
        make(tmp_path / "out/a.png", 99)
        return paint(page)

    outcome = only(go([source], tmp_path / "out", paint=meanwhile))
    assert (outcome.status, level(tmp_path / "out/a.png")) == ("failed", 99)
    assert f"{tmp_path / 'out/a.png'}: already there and not overwritten" in outcome.reason
