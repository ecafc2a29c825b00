"""Marks for a class: each notebook of a folder is run where it can do no harm, and judged."""

import json
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from colorlib.settings import cores
from colorlib.teach.checks import judge
from colorlib.teach.export import read_notebook, tagged
from colorlib.teach.marks import Mark
from colorlib.teach.plain import unpacked
from colorlib.teach.process import Notebook

CALL = re.compile(r"""\bcheck\(\s*["']([\w-]+)["']""")
LONGEST = 2000  # characters of an answer or a message that are kept


@dataclass(frozen=True)
class Found:
    """What became of one exercise.

    Parameters
    ----------
    passed : bool
    message : str
    answer : str
        The texts among the answers.
    """

    passed: bool
    message: str
    answer: str = ""


def mark_folder(
    folder: str | Path,
    key: str | Path,
    seconds: float = 60.0,
    tell: Callable[[str], object] = lambda text: None,
) -> list[Mark]:
    """Mark the notebooks of a folder, several side by side.

    Parameters
    ----------
    folder : str or Path
        With notebooks, at any depth.
    key : str or Path
        The answer key.
    seconds : float
        How long the cells of one exercise may run.
    tell : callable
        Called with a line for each notebook that is done.

    Returns
    -------
    list of Mark
        By student, then in the order of the key: all exercises of a chapter of which the notebook
        holds one.

    Raises
    ------
    FileNotFoundError
        If there are no notebooks.
    ValueError
        If the key is none.
    """
    folder, entries = Path(folder), read_answer_key(key)
    paths = sorted(
        path for path in folder.rglob("*.ipynb") if ".ipynb_checkpoints" not in path.parts
    )
    if not paths:
        raise FileNotFoundError(
            f"{folder}: no notebooks in it; give the folder in which the students' .ipynb files are"
        )

    def one(path: Path) -> list[Mark]:
        name = path.relative_to(folder).with_suffix("").as_posix()
        try:
            marks = mark_notebook(path, entries, seconds, name)
        except (OSError, ValueError) as error:
            marks = [Mark(name, "", "", "", 0, 0, str(error), "", "")]
        tell(f"{name}: {sum(mark.points for mark in marks)} of {sum(mark.of for mark in marks)}")
        return marks

    with ThreadPoolExecutor(cores()) as pool:
        return [mark for marks in pool.map(one, paths) for mark in marks]


def read_answer_key(path: str | Path) -> dict[str, Any]:
    """Read an answer key.

    Parameters
    ----------
    path : str or Path

    Raises
    ------
    ValueError
        If it is no key.
    """
    try:
        key = json.loads(Path(path).read_text("utf8"))
        found = (
            key["colorlib"] == "answer key"
            and len(key["exercises"]) > 0
            and isinstance(key["seed"], int)
        )
    except (ValueError, KeyError, TypeError):
        found = False
    if not found:
        raise ValueError(
            f"{path}: this is no answer key; `make teach` writes one, _build/teach/key.json"
        )
    return key


def exercises_in(notebook: dict[str, Any], key: dict[str, Any]) -> dict[str, list[str]]:
    """Find the code that belongs to each exercise of a notebook.

    Cells before the first exercise are the chapter's own, and are not run: an exercise stands on
    its own.

    Parameters
    ----------
    notebook : dict
    key : dict

    Returns
    -------
    dict of str to list of str
        Name to the cells that lead up to its check.
    """
    cells = notebook["cells"]
    first = next((i for i, cell in enumerate(cells) if tagged(cell, "exercise")), 0)
    found: dict[str, list[str]] = {}
    codes: list[str] = []
    for cell in cells[first:]:
        if tagged(cell, "exercise"):
            codes = []
        if cell.get("cell_type") != "code":
            continue
        if not tagged(cell, "check"):
            codes.append(cell["source"])
        for name in CALL.findall(cell["source"]):
            if name in key["exercises"]:
                found.setdefault(name, []).extend(codes)
                codes = []
    return found


