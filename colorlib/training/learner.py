"""Training: the adversarial game of Isola et al. 2017 inside a fastai `Learner`.

The game itself is in `colorlib.training.gan_step`. Schedules, `lr_find` and the progress bar are fastai's; measuring
and averaging are callbacks (`colorlib.training.callbacks`), and so is the checkpoint (`colorlib.training.checkpoint`).
"""

import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, get_args

import fastai.callback.schedule  # noqa: F401  (gives every Learner fit_one_cycle and lr_find)
import pandas as pd
import torch
from fastai.callback.core import CancelEpochException
from fastai.callback.progress import ProgressCallback
from fastai.callback.training import BnFreeze
from fastai.data.core import DataLoaders
from fastai.learner import Learner
from fastai.optimizer import OptimWrapper
from fastai.torch_core import trainable_params
from torch import nn
from torch.nn.parallel import DistributedDataParallel

from colorlib.devices import PRECISIONS, fast_precision
from colorlib.training.callbacks import (
    EpochLog,
    MovingAverage,
    QuietProgress,
    SeedEpoch,
    SmoothLossOnDevice,
    Validation,
    is_rehearsal,
)
from colorlib.training.checkpoint import Checkpoint, restore
from colorlib.training.distributed import AnyDeviceTrainer
from colorlib.training.gan_step import Game
from colorlib.training.losses import AdversarialLoss, has_own_losses, pixel_loss
from colorlib.training.players import Players


class ColorizationLearner(Game, Learner):
    """A fastai `Learner` with two players: the generator is its `model`, the discriminator is the critic.

    Build one with `learner`. Everything that fastai's Learner can do (`fit`, `fit_one_cycle`, `fit_flat_cos`,
    `lr_find`, callbacks, `distrib_ctx`) is there; `players` says who learns.

    Attributes
    ----------
    players : {"generator", "critic", "both"}
        "generator" trains on the pixel loss alone (the warm-up); "critic" lets the discriminator catch up with a
        generator that stands still; "both" is the game.
    history : DataFrame
        One row an epoch.
    generator : nn.Module
        The trained generator: the moving average of its weights when there is one.
    epochs_done : int
        Over all fits of this run, including those before it was resumed.
    """

    @property
    def players(self) -> Players:
        """Who learns: "generator", "critic" or "both"."""
        return self._players

    @players.setter
    def players(self, players: Players) -> None:
        if players not in get_args(Players):
            raise ValueError(f"there are no players {players!r}; choose one of {', '.join(get_args(Players))}")
        if players != "generator" and self.discriminator is None:
            raise ValueError(f"players {players!r} needs a discriminator: give one to `learner`")
        if players == "generator" and not (self.lambda_l1 or has_own_losses(self.model)):
            raise ValueError("with lambda_l1 = 0 the generator alone has nothing to learn from")
        self._players = players

    @property
    def live_generator(self) -> nn.Module:
        """The generator that is being trained, out of its wrapper for several processes."""
        return self.model.module if isinstance(self.model, DistributedDataParallel) else self.model

    @property
    def generator(self) -> nn.Module:
        """The generator to use: the moving average of its weights when there is one."""
        average = getattr(self.moving_average, "average", None) if self.ema else None
        return self.live_generator if average is None else average.module

    @property
    def history(self) -> pd.DataFrame:
        """One row an epoch: who played, the losses, the validation metrics and grey's, the seconds."""
        return pd.DataFrame(self.rows)

    def resume(self, file: str | Path) -> int:
        """Go back to where a checkpoint was written; see `checkpoint.restore`.

        Parameters
        ----------
        file : str or Path

        Returns
        -------
        int
            The number of epochs already done.
        """
        restore(self, file)
        return self.epochs_done

    # What fastai asks of a learner

    def fit(
        self,
        n_epoch: int,
        lr: float | slice | None = None,
        wd: float | None = None,
        cbs: Any = None,
        reset_opt: bool = False,
        start_epoch: int = 0,
    ) -> None:
        """Train for some epochs; as fastai's `fit`, but the epochs before `start_epoch` are not even begun.

        Parameters
        ----------
        n_epoch : int
        lr, wd, cbs, reset_opt
            As in fastai.
        start_epoch : int
            The epochs that a resumed run has behind it; schedules go on from there.
        """
        self.first_epoch = start_epoch
        super().fit(n_epoch, lr=lr, wd=wd, cbs=cbs, reset_opt=reset_opt)

    def lr_find(self, **arguments: Any) -> Any:
        """fastai's learning rate finder, on the pixel loss alone: a rehearsal that leaves both players as they were.

        Parameters
        ----------
        **arguments : Any
            As in fastai.

        Returns
        -------
        namedtuple
            The suggested rates.
        """
        players, self.players = self.players, "generator"
        try:
            return super().lr_find(**arguments)
        finally:
            self.players = players

    def create_opt(self) -> None:
        """Make both players' optimizers."""
        super().create_opt()
        if self.discriminator is not None:
            self.opt_d = self.opt_func(list(self.discriminator.parameters()), lr=self.lr)

    def to_distributed(self, sync_bn: bool = True, **accelerator: Any) -> "ColorizationLearner":
        """Prepare for several processes; fastai's `distrib_ctx` calls this.

        Parameters
        ----------
        sync_bn : bool
            Synchronise the generator's batch norm between GPUs.
        **accelerator : Any
            Passed on to `accelerate.Accelerator`.

        Returns
        -------
        ColorizationLearner
            Itself.
        """
        return self.add_cb(AnyDeviceTrainer(sync_bn, **accelerator))

    def _do_one_batch(self) -> None:
        """Play a round in training; in validation only guess."""
        L, ab = (x.contiguous(memory_format=torch.channels_last) for x in (self.xb[0], self.yb[0]))
        if self.training:
            self.play(L, ab, *self.yb[1:])
        else:
            with self.autocast():
                self.pred = self.model(L).float()
            self.loss = self.pixel_loss(self.pred, ab)
        self("after_pred")
        self("after_loss")

    def _do_epoch_train(self) -> None:
        """Train for one epoch, with the critic in training mode as well."""
        self.totals = {}
        if self.discriminator is not None:
            self.discriminator.train()
        super()._do_epoch_train()

    def _do_fit(self) -> None:
        """Run the epochs of a fit, from `start_epoch` on."""
        for epoch in range(self.first_epoch, self.n_epoch):
            self.epoch = epoch
            self._with_events(self._do_epoch, "epoch", CancelEpochException)
            self.epochs_done += not is_rehearsal(self)


