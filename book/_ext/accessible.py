"""Names and roles of the theme's parts, mended: what is read aloud is what is seen.

The theme names some buttons otherwise than the words on them (WCAG 2.1, criterion 2.5.3), and docutils calls the
references a list, whose entries it then gives a role that is none of a list's.
"""

import re
from pathlib import Path

from sphinx.application import Sphinx

MENDED = (
    (re.compile(r'<summary aria-label="Toggle hidden content">'), "<summary>"),
    (re.compile(r'(<button class="[^"]*\bsearch-button-field\b[^"]*" title="Search") aria-label="Search"'), r"\1"),
    (re.compile(r'<div role="list" class="citation-list">'), '<div class="citation-list">'),
)


def mended(page: str) -> str:
    """A page's HTML with names and roles that hold."""
    for wrong, right in MENDED:
        page = wrong.sub(right, page)
    return page


def mend_pages(app: Sphinx, exception: Exception | None) -> None:
    """Mend all pages, when the book was built."""
    if exception or app.builder.format != "html":
        return
    for file in Path(app.outdir).rglob("*.html"):
        file.write_text(mended(file.read_text("utf8")), "utf8")


def setup(app: Sphinx) -> dict[str, bool]:
    """Called by Sphinx."""
    app.connect("build-finished", mend_pages)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
