"""The index: fed from terms, citations and what is named by hand; complete in words and in classical methods."""

import re
import subprocess
import sys
import unicodedata
from html import unescape
from pathlib import Path

import pytest

from colorlib.classical.methods import BY_EXAMPLE, BY_SCRIBBLES

ROOT = Path(__file__).resolve().parents[2]
CONFIGURATION = f"""
import sys
sys.path.append({str(ROOT / "book" / "_ext")!r})
extensions = ["sphinxcontrib.bibtex", "word_index"]
bibtex_bibfiles = ["works.bib"]
"""
WORKS = """@misc{levin2004,
  author = {Levin, Anat and Lischinski, Dani and Weiss, Yair},
  title = {Colorization using {O}ptimization}, year = {2004},
}
@misc{levin2004b,
  author = {Levin, Anat and Lischinski, Dani and Weiss, Yair}, title = {Another}, year = {2004},
}
"""
PAGES = {
    "index": "Book\n====\n\n.. toctree::\n\n   first\n   words\n   book/reference/color\n   list\n",
    "first": r"""\1. Scribbles: a start
======================

A :term:`hue` and again :term:`hue`.

Spread
------

By hand :index:`ink`, and :cite:t:`levin2004,levin2004b`; a :term:`hue`.
""",
    "words": "Words: all\n==========\n\n.. glossary::\n\n   hue\n      A direction.\n\n.. bibliography::\n",
    "book/reference/color": "color\n=====\n\n.. py:function:: lab()\n",
    "list": "Index\n=====\n\n.. word-index::\n",
}
ROW = re.compile(r"<li>([^<]*?)(?:: )?((?:<strong>)?<a .*?)?</li>", re.DOTALL)
LINK = re.compile(r'(<strong>)?<a href="([^"]*)" aria-label="([^"]*)">([^<]*)</a>')


def rows(page: Path) -> dict[str, list[tuple[str, ...]]]:
    """The words of a built index, and for each its links: bold or not, address, spoken, written."""
    text = page.read_text("utf8").partition('<div class="word-index">')[2].partition("</div>")[0]
    return {unescape(word): LINK.findall(links) for word, links in ROW.findall(text)}


def test_words_works_and_names_lead_to_their_pages(tmp_path):
    (tmp_path / "conf.py").write_text(CONFIGURATION)
    (tmp_path / "works.bib").write_text(WORKS)
    for name, text in PAGES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / f"{name}.rst").write_text(text)
    command = [sys.executable, "-m", "sphinx", "-q", "-W", "-b", "html", str(tmp_path), str(tmp_path / "html")]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    found = rows(tmp_path / "html" / "list.html")
    assert found == {
        "hue": [
            ("", "first.html#scribbles-a-start", "chapter 1", "1"),
            ("<strong>", "words.html#term-hue", "Words", "Words"),
        ],
        "ink": [("", "first.html#index-0", "chapter 1", "1")],
        "Levin et al. (2004), Another": [("", "first.html#spread", "chapter 1", "1")],
        "Levin et al. (2004), Colorization using Optimization": [("", "first.html#spread", "chapter 1", "1")],
    }


@pytest.mark.timeout(3600)
def test_the_index_has_every_word_and_every_classical_method(book):
    found = rows(book.html / "book" / "word-index.html")
    glossary = (ROOT / "book" / "glossary.md").read_text("utf8").partition("```{glossary}\n")[2].partition("\n```")[0]
    words = [line for line in glossary.splitlines() if line and not line.startswith(" ")]
    assert len(words) > 50
    assert set(words) <= set(found)
    plain = {
        unicodedata.normalize("NFKD", word).encode("ascii", "ignore").decode(): links for word, links in found.items()
    }
    for method in {**BY_SCRIBBLES, **BY_EXAMPLE}:
        name, year = method.split()
        entries = [links for word, links in plain.items() if word.startswith(name) and f"({year})" in word]
        assert entries, f"{method} is not in the index"
        assert any(spoken.startswith("chapter") for links in entries for *_, spoken, _ in links)
    spoken_of = sum(any(spoken.startswith("chapter") for *_, spoken, _ in links) for links in found.values())
    assert spoken_of >= 60