def learner(
    dls: DataLoaders,
    generator: nn.Module,
    discriminator: nn.Module | None = None,
    pixel: str = "l1",
    adversarial: str = "vanilla",
    lambda_l1: float = 100.0,
    lr: float = 2e-4,
    betas: tuple[float, float] = (0.5, 0.999),
    ema: float | None = None,
    clip: float | None = None,
    precision: str = "auto",
    splitter: Callable = trainable_params,
    log: str | Path | None = None,
    checkpoint: str | Path | None = None,
) -> ColorizationLearner:
    """Put photographs, networks and losses together into a learner, with the paper's settings as defaults.

    Parameters
    ----------
    dls : DataLoaders
        From `colorlib.data.dataloaders`: batches (L, ab) in network scale, or (L, ab, label).
    generator : nn.Module
        L (B, 1, H, W) to ab (B, 2, H, W). A part of it may have losses of its own, see `losses.own_losses`.
    discriminator : nn.Module, optional
        (B, 3, H, W) to logits. Without one, only "generator" can play.
    pixel : {"l1", "l2", "smooth_l1"}
    adversarial : {"vanilla", "lsgan", "hinge"}
    lambda_l1 : float
        Weight of the pixel loss beside the adversarial one, and in the warm-up.
    lr : float
        Of both players.
    betas : (float, float)
        Adam's.
    ema : float, optional
        Decay of the moving average of the generator's weights, such as 0.999.
    clip : float, optional
        Largest norm of a player's gradient.
    precision : {"auto", "fp32", "bf16", "fp16"}
        "auto" takes `fast_precision` of the loaders' device.
    splitter : callable
        fastai's: the generator's parameters in groups, for freezing and for rates of their own.
    log : str or Path, optional
        A csv file, written after every epoch.
    checkpoint : str or Path, optional
        Written after every epoch; see `ColorizationLearner.resume`.

    Returns
    -------
    ColorizationLearner
        With `players` set to "both", or to "generator" if there is no discriminator.

    Raises
    ------
    ValueError
        If a loss or precision has no such name.

    References
    ----------
    Isola et al. 2017, section 3.3; Gunnam et al. 2022; Kingma and Ba 2015.
    """
    if precision == "auto":
        precision = fast_precision(dls.device)
    if precision not in PRECISIONS:
        raise ValueError(f"there is no precision {precision!r}; choose auto, {', '.join(PRECISIONS)}")
    learn = ColorizationLearner(
        dls,
        generator.to(dls.device, memory_format=torch.channels_last),
        loss_func=pixel_loss(pixel),
        opt_func=partial(OptimWrapper, opt=partial(torch.optim.Adam, betas=betas, fused=True)),
        lr=lr,
        moms=(betas[0],) * 3,
        splitter=splitter,
        train_bn=False,  # frozen means frozen: fastai would go on training the batch norms of a frozen encoder
        path=Path(tempfile.gettempdir()) / "colorlib-rehearsals",
        cbs=[SeedEpoch(), BnFreeze(), Validation(), EpochLog(log and Path(log))],
    )
    if hasattr(learn, "progress"):
        learn.remove_cb(ProgressCallback)
        learn.add_cb(QuietProgress())
    learn.recorder.smooth_loss = SmoothLossOnDevice()
    learn.pixel_loss = learn.loss_func
    learn.adversarial = AdversarialLoss(adversarial)
    learn.discriminator = discriminator and discriminator.to(dls.device, memory_format=torch.channels_last)
    learn.lambda_l1, learn.clip, learn.precision, learn.ema = lambda_l1, clip, precision, ema
    learn.players = "both" if discriminator else "generator"
    learn.scaler = torch.amp.GradScaler(dls.device.type, enabled=precision == "fp16")
    learn.opt_d, learn.rows, learn.epochs_done, learn.first_epoch = None, [], 0, 0
    if ema:
        learn.add_cb(MovingAverage(ema))
    if checkpoint:
        learn.add_cb(Checkpoint(Path(checkpoint)))
    return learn
