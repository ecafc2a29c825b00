"""Every chapter runs from top to bottom, prints what it promises, and is built like the others."""

import json
import os
import re
import subprocess
import sys
from collections import Counter
from importlib import import_module
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).resolve().parents[2]
CHAPTERS = sorted((ROOT / "notebooks").glob("*.ipynb"))
each_chapter = pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda path: path.stem)
# The door to the book, "Your photo in one minute", teaches nothing: no exercises, and one paper.
DOOR = ROOT / "notebooks" / "00_your_photo.ipynb"
each_lesson = pytest.mark.parametrize("chapter", [p for p in CHAPTERS if p != DOOR], ids=lambda path: path.stem)


@pytest.fixture(scope="module")
def replay(tmp_path_factory):
    """A folder for Jupyter with the kernel of tests/replay, which answers with what the build of the book computed."""
    folder = tmp_path_factory.mktemp("jupyter")
    spec = {
        "argv": [sys.executable, str(ROOT / "tests" / "replay" / "replay.py"), "-f", "{connection_file}"],
        "display_name": "replay",
        "language": "python",
    }
    (folder / "kernels" / "replay").mkdir(parents=True)
    (folder / "kernels" / "replay" / "kernel.json").write_text(json.dumps(spec), "utf8")
    return folder


def nbval(chapter, executed, replay):
    """Judge each cell of a chapter: what cells tagged nbval-check-output printed is compared, others had to work."""
    done = replay / f"{chapter.stem}-{len(list(replay.iterdir()))}.ipynb"
    nbformat.write(executed, done)
    command = [sys.executable, "-m", "pytest", "--nbval-lax", "--nbval-kernel-name=replay"]
    command += [f"--nbval-sanitize-with={ROOT / 'tests' / 'book' / 'sanitize.cfg'}", "-p", "no:cacheprovider", "-q"]
    command += ["--no-header", "-x", "-o", "addopts=", "-o", "timeout=0", str(chapter)]
    environment = {**os.environ, "PYTHONWARNINGS": "ignore", "JUPYTER_PATH": str(replay), "EXECUTED": str(done)}
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)


@each_chapter
def test_a_chapter_runs_and_prints_what_it_promises(book, replay, tools, chapter):
    result = nbval(chapter, tools.executed(chapter), replay)
    assert result.returncode == 0, result.stdout[-6000:] + result.stderr[-2000:]
    cells = nbformat.read(chapter, as_version=4).cells
    assert f"{sum(cell.cell_type == 'code' and bool(cell.source.strip()) for cell in cells)} passed" in result.stdout


def small_chapter(path):
    """A chapter of three cells: it prints a promise, a number that is none, and a promised result."""
    promise = {"tags": ["nbval-check-output"]}
    cells = [
        nbformat.v4.new_code_cell("print('two')", metadata=promise, execution_count=1),
        nbformat.v4.new_code_cell("print(3)", execution_count=1),
        nbformat.v4.new_code_cell("4", metadata=promise, execution_count=1),
    ]
    cells[0].outputs = [nbformat.v4.new_output("stream", name="stdout", text="two\n")]
    cells[2].outputs = [nbformat.v4.new_output("execute_result", data={"text/plain": "4"}, execution_count=1)]
    notebook = nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": {"name": "python3", "display_name": "x"}})
    nbformat.write(notebook, path)
    return path, nbformat.from_dict(notebook)


def alter_promise(notebook):
    notebook.cells[0].outputs[0].text = "five\n"


def alter_result(notebook):
    notebook.cells[2].outputs[0].data["text/plain"] = "5"


def fail(notebook):
    notebook.cells[1].outputs = [nbformat.v4.new_output("error", ename="ValueError", evalue="no", traceback=["no"])]


def alter_source(notebook):
    notebook.cells[1].source = "print(33)"


def test_the_judge_finds_nothing_wrong_in_a_right_build(replay, tmp_path):
    right = nbval(*small_chapter(tmp_path / "chapter.ipynb"), replay)
    assert right.returncode == 0, right.stdout + right.stderr
    assert "3 passed" in right.stdout


@pytest.mark.parametrize("change", [alter_promise, alter_result, fail, alter_source])
def test_the_judge_sees_what_went_wrong_in_the_build(replay, tmp_path, change):
    chapter, executed = small_chapter(tmp_path / "chapter.ipynb")
    change(executed)
    wrong = nbval(chapter, executed, replay)
    assert wrong.returncode == 1, wrong.stdout + wrong.stderr
    assert "1 failed" in wrong.stdout


