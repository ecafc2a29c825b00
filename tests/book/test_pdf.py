"""The book as a PDF: every page in order, a contents page, links that lead inside, and numbers at the foot."""

import re
import zlib
from importlib import import_module

import numpy as np
import pytest
from PIL import Image

PAGES = {
    "book/index": '<h1>The book<a class="headerlink" href="#the-book">#</a></h1><p id="top">Go to'
    '<a href="../notebooks/01_first.html#colour">colour</a>, <a href="../notebooks/02_second.html">on</a>, '
    '<a href="https://example.org/paper">away</a> or <a href="../file.zip">down</a>.</p>',
    "notebooks/01_first": '<h1>1. First</h1><section id="colour"><h2>Colour</h2>'
    '<p><a href="#colour">Here</a></p></section>',
    "notebooks/02_second": '<h1>2. Second</h1><section id="colour"><h2>Colour</h2></section>',
}


@pytest.fixture(scope="module")
def pdf():
    """The module book/tools/pdf.py."""
    return import_module("pdf")


@pytest.fixture
def built(tmp_path):
    """Three pages as the theme writes them."""
    for name, body in PAGES.items():
        file = tmp_path / "html" / f"{name}.html"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f'<html><body><nav>menu</nav><article class="bd-article">{body}</article></body></html>')
    return tmp_path / "html"


def words(data: bytes) -> list[str]:
    """The text of each page, put together from its glyphs and what the fonts say that they stand for."""
    objects = {int(number): body for number, body in re.findall(rb"(?s)\n(\d+) 0 obj\n(.*?)\nendobj", data)}

    def stream(number: int) -> str:
        packed = re.search(rb"(?s)stream\n(.*)\nendstream", objects[number])[1]
        return zlib.decompress(packed).decode("latin1")

    def glyphs(font: int) -> dict[str, str]:
        table = stream(int(re.search(rb"/ToUnicode (\d+) 0 R", objects[font])[1]))
        known = {}
        for first, last, code in re.findall(r"<(\w{4})> <(\w{4})> <(\w{4})>", table):
            for step in range(int(last, 16) - int(first, 16) + 1):
                known[f"{int(first, 16) + step:04X}"] = chr(int(code, 16) + step)
        return known | {one: chr(int(code, 16)) for one, code in re.findall(r"(?m)^<(\w{4})> <(\w{4})>$", table)}

    texts = []
    for page in (body for body in objects.values() if re.search(rb"/Type /Page\b(?!s)", body)):
        fonts = {name.decode(): glyphs(int(at)) for name, at in re.findall(rb"/(F\d+) (\d+) 0 R", page)}
        text, font = [], {}
        for name, shown in re.findall(
            r"/(F\d+) [\d.]+ Tf|<(\w+)> Tj", stream(int(re.search(rb"/Contents (\d+)", page)[1]))
        ):
            font = fonts[name] if name else font
            text += [font.get(shown[at : at + 4].upper(), "?") for at in range(0, len(shown), 4)]
        texts.append("".join(text))
    return texts


def test_pages_stand_in_order_with_numbers_and_links_inside(pdf, browser, built, tmp_path):
    order = [pdf.Part("Front", ("book/index",)), pdf.Part("Chapters", ("notebooks/01_first", "notebooks/02_second"))]
    made = pdf.print_pdf(browser, built, tmp_path / "out" / "book.pdf", "Colour", order)
    assert [path.name for path in made.parent.iterdir()] == ["book.pdf"]
    data = made.read_bytes()
    texts = words(data)
    assert len(texts) == 4
    for number, (text, title) in enumerate(
        zip(texts, ("Contents", "The book", "1. First", "2. Second"), strict=True), 1
    ):
        assert title in text
        assert text.endswith(str(number))
        assert "menu" not in text
    assert all(title in texts[0] for title in ("Front", "The book", "Chapters", "1. First", "2. Second"))
    links = re.findall(rb"/Subtype /Link.*?(?=endobj)", data, re.DOTALL)
    outside = [link for link in links if b"/URI" in link]
    assert len(outside) == 1
    assert b"(https://example.org/paper)" in outside[0]
    inside = {re.search(rb"/Dest /(\S+)", link)[1].decode() for link in links if b"/Dest" in link}
    assert inside == {"book-index", "notebooks-01_first", "notebooks-02_second", "notebooks-01_first--colour"}


def test_a_page_that_was_not_built_is_named(pdf, browser, built, tmp_path):
    with pytest.raises(FileNotFoundError, match=r"03_third\.html: not built yet"):
        pdf.print_pdf(browser, built, tmp_path / "book.pdf", "Colour", [pdf.Part("A", ("notebooks/03_third",))])
    assert not (tmp_path / "book.pdf").exists()


def test_all_pages_of_the_contents_are_printed(pdf):
    pages = [page for part in pdf.parts() for page in part.pages]
    assert pages[0] == "book/index"
    assert len(pages) == len(set(pages)) > 40


def test_photographs_go_into_the_pdf_as_jpeg_and_flat_drawings_without_loss(pdf, browser, built, tmp_path):
    noise = np.random.default_rng(0).integers(0, 255, (40, 60, 3), np.uint8)
    photograph, drawing = Image.fromarray(noise).resize((600, 400)), Image.new("RGB", (601, 401), "navy")
    page = built / "book" / "index.html"
    for name, picture in {"photograph": photograph, "drawing": drawing}.items():
        picture.save(page.with_name(f"{name}.webp"), lossless=True)
        page.write_text(page.read_text().replace("</article>", f'<img src="{name}.webp"></article>'))
    made = pdf.print_pdf(browser, built, tmp_path / "book.pdf", "Colour", [pdf.Part("Front", ("book/index",))])
    images = re.findall(rb"(?s)<<[^<>]*/Subtype /Image[^<>]*>>", made.read_bytes())
    packing = {int(re.search(rb"/Width (\d+)", one)[1]): re.search(rb"/Filter /(\w+)", one)[1] for one in images}
    assert packing == {600: b"DCTDecode", 601: b"FlateDecode"}
