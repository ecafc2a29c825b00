"""The bibliography: each work once, in order, with an address that stays, and cited somewhere."""

import re
from pathlib import Path

import pytest
from pybtex.database import parse_file

ROOT = Path(__file__).resolve().parents[2]
ENTRY = re.compile(r"(?m)^@(\w+)\{(\w+),\n([\s\S]*?)\n\}$")
FIELD = re.compile(r"(?m)^  (\w+)\s*= \{(.*)\},$")
NEEDED = {"article": {"journal"}, "inproceedings": {"booktitle"}, "book": {"publisher"}, "misc": set()}
WORKS = {
    key: (kind, dict(FIELD.findall(body)))
    for kind, key, body in ENTRY.findall((ROOT / "book" / "references.bib").read_text("utf8"))
}
each_work = pytest.mark.parametrize("key", WORKS)


def test_the_file_is_what_the_book_reads():
    assert set(parse_file(str(ROOT / "book" / "references.bib")).entries) == set(WORKS)


def test_works_stand_once_and_in_the_order_of_their_keys():
    keys = re.findall(r"(?m)^@\w+\{(\w+),", (ROOT / "book" / "references.bib").read_text("utf8"))
    assert keys == list(WORKS), "an entry has another form than the others"
    assert keys == sorted(keys)
    for field in ("title", "doi", "eprint", "url"):
        values = [work[field].lower().strip("{}") for _, work in WORKS.values() if field in work]
        assert len(values) == len(set(values)), f"two works have the same {field}"


@each_work
def test_a_work_says_who_what_where_and_when(key):
    kind, work = WORKS[key]
    assert {"title", "year"} | NEEDED.get(kind, set()) <= set(work)
    assert {"author", "editor"} & set(work)
    assert re.fullmatch(r"(18|19|20)\d\d", work["year"])
    assert work["year"] in key
    assert not work["title"].endswith(".")


@each_work
def test_a_work_has_an_address_that_stays(key):
    _, work = WORKS[key]
    assert {"doi", "eprint", "url"} & set(work)
    assert re.fullmatch(r"10\.\d{4,9}/\S+", work.get("doi", "10.1234/x"))
    assert re.fullmatch(r"\d{4}\.\d{4,5}", work.get("eprint", "1234.56789")), "an arXiv number"
    assert re.fullmatch(r"https://[^\s{}]+", work.get("url", "https://x"))


@each_work
def test_a_work_is_cited(key):
    pages = [*(ROOT / "book").rglob("*.md"), *(ROOT / "notebooks").glob("*.ipynb")]
    cited = re.compile(rf"\{{cite(?::\w+)?\}}`[^`]*\b{key}\b")
    assert any(cited.search(page.read_text("utf8")) for page in pages)
