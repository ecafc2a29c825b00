"""What a teacher hands out: solutions stay at home, pages can go without them, and the classroom opens offline."""

import json
import re
import shutil
import subprocess
from importlib import import_module
from pathlib import Path

import nbformat
import pytest
import yaml
from docutils import nodes
from sphinx.errors import ConfigError

from colorlib.teach.export import WITHHELD, read_notebook, without_solutions

ROOT = Path(__file__).resolve().parents[2]
CHAPTERS = sorted((ROOT / "notebooks").glob("*.ipynb"))[1:]  # without the door, 00
TEACH = ROOT / "book" / "teach"


@pytest.fixture(scope="module")
def teach():
    return import_module("teach")


@pytest.fixture
def withheld(monkeypatch):
    monkeypatch.syspath_prepend(ROOT / "book" / "_ext")
    return import_module("withheld")


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_solutions_make_a_notebook_with_everything_a_marker_needs(teach, path):
    made = teach.solutions_notebook(read_notebook(path), path.stem)
    nbformat.validate(nbformat.from_dict(made))
    text = json.dumps(made)
    exercises = teach.exercises_of(read_notebook(path), path.stem)
    for exercise in exercises:
        for part in (exercise.solution, exercise.explanation, *exercise.wrong, *exercise.rubric):
            assert json.dumps(part)[1:-1] in text
    assert len(exercises) == 3


def test_a_new_key_keeps_the_seed_and_the_teachers_own_checks(teach, tmp_path):
    exercises = teach.exercises_of(read_notebook(CHAPTERS[0]), CHAPTERS[0].stem)
    mine = teach.answer_key(exercises[:2])
    mine["exercises"][exercises[0].name] |= {"hidden": "assert True", "points": 99}
    path = teach.write_json(tmp_path / "key.json", mine)
    new = teach.renewed(teach.answer_key(exercises), path)
    assert new["seed"] == mine["seed"]
    assert [new["exercises"][e.name]["hidden"] for e in exercises] == ["assert True", "", ""]
    assert new["exercises"][exercises[0].name]["points"] == exercises[0].points


def test_what_is_written_out_as_a_solution_becomes_one_sentence():
    text = "before\n\n````{solution} ex-01-1\n:class: dropdown\n\n```python\nx = 1\n```\n\nsecret\n````\n\nafter"
    assert without_solutions(text) == f"before\n\n{WITHHELD}\n\nafter"


def page_with_solution():
    """A page as Sphinx reads it: a solution of an open exercise, and the cell of one that checks itself."""
    import sphinx_exercise.nodes

    tree = nodes.section()
    solution = sphinx_exercise.nodes.solution_node("", nodes.paragraph("", "secret one"))
    cell = nodes.container("", nodes.paragraph("", "secret two"), classes=["cell", "tag_solution", "tag_hide-cell"])
    tree += [nodes.paragraph("", "question"), solution, cell, nodes.paragraph("", "check")]
    return tree


@pytest.mark.parametrize(("wish", "shown"), [("shown", True), ("withheld", False)])
def test_pages_go_without_solutions_when_they_are_withheld(monkeypatch, withheld, wish, shown):
    monkeypatch.setenv(withheld.VARIABLE, wish)
    tree = page_with_solution()
    withheld.leave_out(None, tree)
    text = tree.astext()
    assert ("secret one" in text) == ("secret two" in text) == shown
    assert (WITHHELD.strip("*") in text) == (not shown)
    assert "question" in text
    assert "check" in text


def test_another_wish_is_refused(monkeypatch, withheld):
    monkeypatch.setenv(withheld.VARIABLE, "hidden")
    with pytest.raises(ConfigError, match="say shown or withheld"):
        withheld.withheld()


def test_the_teachers_part_names_only_exercises_that_there_are(teach):
    titles = {
        re.search(r"\{exercise\} (.+)", exercise.question)[1]
        for path in CHAPTERS
        for exercise in teach.exercises_of(read_notebook(path), path.stem)
    }
    names = {e.name for path in CHAPTERS for e in teach.exercises_of(read_notebook(path), path.stem)}
    prose = {path: path.read_text("utf8") for path in TEACH.glob("*.md")}
    cited = {title for text in prose.values() for title in re.findall(r"exercises? \*([^*]+)\*", text, re.IGNORECASE)}
    assert len(cited) > 8
    assert cited <= titles
    used = set(re.findall(r"`([a-z]+(?:-[a-z]+)+)`", (TEACH / "index.md").read_text("utf8")))
    assert used - names <= {"colorlib-book"}
    assert len(used & names) > 15


def test_every_page_of_the_teachers_part_is_in_the_contents_and_the_key_is_not():
    toc = yaml.safe_load((ROOT / "_toc.yml").read_text("utf8"))
    listed = {chapter["file"] for part in toc["parts"] for chapter in part["chapters"]}
    assert {f"book/teach/{path.stem}" for path in TEACH.glob("*.md")} <= listed
    assert not any("held" in name for name in listed)


def test_the_exam_and_its_key_have_the_same_questions():
    exam, key = (path.read_text("utf8") for path in (TEACH / "exam.md", TEACH / "held" / "exam-key.txt"))
    points = [int(number) for number in re.findall(r"(?m)^\d+\. \*\*.+?\*\* \((\d+)\)", exam)]
    assert sum(points) == 60
    answers = re.split(r"(?m)^\d+\. ", key)[1:]
    assert len(answers) == len(points)


def test_the_classroom_opens_without_a_network(teach, tmp_path, monkeypatch, browser):
    """From the folder alone: the first page, a page of the book, a deck, and links that lead nowhere else."""
    bundle = import_module("bundle")
    pages, made = tmp_path / "root" / "_build" / "html", tmp_path / "teach"
    for name in ("index", "book/teach/index"):
        (pages / name).parent.mkdir(parents=True, exist_ok=True)
        (pages / f"{name}.html").write_text("<h1>A page</h1>")
    (made / "students").mkdir(parents=True)
    shutil.copy(CHAPTERS[0], made / "students")
    (made / "slides").mkdir()
    (made / "slides" / "01_colour_spaces.html").write_text("<h1>A deck</h1>")

    def wheel(command, check):
        assert "wheel" in command
        Path(command[command.index("--wheel-dir") + 1], "colorlib_book-0-py3-none-any.whl").write_text("")

    monkeypatch.setattr(bundle, "ROOT", tmp_path / "root")
    monkeypatch.setattr(subprocess, "run", wheel)
    start = bundle.write_bundle(tmp_path / "bundle", made)
    monkeypatch.undo()
    assert {path.stem for path in (tmp_path / "bundle" / "photographs").iterdir()} >= {"coffee", "flower"}
    context = browser.new_context(offline=True)
    try:
        tab = context.new_page()
        tab.goto(start.as_uri())
        links = tab.eval_on_selector_all("a", "links => links.map(link => link.href)")
        assert len(links) == 3
        for link in links:
            tab.goto(link)
            assert tab.locator("h1").inner_text() in ("A page", "A deck")
    finally:
        context.close()
