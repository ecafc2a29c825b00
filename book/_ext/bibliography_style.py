"""Citations by name and year in round brackets, and a bibliography without labels, sorted by author."""

from dataclasses import dataclass, field

from pybtex.plugin import find_plugin
from pybtex.plugin import register_plugin as register_pybtex
from pybtex.style.formatting.unsrt import Style as Unsorted
from sphinx.application import Sphinx
from sphinxcontrib.bibtex.plugin import register_plugin as register_bibtex
from sphinxcontrib.bibtex.style.referencing import BracketStyle
from sphinxcontrib.bibtex.style.referencing.author_year import AuthorYearReferenceStyle


def round_brackets() -> BracketStyle:
    """(Name, 2004)."""
    return BracketStyle(left="(", right=")")


@dataclass
class NamesReferenceStyle(AuthorYearReferenceStyle):
    """sphinxcontrib-bibtex's author and year, in round brackets."""

    bracket_parenthetical: BracketStyle = field(default_factory=round_brackets)
    bracket_textual: BracketStyle = field(default_factory=round_brackets)
    bracket_author: BracketStyle = field(default_factory=round_brackets)
    bracket_label: BracketStyle = field(default_factory=round_brackets)
    bracket_year: BracketStyle = field(default_factory=round_brackets)


class NamesStyle(Unsorted):
    """pybtex's plain style, sorted by author, year and title."""

    default_sorting_style = "author_year_title"


def setup(app: Sphinx) -> dict[str, bool]:
    """Called by Sphinx."""
    register_pybtex("pybtex.style.formatting", "names", NamesStyle)
    # Each citation asks for it: once it is registered, pybtex no longer looks through all that is installed.
    register_pybtex("pybtex.backends", "plaintext", find_plugin("pybtex.backends", "plaintext"), force=True)
    register_bibtex("sphinxcontrib.bibtex.style.referencing", "names", NamesReferenceStyle)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
