"""Pages that load less: pictures when they come into view, icons from the theme's fonts alone, no state of widgets.

The theme sends its icons twice, as fonts and as a script of 1.5 MB that draws them anew as SVG. The fonts do. Widgets
of cells that a page leaves out (they need a kernel) would still leave all that they hold in it.
"""

import re
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx

SCRIPT = re.compile(r'\s*<script defer src="[^"]*_static/scripts/fontawesome\.js[^"]*"></script>')
STATE = re.compile(r'<script type="application/vnd\.jupyter\.widget-state\+json">.*?</script>', re.DOTALL)


def load_when_seen(app: Sphinx, tree: nodes.document, name: str) -> None:
    """Let the pictures of a page wait, but for the first; called by Sphinx with every page that it writes."""
    for picture in list(tree.findall(nodes.image))[1:]:
        picture["loading"] = "lazy"


def leave_out_scripts(app: Sphinx, exception: Exception | None) -> None:
    """Take the script of the icons and the state of widgets out of all pages, when the book was built."""
    if exception or app.builder.format != "html":
        return
    for page in Path(app.outdir).rglob("*.html"):
        text = page.read_text("utf8")
        page.write_text(STATE.sub("", SCRIPT.sub("", text)), "utf8")
    for file in Path(app.outdir, "_static", "scripts").glob("fontawesome.js*"):
        file.unlink()


def setup(app: Sphinx) -> dict[str, bool]:
    """Called by Sphinx."""
    app.connect("doctree-resolved", load_when_seen)
    app.connect("build-finished", leave_out_scripts)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
