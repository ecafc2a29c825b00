"""Marks for a class: each notebook of a folder is run where it can do no harm, and judged."""

import contextlib
import json
import os
import re
import select
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from colorlib.settings import cores
from colorlib.teach.export import read_notebook, tagged
from colorlib.teach.marks import Mark

CALL = re.compile(r"""\bcheck\(\s*["']([\w-]+)["']""")
MEMORY = 4 * 2**30  # bytes beyond what Python, torch and the photographs take
START = 180.0  # seconds until the packages are imported, on a busy machine
GRACE = 10.0  # seconds after its limit at which a process that ignores it is killed


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

    Returns
    -------
    dict

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
    found, todo = {}, list(codes)
    while todo:
        running = None
        for line in _sandboxed([codes[name] for name in todo], todo, key, seconds):
            if "name" in line:
                found[line["name"]] = line
            running = line.get("begins", line.get("name"))
        todo = [name for name in todo if name not in found]
        # It brought its process down, or held it up: the others get a new one.
        if todo and running in todo:
            found[running] = {
                "passed": False,
                "message": "the notebook crashed, or ran too long, in this exercise",
            }
            todo.remove(running)
        elif todo:
            found |= {
                name: {"passed": False, "message": "the notebook could not be run"} for name in todo
            }
            todo = []
    marks = []
    for name, entry in entries.items():
        if entry["chapter"] in chapters:
            line = found.get(name, {"passed": False, "message": "not in the notebook"})
            judged = entry["kind"] == "judgement"
            points = (1 if judged else entry["points"]) if line["passed"] else 0
            read = line.get("answer", "") if judged else ""
            rubric = "; ".join(entry["rubric"])
            told = (
                student,
                entry["chapter"],
                name,
                entry["kind"],
                points,
                entry["points"],
                line["message"],
                read,
                rubric,
            )
            marks.append(Mark(*told))
    return marks


def _sandboxed(
    cells: list[list[str]], names: list[str], key: dict[str, Any], seconds: float
) -> Iterator[dict[str, Any]]:
    """Run cells in a process that is shut in, and give its lines; it is killed when it hangs."""
    receive, send = os.pipe()
    job = {
        "cells": cells,
        "exercises": [{"name": n, **key["exercises"][n]} for n in names],
        "seed": key["seed"],
    }
    job |= {"out": send, "memory": MEMORY, "seconds": seconds}
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as home:
        environment = {
            **os.environ,
            "HOME": home,
            "TMPDIR": home,
            "IPYTHONDIR": home,
            "MPLCONFIGDIR": home,
        }
        environment |= {
            "OMP_NUM_THREADS": "1",
            "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
        }
        command = [sys.executable, "-m", "colorlib.teach.sandbox"]
        process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=home,
            env=environment,
            pass_fds=[send],
            start_new_session=True,
        )
        os.close(send)
        try:
            with contextlib.suppress(BrokenPipeError):
                process.stdin.write(json.dumps(job).encode())
                process.stdin.close()
            yield from _lines(receive, START, seconds + GRACE)
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            os.close(receive)


def _lines(descriptor: int, patience: float, later: float) -> Iterator[dict[str, Any]]:
    """The lines of JSON that come, as long as each comes within its time; at most a megabyte."""
    buffer, size, until = b"", 0, time.monotonic() + patience
    while size < 2**20:
        if not select.select([descriptor], [], [], max(0.0, until - time.monotonic()))[0]:
            return
        piece = os.read(descriptor, 2**16)
        if not piece:
            return
        buffer, size = buffer + piece, size + len(piece)
        *lines, buffer = buffer.split(b"\n")
        for line in lines:
            try:
                told = json.loads(line)
            except ValueError:
                return
            if "ends" in told:
                return
            until = time.monotonic() + later
            yield told
