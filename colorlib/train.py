"""Training: the adversarial game of Isola et al. 2017 inside a fastai `Learner`.

`ColorizationLearner.play` is the game itself, one batch of it, and is what chapter 6 prints. Schedules, `lr_find`
and the progress bar are fastai's; measuring, averaging and checkpoints are callbacks (`colorlib.callbacks`).
"""

import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, Literal, get_args

import fastai.callback.schedule  # noqa: F401  (gives every Learner fit_one_cycle and lr_find)
import numpy as np
import pandas as pd
import torch
from fastai.callback.core import CancelEpochException
from fastai.callback.progress import ProgressCallback
from fastai.data.core import DataLoaders
from fastai.learner import Learner
from fastai.optimizer import OptimWrapper
from fastai.torch_core import trainable_params
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

from colorlib.callbacks import (
    Checkpoint,
    EpochLog,
    MovingAverage,
    QuietProgress,
    SeedEpoch,
    SmoothLossOnDevice,
    Validation,
    is_rehearsal,
)
from colorlib.losses import AdversarialLoss, pixel_loss
from colorlib.parallel import AnyDeviceTrainer, average_gradients

Players = Literal["generator", "critic", "both"]
PRECISIONS = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}


def fast_precision(device: torch.device | str) -> str:
    """The number format in which a device trains fastest without trouble.

    Parameters
    ----------
    device : torch.device or str

    Returns
    -------
    str
        "bf16" on GPUs and CPUs that multiply bfloat16 in hardware (Ampere and later; AVX512-BF16, AMX), "fp16" on
        older GPUs such as the T4, else "fp32".

    References
    ----------
    Micikevicius et al. 2018 (mixed precision training).
    """
    device = torch.device(device)
    if device.type == "cuda":
        return "bf16" if torch.cuda.get_device_capability(device)[0] >= 8 else "fp16"
    if device.type == "cpu":
        checks = ("_is_amx_tile_supported", "_is_avx512_bf16_supported")
        return "bf16" if any(getattr(torch.cpu, check, bool)() for check in checks) else "fp32"
    return "fp32"


