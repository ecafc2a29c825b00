"""What a training run is made of, and whether a checkpoint may go on as this run."""

import dataclasses
import subprocess
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from fastai.callback.core import Callback
from fastai.torch_core import num_distrib

from colorlib.data.unchanged import contents_hash
from colorlib.experiments.assess import noise
from colorlib.experiments.recipe import Phase, Recipe
from colorlib.models.card import read_card
from colorlib.models.shipped import find_weights
from colorlib.settings import cores
from colorlib.training.callbacks import is_rehearsal
from colorlib.training.checkpoint import what_was_run

if TYPE_CHECKING:
    from colorlib.training.learner import ColorizationLearner

__all__ = ["Account", "commit", "compared", "made_of", "record_of"]

# These say nothing about the training. The weights to start from are compared by their content.
NAMES = ("title", "name", "variant", "start")


def made_of(recipe: Recipe, source: str, train: list[Path], valid: list[Path]) -> dict[str, Any]:
    """Everything that decides what a run comes to, but for the number of epochs.

    Parameters
    ----------
    source : str
        Where the photographs are from.

    Returns
    -------
    dict
        Strings, numbers, lists and dicts of them: the recipe (its seed is one of its keys), the
        source, number and hash of the photographs, sha256 of the weights to start from, the number
        of processes and the package's version.
    """
    return {
        "recipe": dataclasses.asdict(recipe),
        "source": source,
        "photographs": {
            name: {"number": len(paths), "sha256": contents_hash(paths)}
            for name, paths in (("train", train), ("valid", valid))
        },
        "start": read_card(find_weights(recipe.start))["sha256"] if recipe.start else "none",
        "processes": max(1, num_distrib()),
        "colorlib": version("colorlib-book"),
    }


def compared(file: Path, now: dict[str, Any]) -> tuple[list[dict[str, Any]], list[str]]:
    """Refuse a checkpoint of another run; more epochs than it was to have are welcome.

    A phase may get longer as long as no later one has begun, and phases may be added. At a constant
    rate, that is as if the recipe had said so from the start. A rate that falls has fallen as the
    shorter phase wanted it: it rises again to where the longer one would be, and a note says so.

    Parameters
    ----------
    file : Path
        The checkpoint.
    now : dict
        What the run is made of, from `made_of`.

    Returns
    -------
    trained : list of dict
        How the epochs so far were trained, see `Account`.
    notes : list of str
        What a reader should know about epochs that were added.

    Raises
    ------
    ValueError
        If the checkpoint belongs to another run: the message names every key that differs. Or if it
        cannot be read, or an older version wrote it.
    """
    before, trained, done = what_was_run(file)
    differing, notes = _epochs(before["recipe"]["phase"], now["recipe"]["phase"], done)
    old, new = _flat(before["recipe"]), _flat(now["recipe"])
    added = tuple(
        f" of phase {number + 1}"
        for number in range(len(before["recipe"]["phase"]), len(now["recipe"]["phase"]))
    )
    for key in dict.fromkeys([*old, *new]):
        if old.get(key) != new.get(key) and not key.endswith(added):
            differing.append(f"{key} was {_said(old.get(key))}, now {_said(new.get(key))}")
    for name, what in (("train", "photographs to train on"), ("valid", "validation photographs")):
        was, are = before["photographs"][name], now["photographs"][name]
        if was != are:
            same = (was["number"], before["source"]) == (are["number"], now["source"])
            others = ", but with other names or contents" if same else ""
            differing.append(
                f"the {what} were {was['number']} of {before['source']}, "
                f"now {are['number']} of {now['source']}{others}"
            )
    if before["start"] != now["start"]:
        differing.append(
            f"the weights to start from had the sha256 {before['start'][:12]}, "
            f"now {now['start'][:12]}"
        )
    for key in ("processes", "colorlib"):
        if before[key] != now[key]:
            differing.append(f"{key} was {before[key]}, now {now[key]}")
    if differing:
        raise ValueError(
            f"{file} is of another run: {'; '.join(differing)}. Choose another folder with --out, "
            "go on with what it "
            "was begun with, or begin anew with --no-resume"
        )
    return trained, notes


