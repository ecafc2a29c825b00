"""Every chapter runs from top to bottom, prints what it promises, and is built like the others."""

import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import nbformat
import pytest

from colorlib.files import sensible_workers

ROOT = Path(__file__).resolve().parents[1]
CHAPTERS = sorted((ROOT / "notebooks").glob("*.ipynb"))
RUNS = "test_a_chapter_runs_and_prints_what_it_promises"
each_chapter = pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda path: path.stem)


@pytest.fixture(scope="module")
def runs(request):
    """What nbval says of each chapter that is to be tested; several run at once, on one core each."""
    wanted = [i.callspec.params["chapter"] for i in request.session.items if getattr(i, "originalname", "") == RUNS]
    pool = ThreadPoolExecutor(sensible_workers())
    yield {chapter: pool.submit(nbval, chapter) for chapter in wanted}
    pool.shutdown(cancel_futures=True)


def nbval(chapter):
    """Run each cell. What cells tagged nbval-check-output print is compared, the others only have to work."""
    command = [sys.executable, "-m", "pytest", "--nbval-lax", "--nbval-current-env", "--nbval-cell-timeout=600"]
    command += [f"--nbval-sanitize-with={ROOT / 'tests' / 'sanitize.cfg'}", "-p", "no:cacheprovider", "-q"]
    command += ["--no-header", "-x", "--durations=3", "-o", "addopts=", "-o", "timeout=0", str(chapter)]
    environment = {**os.environ, "PYTHONWARNINGS": "ignore", "OMP_NUM_THREADS": "1"}
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)


@pytest.mark.timeout(2400)
@each_chapter
def test_a_chapter_runs_and_prints_what_it_promises(runs, chapter):
    result = runs[chapter].result()
    assert result.returncode == 0, result.stdout[-6000:] + result.stderr[-2000:]


@each_chapter
def test_a_chapter_is_built_like_the_others(chapter):
    cells = nbformat.read(chapter, as_version=4).cells
    number = int(chapter.stem[:2])
    opening = cells[0].source
    assert opening.startswith(f"# {number}. ")
    for part in ("**Objectives**", "**Time**", "**Before this**"):
        assert part in opening, f"the first cell lacks {part}"
    prose = "\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
    exercises = re.findall(r":label: (\S+)", "\n".join(re.findall(r"\{exercise\}[^\n]*\n:label: \S+", prose)))
    assert exercises == [f"ex-{number:02}-{i}" for i in (1, 2, 3)]
    solutions = re.findall(r"\{solution\} (\S+)\n((?::.*\n)*)", prose)
    assert [label for label, _ in solutions] == exercises
    assert all(":class: dropdown" in options for _, options in solutions)
    assert "## Exercises" in prose
    assert "## References" in prose


@each_chapter
def test_a_chapter_cites_only_what_the_bibliography_has(chapter):
    keys = set(re.findall(r"^@\w+\{(\w+),", (ROOT / "book" / "references.bib").read_text("utf8"), re.MULTILINE))
    prose = "\n".join(c.source for c in nbformat.read(chapter, as_version=4).cells if c.cell_type == "markdown")
    cited = {key.strip() for keys_ in re.findall(r"\{cite(?::\w+)?\}`([^`]+)`", prose) for key in keys_.split(",")}
    assert cited
    assert cited <= keys


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
    assert [int(path.stem[:2]) for path in CHAPTERS] == list(range(1, len(CHAPTERS) + 1))
