"""A folder run loses nothing, overwrites nothing and leaves no half file."""

import csv
import os
import re
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from colorlib.contact import COLUMNS, THUMBNAILS, save_thumbnails, thumbnails, write_report
from colorlib.files import Job, Painter, Report, plan, run
from colorlib.photos import PHOTO_SUFFIXES, package_photographs


def make(*paths, mode="L"):
    """Write a small picture to each path."""
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new(mode, (24, 16), 100 if mode == "L" else (200, 40, 40)).save(path)


def red(page):
    """A stand-in for a Colorizer: everything becomes red."""
    top = np.iinfo(page.dtype).max
    return np.full((*page.shape[:2], 3), (top * 4 // 5, top // 8, top // 8), page.dtype)


def go(jobs, out, paint=red, workers=1, **options):
    """Run the jobs and return the report."""
    report = Report()
    for _ in run(Painter(paint, out, **options), jobs, report, workers):
        pass
    return report


def files(folder):
    """The names of all files below a folder, without those of the contact sheet."""
    names = [path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()]
    return sorted(name for name in names if not name.startswith((THUMBNAILS, ".colorlib/")))


@pytest.fixture
def album(tmp_path):
    make(tmp_path / "album/b.jpg", tmp_path / "album/1999/a.png", tmp_path / "album/1999/sea/c.TIF")
    (tmp_path / "album/notes.txt").write_text("not a photograph")
    return tmp_path / "album"


# --- plan ---


def test_folder_layout_is_kept_in_sorted_order(album, tmp_path):
    out = tmp_path / "coloured"
    jobs = plan([album], out)
    assert [job.target for job in jobs] == [out / "1999/a.png", out / "1999/sea/c.TIF", out / "b.jpg"]
    assert [job.source for job in jobs] == [album / "1999/a.png", album / "1999/sea/c.TIF", album / "b.jpg"]
    assert [job.name for job in jobs] == ["1999/a.png", "1999/sea/c.TIF", "b.jpg"]
    assert not out.exists()


def test_files_and_folders_together_each_once(album, tmp_path):
    make(tmp_path / "single.webp")
    jobs = plan([tmp_path / "single.webp", album / "b.jpg", album, str(album / "b.jpg")], tmp_path / "out")
    assert [job.target.name for job in jobs] == ["single.webp", "b.jpg", "a.png", "c.TIF"]


def test_every_kind_of_picture_is_found(tmp_path):
    suffixes = sorted({*PHOTO_SUFFIXES, ".gif"})
    make(*(tmp_path / f"album/a{number}{suffix}" for number, suffix in enumerate(suffixes)))
    report = go(plan([tmp_path / "album"], tmp_path / "out"), tmp_path / "out")
    assert [Path(outcome.job.name).suffix for outcome in report.of("done")] == suffixes
    for path in (tmp_path / "out").glob("a*"):
        with Image.open(path) as image:
            assert np.abs(np.asarray(image.convert("RGB"), int) - (204, 31, 31)).max() <= 6, path


def test_another_format_is_another_suffix(album, tmp_path):
    names = [job.name for job in plan([album], tmp_path / "out", "tiff")]
    assert names == ["1999/a.tif", "1999/sea/c.TIF", "b.tif"]
    with pytest.raises(ValueError, match="unknown format 'jpg2'"):
        plan([album], tmp_path / "out", "jpg2")
    make(album / "b.png")
    with pytest.raises(ValueError, match=r"b\.png and .*b\.jpg would both become"):
        plan([album], tmp_path / "out", "tiff")


def test_output_inside_the_input_is_no_input(album):
    out = album / "coloured"
    make(out / "b.jpg", album / "earlier" / THUMBNAILS / "small.jpg")
    assert [job.source.name for job in plan([album], out)] == ["a.png", "c.TIF", "b.jpg"]
    with pytest.raises(ValueError, match="everything given is a result"):
        plan([out / "b.jpg", album / "earlier"], out / "..")


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
    report = go(jobs, tmp_path / "out", skip_colour=True, thumbnails=False)
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
    monkeypatch.setattr("colorlib.files.read_document", lambda path: read.append(path) or real(path))
    from colorlib.document import read_document as real

    def slow(page):
        ahead.append(len(read) - len(done))
        time.sleep(0.01)
        done.append(page)
        return red(page)

    go(plan([album], tmp_path / "out"), tmp_path / "out", slow, workers=2, thumbnails=False)
    assert max(ahead) <= 3  # one more may be read between a page's end and the writing of it


def test_giants_go_one_at_a_time(album, tmp_path, monkeypatch):
    monkeypatch.setattr("colorlib.files.GIANT", 300)
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
    outcomes = run(Painter(red, tmp_path / "out"), plan([album], tmp_path / "out"), report, workers=2)
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


# --- what a run leaves ---


def row(result, status="done", **more):
    return {name: "" for name in COLUMNS} | {"file": f"in/{result}", "result": result, "status": status} | more


def told(table):
    with Path(table).open(encoding="utf-8", errors="surrogateescape", newline="") as file:
        return list(csv.DictReader(file))


def test_the_report_tells_of_every_run(album, tmp_path):
    out = tmp_path / "out"
    (album / "broken.jpg").write_bytes(b"\xff\xd8\xff")
    write_report(out, [outcome.row() for outcome in go(plan([album], out), out).outcomes])
    first = told(out / "report.csv")
    assert [line["status"] for line in first] == ["done", "done", "done", "failed"]
    assert first[0] | {"seconds": ""} == row("1999/a.png", width="24", height="16", pages="1") | {
        "file": str(album / "1999/a.png")
    }
    make(album / "broken.jpg", album / "new.png")
    table, sheet = write_report(out, [outcome.row() for outcome in go(plan([album], out), out).outcomes])
    assert (table, sheet) == (out / "report.csv", out / "contact-sheet.html")
    second = {line["result"]: line for line in told(table)}
    assert second["1999/a.png"] == first[0]
    assert {line["status"] for line in second.values()} == {"done"}
    assert len(second) == 5
    assert sheet.read_text().count("<img") == 10
    assert "failed</h2>" not in sheet.read_text()


def test_a_result_without_thumbnails_gets_them_later(album, tmp_path):
    out = tmp_path / "out"
    go(plan([album], out), out, thumbnails=False)
    assert not (out / THUMBNAILS).exists()
    outcome = go(plan([album], out), out).outcomes[0]
    assert (outcome.status, outcome.width, outcome.pages) == ("skipped", 24, 1)
    before, after = (np.asarray(Image.open(path).convert("RGB"), int) for path in thumbnails(out, outcome.job.name))
    assert np.ptp(before, axis=2).max() < 8
    assert (after[..., 0] - after[..., 1]).min() > 100
    sheet = write_report(out, [outcome.row()])[1]
    assert sheet.read_text().count("<img") == 2


def test_files_of_the_user_are_never_overwritten(tmp_path):
    (tmp_path / "report.csv").write_text("my own, precious\n")
    (tmp_path / "contact-sheet.html").write_text("<!doctype html>\n<title>mine</title>\n")
    for _ in range(2):
        table, sheet = write_report(tmp_path, [row("a.jpg"), row("b.jpg", "failed", reason="damaged")])
        assert (table.name, sheet.name) == ("report-2.csv", "contact-sheet-2.html")
    assert (tmp_path / "report.csv").read_text() == "my own, precious\n"
    assert "mine" in (tmp_path / "contact-sheet.html").read_text()


def test_a_failed_report_leaves_the_old_one(tmp_path, monkeypatch):
    table, sheet = write_report(tmp_path, [row("a.jpg")])
    before = table.read_bytes(), sheet.read_bytes()
    monkeypatch.setattr(Path, "write_text", lambda *a, **k: (_ for _ in ()).throw(OSError(28, "No space left")))
    with pytest.raises(OSError, match="No space left"):
        write_report(tmp_path, [row("b.jpg")])
    assert (table.read_bytes(), sheet.read_bytes()) == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["contact-sheet.html", "report.csv"]


def test_any_file_name_is_shown_linked_and_read_again(tmp_path):
    names = [
        "<script>alert(1)</script>.jpg",
        "quo\"te'.jpg",
        "a#b?c%20.jpg",
        "new\nline.jpg",
        "comma,.jpg",
        "ü 日本.jpg",
    ]
    names.append(os.fsdecode(b"caf\xe9.jpg"))  # Latin-1, as old archives have them
    for _ in range(2):
        table, sheet = write_report(tmp_path, [row(name) for name in names])
        assert sorted(line["result"] for line in told(table)) == sorted(names)
    html = sheet.read_text(encoding="utf-8")
    assert "<script>" not in html
    assert 'href="a%23b%3Fc%2520.jpg"' in html
    assert 'href="caf%E9.jpg"' in html
    assert html.count("<li>") == len(names)


def test_thumbnails_are_small_whatever_the_shape(tmp_path):
    for shape, dtype in (((3000, 2000, 3), np.uint8), ((1, 5000), np.uint16), ((1, 1), np.uint8)):
        page = np.zeros(shape, dtype)
        save_thumbnails(tmp_path, str(shape), page, red(page))
        for path in thumbnails(tmp_path, str(shape)):
            with Image.open(path) as image:
                assert max(image.size) <= 320


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_contact_sheet_in_a_browser(album, tmp_path, browser, scheme):
    """Opened from the disk: the pictures are there, a keyboard reaches them, light and dark are readable."""
    out = tmp_path / "out"
    sheet = write_report(out, [outcome.row() for outcome in go(plan([album], out), out).outcomes])[1]
    page, problems = browser.new_page(color_scheme=scheme), []
    page.on("console", lambda message: problems.append(message.text))
    page.on("requestfailed", lambda request: problems.append(request.url))
    page.goto(sheet.as_uri())
    page.wait_for_function("[...document.images].every(image => image.complete && image.naturalWidth > 0)")
    assert page.locator("img[alt='b.jpg, before'], img[alt='b.jpg, coloured']").count() == 2
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.getAttribute('href')") == "1999/a.png"
    text, ground = (page.evaluate(f"getComputedStyle(document.body).{name}") for name in ("color", "backgroundColor"))
    levels = [sum(map(int, re.findall(r"\d+", colour)[:3])) for colour in (text, ground)]
    assert (levels[1] - levels[0] > 450) if scheme == "light" else (levels[0] - levels[1] > 450), (text, ground)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert problems == []
    page.close()
