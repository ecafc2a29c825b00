"""What happens around the training loop: what is measured, averaged, shown, written and resumed."""

import math
import sys
import time
from pathlib import Path

import torch
from fastai.callback.core import Callback
from fastai.callback.progress import ProgressCallback
from fastai.learner import AvgSmoothLoss, Learner
from torch import Tensor
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from colorlib import metrics
from colorlib._atomic import atomic
from colorlib.color.lab import grey_rgb, lab_to_rgb
from colorlib.color.scale import from_network
from colorlib.data.loaders import set_epoch
from colorlib.training.distributed import is_main, sum_over_processes

# The progress bar reads the loss from the device once in so many steps: reading makes a GPU wait.
SHOW_EVERY = 25
Tensors = list[Tensor] | tuple[Tensor, ...]


def is_rehearsal(learn: Learner) -> bool:
    """Whether a fit is only an `lr_find` or a `get_preds`, of which nothing is to be kept."""
    return hasattr(learn, "lr_finder") or hasattr(learn, "gather_preds")


class SmoothLossOnDevice(AvgSmoothLoss):
    """fastai's smoothed training loss, kept on the device: a copy at each step would wait."""

    def reset(self) -> None:
        self.count = 0
        self.val: Tensor | None = None

    def accumulate(self, learn: Learner) -> None:
        loss = learn.loss.detach().float()
        self.val = torch.lerp(
            loss, torch.zeros_like(loss) if self.val is None else self.val, self.beta
        )
        self.count += 1


class QuietProgress(ProgressCallback):
    """fastai's progress bar, with the loss at every 25th step: to read it is to wait for it."""

    name = "progress"

    def before_epoch(self) -> None:
        if getattr(self, "mbar", False) and self.epoch == self.learn.first_epoch > 0:
            self.mbar.update(0)  # a resumed fit starts in the middle; the bar's clock starts at 0
        super().before_epoch()

    def after_batch(self) -> None:
        self.pbar.update(self.iter + 1)
        if self.training and self.iter % SHOW_EVERY == 0 and hasattr(self, "smooth_loss"):
            self.pbar.comment = f"{self.smooth_loss.item():.4f}"


class SeedEpoch(Callback):
    """Seed every epoch by its number: a resumed run draws the same batches and dropout."""

    order = -20

    def before_epoch(self) -> None:
        set_epoch(self.dls, self.learn.epochs_done)


class Validation(Callback):
    """Measure every epoch on the validation photographs, and grey beside it.

    What a generator measures of its auxiliary predictions is added. Sums stay on the device until
    the epoch ends; with several processes they are added up over all of them.
    """

    order = 45

    def before_validate(self) -> None:
        self.sums: dict[str, Tensor] = {}

    @torch.no_grad()
    def after_batch(self) -> None:
        if self.training:
            return
        L, truth_ab = self.xb[0], self.yb[0]
        fake, truth = from_network(L, self.pred.float()), from_network(L, truth_ab)
        grey = from_network(L, torch.zeros_like(truth_ab))
        fake_rgb, truth_rgb = lab_to_rgb(fake), lab_to_rgb(truth)
        values = {
            "ab_l1": metrics.ab_error(fake, truth),
            "ab_l1_grey": metrics.ab_error(grey, truth),
            "psnr": metrics.psnr(fake_rgb, truth_rgb),
            "psnr_grey": metrics.psnr(grey_rgb(truth[:, :1]), truth_rgb),
            "colorfulness": metrics.colorfulness(fake_rgb),
            "colorfulness_truth": metrics.colorfulness(truth_rgb),
            **self.auxiliary_metrics,
            "count": torch.ones(len(L), device=L.device),
        }
        for name, value in values.items():
            self.sums[name] = self.sums.get(name, 0.0) + value.sum()

    def after_validate(self) -> None:
        if not self.sums:  # a rehearsal that does not validate
            return
        totals = sum_over_processes(torch.stack(list(self.sums.values()))).tolist()
        means = dict(zip(self.sums, [total / max(totals[-1], 1) for total in totals], strict=True))
        self.learn.measured = {name: mean for name, mean in means.items() if name != "count"}


