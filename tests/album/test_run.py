"""A folder run loses nothing, overwrites nothing and leaves no half file."""

import threading
import time

import numpy as np
import pytest
from PIL import Image

from colorlib.album.outcome import Job
from colorlib.album.run import AlbumColorizer, Report, plan, run
from colorlib.data.sources import package_photographs
from colorlib.images.folder import THUMBNAILS
from helpers.files import go, make, red


def files(folder):
    """The names of all files below a folder, without those of the contact sheet."""
    names = [path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()]
    return sorted(name for name in names if not name.startswith((THUMBNAILS, ".colorlib/")))


# --- run ---


def test_a_run_goes_on_after_a_bad_file_and_reports_it(album, tmp_path):
    (album / "1999/broken.jpg").write_bytes(b"\xff\xd8\xff truncated")
    (album / "1999/text.png").write_text("hello")
    originals = {path: path.read_bytes() for path in album.rglob("*") if path.is_file()}
    report = go(plan([album], tmp_path / "out"), tmp_path / "out")
    assert [outcome.status for outcome in report.outcomes] == ["done", "failed", "done", "failed", "done"]
    lines = report.summary().splitlines()
    assert lines[0] == "3 colorized, 2 failed:"
    assert "broken.jpg" in lines[1]
    assert "text.png" in lines[2]
    assert files(tmp_path / "out") == ["1999/a.png", "1999/sea/c.TIF", "b.jpg"]
    assert {path: path.read_bytes() for path in album.rglob("*") if path.is_file()} == originals
    assert (report.outcomes[0].width, report.outcomes[0].height, report.outcomes[0].pages) == (24, 16, 1)


def test_a_second_run_does_only_what_is_missing(album, tmp_path):
    out = tmp_path / "out"
    go(plan([album], out), out)
    (out / "b.jpg").unlink()
    seen = []

    def counting(page):
        seen.append(page)
        return red(page)

    report = go(plan([album], out), out, counting)
    assert len(seen) == 1
    assert report.summary() == "1 colorized, 2 skipped (the result was already there)"


def test_without_resume_a_result_that_is_there_is_an_error_and_stays(album, tmp_path):
    out = tmp_path / "out"
    make(out / "b.jpg")
    before = (out / "b.jpg").read_bytes()
    report = go(plan([album], out), out, resume=False)
    assert [outcome.job.name for outcome in report.of("failed")] == ["b.jpg"]
    assert "already there and not overwritten" in report.outcomes[-1].reason
    assert (out / "b.jpg").read_bytes() == before


def test_a_folder_in_the_way_is_no_result(album, tmp_path):
    (tmp_path / "out/b.jpg").mkdir(parents=True)
    report = go(plan([album], tmp_path / "out"), tmp_path / "out")
    assert [outcome.job.name for outcome in report.of("failed")] == ["b.jpg"]


def test_every_page_is_coloured(tmp_path):
    pages = [Image.new("L", (30, 20), 60 * page) for page in range(1, 4)]
    (tmp_path / "album").mkdir()
    pages[0].save(tmp_path / "album/book.tif", save_all=True, append_images=pages[1:])
    report = go(plan([tmp_path / "album"], tmp_path / "out"), tmp_path / "out")
    assert report.outcomes[0].pages == 3
    with Image.open(tmp_path / "out/book.tif") as image:
        assert image.n_frames == 3


def tinted(image):
    """A photograph as a sepia print, with grain."""
    grey = np.asarray(image.convert("L"), float)[..., None] / 255
    noise = np.random.default_rng(0).normal(0, 0.02, (*grey.shape[:2], 3))
    rgb = grey * (1.05, 0.93, 0.75) + (0.06, 0.03, 0.0) + noise
    return Image.fromarray((rgb.clip(0, 1) * 255).astype(np.uint8))


