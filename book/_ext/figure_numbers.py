"""Pictures of a chapter are counted: "Figure 8b.2" stands under each, and before its caption where it has one.

A picture is what a cell shows. Its caption, if any, is the paragraph after it that is in italics from end to end.
"""

import re

from docutils import nodes
from sphinx.application import Sphinx

CHAPTER = re.compile(r"notebooks/0?(\w+?)_")
PICTURE = re.compile(r"<(img|video|canvas)\b")


def shows_picture(cell: nodes.container) -> bool:
    """Tell whether a cell shows a picture, a film, or something to turn."""
    outputs = [part for part in cell.children if part.get("nb_element") == "cell_code_output"]
    found = (node for output in outputs for node in output.findall() if isinstance(node, nodes.image | nodes.raw))
    return any(isinstance(node, nodes.image) or PICTURE.search(node.astext()) for node in found)


def count_pictures(app: Sphinx, tree: nodes.document, name: str) -> None:
    """Number the pictures of a chapter; called by Sphinx with every page that it writes."""
    if not (chapter := CHAPTER.match(name)):
        return
    cells = [node for node in tree.findall(nodes.container) if node.get("nb_element") == "cell_code"]
    for number, cell in enumerate(filter(shows_picture, cells), 1):
        count = f"Figure {chapter[1]}.{number}"
        label = nodes.strong("", count, ids=[nodes.make_id(f"figure-{chapter[1]}-{number}")])
        after = cell.next_node(descend=False, siblings=True)
        if isinstance(after, nodes.paragraph) and [type(part) for part in after] == [nodes.emphasis]:
            after.insert(0, [label, nodes.Text(" ")])
        else:
            after = nodes.paragraph("", "", label)
            cell.parent.insert(cell.parent.index(cell) + 1, after)
        after["classes"].append("figure-caption")


def setup(app: Sphinx) -> dict[str, bool]:
    """Called by Sphinx."""
    app.connect("doctree-resolved", count_pictures)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
