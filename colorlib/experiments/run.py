"""Run a recipe, and write down what came of it: log, weights, frames, record."""

import dataclasses
import itertools
import json
import math
import os
import time
import warnings
from pathlib import Path
from typing import Any, cast

from fastai.callback.core import Callback, CancelFitException
from PIL import Image
from torch import nn

from colorlib._atomic import atomic
from colorlib.colorize.colorizer import Colorizer
from colorlib.data.loaders import dataloaders
from colorlib.data.sources import (
    mixed_photographs,
    package_photographs,
    split_photographs,
    training_photographs,
)
from colorlib.experiments.assess import measure
from colorlib.experiments.provenance import Account, commit, compared, made_of, record_of
from colorlib.experiments.recipe import Recipe
from colorlib.experiments.schedules import SCHEDULE
from colorlib.images.decode import open_rgb
from colorlib.models.class_head import ClassHead
from colorlib.models.dynamic_unet import encoder_decoder
from colorlib.models.patchgan import PatchGAN
from colorlib.models.registry import build_generator, multiple_of
from colorlib.models.shipped import load_named
from colorlib.models.weights import save_weights
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
    adversarial = any(phase.trains != "generator" for phase in recipe.phase)
    learn = ColorizationLearner(
        dataloaders(
            train,
            valid,
            data.size,
            data.batch_size,
            data.crops,
            recipe.seed,
            smallest_crop=data.smallest_crop,
            degraded=data.degraded,
            epoch=data.epoch,
            labels=data.labels,
        ),
        _generator(recipe),
        PatchGAN(**recipe.discriminator) if adversarial else None,
        **dataclasses.asdict(recipe.loss),
        betas=(recipe.beta1, 0.999),
        splitter=encoder_decoder,
        ema=recipe.ema or None,
        clip=recipe.clip or None,
        log=out / "log.csv",
    )
    groups = len(encoder_decoder(learn.model))
    if groups <= max(phase.frozen for phase in recipe.phase):
        raise ValueError(
            f"{recipe.name}: the generator has {groups} group(s) of parameters; "
            "the last is never frozen"
        )
    if data.final_size % (multiple := multiple_of(learn.generator)):
        raise ValueError(
            f"{recipe.name}: test_size must be a multiple of {multiple}, not {data.final_size}"
        )
    _check_classes(recipe, learn)
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
    if hasattr(learn.model, "learn_colors") and not resume:
        learn.model.learn_colors(ab for _, ab, *_ in itertools.islice(learn.dls.train, COUNTED))
    done = before = learn.resume(checkpoint) if resume else 0
    with together(learn):
        for number, phase in enumerate(recipe.phase, 1):
            start = min(done, phase.epochs)
            done -= start
            if start < phase.epochs and not learn.time_limit.over:
                learn.trains = cast(Trains, phase.trains)
                learn.account.begin(number, phase)
                if learn.opt is None:
                    learn.create_opt()
                # the learner's own freeze_to would make Adam forget
                learn.opt.freeze_to(phase.frozen)
                SCHEDULE[phase.schedule](learn, phase, start)
    if is_main():
        if len(learn.rows) == before:
            # nothing was left to do: the card shall say the same as the record all the same
            learn.keep_results.save()
        learn.dls.valid_ds.unchanged.check_all()
        metrics = measure(learn.generator, data, valid)
        with atomic(out / "record.json") as temporary:
            temporary.write_text(
                json.dumps(record_of(recipe, learn, about, metrics), indent=2) + "\n",
                encoding="utf-8",
            )
    return learn


class TimeLimit(Callback):
    """End a run after the epoch in which its time is over.

    Parameters
    ----------
    minutes : float or None
        None for no limit.
    """

    order = 80

    def __init__(self, minutes: float | None) -> None:
        super().__init__()
        self.end = time.monotonic() + 60 * (math.inf if minutes is None else minutes)
        self.over = False

    def after_epoch(self) -> None:
        self.over = time.monotonic() > self.end
        if self.over:
            raise CancelFitException


class KeepResults(Callback):
    """After every epoch, keep the weights so far, and show what they make of the recipe's frames.

    Parameters
    ----------
    trained : list of dict
        From `provenance.Account`, for the card.
    """

    order = 65

    def __init__(self, recipe: Recipe, out: Path, trained: list[dict[str, Any]]) -> None:
        super().__init__()
        self.recipe, self.out, self.trained = recipe, out, trained

    def after_epoch(self) -> None:
        if is_main():
            # of fewer epochs: it is not true any more
            (self.out / "record.json").unlink(missing_ok=True)
            self.save()

    def save(self) -> None:
        """Write weights, card and frames as they are now."""
        kind, arguments = (
            self.recipe.generator["kind"],
            {k: v for k, v in self.recipe.generator.items() if k != "kind"},
        )
        card = {
            "title": self.recipe.title,
            "size": self.recipe.data.final_size,
            "recipe": dataclasses.asdict(self.recipe),
            "trained": self.trained,
            "commit": commit(),
            "metrics": self.learn.rows[-1],
        }
        generator = self.learn.generator
        save_weights(generator, self.out / "generator.safetensors", kind, arguments, card)
        colorizer = Colorizer(generator, size=self.recipe.data.final_size)
        (self.out / "frames").mkdir(exist_ok=True)
        for name in self.recipe.frames:
            picture = open_rgb(package_photographs()[name])
            scale = self.recipe.frame_side / min(picture.size)
            small = picture.resize(
                [round(side * scale) for side in picture.size], Image.Resampling.LANCZOS
            )
            with atomic(
                self.out / "frames" / f"{self.learn.rows[-1]['epoch']:03d}-{name}.webp"
            ) as temporary:
                colorizer(small).save(temporary, quality=80)


def _generator(recipe: Recipe) -> nn.Module:
    """The recipe's generator, with the weights it starts from."""
    generator = build_generator(**recipe.generator)
    if recipe.start:
        trained, card = load_named(recipe.start)
        try:
            generator.load_state_dict(trained.state_dict())
        except RuntimeError as error:
            built = ", ".join(f"{key}={value!r}" for key, value in card["arguments"].items())
            raise ValueError(
                f"{recipe.name} cannot start from {recipe.start}: "
                f"those are weights of {card['kind']}({built}), "
                "not of the recipe's [generator]"
            ) from error
    return generator.train()


def _check_classes(recipe: Recipe, learn: ColorizationLearner) -> None:
    """Refuse a generator that is to name classes other than those that the photographs have."""
    there = len(learn.dls.train.dataset.classes)
    for head in (part for part in learn.model.modules() if isinstance(part, ClassHead)):
        if not there:
            raise ValueError(
                f"{recipe.name}: the generator names classes: "
                "the recipe's [data] needs labels = true"
            )
        if head.classes != there:
            raise ValueError(
                f"{recipe.name}: the generator names {head.classes} classes, "
                f"the photographs have {there}"
            )


def photographs(recipe: Recipe) -> tuple[list[Path], list[Path]]:
    """The photographs of a recipe, or of the folder that `COLORLIB_DATA` names.

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
