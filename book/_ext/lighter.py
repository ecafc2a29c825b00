"""Pages that load less: pictures when they come into view, and icons from the theme's fonts alone.

The theme sends its icons twice, as fonts and as a script of 1.5 MB that draws them anew as SVG. The fonts do.
"""

import re
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx

SCRIPT = re.compile(r'\s*<script defer src="[^"]*_static/scripts/fontawesome\.js[^"]*"></script>')


def load_when_seen(app: Sphinx, tree: nodes.document, name: str) -> None:
    """Let the pictures of a page wait, but for the first; called by Sphinx with every page that it writes."""
    for picture in list(tree.findall(nodes.image))[1:]:
        picture["loading"] = "lazy"


def leave_out_icon_script(app: Sphinx, exception: Exception | None) -> None:
    """Take the script out of all pages, when the book was built."""
    if exception or app.builder.format != "html":
        return
    for page in Path(app.outdir).rglob("*.html"):
        text = page.read_text("utf8")
        page.write_text(SCRIPT.sub("", text), "utf8")
    for file in Path(app.outdir, "_static", "scripts").glob("fontawesome.js*"):
        file.unlink()


def setup(app: Sphinx) -> dict[str, bool]:
    """Called by Sphinx."""
    app.connect("doctree-resolved", load_when_seen)
    app.connect("build-finished", leave_out_icon_script)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