def _epochs(
    old: list[dict[str, Any]], new: list[dict[str, Any]], done: int
) -> tuple[list[str], list[str]]:
    """Return what is wrong with the numbers of epochs, and what should be known about them."""
    differing, notes, begin = [], [], 0
    if len(new) < len(old):
        differing.append(f"phases were {len(old)}, now {len(new)}")
    for number, (was, now) in enumerate(zip(old, new, strict=False), 1):
        end = begin + was["epochs"]
        if now["epochs"] < was["epochs"] or (now["epochs"] > was["epochs"] and done > end):
            late = f" (phase {number + 1} has begun)" if now["epochs"] > was["epochs"] else ""
            differing.append(
                f"epochs of phase {number} was {was['epochs']}, now {now['epochs']}{late}"
            )
        elif now["epochs"] > was["epochs"] and done > begin and was["schedule"] != "constant":
            notes.append(
                f"phase {number} was to last {was['epochs']} epochs, "
                f"{done - begin} of them are done, and its rate "
                f"followed the schedule {was['schedule']!r} over {was['epochs']}. It goes on as "
                f"over {now['epochs']}: "
                f"the rate rises again, and the result is not that of {now['epochs']} epochs in "
                "one go. record.json "
                "says which epochs were trained how"
            )
        begin = end
    return differing, notes


def _flat(table: dict[str, Any], where: str = "") -> dict[str, Any]:
    """List a recipe's keys as messages name them, such as "lr of phase 2", without epochs."""
    flat: dict[str, Any] = {}
    for key, value in table.items():
        if not where and key in NAMES:
            continue
        if not where and key == "phase":
            for number, phase in enumerate(value, 1):
                settings = {name: setting for name, setting in phase.items() if name != "epochs"}
                flat |= _flat(settings, f" of phase {number}")
        elif isinstance(value, dict):
            flat |= _flat(value, f" of {key}{where}")
        else:
            flat[key + where] = value
    return flat


def _said(value: Any) -> str:
    """Write a value of a recipe as a reader does."""
    if value is None:
        return "not given"
    return f"{value:g}" if isinstance(value, float) else str(value)


class Account(Callback):
    """Keep account of how every epoch was trained, over all processes.

    Parameters
    ----------
    trained : list of dict
        One entry for each stretch of epochs that were trained alike: ``first`` and ``last`` epoch,
        counted from 1, the phase's number and settings, and by which version and commit, on which
        machine, in which precision. It is added to.
    """

    order = 60

    def __init__(self, trained: list[dict[str, Any]]) -> None:
        super().__init__()
        self.trained = trained
        self.settings: dict[str, Any] = {}

    def begin(self, number: int, phase: Phase) -> None:
        """Note which phase, counted from 1, the next epochs belong to."""
        self.settings = {
            "phase": number,
            **dataclasses.asdict(phase),
            "colorlib": version("colorlib-book"),
            "commit": commit(),
            "machine": machine(self.learn.dls.device),
            "precision": self.learn.precision,
        }

    def after_epoch(self) -> None:
        if is_rehearsal(self.learn):
            return
        epoch = self.learn.epochs_done + 1
        stretch = {"first": epoch, "last": epoch, **self.settings}
        if self.trained and self.trained[-1] == stretch | {
            key: self.trained[-1][key] for key in ("first", "last")
        }:
            self.trained[-1]["last"] = epoch
        else:
            self.trained.append(stretch)


def record_of(
    recipe: Recipe, learn: "ColorizationLearner", about: dict[str, Any], metrics: dict[str, Any]
) -> dict[str, Any]:
    """Say what was run over all processes, on what machine, for how long, and how well it did.

    Parameters
    ----------
    learn : ColorizationLearner
        After the training, with an `Account`.
    about : dict
        From `made_of`.
    metrics : dict
        From `experiments.measure`.

    Returns
    -------
    dict
        What `record.json` holds.
    """
    photographs = about["photographs"]
    return {
        "command": recipe.command,
        "recipe": dataclasses.asdict(recipe),
        "source": about["source"],
        "photographs": {"train": len(learn.dls.train_ds), "valid": len(learn.dls.valid_ds)},
        "photographs_sha256": {name: part["sha256"] for name, part in photographs.items()},
        "start_sha256": about["start"],
        "processes": about["processes"],
        "epochs": len(learn.history),
        "trained": learn.account.trained,
        "hours": learn.history["seconds"].sum() / 3600,
        "machine": machine(learn.dls.device),
        "precision": learn.precision,
        "versions": {name: version(name) for name in ("colorlib-book", "torch", "fastai")},
        "commit": commit(),
        "metrics": metrics,
        "noise": noise(learn.generator, learn.dls.valid.one_batch()[0]),
    }


def machine(device: torch.device) -> str:
    """Say what trains: the name of the GPU, or how many cores this process may use."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    return f"{cores()} CPU core(s)"


@lru_cache(maxsize=1)
def commit() -> str:
    """Name the commit of the code that trains, or "unknown" outside a repository."""
    found = subprocess.run(
        ["git", "-C", str(Path(__file__).parent), "rev-parse", "HEAD"],
        capture_output=True,
        text=True,
        check=False,
    )
    return found.stdout.strip() or "unknown"