def test_photographs_in_colour_can_be_left_out_and_sepia_is_none(tmp_path):
    (tmp_path / "album").mkdir()
    for name, path in package_photographs().items():
        with Image.open(path) as image:
            image = image.convert("RGB")
            image.thumbnail((400, 400))
            image.save(tmp_path / f"album/{name}-colour.jpg")
            image.convert("L").convert("RGB").save(tmp_path / f"album/{name}-grey.jpg")
            tinted(image).save(tmp_path / f"album/{name}-sepia.jpg", quality=70)
    jobs = plan([tmp_path / "album"], tmp_path / "out")
    report = go(jobs, tmp_path / "out", skip_color=True, thumbnails=False)
    assert not report.of("failed")
    assert all(outcome.reason.startswith("already in colour: ") for outcome in report.of("skipped"))
    assert [outcome.job.name for outcome in report.of("skipped")] == [j.name for j in jobs if "-colour" in j.name]


def test_several_workers_do_all_and_never_more_than_they_are(album, tmp_path):
    make(*(album / f"{number}.png" for number in range(12)))
    lock, now, most = threading.Lock(), [], []

    def slow(page):
        with lock:
            now.append(page)
            most.append(len(now))
        time.sleep(0.02)
        with lock:
            now.pop()
        return red(page)

    report = go(plan([album], tmp_path / "out"), tmp_path / "out", slow, workers=3)
    assert len(report.of("done")) == 15 == len(files(tmp_path / "out"))
    assert max(most) == 3


def test_nothing_is_read_ahead(album, tmp_path, monkeypatch):
    """A thousand decoded photographs that wait for the network would fill the memory."""
    make(*(album / f"{number}.png" for number in range(12)))
    read, done, ahead = [], [], []
    monkeypatch.setattr("colorlib.album.run.read_document", lambda path: read.append(path) or real(path))
    from colorlib.images.read import read_document as real

    def slow(page):
        ahead.append(len(read) - len(done))
        time.sleep(0.01)
        done.append(page)
        return red(page)

    go(plan([album], tmp_path / "out"), tmp_path / "out", slow, workers=2, thumbnails=False)
    assert max(ahead) <= 3  # one more may be read between a page's end and the writing of it


def test_giants_go_one_at_a_time(album, tmp_path, monkeypatch):
    monkeypatch.setattr("colorlib.album.run.GIANT", 300)
    now, most = [], []

    def slow(page):
        now.append(page)
        most.append(len(now))
        time.sleep(0.02)
        now.pop()
        return red(page)

    report = go(plan([album], tmp_path / "out"), tmp_path / "out", slow, workers=3)
    assert (len(report.of("done")), max(most)) == (3, 1)


def test_a_run_that_is_closed_keeps_whole_files_and_reports_them(album, tmp_path):
    make(*(album / f"{number}.png" for number in range(12)))
    report = Report()
    outcomes = run(AlbumColorizer(red, tmp_path / "out"), plan([album], tmp_path / "out"), report, workers=2)
    next(outcomes)
    outcomes.close()
    names = files(tmp_path / "out")
    assert 1 <= len(names) < 15
    assert sorted(outcome.job.name for outcome in report.outcomes) == names
    assert not list((tmp_path / "out").rglob(".*.*"))
    after = go(plan([album], tmp_path / "out"), tmp_path / "out")
    assert len(after.of("done")) == 15 - len(names)


def test_an_interrupt_stops_the_run_and_leaves_whole_files_only(album, tmp_path):
    seen = []

    def stopped_at_the_second(page):
        seen.append(page)
        if len(seen) >= 2:
            raise KeyboardInterrupt
        return red(page)

    with pytest.raises(KeyboardInterrupt):
        go(plan([album], tmp_path / "out"), tmp_path / "out", stopped_at_the_second)
    assert files(tmp_path / "out") == ["1999/a.png"]
    again = go(plan([album], tmp_path / "out"), tmp_path / "out")
    assert again.summary().startswith("2 colorized, 1 skipped")


def test_a_message_is_one_line_with_the_file_in_front(tmp_path):
    def angry(page):
        raise RuntimeError("first line\n  second line")

    make(tmp_path / "a.jpg")
    job = Job(tmp_path / "a.jpg", tmp_path / "out/a.jpg", "a.jpg")
    assert go([job], tmp_path / "out", angry).outcomes[0].reason == f"{tmp_path / 'a.jpg'}: first line second line"
