"""What `album.contact_sheet` promises."""

import csv
import os
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from colorlib.album.contact_sheet import save_thumbnails, thumbnails, write_report
from colorlib.album.report_table import COLUMNS
from colorlib.album.run import plan
from colorlib.images.folder import THUMBNAILS
from helpers.files import go, make, red

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
        with pytest.warns(UserWarning, match=r"is not from here and is left alone: see (report|contact-sheet)-2\."):
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
    assert 'alt="quo&#34;te&#39;.jpg, before"' in html
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
