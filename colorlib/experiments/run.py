"""Run a recipe, and write down what came of it: log, weights, frames, record."""

import itertools
import json
import os
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

from colorlib._atomic import atomic
from colorlib.data.sources import mixed_photographs, split_photographs, training_photographs
from colorlib.experiments.assess import measure
from colorlib.experiments.building import build_learner
from colorlib.experiments.keeping import KeepResults, TimeLimit
from colorlib.experiments.provenance import Account, compared, made_of, record_of
from colorlib.experiments.recipe import Phase, Recipe
from colorlib.experiments.schedules import SCHEDULE
from colorlib.settings import set_seed
from colorlib.training.checkpoint import Checkpoint
from colorlib.training.distributed import is_main, together
from colorlib.training.gan_step import Trains
from colorlib.training.learner import ColorizationLearner

COUNTED = 32  # batches from which a network learns how common colours are


def run_recipe(
    recipe: Recipe, out: str | Path, resume: bool = True, minutes: float | None = None
) -> ColorizationLearner:
    """Run an experiment; write its log, its weights, its frames and a record of how well it did.

    After every epoch `out` holds `log.csv`, `generator.safetensors` with its card, the coloured
    `frames` and `checkpoint.pt`, from which an interrupted run goes on. At the end `record.json`
    says what was run, on what and for how long, and compares the generator with grey and with the
    truth on all validation photographs. `COLORLIB_DATA` replaces the recipe's photographs by a
    folder.

    The checkpoint also holds what the run is made of: the recipe and its seed, which photographs,
    the sha256 of the weights it started from, the version of this package, the number of processes.
    It goes on only as the same run, perhaps with more epochs than before (`provenance.compared`).

    Parameters
    ----------
    out : str or Path
        A folder; made when it is missing.
    resume : bool
        Go on from the checkpoint in `out`, if there is one.
    minutes : float, optional
        Stop after the epoch in which they are over, and record what was reached; the next call goes
        on.

    Returns
    -------
    ColorizationLearner
        After the training.

    Raises
    ------
    ValueError, FileNotFoundError
        If the data, the networks or the checkpoint are not what the recipe asks for; the message
        names every key in which the checkpoint's run differs. If a photograph changes or vanishes
        during the training.
    """
    out, data = Path(out), recipe.data
    checkpoint = out / "checkpoint.pt"
    set_seed(recipe.seed)
    train, valid = photographs(recipe)
    learn = build_learner(recipe, train, valid, out / "log.csv")
    # A checkpoint goes on only as the run that it is of.
    about = made_of(recipe, source_of(recipe), train, valid)
    trained: list[dict[str, Any]] = []
    resume = resume and checkpoint.exists()
    if resume:
        trained, notes = compared(checkpoint, about)
        for note in notes if is_main() else ():
            warnings.warn(f"{checkpoint}: {note}", stacklevel=2)
    learn.add_cbs(
        [
            Account(trained),
            KeepResults(recipe, out, trained),
            Checkpoint(checkpoint, about, trained),
            TimeLimit(minutes),
        ]
    )
    # A network that names bins of colour counts first how common each is.
    if hasattr(learn.model, "learn_colors") and not resume:
        learn.model.learn_colors(ab for _, ab, *_ in itertools.islice(learn.dls.train, COUNTED))
    done = learn.resume(checkpoint) if resume else 0
    with together(learn):
        _train(learn, recipe.phase, done)
    if is_main():
        if len(learn.rows) == done:
            # Nothing was left to do: the card shall say the same as the record all the same.
            learn.keep_results.save()
        # Measured are the photographs that were there at the start, or none.
        learn.dls.valid_ds.unchanged.check_all()
        metrics = measure(learn.generator, data, valid)
        with atomic(out / "record.json") as temporary:
            temporary.write_text(
                json.dumps(record_of(recipe, learn, about, metrics), indent=2) + "\n",
                encoding="utf-8",
            )
    return learn


def _train(learn: ColorizationLearner, phases: Sequence[Phase], done: int) -> None:
    """Train phase after phase; `done` epochs of them are behind a run that goes on."""
    for number, phase in enumerate(phases, 1):
        start = min(done, phase.epochs)
        done -= start
        if start < phase.epochs and not learn.time_limit.over:
            learn.trains = cast(Trains, phase.trains)
            learn.account.begin(number, phase)
            if learn.opt is None:
                learn.create_opt()
            # The learner's own freeze_to would make Adam forget.
            learn.opt.freeze_to(phase.frozen)
            SCHEDULE[phase.schedule](learn, phase, start)


def photographs(recipe: Recipe) -> tuple[list[Path], list[Path]]:
    """List the photographs of a recipe, or of the folder that `COLORLIB_DATA` names.

    Returns
    -------
    train, valid : list of Path

    Raises
    ------
    ValueError, FileNotFoundError
        As `data.training_photographs` and `data.mixed_photographs`.
    """
    source = source_of(recipe)
    if recipe.data.mix:
        train, valid = mixed_photographs(source, recipe.data.mix)
    else:
        train, valid = training_photographs(source, seed=recipe.seed)
    if recipe.data.train:
        train, _ = split_photographs(train, recipe.data.train, 0, recipe.seed)
    if recipe.data.valid:
        valid, _ = split_photographs(valid, recipe.data.valid, 0)  # the same for every seed
    return train, valid


def source_of(recipe: Recipe) -> str:
    """Say where the photographs are: the folder of `COLORLIB_DATA`, or as the recipe says."""
    return os.environ.get("COLORLIB_DATA") or recipe.data.photographs
