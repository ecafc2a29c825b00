"""A deck a chapter: what is on it comes from the chapter, and every slide fits on a projector."""

import base64
import copy
import io
import shutil
from importlib import import_module
from pathlib import Path

import nbformat
import pytest
from browser import serve
from PIL import Image

CHAPTERS = sorted((Path(__file__).resolve().parents[2] / "notebooks").glob("*.ipynb"))[1:]  # without the door, 00
each_chapter = pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
KINDS = {"question", "picture", "code", "figure", "wrong", "exercise", "summary"}


@pytest.fixture(scope="module")
def maker():
    return import_module("slides")


def drawn(path):
    """A chapter whose cells for slides drew a large picture, as if the book had been built."""
    file = io.BytesIO()
    Image.new("RGB", (1400, 1100), (120, 90, 60)).save(file, "PNG")
    picture = nbformat.v4.new_output("display_data", {"image/png": base64.b64encode(file.getvalue()).decode()})
    chapter = nbformat.read(path, as_version=4)
    for cell in chapter.cells:
        if cell.cell_type == "code":
            cell.outputs = [copy.deepcopy(picture)] if "slide" in cell.metadata else []
    return chapter


@each_chapter
def test_a_deck_has_every_kind_of_slide_and_notes_with_minutes(maker, path):
    made = maker.slides(drawn(path))
    kinds = [slide.split('data-kind="')[1].split('"')[0] for slide in made]
    assert KINDS - {"wrong"} <= set(kinds) <= KINDS  # some chapters tell what went wrong as a story
    assert kinds[0] == "question"
    assert kinds[-1] == "summary"
    for slide in made:
        minutes, notes = slide.split('<aside class="notes"><p>')[1].split(" minutes. ")
        assert 1 <= int(minutes) <= 15
        assert len(notes) > 20


@each_chapter
def test_the_lines_of_code_are_the_chapters_own(path):
    cells = nbformat.read(path, as_version=4).cells
    lines = [(line, cell.source) for cell in cells for line in cell.metadata.get("slide", {}).get("lines", [])]
    assert len(lines) == 3
    assert all(line in source for line, source in lines)
    figures = [cell for cell in cells if cell.metadata.get("slide", {}).get("kind") in ("picture", "figure")]
    assert len(figures) == 2
    assert all(cell.metadata["mystnb"]["image"]["alt"] for cell in figures)


def test_a_cell_that_drew_nothing_is_named(maker):
    chapter = drawn(CHAPTERS[0])
    cell = next(cell for cell in chapter.cells if cell.metadata.get("slide", {}).get("kind") == "picture")
    cell.outputs = []
    with pytest.raises(ValueError, match=f"{cell.id} is tagged for a slide and drew nothing"):
        maker.slides(chapter)


@pytest.fixture(scope="module")
def decks(maker, tmp_path_factory):
    """All decks with reveal.js beside them, served."""
    if shutil.which("npm") is None:
        pytest.skip("npm is not installed: it brings reveal.js")
    folder = tmp_path_factory.mktemp("teach") / "slides"
    import_module("teach").reveal(folder)
    for path in CHAPTERS:
        maker.write_deck(drawn(path), folder / f"{path.stem}.html")
    with serve(folder) as address:
        yield address


@each_chapter
def test_every_slide_fits_on_a_projector_and_fetches_nothing(decks, browser, path):
    tab, trouble = browser.new_page(viewport={"width": 1280, "height": 720}), []
    try:
        tab.on("request", lambda r: r.url.startswith((decks, "data:")) or trouble.append(r.url))
        tab.on("pageerror", lambda error: trouble.append(str(error)))
        tab.on("response", lambda answer: answer.status >= 400 and trouble.append(answer.url))
        tab.goto(f"{decks}/{path.stem}.html")
        tab.wait_for_function("window.Reveal && Reveal.isReady()")
        count = tab.evaluate("Reveal.getTotalSlides()")
        for number in range(count):
            tab.evaluate(f"Reveal.slide({number})")
            size = tab.evaluate(
                "(({ scrollWidth, scrollHeight }) => [scrollWidth, scrollHeight])(Reveal.getCurrentSlide())"
            )
            assert size[0] <= 1280, f"slide {number + 1} is {size[0]} wide"
            assert size[1] <= 720, f"slide {number + 1} is {size[1]} high"
        assert not [url for url in trouble if not url.endswith("favicon.ico")]
        assert count >= len(KINDS) - 1
    finally:
        tab.close()
