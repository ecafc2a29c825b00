"""The figures of the chapters turn as a reader opens them: from the disk, with no kernel, no server and no network."""

import gzip
import re
from base64 import b64decode
from pathlib import Path

import nbformat
import pytest

from colorlib import show

ROOT = Path(__file__).resolve().parents[2]
# Chapters with something to turn, and those where a kernel computes it live as well.
TURNING = ("01", "02", "03", "04", "05", "06", "09", "10", "11", "13", "14", "15", "16")
LIVE = ("01", "02", "05", "09", "10", "14", "15")
CHAPTERS = {path.stem[:2]: path for path in sorted((ROOT / "notebooks").glob("[0-9][0-9]_*.ipynb"))}
HEAVIEST = 1_500_000  # bytes of a page with all that it fetches
ZIPPED = (".html", ".css", ".js", ".svg", ".json")  # which a host of pages sends compressed
SEEN = """figure => [figure.querySelector('img').alt, [figure.querySelector('img').src,
  ...[...figure.querySelectorAll('.outline-mark')].map(mark => mark.style.cssText),
  ...[...figure.querySelectorAll('b')].map(number => number.textContent)].join()]"""


@pytest.fixture
def tab(book, browser):
    """A function that opens the page of a chapter from the disk."""
    context = browser.new_context(offline=True, viewport={"width": 1280, "height": 900})
    page = context.new_page()

    def opened(number):
        page.goto((book.html / "notebooks" / f"{CHAPTERS[number].stem}.html").as_uri())
        return page

    yield opened
    context.close()


@pytest.mark.parametrize("number", TURNING)
def test_keys_turn_every_figure_of_a_chapter(tab, number):
    figures = tab(number).locator(".colorlib-turn").all()
    assert figures, "the chapter has nothing to turn"
    for figure in figures:
        slider = figure.locator("input").first
        slider.press("Home")
        words, shown = figure.evaluate(SEEN)
        slider.press("End")
        turned, other = figure.evaluate(SEEN)
        assert words != turned, "the alternative text says where the sliders stand"
        assert shown != other, f"nothing changes: {words}"
        slider.press("Home")
        assert figure.evaluate(SEEN) == [words, shown]


@pytest.mark.parametrize("number", ["04", "15"])
def test_a_pointer_turns_a_figure(tab, number):
    page = tab(number)
    figure = page.locator(".colorlib-turn").first
    figure.scroll_into_view_if_needed()
    box, seen = figure.locator("img").first.bounding_box(), set()
    for part in (0.05, 0.25):
        page.mouse.move(box["x"] + part * box["width"], box["y"] + 0.6 * box["height"])
        page.mouse.down()
        seen.add(tuple(figure.evaluate(SEEN)))
        page.mouse.up()
    assert len(seen) == 2


@pytest.mark.parametrize("number", TURNING)
def test_print_shows_stills(tab, number):
    page = tab(number)
    page.emulate_media(media="print")
    for figure in page.locator(".colorlib-turn").all():
        assert figure.locator("img").first.is_visible()
        assert figure.locator("label").first.inner_text().strip().partition(": ")[2], "where it stands"
        assert not any(slider.is_visible() for slider in figure.locator("input").all())


@pytest.mark.parametrize("number", TURNING)
def test_a_page_is_light(site, browser, number):
    """What opening a chapter costs, theme and fonts included, texts compressed as a host of pages sends them."""
    page, answers = browser.new_page(viewport={"width": 1280, "height": 900}), {}
    page.on("response", lambda answer: answers.update({answer.url: answer}))
    page.goto(f"{site}/notebooks/{CHAPTERS[number].stem}.html", wait_until="networkidle")
    weights = {
        url: len(gzip.compress(answer.body()) if url.split("?")[0].endswith(ZIPPED) else answer.body())
        for url, answer in list(answers.items())
        if url.startswith("http")
    }
    page.close()
    heaviest = sorted(weights.items(), key=lambda item: -item[1])[:5]
    assert sum(weights.values()) < HEAVIEST, heaviest


@pytest.mark.parametrize("number", LIVE)
def test_a_kernel_computed_what_is_live(book, tools, number):
    """The cell made sliders, and what it drew for where they stand; the page shows neither."""
    executed = tools.executed(CHAPTERS[number])
    states = executed.metadata["widgets"]["application/vnd.jupyter.widget-state+json"]["state"].values()
    assert any(widget["model_name"] == "SelectionSliderModel" for widget in states)
    drawn = [widget["buffers"][0]["data"] for widget in states if widget["model_name"] == "ImageModel"]
    assert any(b64decode(picture).startswith(b"\x89PNG") for picture in drawn)
    page = (book.html / "notebooks" / f"{CHAPTERS[number].stem}.html").read_text("utf8")
    assert "widget-view" not in page
    assert "widget-state" not in page


@pytest.mark.parametrize("chapter", sorted((ROOT / "notebooks").glob("*.ipynb")), ids=lambda path: path.stem)
def test_a_chapter_calls_only_what_show_has(chapter):
    """Known at once, where running a chapter would tell after minutes."""
    code = "\n".join(c.source for c in nbformat.read(chapter, as_version=4).cells if c.cell_type == "code")
    assert not {name for name in re.findall(r"\bshow\.(\w+)\(", code) if not hasattr(show, name)}
