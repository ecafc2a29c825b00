"""A page says in one sentence what it is about: for lists of search results, and for whoever is sent its address.

The sentence is the page's first paragraph of text: of a chapter, its question. A picture goes with it: the first of the
page, or that of the front page. Its address must be a whole one, so there is none where `html_baseurl` is not set.
"""

from html import escape
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import urljoin

from docutils import nodes
from sphinx.application import Sphinx

LONGEST = 200  # letters; what follows is cut off at a word
FRONT = "_static/lightness-and-colour.webp"


def description(tree: nodes.document) -> str:
    """Return the first paragraph of a page that is more than a few words, as plain text; empty when it has none."""
    for paragraph in tree.findall(nodes.paragraph):
        text = " ".join(paragraph.astext().split())
        if len(text) > 40:
            return text if len(text) <= LONGEST else text[:LONGEST].rsplit(" ", 1)[0] + " ..."
    return ""


def picture(tree: nodes.document) -> str:
    """Return where the picture of a page lies in the book; its PNG are WebP when the book is done (lighter.py)."""
    for image in tree.findall(nodes.image):
        name = PurePosixPath(image["uri"])
        if name.parent.name == "_images" and name.suffix != ".svg":
            return f"_images/{name.stem}{'.webp' if name.suffix == '.png' else name.suffix}"
    return FRONT


def describe(app: Sphinx, page: str, template: str, context: dict[str, Any], tree: nodes.document | None) -> None:
    """Put the sentence into the head of a page; called by Sphinx with every page that it writes."""
    if tree is None or not (text := description(tree)):
        return
    title = nodes.Text(context.get("title", "")).astext()
    base = app.config.html_baseurl.rstrip("/") + "/"
    placed = [
        ("property", "og:url", urljoin(base, app.builder.get_target_uri(page))),
        ("property", "og:image", urljoin(base, picture(tree))),
        ("name", "twitter:card", "summary_large_image"),
    ]
    for key, name, value in (
        ("name", "description", text),
        ("property", "og:title", title),
        ("property", "og:description", text),
        ("property", "og:type", "article"),
        ("property", "og:site_name", app.config.html_title),
        *(placed if app.config.html_baseurl else []),
    ):
        context["metatags"] = context.get("metatags", "") + f'\n<meta {key}="{name}" content="{escape(value)}" />'


def setup(app: Sphinx) -> dict[str, bool]:
    """Called by Sphinx."""
    app.connect("html-page-context", describe)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
