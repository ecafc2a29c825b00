"""Chapter 0 offers photographs by address, and goes on with what it has where there is no network."""

import urllib.error
import urllib.request
from pathlib import Path

import nbformat
import pytest

CHAPTER = Path(__file__).parents[2] / "notebooks/00_your_photo.ipynb"


def borrow(name: str, own: Path) -> Path:
    """Run the cell that fetches, with a name chosen, and return the photograph it leaves."""
    cells = nbformat.read(CHAPTER, 4).cells
    (source,) = [cell.source for cell in cells if "borrowed = " in cell.source and cell.cell_type == "code"]
    space: dict = {"photograph": own}
    exec("import tempfile\nfrom pathlib import Path\n" + source.replace('borrowed = ""', f"borrowed = {name!r}"), space)
    return space["photograph"]


@pytest.mark.parametrize("name", ["mother", "refugees", "boy"])
def test_a_photograph_is_fetched_and_its_rights_are_said(monkeypatch, capsys, name):
    def fetch(address, file):
        assert address.startswith("https://tile.loc.gov/")
        return file, None

    monkeypatch.setattr(urllib.request, "urlretrieve", fetch)
    assert borrow(name, Path("cat.png")).name == f"{name}.jpg"
    assert "no known restrictions" in capsys.readouterr().out


def test_without_a_network_the_reader_is_told_and_the_chapter_goes_on(monkeypatch, capsys):
    def fetch(address, file):
        raise urllib.error.URLError("no network")

    monkeypatch.setattr(urllib.request, "urlretrieve", fetch)
    assert borrow("mother", Path("cat.png")) == Path("cat.png")
    assert "cannot be had (no network); cat.png stays" in capsys.readouterr().out
    assert borrow("", Path("cat.png")) == Path("cat.png")
