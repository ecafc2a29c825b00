"""What a recipe trains: its photographs in batches, its networks, its losses, in one learner."""

import dataclasses
from collections.abc import Sequence
from pathlib import Path

from torch import nn

from colorlib.data.loaders import dataloaders
from colorlib.experiments.recipe import Recipe
from colorlib.models.class_head import ClassHead
from colorlib.models.dynamic_unet import encoder_decoder
from colorlib.models.patchgan import PatchGAN
from colorlib.models.registry import build_generator, multiple_of
from colorlib.models.shipped import load_named
from colorlib.training.learner import ColorizationLearner


def build_learner(
    recipe: Recipe, train: Sequence[Path], valid: Sequence[Path], log: Path
) -> ColorizationLearner:
    """Build what a recipe trains, and refuse what does not fit together.

    Parameters
    ----------
    train, valid : sequence of Path
        As from `run.photographs`.
    log : Path
        The csv file for a row an epoch.

    Raises
    ------
    ValueError
        If the recipe freezes all groups of parameters, measures at a size that the generator
        cannot take, starts from other weights, or names other classes than the photographs have.
    """
    data = recipe.data
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
        log=log,
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
    return learn


def _generator(recipe: Recipe) -> nn.Module:
    """Build the recipe's generator, with the weights it starts from."""
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
