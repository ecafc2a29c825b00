"""Pictures of a chapter have numbers, and the text speaks of them by these."""

import sys
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace

import pytest
from docutils import nodes
from sphinx.addnodes import pending_xref

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def figures(monkeypatch):
    """The module book/_ext/figure_numbers.py."""
    monkeypatch.syspath_prepend(ROOT / "book" / "_ext")
    yield import_module("figure_numbers")
    sys.modules.pop("figure_numbers", None)


def cell(*shown):
    """A code cell as the doctree of a chapter has it: its source, and what it shows."""
    source = nodes.container("", nodes.literal_block("", "code"), nb_element="cell_code_source")
    output = nodes.container("", *shown, nb_element="cell_code_output")
    return nodes.container("", source, output, nb_element="cell_code")


def page(*parts):
    tree = nodes.document(None, None)
    tree += parts
    return tree


def test_pictures_are_numbered_by_chapter_before_their_captions(figures):
    caption = nodes.paragraph("", "", nodes.emphasis("", "A cup."))
    prose = nodes.paragraph("", "", nodes.emphasis("", "Not"), nodes.Text(" a caption."))
    film = nodes.raw("", "<figure><video src='x'></video></figure>", format="html")
    table = nodes.raw("", "<table></table>", format="html")
    tree = page(cell(nodes.image()), caption, cell(table), cell(film), prose, cell(nodes.image(), nodes.image()))
    figures.count_pictures(None, tree, "notebooks/08b_what_ships")
    numbered = [part.astext() for part in tree if "figure-caption" in part.get("classes", [])]
    assert numbered == ["Figure 8b.1 A cup.", "Figure 8b.2", "Figure 8b.3"]
    assert prose.astext() == "Not a caption."
    assert [label["ids"] for label in tree.findall(nodes.strong)] == [[f"figure-8b-{i}"] for i in (1, 2, 3)]


def test_a_picture_is_spoken_of_by_its_number(figures):
    cells = [cell(nodes.image()) for _ in range(2)]
    cells[1]["cell_metadata"] = {"figure": "fig-cup"}
    cells[0]["cell_metadata"] = {}
    environment = SimpleNamespace(get_doctree=lambda name: page(*cells))

    def refer(target, kind="numref", name="notebooks/08b_what_ships"):
        asked = pending_xref(reftype=kind, reftarget=target, refdoc=name)
        return figures.refer(None, environment, asked, nodes.inline())

    assert refer("fig-cup").astext() == "Figure 8b.2"
    assert refer("fig-cup")["refid"] == "figure-8b-2"
    assert refer("fig-plate") is None
    assert refer("fig-cup", "ref") is None
    assert refer("fig-cup", name="book/model-card") is None


def test_pictures_of_other_pages_have_no_numbers(figures):
    tree = page(cell(nodes.image()))
    figures.count_pictures(None, tree, "book/model-card")
    assert not list(tree.findall(nodes.strong))