@each_lesson
def test_a_chapter_is_built_like_the_others(chapter):
    cells = nbformat.read(chapter, as_version=4).cells
    number = chapter.stem.split("_")[0]  # "08", or "08b" for the second half of a long one
    opening = cells[0].source
    assert opening.startswith(f"# {number.lstrip('0')}. ")
    for part in ("**Objectives**", "**Time**", "**Before this**"):
        assert part in opening, f"the first cell lacks {part}"
    prose = "\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
    exercises = re.findall(r":label: (\S+)", "\n".join(re.findall(r"\{exercise\}[^\n]*\n:label: \S+", prose)))
    assert exercises == [f"ex-{number}-{i}" for i in range(1, 7)]
    solutions = re.findall(r"\{solution\} (\S+)\n((?::.*\n)*)", prose)
    assert [label for label, _ in solutions] == exercises
    assert all(":class: dropdown" in options for _, options in solutions)
    lines = re.search(r"^## Summary\n\n((?:- .+\n)+)\n*## Exercises$", prose, re.MULTILINE)
    assert lines, "a summary, as a list, comes right before the exercises"
    assert 3 <= lines[1].count("\n") <= 5
    assert "## References" in prose


def test_names_in_a_solution_are_those_of_its_chapter(tmp_path):
    """A solution is typed after the cells above it: it may use their names, its own, the package's, no others."""
    rooms = ["classical", "color", "data", "experiments", "images", "metrics", "models", "show"]
    for chapter in CHAPTERS:
        above = []
        for cell in nbformat.read(chapter, as_version=4).cells:
            if cell.cell_type == "code":
                above.append(cell.source)
                continue
            for label, solution in re.findall(
                r"^````\{solution\} (\S+)$(.*?)^````$", cell.source, re.MULTILINE | re.DOTALL
            ):
                own = re.findall(r"^```python\n(.*?)^```$", solution, re.MULTILINE | re.DOTALL)
                (tmp_path / f"{label}.py").write_text("\n".join([*above, *own]), "utf8")
                for room, name in re.findall(rf"\b({'|'.join(rooms)})\.(\w+)", "\n".join(own)):
                    assert hasattr(import_module(f"colorlib.{room}"), name), f"{label}: {room}.{name}"
    assert len(list(tmp_path.iterdir())) > 50
    command = [sys.executable, "-m", "ruff", "check", "--isolated", "--config", "builtins=['display']"]
    command += ["--select", "F821", "--output-format", "concise"]
    checked = subprocess.run([*command, tmp_path], capture_output=True, text=True)
    assert checked.returncode == 0, checked.stdout


@each_chapter
def test_a_chapter_cites_only_what_the_bibliography_has(chapter):
    keys = set(re.findall(r"^@\w+\{(\w+),", (ROOT / "book" / "references.bib").read_text("utf8"), re.MULTILINE))
    prose = "\n".join(c.source for c in nbformat.read(chapter, as_version=4).cells if c.cell_type == "markdown")
    cited = {key.strip() for keys_ in re.findall(r"\{cite(?::\w+)?\}`([^`]+)`", prose) for key in keys_.split(",")}
    assert cited
    assert cited <= keys


@each_chapter
def test_displayed_equations_have_labels_and_are_spoken_of(chapter):
    cells = nbformat.read(chapter, as_version=4).cells
    prose = "\n\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
    equations = re.findall(r"\$\$.+?\$\$(?: \((eq-[a-z-]+)\)(?=\n|$))?", prose, re.DOTALL)
    assert all(equations), "an equation without a label"
    assert set(re.findall(r"\{eq\}`([^`]+)`", prose)) <= set(equations)


def test_labels_of_equations_are_given_once():
    labels = [label for path in CHAPTERS for label in re.findall(r"\$\$ \((eq-[a-z-]+)\)", path.read_text("utf8"))]
    assert labels
    assert len(labels) == len(set(labels))


def test_no_two_chapters_define_a_function_of_one_name():
    """What two chapters need is in the package, and one name is one thing."""
    defined = Counter()
    for path in CHAPTERS:
        cells = nbformat.read(path, as_version=4).cells
        code = [c.source for c in cells if c.cell_type == "code" and "setup" not in c.metadata.get("tags", ())]
        defined.update({name for source in code for name in re.findall(r"^def (\w+)", source, re.MULTILINE)})
    assert len(defined) > 50
    assert [name for name, chapters in defined.items() if chapters > 1] == []


@each_chapter
def test_a_chapter_is_committed_without_pictures(chapter, tools):
    for cell in nbformat.read(chapter, as_version=4).cells:
        if cell.cell_type != "code":
            continue
        assert bool(cell.outputs) == tools.promised(cell), f"`make notebooks` or --promise was not run:\n{cell.source}"
        for output in cell.outputs:
            assert set(output.get("data", {})) <= {"text/plain"}


def test_there_are_chapters():
    assert len(CHAPTERS) >= 7
    numbers = [int(path.stem[:2]) for path in CHAPTERS]
    assert sorted(set(numbers)) == list(range(max(numbers) + 1))
    assert CHAPTERS[0] == DOOR
