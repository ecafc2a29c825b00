"""Training: adversarial training after Isola et al. 2017 inside a fastai `Learner`.

One training step is in `colorlib.training.gan_step`. Schedules, `lr_find` and the progress bar are
fastai's; measuring and averaging are callbacks (`colorlib.training.callbacks`), and so is the
checkpoint (`colorlib.training.checkpoint`).
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
from torch import Tensor, nn

from colorlib.devices import PRECISIONS, fast_precision
from colorlib.models.auxiliary import has_auxiliary
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
from colorlib.training.distributed import AnyDeviceTrainer, unwrapped
from colorlib.training.gan_step import GanStep, Trains, generate
from colorlib.training.losses import AdversarialLoss, pixel_loss


class ColorizationLearner(Learner):
    """Photographs, networks and losses, put together for training; the paper's by default.

    Everything that fastai's Learner can do (`fit`, `fit_one_cycle`, `fit_flat_cos`, `lr_find`,
    callbacks, `distrib_ctx`) is there; `trains` says which of the two networks learn.

    Parameters
    ----------
    dls : DataLoaders
        From `colorlib.data.dataloaders`: batches (L, ab) in network scale, or (L, ab, label).
    generator : nn.Module
        L (B, 1, H, W) to ab (B, 2, H, W). It may have auxiliary losses, see `models.auxiliary`.
    discriminator : nn.Module, optional
        (B, 3, H, W) to logits. Without one, the generator trains alone.
    pixel : {"l1", "l2", "smooth_l1"}
    adversarial : {"vanilla", "lsgan", "hinge"}
    lambda_l1 : float
        Weight of the pixel loss beside the adversarial one, and in the warm-up.
    lr : float
        Of both networks.
    betas : (float, float)
        Adam's.
    ema : float, optional
        Decay of the moving average of the generator's weights, such as 0.999.
    clip : float, optional
        Largest norm of a network's gradient.
    precision : {"auto", "fp32", "bf16", "fp16"}
        "auto" takes `fast_precision` of the loaders' device.
    splitter : callable
        fastai's: the generator's parameters in groups, for freezing and for rates of their own.
    log : str or Path, optional
        A csv file, written after every epoch.
    checkpoint : str or Path, optional
        Written after every epoch; see `resume`.

    Attributes
    ----------
    trains : {"generator", "discriminator", "both"}
        "generator" is the warm-up on the pixel loss alone; "discriminator" lets the discriminator
        catch up with a generator that stands still; "both" is adversarial training. At first
        "both", or "generator" without a discriminator.
    history : DataFrame
        One row an epoch.
    generator : nn.Module
        The trained generator: the moving average of its weights when there is one.
    epochs_done : int
        Over all fits of this run, including those before it was resumed.

    Raises
    ------
    ValueError
        If a loss or precision has no such name.

    References
    ----------
    Isola et al. 2017, section 3.3; Gunnam et al. 2022; Kingma and Ba 2015.
    """

    def __init__(
        self,
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
    ) -> None:
        if precision == "auto":
            precision = fast_precision(dls.device)
        if precision not in PRECISIONS:
            raise ValueError(
                f"there is no precision {precision!r}; choose auto, {', '.join(PRECISIONS)}"
            )
        super().__init__(
            dls,
            generator.to(dls.device).to(memory_format=torch.channels_last),
            loss_func=pixel_loss(pixel),
            opt_func=partial(OptimWrapper, opt=partial(torch.optim.Adam, betas=betas, fused=True)),
            lr=lr,
            moms=(betas[0],) * 3,
            splitter=splitter,
            # frozen means frozen: fastai would go on training the batch norms of a frozen encoder
            train_bn=False,
            path=Path(tempfile.gettempdir()) / "colorlib-rehearsals",
            cbs=[SeedEpoch(), BnFreeze(), Validation(), EpochLog(Path(log) if log else None)],
        )
        self.discriminator = discriminator and discriminator.to(dls.device).to(
            memory_format=torch.channels_last
        )
        self.opt_d: OptimWrapper | None = None
        self.adversarial, self.lambda_l1 = AdversarialLoss(adversarial), lambda_l1
        self.ema, self.clip, self.precision = ema, clip, precision
        self.scaler = torch.amp.GradScaler(dls.device.type, enabled=precision == "fp16")
        self.trains = "both" if discriminator else "generator"
        self.rows: list[dict[str, Any]] = []
        self.epochs_done = self.first_epoch = 0
        if hasattr(self, "progress"):
            self.remove_cb(ProgressCallback)
            self.add_cb(QuietProgress())
        self.recorder.smooth_loss = SmoothLossOnDevice()
        if ema:
            self.add_cb(MovingAverage(ema))
        if checkpoint:
            self.add_cb(Checkpoint(Path(checkpoint)))

    @property
    def trains(self) -> Trains:
        """Which networks learn: "generator", "discriminator" or "both"."""
        return self._trains

    @trains.setter
    def trains(self, trains: Trains) -> None:
        if trains not in get_args(Trains):
            raise ValueError(
                f"trains cannot be {trains!r}; choose one of {', '.join(get_args(Trains))}"
            )
        if trains != "generator" and self.discriminator is None:
            raise ValueError(f"trains = {trains!r} needs a discriminator: give one to the learner")
        if trains == "generator" and not (self.lambda_l1 or has_auxiliary(self.live_generator)):
            raise ValueError("with lambda_l1 = 0 the generator alone has nothing to learn from")
        self._trains = trains

    @property
    def live_generator(self) -> nn.Module:
        """The generator that is being trained, out of its wrapper for several processes."""
        return unwrapped(self.model)

    @property
    def generator(self) -> nn.Module:
        """The generator to use: the moving average of its weights when there is one."""
        average = getattr(self.moving_average, "average", None) if self.ema else None
        return self.live_generator if average is None else average.module

    @property
    def history(self) -> pd.DataFrame:
        """One row an epoch: what learned, losses, validation metrics and grey's, seconds."""
        return pd.DataFrame(self.rows)

    @property
    def gan_step(self) -> GanStep:
        """A training step with the networks and optimizers of now; fastai may replace them."""
        if self.opt is None:
            self.create_opt()
        return GanStep(
            self.model,
            self.discriminator,
            self.opt.opt,
            self.opt_d and self.opt_d.opt,
            self.trains,
            self.loss_func,
            self.adversarial,
            self.lambda_l1,
            self.clip,
            self.precision,
            self.scaler,
        )

    def resume(self, file: str | Path) -> int:
        """Go back to a checkpoint (`checkpoint.restore`); return how many epochs are done."""
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
        """Train as fastai's `fit`, but for the epochs before `start_epoch`, which are skipped.

        Parameters
        ----------
        lr, wd, cbs, reset_opt
            As in fastai.
        start_epoch : int
            The epochs that a resumed run has behind it; schedules go on from there.
        """
        self.first_epoch = start_epoch
        super().fit(n_epoch, lr=lr, wd=wd, cbs=cbs, reset_opt=reset_opt)

    def lr_find(self, **arguments: Any) -> Any:
        """Find a learning rate, on the pixel loss alone; both networks stay as they were."""
        trains, self.trains = self.trains, "generator"
        try:
            return super().lr_find(**arguments)
        finally:
            self.trains = trains

    def create_opt(self) -> None:
        """Make an optimizer for each network."""
        super().create_opt()
        if self.discriminator is not None:
            self.opt_d = self.opt_func(list(self.discriminator.parameters()), lr=self.lr)

    def to_distributed(self, sync_bn: bool = True, **accelerator: Any) -> "ColorizationLearner":
        """Prepare for several processes, as `AnyDeviceTrainer` does; `distrib_ctx` calls this."""
        return self.add_cb(AnyDeviceTrainer(sync_bn, **accelerator))

    # Privates of fastai's loop. It knows one loss, one optimizer and one network, and has no event
    # that would let a callback replace the step, the loop over the epochs or the mode of a second
    # network.

    def _do_one_batch(self) -> None:
        """Take a training step, or in validation only generate."""
        # Channels last in memory: convolutions are faster that way, on CPUs and GPUs.
        L, ab = (x.contiguous(memory_format=torch.channels_last) for x in (self.xb[0], self.yb[0]))
        if self.training:
            self._train_one_batch(L, ab, *self.yb[1:])
        else:
            self.pred, auxiliary = generate(self.model, L, self.precision)
            self.loss = self.loss_func(self.pred, ab)
            self.auxiliary_metrics = auxiliary.metrics(*self.yb) if auxiliary else {}
        self("after_pred")
        self("after_loss")

    def _train_one_batch(self, L: Tensor, ab: Tensor, *labels: Tensor) -> None:
        """Take a step; add its losses up where they are: to read one would make a GPU wait."""
        # schedules turn the generator's rate; the discriminator's follows
        if self.trains != "generator" and self.opt_d is not None:
            self.opt_d.set_hypers(lr=float(self.opt.hypers[-1]["lr"]))
        self.pred, self.loss, parts = self.gan_step(L, ab, *labels)
        for name, part in parts.items():
            self.totals[name] = self.totals.get(name, 0.0) + part

    def _do_epoch_train(self) -> None:
        """Train for one epoch, with the discriminator in training mode as well."""
        self.totals: dict[str, Tensor] = {}
        if self.discriminator is not None:
            self.discriminator.train()
        super()._do_epoch_train()

    def _do_fit(self) -> None:
        """Run the epochs of a fit, from `start_epoch` on."""
        for epoch in range(self.first_epoch, self.n_epoch):
            self.epoch = epoch
            self._with_events(self._do_epoch, "epoch", CancelEpochException)
            self.epochs_done += not is_rehearsal(self)
