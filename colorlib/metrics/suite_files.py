"""The folder of a run on a suite: what it is made of, as which it goes on, and its results."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pandas as pd

from colorlib._atomic import atomic
from colorlib.metrics.suite import Measured
from colorlib.metrics.suite_table import accuracy_curves, picture_table

__all__ = ["begin_run", "write_tables"]

RUN = "run.json"


def begin_run(
    folder: str | Path,
    suite: str,
    photographs: Mapping[str, Path],
    size: int,
    methods: Mapping[str, Any],
) -> dict[str, Any]:
    """Note what a run is made of, or see that the run in this folder is made of the same.

    Parameters
    ----------
    folder : str or Path
        Is made where it is missing.
    suite : str
        Name of the list of photographs.
    size : int
        Side in pixels at which they are measured.
    methods : mapping of str to anything json can hold
        What tells each method from others. Further methods may join a run.

    Returns
    -------
    dict
        What the run is made of.

    Raises
    ------
    ValueError
        If the folder holds another run.
    FileExistsError
        If it holds something else.
    """
    folder = Path(folder)
    if folder.exists() and (
        not folder.is_dir() or (any(folder.iterdir()) and not (folder / RUN).is_file())
    ):
        raise FileExistsError(
            f"{folder} holds something else: give a new folder, or one of an earlier call"
        )
    folder.mkdir(parents=True, exist_ok=True)
    digest = hashlib.sha256()
    for name, path in photographs.items():
        digest.update(f"{name}\0{path.stat().st_size}\0".encode())
    now: dict[str, Any] = {
        "suite": suite,
        "photographs": len(photographs),
        "photographs_sha256": digest.hexdigest(),  # of their names and sizes
        "size": size,
        "colorlib": version("colorlib-book"),
    }
    earlier: dict[str, Any] = {}
    if (folder / RUN).is_file():
        earlier = json.loads((folder / RUN).read_text("utf8"))
        differ = [key for key in now if earlier.get(key) != now[key]]
        differ += [
            name for name, about in methods.items() if earlier["methods"].get(name, about) != about
        ]
        if differ:
            raise ValueError(
                f"{folder} holds a run that differs in {', '.join(differ)}: choose another folder"
            )
    record = now | {"methods": earlier.get("methods", {}) | dict(methods)}
    _write_json(folder / RUN, record)
    return now | {"methods": dict(methods)}


def write_tables(
    folder: str | Path,
    table: pd.DataFrame,
    measured: Mapping[str, Measured],
    record: Mapping[str, Any],
) -> None:
    """Write what came of a run: table.csv, pictures.csv, curves.csv and record.json.

    Parameters
    ----------
    folder : str or Path
        Must exist.
    table : pandas.DataFrame
        As from `method_table`.
    record : mapping
        What json can hold.
    """
    folder = Path(folder)
    frames = {"table": table, "curves": accuracy_curves(measured)}
    frames["pictures"] = picture_table(measured).set_index(["method", "picture"])
    for name, frame in frames.items():
        with atomic(folder / f"{name}.csv") as temporary:
            frame.to_csv(temporary, float_format="%.6g")
    _write_json(folder / "record.json", record)


def _write_json(path: Path, content: Mapping[str, Any]) -> None:
    with atomic(path) as temporary:
        temporary.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
