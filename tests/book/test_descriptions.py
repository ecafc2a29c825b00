"""A page says what it is about, and shows a picture of it, to who is sent its address."""

import sys
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace

import pytest
from docutils import nodes

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def descriptions(monkeypatch):
    """The module book/_ext/descriptions.py."""
    monkeypatch.syspath_prepend(ROOT / "book" / "_ext")
    yield import_module("descriptions")
    sys.modules.pop("descriptions", None)


def page(*parts):
    tree = nodes.document(None, None)
    tree += parts
    return tree


def book_at(address):
    """The part of Sphinx's application that is asked where the pages lie."""
    config = SimpleNamespace(html_baseurl=address, html_title="Colour")
    return SimpleNamespace(config=config, builder=SimpleNamespace(get_target_uri=lambda name: f"{name}.html"))


@pytest.mark.parametrize(
    ("uri", "shown"),
    [("../_images/a1.png", "_images/a1.webp"), ("_images/b.svg", "_static/lightness-and-colour.webp")],
)
@pytest.mark.parametrize("address", ["https://example.org/book", "https://example.org/book/"])
def test_a_page_with_an_address_shows_a_picture_to_who_is_sent_it(descriptions, address, uri, shown):
    tree = page(nodes.paragraph("", "How far is a grey photograph from its colours?"), nodes.image(uri=uri))
    context = {"title": "1. Colour"}
    descriptions.describe(book_at(address), "notebooks/01", "page.html", context, tree)
    assert '<meta property="og:url" content="https://example.org/book/notebooks/01.html" />' in context["metatags"]
    assert f'<meta property="og:image" content="https://example.org/book/{shown}" />' in context["metatags"]
    assert (ROOT / "book" / "_static" / "lightness-and-colour.webp").is_file()


def test_a_page_says_what_it_is_about(descriptions):
    question = 'How far is a "grey" photograph from its colours, and who could tell?'
    tree = page(nodes.paragraph("", "Short."), nodes.paragraph("", "", nodes.emphasis("", question)))
    context = {"title": "1. Colour", "metatags": "<meta a>"}
    descriptions.describe(book_at(""), "notebooks/01", "page.html", context, tree)
    assert '<meta name="description" content="How far is a &quot;grey&quot; photograph' in context["metatags"]
    assert '<meta property="og:title" content="1. Colour" />' in context["metatags"]
    assert "og:image" not in context["metatags"]  # nobody knows its address
    long = descriptions.description(page(nodes.paragraph("", "word " * 99)))
    assert len(long) <= 204
    assert long.endswith("word ...")