def mark_notebook(
    path: str | Path, key: dict[str, Any], seconds: float, student: str
) -> list[Mark]:
    """Mark one notebook.

    Parameters
    ----------
    path : str or Path
    key : dict
        As `read_answer_key` gives it.
    seconds : float
        How long the cells of one exercise may run.
    student : str
        How the notebook is called in the marks.

    Returns
    -------
    list of Mark
        Of all exercises of its chapter.

    Raises
    ------
    ValueError
        If it is no notebook, or has no exercise of the key.
    """
    codes = exercises_in(read_notebook(path), key)
    if not codes:
        raise ValueError(f"{path}: no call of check(...) with an exercise of the key")
    entries = key["exercises"]
    chapters = {entries[name]["chapter"] for name in codes}
    found: dict[str, Found] = {}
    while todo := [name for name in codes if name not in found]:
        answers = [list(entries[name]["answers"]) for name in todo]
        with Notebook([codes[name] for name in todo], answers, seconds) as notebook:
            for name in todo:
                said = notebook.run_next()
                if said is None and not notebook.begun:
                    found |= {
                        other: Found(False, "the notebook could not be run") for other in todo
                    }
                elif said is not None and notebook.gone is None:
                    found[name] = judged(name, entries[name], said, notebook, key["seed"])
                if notebook.gone is not None:  # the others get a new process
                    found.setdefault(name, Found(False, notebook.gone))
                    break
    marks = []
    for name, entry in entries.items():
        if entry["chapter"] in chapters:
            line = found.get(name, Found(False, "not in the notebook"))
            judgement = entry["kind"] == "judgement"
            points = (1 if judgement else entry["points"]) if line.passed else 0
            read = line.answer if judgement else ""
            rubric = "; ".join(entry["rubric"])
            told = (
                student,
                entry["chapter"],
                name,
                entry["kind"],
                points,
                entry["points"],
                line.message,
                read,
                rubric,
            )
            marks.append(Mark(*told))
    return marks


def judged(
    name: str, entry: dict[str, Any], said: dict[str, Any], notebook: Notebook, seed: int
) -> Found:
    """Judge the answers that a notebook's process sent; nothing of the notebook runs in this one.

    Parameters
    ----------
    name : str
        Of the exercise.
    entry : dict
        Of the key.
    said : dict
        What `Notebook.run_next` gave.
    notebook : Notebook
        Calls the functions among the answers.
    seed : int
    """
    try:
        answers = [unpacked(answer, notebook.function) for answer in said["answers"]]
        missing, trouble = [str(missed) for missed in said["missing"]], said["trouble"]
        if len(answers) != len(entry["answers"]):
            raise ValueError("other answers arrived than were asked for")
    except Exception as error:  # whatever was sent, the marking of the others goes on
        raised = said.get("raises")
        what = map(str, raised) if isinstance(raised, list) else (type(error).__name__, str(error))
        return Found(False, _kept(f"the answer could not be looked at: {': '.join(what)}"))
    found = judge(name, *answers, seed=seed)
    passed, message = found.passed, found.message
    if missing:
        passed, message = False, f"there is no {', '.join(missing)}"
    if passed and entry.get("hidden"):
        passed, message = _hidden(entry, answers)
    if notebook.gone is not None:
        passed, message = False, notebook.gone
    if trouble and not passed:
        message = f"{message} (a cell ended with {trouble})"
    words = "\n".join(answer for answer in answers if isinstance(answer, str))
    return Found(passed, _kept(message), _kept(words))


def _kept(text: str) -> str:
    """As much of a text as goes into a table, and only what can be written to one."""
    return text[:LONGEST].encode("utf8", "replace").decode("utf8")


def _hidden(entry: dict[str, Any], answers: list[Any]) -> tuple[bool, str]:
    """Run the teacher's own check on the answers: whether it holds, and what it says."""
    try:
        exec(entry["hidden"], dict(zip(entry["answers"], answers, strict=True)))
    except Exception as error:
        return False, f"the teacher's own check: {error}" if str(
            error
        ) else "the teacher's own check does not hold"
    return True, "right."
