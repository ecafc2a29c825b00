"""`make book` makes no page anew that is as it was, and leaves none that is not."""

import json
import os
import subprocess
import sys
from pathlib import Path

import nbformat
import pages
import pytest

ROOT = Path(__file__).resolve().parents[2]
FILES = (
    "_config.yml",
    "_toc.yml",
    "requirements.txt",
    "book/preface.md",
    "book/references.bib",
    "book/_ext/hover.py",
    "book/_static/book.css",
    "book/results/long.csv",
    "book/teach/quizzes/01_a.yml",
    "book/tools/web.py",
    "book/web/src/main.js",
    "colorlib/color/lab.py",
    "notebooks/01_a.ipynb",
)


@pytest.fixture
def house(tmp_path):
    """The files of a small book."""
    for name in FILES:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    return tmp_path


def test_there_is_what_is_looked_at():
    for name in (*pages.INPUTS, *pages.OF_ONE_PAGE):
        assert (ROOT / name).exists(), name


@pytest.mark.parametrize(
    ("changed", "todo"),
    [
        ("_config.yml", "all pages"),
        ("_toc.yml", "all pages"),
        ("requirements.txt", "all pages"),
        ("book/references.bib", "all pages"),
        ("book/_ext/hover.py", "all pages"),
        ("book/_ext/new.py", "all pages"),
        ("book/web/src/main.js", "all pages"),
        ("colorlib/color/lab.py", "all pages"),
        ("colorlib/color/new.py", "all pages"),
        ("book/preface.md", "what changed"),
        ("book/reference/new.md", "what changed"),
        ("book/_static/book.css", "what changed"),
        ("book/results/long.csv", "what changed"),
        ("book/teach/quizzes/01_a.yml", "what changed"),
        ("notebooks/01_a.ipynb", "what changed"),
        ("notebooks/.ipynb_checkpoints/01_a.ipynb", "nothing"),
        ("colorlib/color/__pycache__/lab.pyc", "nothing"),
        ("_build/html/index.html", "nothing"),
    ],
)
def test_what_is_to_be_done_after_a_change(house, changed, todo):
    before = pages.hashes(house, {})
    assert pages.plan(before, pages.hashes(house, {})) == "nothing"
    (house / changed).parent.mkdir(parents=True, exist_ok=True)
    (house / changed).write_text("something else")
    assert pages.plan(before, pages.hashes(house, {})) == todo


def test_a_file_that_went_is_a_change(house):
    before = pages.hashes(house, {})
    (house / "book/teach/quizzes/01_a.yml").unlink()
    assert pages.plan(before, pages.hashes(house, {})) == "what changed"
    (house / "colorlib/color/lab.py").unlink()
    assert pages.plan(before, pages.hashes(house, {})) == "all pages"


def test_variables_and_installed_versions_are_changes(house, monkeypatch):
    before = pages.hashes(house, {"COLORLIB_PROFILE": "quick", "PATH": "a"})
    assert pages.hashes(house, {"PATH": "b", "COLORLIB_PROFILE": "quick"}) == before
    assert pages.plan(before, pages.hashes(house, {"COLORLIB_PROFILE": "paper"})) == "all pages"
    assert pages.plan(before, pages.hashes(house, {"COLORLIB_SOLUTIONS": "withheld"})) == "all pages"
    installed = [*pages.distributions()]
    monkeypatch.setattr(pages, "distributions", lambda: installed[1:])
    assert pages.plan(before, pages.hashes(house, {"COLORLIB_PROFILE": "quick"})) == "all pages"


@pytest.mark.parametrize(
    ("todo", "code", "script", "kept"),
    [
        ("what changed", 0, True, True),
        ("all pages", 0, True, False),
        ("what changed", 1, True, True),
        ("what changed", 0, False, True),
    ],
)
def test_what_did_not_succeed_is_made_anew(house, monkeypatch, todo, code, script, kept):
    html, asked = house / "_build" / "html", []
    html.mkdir(parents=True)
    (html / "of_another_day.html").touch()
    now = pages.hashes(house, {})
    (house / "_build" / "built.json").write_text(json.dumps(now))
    assert pages.plan(pages.recorded(house), now) == "nothing"

    def jupyter_book(command, cwd):
        assert pages.recorded(house) is None, "a build that is broken off leaves no record"
        asked.extend(command)
        if script:
            (html / "_static" / "colouring").mkdir(parents=True)
            (html / "_static" / "colouring" / "page.js").touch()
        return code

    monkeypatch.setattr(pages.subprocess, "call", jupyter_book)
    assert pages.build(house, todo, now) == code
    assert ("--all" in asked) == (todo == "all pages")
    assert (html / "of_another_day.html").exists() == kept
    succeeded = code == 0 and script
    assert pages.plan(pages.recorded(house), now) == ("nothing" if succeeded else "all pages")


CONF = """import sys
from pathlib import Path
sys.path.append({extensions!r})
import cache_key
cache_key.ROOT = Path(__file__).parent
extensions = ["myst_nb", "renewed", "hover"]
nb_execution_mode = "off"
exclude_patterns = ["_build", "**/part.md"]
def setup(app):
    app.connect("source-read", lambda app, name, source: print("read", name))
"""
TEXTS = {
    "colorlib/__init__.py": "",
    "colorlib/color.py": "",
    "colorlib/film.py": "",
    "requirements.txt": "",
    "index.md": "# Front\n\n```{toctree}\nbook/prose\nbook/words\nnotebooks/01_a\n```\n",
    "book/prose.md": "# Prose\n\n{doc}`../notebooks/01_a` on {term}`hue`.\n\n```{include} part.md\n```\n",
    "book/part.md": "A part.\n",
    "book/words.md": "# Words\n\n```{glossary}\nhue\n  A direction.\n```\n",
}


KERNEL = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}}


def chapter(title):
    """A notebook with a title and an import."""
    cells = [nbformat.v4.new_markdown_cell(f"# {title}"), nbformat.v4.new_code_cell("import colorlib.color")]
    return nbformat.writes(nbformat.v4.new_notebook(cells=cells, metadata=KERNEL))


def test_sphinx_reads_what_changed_and_writes_what_others_say_of_it(tmp_path):
    texts = TEXTS | {
        "notebooks/01_a.ipynb": chapter("Old title"),
        "conf.py": CONF.format(extensions=str(ROOT / "book" / "_ext")),
    }
    for name, text in texts.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)

    def read():
        command = [sys.executable, "-m", "sphinx", "-W", "--keep-going", "-b", "html", ".", "_build/html"]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return {line.split()[1] for line in done.stdout.splitlines() if line.startswith("read ")}

    def change(name, text):
        (tmp_path / name).write_text(text)
        os.utime(tmp_path / name, (1e9, 1e9))  # as a file that comes from elsewhere: older than the page

    def prose():
        return (tmp_path / "_build" / "html" / "book" / "prose.html").read_text("utf8")

    assert read() == {"index", "book/prose", "book/words", "notebooks/01_a"}
    assert read() == set()
    change("notebooks/01_a.ipynb", chapter("New title"))
    change("book/words.md", TEXTS["book/words.md"].replace("direction", "turn"))
    assert "Old title" in prose()
    assert read() == {"notebooks/01_a", "book/words"}
    assert "Old title" not in prose()
    assert "New title" in prose()
    assert 'title="A turn."' in prose()
    change("book/part.md", "Another part.\n")
    change("colorlib/film.py", "FRAMES = 24\n")
    assert read() == {"book/prose"}
    assert "Another part." in prose()
    change("colorlib/color.py", "L = 50\n")
    assert read() == {"notebooks/01_a"}
