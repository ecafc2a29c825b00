"""The directive `colouring-page`: the part of a page on which a reader colours a photograph.

Its files are built by book/tools/web.py when the book is. Every page of the book says, by a policy that the
browser keeps, that it fetches nothing from another server.
"""

import json
import shutil
import sys
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError
from sphinx.util.docutils import SphinxDirective
from sphinx.util.logging import getLogger

from colorlib.demo import page

sys.path.append(str(Path(__file__).resolve().parents[1] / "tools"))

import web

PLACE = "_static/colouring/"
PROMISE = "It stays on your machine: nothing is sent."


class ColouringPage(SphinxDirective):
    """Where the part goes."""

    def run(self) -> list[nodes.Node]:
        """The part, with the links to its style and script."""
        folder, problem = built(self.env.app)
        base = "../" * self.env.docname.count("/") + PLACE
        widths = json.loads((folder / "widths.json").read_text("utf8"))
        html = f'<link rel="stylesheet" href="{base}page.css">'
        html += page.fragment(base, widths, PROMISE, missing=web.MISSING if problem else None)
        if problem is None:
            html += f'<script defer src="{base}page.js"></script>'
        self.env.note_dependency(str(folder / "widths.json"))
        return [nodes.raw("", html, format="html")]


def built(app: Sphinx) -> tuple[Path, str | None]:
    """The folder with the files, built once in a run of Sphinx."""
    if not hasattr(app, "colouring_page"):
        try:
            app.colouring_page = web.build()
        except RuntimeError as error:
            raise ExtensionError(str(error)) from error
        if problem := app.colouring_page[1]:
            getLogger(__name__).info("the colouring page is left out: %s", problem)
    return app.colouring_page


def copy_files(app: Sphinx, exception: Exception | None) -> None:
    """Copy what was built into the book."""
    if exception or app.builder.format != "html":
        return
    target = Path(app.outdir, PLACE)
    shutil.rmtree(target, ignore_errors=True)  # files of other contents have other names
    shutil.copytree(built(app)[0], target)


def forbid_other_servers(app: Sphinx, name: str, template: str, context: dict[str, Any], tree: object) -> None:
    """Write the policy into the head of a page."""
    policy = f'<meta http-equiv="Content-Security-Policy" content="{page.POLICY}" />'
    context["metatags"] = context.get("metatags", "") + policy


def setup(app: Sphinx) -> dict[str, bool]:
    """Called by Sphinx."""
    app.add_directive("colouring-page", ColouringPage)
    app.connect("build-finished", copy_files)
    app.connect("html-page-context", forbid_other_servers)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
