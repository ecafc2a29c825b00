"""How the learning rate changes over a phase of a training."""

from collections.abc import Callable

import numpy as np
from fastai.callback.schedule import ParamScheduler, SchedLin, SchedNo, combine_scheds

from colorlib.experiments.recipe import Phase
from colorlib.training.learner import ColorizationLearner


def _constant(learn: ColorizationLearner, phase: Phase, start: int) -> None:
    """Train at one rate."""
    learn.fit(phase.epochs, slice(phase.lr), start_epoch=start)


def _one_cycle(learn: ColorizationLearner, phase: Phase, start: int) -> None:
    """Train with fastai's one-cycle schedule."""
    learn.fit_one_cycle(phase.epochs, slice(phase.lr), start_epoch=start)


def _decay(learn: ColorizationLearner, phase: Phase, start: int) -> None:
    """Train at one rate for half of the time, then lower it to 0."""
    learn.opt.set_hyper("lr", slice(phase.lr))
    rates = np.array([group["lr"] for group in learn.opt.hypers])
    schedule = combine_scheds([0.5, 0.5], [SchedNo(rates, rates), SchedLin(rates, 0 * rates)])
    learn.fit(phase.epochs, cbs=ParamScheduler({"lr": schedule}), start_epoch=start)


SCHEDULE: dict[str, Callable[[ColorizationLearner, Phase, int], None]] = {
    "constant": _constant,
    "one_cycle": _one_cycle,
    "decay": _decay,
}
