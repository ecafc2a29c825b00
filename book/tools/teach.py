"""Make what a teacher needs, in `_build/teach`: students' notebooks, solutions, the key, quizzes and slides.

    python book/tools/teach.py             after `make book`, whose pictures the slides show
    python book/tools/teach.py --bundle    also the offline classroom, `_build/teach/bundle`
    python book/tools/teach.py --wheels    the same with what pip needs on this platform

Everything comes from the chapters' tagged cells and from `book/teach`.
"""

import argparse
import shutil
import subprocess
import sys
from pathlib import Path

from bundle import write_bundle
from quizzes import write_all
from slides import write_deck

from colorlib.teach.export import answer_key, exercises_of, read_notebook, student_notebook, write_json
from colorlib.teach.grade import read_answer_key
from notebooks import CHAPTERS, ROOT, executed

TEACH = ROOT / "_build" / "teach"
NPM = ROOT / "book" / "teach" / "slides"


def solutions_notebook(notebook: dict, chapter: str) -> dict:
    """The checked exercises of a chapter alone, with solutions, plausible wrong answers and rubrics."""

    def cell(text: str, kind: str = "markdown") -> dict:
        extra = {"outputs": [], "execution_count": None} if kind == "code" else {}
        return {"cell_type": kind, "metadata": {}, "source": text, **extra}

    cells = [cell(f"# Solutions: {chapter}"), cell("from colorlib.teach import check", "code")]
    for exercise in exercises_of(notebook, chapter):
        cells += [cell(exercise.question), cell(exercise.solution, "code")]
        cells += [cell(f'check("{exercise.name}", {", ".join(exercise.answers)})', "code"), cell(exercise.explanation)]
        cells.append(cell(f"{exercise.points} points. Answers that are wrong, to run one at a time:"))
        cells += [cell(wrong, "code") for wrong in exercise.wrong]
    metadata = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}}
    result = {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}
    for number, made in enumerate(cells):
        made["id"] = f"cell-{number}"
    return result


def renewed(key: dict, path: Path) -> dict:
    """A new key with the seed and the teacher's own checks of the one that is there."""
    if path.is_file():
        before = read_answer_key(path)
        key["seed"] = before["seed"]
        for name, entry in key["exercises"].items():
            entry["hidden"] = before["exercises"].get(name, entry)["hidden"]
    return key


def reveal(folder: Path) -> None:
    """Put reveal.js beside the decks, in the version of the lock file."""
    npm = shutil.which("npm")
    if npm is None:
        raise SystemExit("npm is missing, which brings reveal.js for the slides: install Node.js")
    work = folder.parent / ".npm"
    shutil.copytree(NPM, work, dirs_exist_ok=True)
    subprocess.run([npm, "ci", "--no-audit", "--no-fund", "--silent"], cwd=work, check=True)
    package = work / "node_modules" / "reveal.js"
    shutil.copytree(package / "dist", folder / "reveal", dirs_exist_ok=True)
    shutil.copy(package / "plugin" / "notes" / "notes.js", folder / "reveal" / "notes.js")
    shutil.copy(package / "LICENSE", folder / "reveal" / "LICENSE")
    shutil.rmtree(work)


def main(arguments: list[str] | None = None) -> int:
    """Make everything; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bundle", action="store_true", help="also make the offline classroom")
    parser.add_argument("--wheels", action="store_true", help="the same, with a wheelhouse for this platform")
    options = parser.parse_args(arguments)
    chapters = sorted(CHAPTERS.glob("*.ipynb"))[1:]  # without the door, 00, which asks nothing
    every = []
    for path in chapters:
        notebook = read_notebook(path)
        every += exercises_of(notebook, path.stem)
        write_json(TEACH / "students" / path.name, student_notebook(notebook))
        write_json(TEACH / "solutions" / path.name, solutions_notebook(notebook, path.stem))
    write_json(TEACH / "key.json", renewed(answer_key(every), TEACH / "key.json"))
    shutil.copytree(ROOT / "book" / "teach" / "held", TEACH / "solutions", dirs_exist_ok=True)
    write_all(TEACH / "quizzes")
    reveal(TEACH / "slides")
    missing = []
    for path in chapters:
        try:
            write_deck(executed(path), TEACH / "slides" / f"{path.stem}.html")
        except FileNotFoundError:
            missing.append(path.stem)
    print(f"{len(every)} exercises of {len(chapters)} chapters, {len(chapters) - len(missing)} decks: {TEACH}")
    if missing:
        print(
            f"no deck for {', '.join(missing)}: not executed since something changed; `make book` first",
            file=sys.stderr,
        )
        return 1
    if options.bundle or options.wheels:
        print(f"the offline classroom: {write_bundle(TEACH / 'bundle', TEACH, options.wheels)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
