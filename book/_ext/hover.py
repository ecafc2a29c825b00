"""Words of the glossary say what they mean where they stand: under the pointer, and to who is read the page.

A link of the role `term` gets the first sentence of its definition as its title.
"""

import re
from functools import cache

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment

SENTENCE = re.compile(r".*?[.](?=\s|$)", re.DOTALL)


def plain(definition: nodes.Element) -> str:
    """The words of a definition, without formulas and citations."""
    words = []
    for text in definition.findall(nodes.Text):
        around, left_out = text.parent, False
        while around is not definition and not left_out:
            left_out = isinstance(around, nodes.math) or around.get("refdomain") == "cite"
            around = around.parent
        if not left_out:
            words.append(text.astext())
    return re.sub(r"[\s,]+(?=[.])", "", " ".join("".join(words).split()))


@cache
def definitions(env: BuildEnvironment, page: str) -> dict[str, str]:
    """The first sentence of each definition of a page, by the anchor of its term; read once for all pages."""
    found = {}
    for glossary in env.get_doctree(page).findall(addnodes.glossary):
        for item in glossary.findall(nodes.definition_list_item):
            told = plain(item.next_node(nodes.definition))
            sentence = SENTENCE.match(told)
            for term in item.findall(nodes.term):
                found |= dict.fromkeys(term["ids"], sentence[0] if sentence else told)
    return found


def add_titles(app: Sphinx, tree: nodes.document, name: str) -> None:
    """Give the links to terms their titles; called by Sphinx with every page that it writes."""
    terms = app.env.domaindata["std"].get("terms", {})
    for page in {where[0] for where in terms.values()}:
        told = definitions(app.env, page)
        for link in tree.findall(nodes.reference):
            anchor = link.get("refuri", link.get("refid", "")).rpartition("#")[2]
            if anchor in told and any("std-term" in part.get("classes", []) for part in link.findall(nodes.inline)):
                link["reftitle"] = told[anchor]


def setup(app: Sphinx) -> dict[str, bool]:
    """Called by Sphinx."""
    app.connect("doctree-resolved", add_titles)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