class ColorizationLearner(Learner):
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

    def play(self, L: Tensor, ab: Tensor) -> None:
        """Play one round: the generator colours a batch, the critic learns from it, then the generator does.

        Parameters
        ----------
        L : Tensor
            Grey pictures (B, 1, H, W), in [-1, 1].
        ab : Tensor
            Their true colours (B, 2, H, W), in network scale.

        References
        ----------
        Isola et al. 2017, equations 1 to 4; Goodfellow et al. 2014, algorithm 1.
        """
        # The generator guesses. Its graph is kept only if it is going to learn from this round.
        with self.autocast(), torch.set_grad_enabled(self.players != "critic"):
            guess = self.model(L).float()
        loss = loss_pixel = self.pixel_loss(guess, ab)
        self.count("pixel", loss_pixel)

        # The critic learns: true colours should be called real, the guess fake. `detach` ends its gradient here, and
        # no pixel loss enters: the critic never learns how far off a colour was, only that it was invented.
        if self.players != "generator":
            self.discriminator.requires_grad_(True)
            loss_d = self.adversarial.discriminator(self.judge(L, ab), self.judge(L, guess.detach()))
            self.learn_from(loss_d, self.discriminator, self.opt_d)
            self.count("d", loss_d)

        # The generator's aim: fool the critic that has just learned, and stay within lambda of the truth. The critic
        # is frozen, so that the gradient flows through it and not into it.
        if self.players == "both":
            self.discriminator.requires_grad_(False)
            loss_gan = self.adversarial.generator(self.judge(L, guess))
            loss = loss_gan + self.lambda_l1 * loss_pixel
            self.count("gan", loss_gan)

        # The generator learns.
        if self.players != "critic":
            self.learn_from(loss, self.model, self.opt)
        self.pred, self.loss = guess.detach(), loss.detach()

    def judge(self, L: Tensor, ab: Tensor) -> Tensor:
        """Ask the discriminator about colours together with the grey picture that they are meant for.

        Parameters
        ----------
        L, ab : Tensor
            (B, 1, H, W) and (B, 2, H, W), in network scale.

        Returns
        -------
        Tensor
            A map of logits (B, 1, h, w), one for each patch.
        """
        with self.autocast():
            return self.discriminator(torch.cat([L, ab], dim=1))

    def learn_from(self, loss: Tensor, network: nn.Module, optimizer: OptimWrapper) -> None:
        """Take one step downhill: gradients, their clipping, the optimizer's step.

        Parameters
        ----------
        loss : Tensor
            A scalar.
        network : nn.Module
            The player that learns.
        optimizer : OptimWrapper
            Its own optimizer. The discriminator's follows the learning rate of the generator's.
        """
        if optimizer is self.opt_d:
            optimizer.set_hypers(lr=float(self.opt.hypers[-1]["lr"]))
        self.scaler.scale(loss).backward()
        if network is self.discriminator:
            average_gradients(network)
        if self.clip:
            self.scaler.unscale_(optimizer.opt)
            nn.utils.clip_grad_norm_(network.parameters(), self.clip)
        self.scaler.step(optimizer.opt)
        self.scaler.update()
        optimizer.zero_grad()

    def count(self, name: str, loss: Tensor) -> None:
        """Add a loss to the epoch's sum, on the device: reading it here would make a GPU wait.

        Parameters
        ----------
        name : str
        loss : Tensor
            A scalar.
        """
        self.totals[name] = self.totals.get(name, 0.0) + loss.detach()

    def autocast(self) -> torch.autocast:
        """The context in which networks run: half precision where the device is faster for it."""
        dtype = PRECISIONS[self.precision]
        return torch.autocast(self.dls.device.type, dtype if dtype != torch.float32 else None, dtype != torch.float32)

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

    def state(self) -> dict[str, Any]:
        """Everything that the run needs to go on from the end of this epoch.

        Returns
        -------
        dict
            Tensors, numbers and strings only, so that it can be read without running code from the file.
        """
        state = {
            "epochs_done": self.epochs_done + 1,
            "rows": self.rows,
            "generator": self.live_generator.state_dict(),
            "optimizer": _plain(self.opt.state_dict()),
            "scaler": self.scaler.state_dict(),
        }
        if self.discriminator is not None:
            state |= {"discriminator": self.discriminator.state_dict(), "optimizer_d": _plain(self.opt_d.state_dict())}
        if self.ema:
            state |= {"average": self.moving_average.average.state_dict(), "updates": self.moving_average.updates}
        return state

    def resume(self, file: str | Path) -> int:
        """Go back to where a checkpoint was written.

        Parameters
        ----------
        file : str or Path
            Written by a learner built with the same arguments.

        Returns
        -------
        int
            The number of epochs already done.

        Raises
        ------
        ValueError
            If the file is no checkpoint or belongs to other networks.
        """
        try:
            state = torch.load(file, map_location=self.dls.device, weights_only=True)
            if self.opt is None:
                self.create_opt()
            self.model.load_state_dict(state["generator"])
            self.opt.load_state_dict(state["optimizer"])
            self.scaler.load_state_dict(state["scaler"])
            if self.discriminator is not None:
                self.discriminator.load_state_dict(state["discriminator"])
                self.opt_d.load_state_dict(state["optimizer_d"])
            if self.ema:
                self.moving_average.start()
                self.moving_average.average.load_state_dict(state["average"])
                self.moving_average.updates = state["updates"]
            self.rows, self.epochs_done = state["rows"], state["epochs_done"]
        except FileNotFoundError:
            raise
        except Exception as error:
            reason = str(error).splitlines()[0] if str(error) else type(error).__name__
            raise ValueError(
                f"{file}: not a checkpoint of these networks ({reason}); "
                "resume with the recipe that wrote it, or choose another output folder"
            ) from error
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
            self.play(L, ab)
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
        From `colorlib.data.dataloaders`: batches (L, ab) in network scale.
    generator : nn.Module
        L (B, 1, H, W) to ab (B, 2, H, W).
    discriminator : nn.Module, optional
        (B, 3, H, W) to logits. Without one, only "generator" can play.
    pixel : {"l1", "l2", "smooth_l1"}
    adversarial : {"vanilla", "lsgan", "hinge"}
    lambda_l1 : float
        Weight of the pixel loss beside the adversarial one.
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
        path=Path(tempfile.gettempdir()) / "colorlib-rehearsals",
        cbs=[SeedEpoch(), Validation(), EpochLog(log and Path(log))],
    )
    if hasattr(learn, "progress"):
        learn.remove_cb(ProgressCallback)
        learn.add_cb(QuietProgress())
    learn.recorder.smooth_loss = SmoothLossOnDevice()
    learn.pixel_loss = learn.loss_func
    learn.adversarial = AdversarialLoss(adversarial)
    learn.discriminator = discriminator and discriminator.to(dls.device, memory_format=torch.channels_last)
    learn.players = "both" if discriminator else "generator"
    learn.lambda_l1, learn.clip, learn.precision, learn.ema = lambda_l1, clip, precision, ema
    learn.scaler = torch.amp.GradScaler(dls.device.type, enabled=precision == "fp16")
    learn.opt_d, learn.rows, learn.epochs_done, learn.first_epoch = None, [], 0, 0
    if ema:
        learn.add_cb(MovingAverage(ema))
    if checkpoint:
        learn.add_cb(Checkpoint(Path(checkpoint)))
    return learn


def _plain(optimizer: dict[str, Any]) -> dict[str, Any]:
    """An optimizer's state with the schedule's numpy numbers as plain ones, which a safe reader accepts."""
    groups = [
        {key: float(value) if isinstance(value, np.floating) else value for key, value in group.items()}
        for group in optimizer["param_groups"]
    ]
    return {**optimizer, "param_groups": groups}