class EpochLog(Callback):
    """Keep one row of numbers per epoch, and write them all to a csv file whenever one is added.

    Parameters
    ----------
    file : Path or None
        Where to write them; None keeps them in memory only.
    """

    order = 55

    def __init__(self, file: Path | None = None) -> None:
        super().__init__()
        self.file = file

    def before_epoch(self) -> None:
        self.started = time.perf_counter()

    def after_train(self) -> None:
        self.train_seconds = time.perf_counter() - self.started

    def after_epoch(self) -> None:
        if is_rehearsal(self.learn):
            return
        batches = max(len(self.dls.train), 1)
        row = {
            "epoch": self.learn.epochs_done + 1,
            "trains": self.trains,
            "lr": float(self.opt.hypers[-1]["lr"]),
        }
        pixel_first = sorted(self.learn.totals.items(), key=lambda item: item[0] != "pixel")
        row |= {f"loss_{name}": (total / batches).item() for name, total in pixel_first}
        row |= {f"valid_{name}": value for name, value in self.learn.measured.items()}
        row["images_per_second"] = batches * self.dls.train.bs / self.train_seconds
        row["seconds"] = time.perf_counter() - self.started
        row["peak_memory_mib"] = _peak_memory_mib(next(self.model.parameters()).device)
        self.learn.rows.append(row)
        if self.file and is_main():
            self.file.parent.mkdir(parents=True, exist_ok=True)
            with atomic(self.file) as temporary:
                self.learn.history.to_csv(temporary, index=False, float_format="%.6g")

    def after_fit(self) -> None:
        losses = self.learn.recorder.losses
        self.learn.recorder.losses = torch.stack(losses).tolist() if losses else []


def _peak_memory_mib(device: torch.device) -> float:
    """Return the most memory taken so far: the GPU's, or this process's without workers."""
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device) / 2**20
    if sys.platform == "win32":
        return math.nan
    import resource  # which Windows does not have

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (
        2**20 if sys.platform == "darwin" else 2**10
    )


class MovingAverage(Callback):
    """Follow the generator with an exponential moving average, which is validated and kept.

    The decay warms up as (1 + n) / (10 + n), so that a short run is not dragged down by the
    untrained weights.

    Parameters
    ----------
    decay : float
        How much of the average survives a step, such as 0.999.

    References
    ----------
    Karras et al. 2018, section 4 (averaged weights for a generator).
    """

    order = 12  # after fastai has moved and wrapped the model for several processes

    def __init__(self, decay: float) -> None:
        super().__init__()
        self.decay, self.updates = decay, 0
        self.average: AveragedModel | None = None

    def start(self) -> None:
        """Copy the generator, or follow it to its device."""
        live = self.learn.live_generator
        if self.average is None:
            self.average = AveragedModel(live, multi_avg_fn=self._blend, use_buffers=True)
        self.average.to(next(live.parameters()).device)

    def _blend(self, averaged: Tensors, current: Tensors, _count: Tensor | int) -> None:
        decay = min(self.decay, (1 + self.updates) / (10 + self.updates))
        get_ema_multi_avg_fn(decay)(averaged, current, _count)

    def before_fit(self) -> None:
        self.start()

    def after_batch(self) -> None:
        learns = self.training and self.trains != "discriminator"
        if self.average is not None and learns and not is_rehearsal(self.learn):
            self.average.update_parameters(self.learn.live_generator)
            self.updates += 1

    def before_validate(self) -> None:
        self.trained = self.learn.model
        if self.average is not None:
            self.learn.model = self.average.module.eval()

    def after_validate(self) -> None:
        self.learn.model = self.trained
