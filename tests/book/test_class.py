"""A class held from the pages alone: its minutes add up, and what it sends the teacher to is there."""

import re
from pathlib import Path

import numpy as np
import pytest

from colorlib.teach.export import exercises_of, read_notebook

ROOT = Path(__file__).resolve().parents[2]
TEACH = ROOT / "book" / "teach"
CHAPTERS = {path.stem: path for path in (ROOT / "notebooks").glob("[0-9]*.ipynb")}
NINETY = (TEACH / "ninety-minutes.md").read_text("utf8")
SLIDES = {"question", "picture", "code", "figure", "wrong", "exercise", "summary"}


def headings(path):
    """The headings of a chapter, with those that its page adds."""
    cells = [cell["source"] for cell in read_notebook(path)["cells"] if cell["cell_type"] == "markdown"]
    return {*re.findall(r"(?m)^#+ (.+)$", "\n".join(cells)), "Two quizzes"}


def rows(text, first):
    """The rows of a table, as lists of cells, whose first cell looks like this."""
    lines = re.findall(rf"(?m)^\| {first} \|.*$", text)
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def chapter(number):
    """The path of a chapter by its number."""
    return next(path for stem, path in CHAPTERS.items() if stem.startswith(f"{int(number):02}_"))


@pytest.mark.parametrize("page", ["ninety-minutes", "six-weeks"])
def test_ninety_minutes_are_ninety(page):
    """Each row says when it begins; the last takes what is left."""
    begins = [int(row[0]) for row in rows((TEACH / f"{page}.md").read_text("utf8"), r"\d+") if len(row) < 6]
    if page == "six-weeks":
        begins = begins[-7:]
    spans = np.diff([*begins, 90])
    assert begins[0] == 0
    assert spans.sum() == 90
    assert spans.min() >= 4
    assert spans.max() <= 30


def test_the_day_goes_from_hour_to_hour():
    times = [row[0] for row in rows((TEACH / "workshop.md").read_text("utf8"), r"\d+:\d\d")]
    minutes = [60 * int(hour) + int(minute) for hour, minute in (time.split(":") for time in times)]
    assert len(minutes) > 10
    assert np.diff(minutes).min() >= 15


def test_what_the_class_of_ninety_minutes_opens_is_there():
    path = chapter(5)
    exercises = exercises_of(read_notebook(path), path.stem)
    titles = [re.search(r"\{exercise\} (.+)", exercise.question)[1] for exercise in exercises]
    known = headings(path) | set(titles)
    where = " ".join(row[2] for row in rows(NINETY, r"\d+"))
    named = re.findall(r"\*([^*]+)\*", where)
    assert len(named) >= 4
    assert set(named) <= known
    assert set(re.findall(r'slide "(\w+)"', where)) <= SLIDES
    assert [title for title in re.findall(r"[Ee]xercise \*([^*]+)\*", NINETY) if title not in titles] == []
    labels = re.findall(r":label: ex-05-(\d)", "".join(cell["source"] for cell in read_notebook(path)["cells"]))
    assert set(re.findall(r"exercise 5\.(\d)", NINETY)) <= set(labels)
    assert "students/05_what_a_loss_wants.ipynb" in NINETY


def test_what_it_computes_on_the_blackboard_is_right():
    told = dict(re.findall(r"(red|blue|green|grey) (-?\d+)[,. ]", NINETY.split("Only the axis a:")[1].split("with")[0]))
    shares = {name: int(share) / 100 for share, name in re.findall(r"(\d+) % (\w+)", NINETY.split("By hand")[0])}
    values, weights = zip(*sorted((int(told[name]), shares[name]) for name in told), strict=True)
    assert f"Mean {np.dot(values, weights):.2f}." in NINETY
    assert f"Median {values[np.searchsorted(np.cumsum(weights), 0.5)]}:" in NINETY


@pytest.mark.parametrize("page", sorted(TEACH.glob("*.md")), ids=lambda path: path.stem)
def test_the_sections_that_a_page_sends_to_are_in_their_chapters(page):
    """Written as `chapter 9 <...>`, *Three lines*: a heading, or words on a figure."""
    text = page.read_text("utf8")
    for number, name in re.findall(r"chapter (\d+)(?: <[^>]*>`)?, \*([^*]+)\*", text):
        cells = "\n".join(cell["source"] for cell in read_notebook(chapter(number))["cells"])
        assert name in headings(chapter(number)) or f'"{name}"' in cells, f"{page.stem}: chapter {number}, {name}"
    for number, exercise in re.findall(r"exercise (\d+)\.(\d)", text):
        source = "".join(cell["source"] for cell in read_notebook(chapter(number))["cells"])
        assert f":label: ex-{int(number):02}-{exercise}" in source, f"{page.stem}: exercise {number}.{exercise}"


@pytest.mark.parametrize("page", sorted(TEACH.glob("*.md")), ids=lambda path: path.stem)
def test_the_pages_that_a_page_sends_to_are_there(page):
    for target in re.findall(r"\{doc\}`(?:[^`<]*<)?([^`>]+)>?`", page.read_text("utf8")):
        path = (page.parent / target).resolve()
        there = any(path.with_name(f"{path.name}{kind}").is_file() for kind in (".md", ".ipynb"))
        assert there or path.parent.name == "reference", f"{page.stem}: {target}"
