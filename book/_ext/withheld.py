"""Pages without solutions, for a class: `COLORLIB_SOLUTIONS=withheld make book`.

Whatever a page shows of a solution becomes one sentence, and the notebooks that a page offers for download are those of
the students. Chapters are executed as ever: their checks hold on the pages, too.
"""

import json
import os
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.errors import ConfigError
from sphinx_exercise.nodes import solution_node

from colorlib.teach.export import WITHHELD, read_notebook, student_notebook

VARIABLE = "COLORLIB_SOLUTIONS"


def withheld() -> bool:
    """Whether solutions are to be left out."""
    wish = os.environ.get(VARIABLE, "shown")
    if wish not in ("shown", "withheld"):
        raise ConfigError(f"{VARIABLE}={wish}: say shown or withheld")
    return wish == "withheld"


def leave_out(app: Sphinx, tree: nodes.document) -> None:
    """Put a sentence in the place of each solution; called by Sphinx with every page that it read."""
    if not withheld():
        return
    for cell in [node for node in tree.findall(nodes.container) if "tag_solution" in node.get("classes", [])]:
        cell.parent.remove(cell)
    for solution in list(tree.findall(solution_node)):
        sentence = nodes.paragraph("", "", nodes.emphasis("", WITHHELD.strip("*")))
        solution.parent.replace(solution, sentence)


def students_downloads(app: Sphinx, exception: Exception | None) -> None:
    """Offer the students' notebooks for download, when the book was built."""
    if exception or not withheld() or app.builder.format != "html":
        return
    for path in Path(app.outdir, "_sources", "notebooks").glob("*.ipynb"):
        path.write_text(json.dumps(student_notebook(read_notebook(path)), ensure_ascii=False), "utf8")


def setup(app: Sphinx) -> dict[str, bool | str]:
    """Called by Sphinx; a change of the wish makes it read all pages again."""
    app.connect("doctree-read", leave_out, priority=450)
    app.connect("build-finished", students_downloads)
    return {"parallel_read_safe": True, "parallel_write_safe": True, "env_version": 1 + withheld()}
