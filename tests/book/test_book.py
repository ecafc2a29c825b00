"""The book builds without a warning, and every page is whole: links, pictures, formulas, on a phone and in the dark."""

from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.timeout(3600)  # the first of these tests waits for the build; the browser has its own limits
VIEWS = {"light": ("light", 1280), "dark": ("dark", 1280), "phone": ("light", 390)}


def toc_pages() -> list[str]:
    """The pages of the table of contents, in reading order, and the search page."""
    toc = yaml.safe_load((ROOT / "_toc.yml").read_text("utf8"))
    return [toc["root"], *(chapter["file"] for part in toc["parts"] for chapter in part["chapters"]), "search"]


PAGES = toc_pages()
CHAPTERS = [page for page in PAGES if page.startswith("notebooks/")]


class Page(HTMLParser):
    """The links, anchors and pictures of one page."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.links: list[str] = []
        self.anchors: set[str] = set()
        self.pictures: list[dict[str, str | None]] = []
        self.feed(path.read_text("utf8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Collect what the tests look at."""
        found = dict(attrs)
        self.anchors.update(value for key, value in attrs if key in ("id", "name") and value)
        self.links += [value for key, value in attrs if key in ("href", "src") and value]
        if tag == "img":
            self.pictures.append(found)


@cache
def read(path: Path) -> Page:
    """A page, parsed once."""
    return Page(path)


def test_the_book_builds_without_a_warning(book):
    complaints = [line for line in book.log.splitlines() if "WARNING:" in line or "ERROR" in line or "Error:" in line]
    assert book.code == 0, "\n".join(complaints[:40]) + "\n...\n" + book.log[-3000:]


def test_every_page_is_there(book):
    missing = [page for page in ["index", *PAGES] if not (book.html / f"{page}.html").is_file()]
    assert not missing


@pytest.mark.parametrize("page", ["index", *PAGES])
def test_no_link_inside_the_book_is_broken(book, page):
    path = book.html / f"{page}.html"
    broken = []
    for link in read(path).links:
        parts = urlsplit(link)
        if parts.scheme or parts.netloc:
            continue  # elsewhere, or data
        target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
        found = target.is_file()
        if found and parts.fragment and target.suffix == ".html":
            found = unquote(parts.fragment) in read(target).anchors
        if not found:
            broken.append(link)
    assert not broken


@pytest.mark.parametrize("page", PAGES)
def test_every_picture_has_words(book, page):
    for picture in read(book.html / f"{page}.html").pictures:
        words = (picture.get("alt") or "").strip()
        assert len(words) > 3, f"no alt text: {picture.get('src')}"
        assert not words.startswith((".", "/", "_images")), f"the alt text is a file's name: {words}"
        assert not words.endswith((".png", ".webp", ".svg", ".jpg")), f"the alt text is a file's name: {words}"


@pytest.mark.parametrize("page", PAGES)
def test_no_page_names_this_machine(book, page):
    text = (book.html / f"{page}.html").read_text("utf8")
    assert str(ROOT) not in text
    assert f"{Path.home()}/" not in text


@pytest.mark.parametrize("page", CHAPTERS)
def test_every_figure_of_a_chapter_is_on_its_page(book, tools, page):
    made = [
        output
        for cell in tools.executed(ROOT / f"{page}.ipynb").cells
        if cell.cell_type == "code" and not {"remove-cell", "remove-output"} & set(cell.metadata.get("tags", []))
        for output in cell.outputs
        if any(kind.startswith("image/") for kind in output.get("data", {}))
    ]
    shown = [p for p in read(book.html / f"{page}.html").pictures if "_images/" in (p.get("src") or "")]
    assert made, "the chapter makes no figure"
    assert len(shown) >= len(made)


LOOK = (ROOT / "tests" / "book" / "look.js").read_text("utf8")


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("page", PAGES)
def test_a_page_in_a_browser(site, browser, page, view):
    theme, width = VIEWS[view]
    context = browser.new_context(viewport={"width": width, "height": 900})
    context.add_init_script(f"localStorage.setItem('mode', '{theme}'); localStorage.setItem('theme', '{theme}');")
    trouble = []

    def local_only(route):
        if route.request.url.startswith((site, "data:", "blob:")):
            route.continue_()
        else:
            trouble.append(f"fetched from another server: {route.request.url}")
            route.abort()

    try:
        tab = context.new_page()
        tab.route("**/*", local_only)
        tab.on("console", lambda message: message.type == "error" and trouble.append(f"console: {message.text}"))
        tab.on("pageerror", lambda error: trouble.append(f"script: {error}"))
        tab.on("requestfailed", lambda request: trouble.append(f"not loaded: {request.url}"))
        tab.on("response", lambda answer: answer.status >= 400 and trouble.append(f"{answer.status}: {answer.url}"))
        tab.goto(f"{site}/{page}.html", wait_until="load", timeout=60_000)
        seen = tab.evaluate(LOOK)
        tab.wait_for_load_state("networkidle")
    finally:
        context.close()
    assert not trouble
    for key in ("missing", "wordless", "hidden", "filtered", "outside", "formulas", "wrong", "faint"):
        assert not seen[key], f"{key}: {seen[key]}"
    assert seen["overflow"] <= 1, f"{seen['overflow']} px too wide: {seen['wide'][:5]}"
    assert seen["letters"] >= 15
