"""A page says in one sentence what it is about: for lists of search results, and for whoever is sent its address.

The sentence is the page's first paragraph of text: of a chapter, its question.
"""

from html import escape
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx

LONGEST = 200  # letters; what follows is cut off at a word


def description(tree: nodes.document) -> str:
    """Return the first paragraph of a page that is more than a few words, as plain text; empty when it has none."""
    for paragraph in tree.findall(nodes.paragraph):
        text = " ".join(paragraph.astext().split())
        if len(text) > 40:
            return text if len(text) <= LONGEST else text[:LONGEST].rsplit(" ", 1)[0] + " ..."
    return ""


def describe(app: Sphinx, page: str, template: str, context: dict[str, Any], tree: nodes.document | None) -> None:
    """Put the sentence into the head of a page; called by Sphinx with every page that it writes."""
    if tree is None or not (text := description(tree)):
        return
    title = nodes.Text(context.get("title", "")).astext()
    for key, name, value in (
        ("name", "description", text),
        ("property", "og:title", title),
        ("property", "og:description", text),
        ("property", "og:type", "article"),
    ):
        context["metatags"] = context.get("metatags", "") + f'\n<meta {key}="{name}" content="{escape(value)}" />'


def setup(app: Sphinx) -> dict[str, bool]:
    """Called by Sphinx."""
    app.connect("html-page-context", describe)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
