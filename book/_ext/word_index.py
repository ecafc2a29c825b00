"""The index: where a word of the glossary and a work of the bibliography are spoken of, page by page.

The prose feeds it. The first `term` of a word on a page and the first citation of a work are an entry each, and so is
whatever an `index` role or directive names. The directive `word-index` prints the list. Names of the package are left
out: the reference has them.
"""

import re
from collections.abc import Iterator
from functools import cache
from html import escape
from pathlib import Path
from types import SimpleNamespace

from docutils import nodes
from pybtex.database import Entry, parse_file
from pybtex.richtext import Text
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.environment.adapters.indexentries import IndexEntries
from sphinx.transforms import SphinxTransform
from sphinx.util.docutils import SphinxDirective

REFERENCE = "book/reference/"
NUMBERED = re.compile(r"(\w{1,3})\. ")


def names(work: Entry) -> str:
    """Return who wrote a work: one name, two, or the first and "et al."."""
    people = work.persons.get("author") or work.persons["editor"]
    last = [str(Text.from_latex(" ".join(person.prelast_names + person.last_names))) for person in people]
    return last[0] + (" et al." if len(last) > 2 else f" and {last[1]}" if len(last) == 2 else "")


@cache
def works(bibliography: Path) -> dict[str, str]:
    """Return how the index calls each work of a bibliography, by its key."""
    found = parse_file(str(bibliography), "bibtex").entries
    return {
        key: f"{names(work)} ({work.fields['year']}), {Text.from_latex(work.fields['title'])}"
        for key, work in found.items()
    }


class FeedIndex(SphinxTransform):
    """Enter the words and works of a page where they stand first; before Sphinx collects the entries (at 850)."""

    default_priority = 840

    def spoken_of(self) -> Iterator[tuple[str, nodes.Node]]:
        """The entries of a page, in its order."""
        known = {}
        for file in self.config.bibtex_bibfiles:
            known |= works(Path(self.app.confdir, file))
        for link in self.document.findall(addnodes.pending_xref):
            if (link["refdomain"], link["reftype"]) == ("std", "term"):
                yield link["reftarget"], link
            elif link["refdomain"] == "cite":
                yield from ((known[key.strip()], link) for key in link["reftarget"].split(",") if key.strip() in known)

    def apply(self, **options: object) -> None:
        """Put index nodes behind the titles of sections; called by Sphinx with every page that it reads."""
        done = set()
        for value, link in list(self.spoken_of()):
            around = link.parent
            while around is not None and not (isinstance(around, nodes.section) and around["ids"]):
                around = around.parent
            if around is not None and value not in done:
                done.add(value)
                around.insert(1, addnodes.index(entries=[("single", value, around["ids"][0], "", None)]))


class words_here(nodes.General, nodes.Element):  # noqa: N801
    """Where the list goes, until all pages are read."""


class WordIndex(SphinxDirective):
    """The directive `word-index`."""

    def run(self) -> list[nodes.Node]:
        """Return the place for the list."""
        return [words_here()]


def label(title: str) -> tuple[str, str]:
    """Return what stands for a page in the list, and how it is read aloud: a chapter's number, or a short title."""
    if found := NUMBERED.match(title):
        return found[1], f"chapter {found[1]}"
    short = title.partition(":")[0]
    return short, short


def list_of_words(app: Sphinx, page: str) -> str:
    """Return the index as HTML, with links from a page."""
    by_page = SimpleNamespace(get_relative_uri=lambda _, name: name)
    order = {name: place for place, name in enumerate(app.env.toctree_includes.get(app.config.root_doc, []))}

    def links(targets: list[tuple[str, str]]) -> str:
        pages = {}
        for main, target in targets:
            name, _, anchor = target.partition("#")
            if not name.startswith(REFERENCE):
                pages.setdefault(name, (anchor, main))
        shown = []
        for name in sorted(pages, key=lambda name: (order.get(name, -1), name)):
            anchor, main = pages[name]
            text, aloud = label(app.env.titles[name].astext())
            address = f"{app.builder.get_relative_uri(page, name)}#{anchor}"
            link = f'<a href="{escape(address)}" aria-label="{escape(aloud)}">{escape(text)}</a>'
            shown.append(f"<strong>{link}</strong>" if main else link)
        return ", ".join(shown)

    letters, parts = [], []
    for letter, entries in IndexEntries(app.env).create_index(by_page, group_entries=False):
        rows = []
        for word, (targets, subwords, _) in entries:
            here = links(targets)
            below = [f"<li>{escape(sub)}: {found}</li>" for sub, at in subwords if (found := links(at))]
            if here or below:
                colon = ": " if here else ""
                nested = f"<ul>{''.join(below)}</ul>" if below else ""
                rows.append(f"<li>{escape(word)}{colon}{here}{nested}</li>")
        if rows:
            anchor = f"letter-{ord(letter[0])}"
            letters.append(f'<a href="#{anchor}">{escape(letter)}</a>')
            parts.append(f'<h2 id="{anchor}">{escape(letter)}</h2><ul>{"".join(rows)}</ul>')
    return f'<p class="letters">{" ".join(letters)}</p><div class="word-index">{"".join(parts)}</div>'


def print_list(app: Sphinx, tree: nodes.document, name: str) -> None:
    """Put the list into its place; called by Sphinx with every page that it writes."""
    for place in list(tree.findall(words_here)):
        place.replace_self(nodes.raw("", list_of_words(app, name), format="html"))


def setup(app: Sphinx) -> dict[str, bool]:
    """Called by Sphinx."""
    app.add_node(words_here)
    app.add_directive("word-index", WordIndex)
    app.add_transform(FeedIndex)
    app.connect("doctree-resolved", print_list)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
