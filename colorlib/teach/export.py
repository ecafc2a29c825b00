"""What a teacher hands out, made from the chapters: notebooks, solutions, the key to mark with.

A checked exercise is four cells of a chapter, which carry its name in their metadata under
``exercise``: the question (tag `exercise`, with its kind and points), the answer (`solution`, with
the gap that students get in its place), the call of `check` (`check`, with answers that are wrong,
for the tests) and the explanation (`explanation`, with what a person looks for in a judgement).
"""

import copy
import json
import secrets
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from colorlib._atomic import atomic

Notebook = dict[str, Any]
KINDS = ("computation", "experiment", "judgement")
WITHHELD = "*The solution is with your teacher.*"


@dataclass(frozen=True)
class Exercise:
    """One checked exercise of a chapter.

    Parameters
    ----------
    name : str
        As `colorlib.teach.check` knows it.
    chapter : str
        Name of the notebook, without its suffix.
    kind : str
        Computation, experiment or judgement.
    points : int
        For all of it. A judgement's choice counts one, the rest is given by whoever reads the
        reason.
    question, explanation : str
        Markdown.
    solution, gap : str
        Code that answers it, and code with the answer left out.
    answers : tuple of str
        The names that are handed to `check`.
    wrong : tuple of str
        Code with plausible wrong answers, each run after the solution.
    rubric : tuple of str
        What a person looks for in a judgement.
    """

    name: str
    chapter: str
    kind: str
    points: int
    question: str
    solution: str
    gap: str
    answers: tuple[str, ...]
    wrong: tuple[str, ...]
    explanation: str
    rubric: tuple[str, ...]


def read_notebook(path: str | Path) -> Notebook:
    """Read a notebook.

    Parameters
    ----------
    path : str or Path

    Returns
    -------
    dict
        Its cells have their source as one string.

    Raises
    ------
    ValueError
        If it is no notebook.
    """
    try:
        notebook = json.loads(Path(path).read_text("utf8"))
        for cell in notebook["cells"]:
            cell["source"] = "".join(cell["source"])
            cell.setdefault("metadata", {})
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(
            f"{path}: this is no notebook ({type(error).__name__}); save it again as .ipynb"
        ) from None
    return notebook


def tagged(cell: dict[str, Any], tag: str) -> bool:
    """Tell whether a cell carries a tag.

    Parameters
    ----------
    cell : dict
    tag : str
    """
    return tag in cell["metadata"].get("tags", [])


def exercises_of(notebook: Notebook, chapter: str) -> list[Exercise]:
    """List the checked exercises of a chapter.

    Parameters
    ----------
    notebook : dict
        As `read_notebook` gives it.
    chapter : str

    Returns
    -------
    list of Exercise
        In the order of the chapter.

    Raises
    ------
    ValueError
        If a part of one is missing.
    """
    parts: dict[str, dict[str, dict[str, Any]]] = {}
    for cell in notebook["cells"]:
        about = cell["metadata"].get("exercise")
        for tag in ("exercise", "solution", "check", "explanation"):
            if about and tagged(cell, tag):
                parts.setdefault(about["name"], {})[tag] = {**about, "source": cell["source"]}
    found = []
    for name, part in parts.items():
        missing = {"exercise", "solution", "check", "explanation"} - set(part)
        if missing:
            raise ValueError(
                f"{chapter}: the exercise {name} has no cell tagged {', '.join(sorted(missing))}"
            )
        question, solution, check, explanation = (
            part[t] for t in ("exercise", "solution", "check", "explanation")
        )
        if question["kind"] not in KINDS:
            raise ValueError(
                f"{chapter}: the exercise {name} is a {question['kind']!r}; "
                f"{', '.join(KINDS)} are known"
            )
        found.append(
            Exercise(
                name,
                chapter,
                question["kind"],
                question["points"],
                question["source"],
                solution["source"],
                solution["gap"],
                tuple(check["answers"]),
                tuple(check["wrong"]),
                explanation["source"],
                tuple(explanation.get("rubric", ())),
            )
        )
    return found


def student_notebook(notebook: Notebook) -> Notebook:
    """Leave solutions, wrong answers and rubrics out of a chapter: gaps, and checks, stay.

    Parameters
    ----------
    notebook : dict
        As `read_notebook` gives it.

    Returns
    -------
    dict
        Another notebook.
    """
    result = copy.deepcopy(notebook)
    cells = []
    for cell in result["cells"]:
        about = cell["metadata"].get("exercise", {})
        if tagged(cell, "explanation"):
            continue
        if tagged(cell, "solution"):
            cell["source"] = about["gap"]
            cell["metadata"] = {"tags": ["answer"], "exercise": {"name": about["name"]}}
        elif about:
            cell["metadata"]["exercise"] = {"name": about["name"]}
        if cell["cell_type"] == "markdown":
            cell["source"] = without_solutions(cell["source"])
        else:
            cell["outputs"], cell["execution_count"] = [], None
        cells.append(cell)
    result["cells"] = cells
    return result


def without_solutions(markdown: str) -> str:
    """Put a sentence in the place of each solution that is written out in a text.

    Parameters
    ----------
    markdown : str
    """
    kept, fence = [], None
    for line in markdown.split("\n"):
        bare = line.strip()
        if fence is None and bare.lstrip("`").startswith("{solution}") and bare.startswith("```"):
            fence = bare[: len(bare) - len(bare.lstrip("`"))]
            kept.append(WITHHELD)
        elif fence is None:
            kept.append(line)
        elif bare == fence:
            fence = None
    return "\n".join(kept)


def answer_key(exercises: Iterable[Exercise]) -> dict[str, Any]:
    """Make the key with which notebooks are marked. Keep it: it holds the solutions.

    Parameters
    ----------
    exercises : iterable of Exercise

    Returns
    -------
    dict
        ``seed``, from which a marking draws its own inputs, and ``exercises``, each by its name.
        ``hidden`` of an exercise is yours to fill: Python that asserts something of the answers,
        run after the check.
    """
    entries = {exercise.name: {**asdict(exercise), "hidden": ""} for exercise in exercises}
    for entry in entries.values():
        del entry["name"], entry["wrong"]
    return {"colorlib": "answer key", "seed": 1 + secrets.randbelow(10**6), "exercises": entries}


def write_json(path: str | Path, content: Any) -> Path:
    """Write a notebook or a key, whole.

    Parameters
    ----------
    path : str or Path
    content : dict
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    with atomic(path) as temporary:
        temporary.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", "utf8")
    return path
