"""Pictures of a chapter are counted: "Figure 8b.2" stands under each, and before its caption where it has one.

A picture is what a cell shows. Its caption, if any, is the paragraph after it that is in italics from end to end.
Where the cell's metadata have a name for it, `"figure": "fig-two-means"`, the text of the chapter speaks of it as
{numref}`fig-two-means`.
"""

import re
from collections.abc import Iterator

from docutils import nodes
from sphinx.addnodes import pending_xref
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment

CHAPTER = re.compile(r"notebooks/0?(\w+?)_")
PICTURE = re.compile(r"<(img|video|canvas)\b")


def shows_picture(cell: nodes.container) -> bool:
    """Tell whether a cell shows a picture, a film, or something to turn."""
    outputs = [part for part in cell.children if part.get("nb_element") == "cell_code_output"]
    found = (node for output in outputs for node in output.findall() if isinstance(node, nodes.image | nodes.raw))
    return any(isinstance(node, nodes.image) or PICTURE.search(node.astext()) for node in found)


def numbered(tree: nodes.document, name: str) -> Iterator[tuple[str, nodes.container]]:
    """Give the number of each picture of a chapter, as in "8b.2", and the cell that shows it."""
    if chapter := CHAPTER.match(name):
        cells = [node for node in tree.findall(nodes.container) if node.get("nb_element") == "cell_code"]
        for number, cell in enumerate(filter(shows_picture, cells), 1):
            yield f"{chapter[1]}.{number}", cell


def place(number: str) -> str:
    """Return the id of the label under a picture."""
    return nodes.make_id(f"figure-{number}")


def count_pictures(app: Sphinx, tree: nodes.document, name: str) -> None:
    """Number the pictures of a chapter; called by Sphinx with every page that it writes."""
    for number, cell in list(numbered(tree, name)):
        label = nodes.strong("", f"Figure {number}", ids=[place(number)])
        after = cell.next_node(descend=False, siblings=True)
        if isinstance(after, nodes.paragraph) and [type(part) for part in after] == [nodes.emphasis]:
            after.insert(0, [label, nodes.Text(" ")])
        else:
            after = nodes.paragraph("", "", label)
            cell.parent.insert(cell.parent.index(cell) + 1, after)
        after["classes"].append("figure-caption")


def refer(app: Sphinx, env: BuildEnvironment, node: pending_xref, shown: nodes.Node) -> nodes.reference | None:
    """Make a link of the name of a picture of the same chapter; called by Sphinx with names that it does not know."""
    if node["reftype"] == "numref":
        for number, cell in numbered(env.get_doctree(node["refdoc"]), node["refdoc"]):
            if cell["cell_metadata"].get("figure") == node["reftarget"]:
                return nodes.reference("", f"Figure {number}", internal=True, refid=place(number))
    return None


def setup(app: Sphinx) -> dict[str, bool]:
    """Called by Sphinx."""
    app.connect("doctree-resolved", count_pictures)
    app.connect("missing-reference", refer)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
