"""What the long trainings left behind in `book/results`: logs, metrics and coloured frames.

An installed package has them inside, so that a chapter on Colab asks nobody for them.
"""

import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from colorlib.metrics.evaluate import bootstrap_interval

_INSTALLED = Path(__file__).resolve().parents[1] / "results"  # where setup.py puts them
_REPOSITORY = Path(__file__).resolve().parents[2] / "book" / "results"
RESULTS = _INSTALLED if _INSTALLED.is_dir() else _REPOSITORY


def recorded_file(name: str) -> Path:
    """Find one recorded file, such as ``"paper-24.csv"``, in the package or in the repository.

    Parameters
    ----------
    name : str
        Path inside `book/results`.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    """
    if not (RESULTS / name).is_file():
        known = sorted(file.name for file in RESULTS.glob("*") if file.suffix in (".csv", ".json"))
        raise FileNotFoundError(
            f"no recorded file {name!r} in {RESULTS}; there are: {', '.join(known) or 'none yet'}"
        )
    return RESULTS / name


def recorded_log(name: str) -> pd.DataFrame:
    """Read the log of a recorded training.

    Parameters
    ----------
    name : str
        Of its recipe, such as ``"paper-24"``.

    Returns
    -------
    DataFrame
        One row an epoch.
    """
    return pd.read_csv(recorded_file(f"{name}.csv"))


def recorded_metrics(name: str, collection: str | None = None, start: bool = False) -> pd.DataFrame:
    """How well a recorded training did on all its validation photographs.

    Parameters
    ----------
    name : str
        Of its recipe.
    collection : str, optional
        Which photographs, for a recipe that mixes several collections, such as ``"scenes-144"``.

    Returns
    -------
    DataFrame
        As `metrics.evaluate` made it: rows model, grey and truth.
    """
    metrics = _record(name)["start_metrics" if start else "metrics"]
    table = pd.DataFrame.from_dict(
        metrics[collection] if collection else metrics, orient="index"
    ).astype(float)
    # json has no infinity: the PSNR of the truth beside itself was written as null
    return table.fillna(math.inf)


def recorded_variants(recipe: str, variants: Sequence[str], seed: int = 42) -> pd.DataFrame:
    """Set variants of one recipe side by side: how good each became, and at what cost.

    Parameters
    ----------
    recipe : str
        Such as ``"fusion"``.
    variants : sequence of str
        Those that were recorded, see `experiments.variants`.

    Returns
    -------
    DataFrame
        One row a variant. The model's columns of `recorded_metrics`; ``color_share``, its
        colourfulness as a part of the truth's, with ``_low`` and ``_high`` of the model's interval;
        ``class_accuracy`` where labels were learnt; ``noise``, how much two samples differ
        (`assess.noise`); ``images_per_second`` of the median epoch, ``minutes`` and
        ``peak_memory_mib`` of the training.
    """
    rows = {}
    for variant in variants:
        name = f"{recipe}/{variant}-{seed}"
        metrics, log = recorded_metrics(name), recorded_log(name)
        row = metrics.loc["model"].to_dict()
        for end in ("", "_low", "_high"):
            row[f"color_share{end}"] = (
                row[f"colorfulness{end}"] / metrics.loc["truth", "colorfulness"]
            )
        if "valid_class_accuracy" in log:
            row["class_accuracy"] = log["valid_class_accuracy"].iloc[-1]
        row["noise"] = _record(name)["noise"]
        row["images_per_second"] = log["images_per_second"].median()
        row["minutes"] = log["seconds"].sum() / 60
        row["peak_memory_mib"] = log["peak_memory_mib"].max()
        rows[variant] = row
    return pd.DataFrame(rows).T.astype(float)


def recorded_errors(recipe: str) -> pd.DataFrame:
    """How far off each photograph's colours are in the runs of a recipe that compares.

    Parameters
    ----------
    recipe : str
        Such as ``"fusion"``.

    Returns
    -------
    DataFrame
        One row a validation photograph, the same in all columns; one column a run, ``"labels-42"``:
        mean absolute error of a and b, in CIE units (`experiments.photograph_errors`).
    """
    return pd.read_csv(recorded_file(f"{recipe}/errors.csv"))


def recorded_difference(
    recipe: str, one: str, other: str, seed: int = 42
) -> tuple[float, float, float]:
    """How much larger one variant's error is than another's, compared photograph by photograph.

    Parameters
    ----------
    recipe : str
        Such as ``"fusion"``.
    one, other : str
        Its variants, recorded with this seed.

    Returns
    -------
    mean, low, high : float
        Difference of the errors of a and b, in CIE units, and its 95 % bootstrap interval over the
        photographs.
    """
    errors = recorded_errors(recipe)
    difference = errors[f"{one}-{seed}"] - errors[f"{other}-{seed}"]
    return float(difference.mean()), *bootstrap_interval(difference)


def recorded_frames(name: str) -> dict[int, dict[str, Path]]:
    """Show what a recorded training made of photographs that it never trained on, by epoch.

    Parameters
    ----------
    name : str
        Of its recipe.

    Returns
    -------
    dict of int to dict of str to Path
        Epoch, counted from 1, to the photograph's name to the coloured picture. Of a long training
        some epochs were kept: its record lists them as `epochs_shown`.
    """
    record = _record(name)
    epochs = record.get("epochs_shown", range(1, record["epochs"] + 1))
    photographs = record["recipe"]["frames"]
    names = [f"{name}/{epoch:03d}-{photo}.webp" for epoch in epochs for photo in photographs]
    files = iter([recorded_file(name) for name in names])
    return {epoch: {photo: next(files) for photo in photographs} for epoch in epochs}


def _record(name: str) -> dict[str, Any]:
    """Return what a recorded training says of itself."""
    return json.loads(recorded_file(f"{name}.json").read_text(encoding="utf-8"))
