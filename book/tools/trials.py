"""Try what might help the light network.

    python book/tools/trials.py pixels photographs --start runs/broad/generator.safetensors

Each trial differs from the first of its kind in one thing and sees as many crops. `pixels` trains the decoder from
scratch on the pixel loss; `adversarial` goes on from the weights of `--start` with a discriminator. Every trial is
measured on the validation photographs of the broad collection; its row goes to `book/results/trials.csv`, or to
`--out`, as soon as it is known. Stopped, the same command goes on.
"""

import copy
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

import pandas as pd
import torch
import typer
from fastai.data.core import DataLoaders
from torch import Tensor, nn
from torch.nn import functional

from colorlib._atomic import atomic
from colorlib.color.constants import AB_RANGE
from colorlib.color.lab import lab_to_rgb
from colorlib.color.scale import from_network
from colorlib.data.loaders import dataloaders, validation_loader
from colorlib.data.sources import mixed_photographs
from colorlib.experiments.provenance import machine
from colorlib.metrics.evaluate import evaluate, shares
from colorlib.metrics.frechet import FrechetDistance
from colorlib.models.class_unet import BinLogits
from colorlib.models.color_bins import ab_bins, annealed_mean, bin_frequencies, rebalancing_weights
from colorlib.models.dynamic_unet import encoder_decoder
from colorlib.models.efficientnet_lite import lite0
from colorlib.models.light_unet import LightUNet
from colorlib.models.patchgan import PatchGAN
from colorlib.models.weights import load_weights
from colorlib.settings import set_seed
from colorlib.training.learner import ColorizationLearner
from colorlib.training.losses import pixel_loss

RESULTS = Path(__file__).resolve().parents[1] / "results"
MIX = {"broad-160": 3, "imagenette-160": 2, "scenes-144": 2}
SIZE, TEST_SIZE = 128, 160
WIDE = (64, 96, 192, 320, 512)  # channels of a decoder twice as wide
COUNTED = 16  # batches from which the bins learn how common colours are


class FullSize(LightUNet):
    """The light U-Net with one level more: colour at every pixel, not at every fourth."""

    def __init__(self, **arguments: Any) -> None:
        super().__init__(**arguments)
        self.finest = nn.Sequential(nn.Conv2d(33, 24, 3, padding=1, bias=False), nn.BatchNorm2d(24), nn.ReLU())
        self.head = nn.Conv2d(24, 2, 1)
        nn.init.normal_(self.head.weight, std=1e-3)
        nn.init.zeros_(self.head.bias)

    def forward(self, L: Tensor) -> Tensor:
        x = functional.interpolate(self.decoded(L)[0], scale_factor=2, mode="nearest")
        return torch.tanh(self.head(self.finest(torch.cat([x, L], dim=1))))


@dataclass(frozen=True)
class LightBins(BinLogits):
    """The cross-entropy of the bins, small enough to stand beside a pixel loss."""

    share: float = 0.02

    def losses(self, ab: Tensor, *labels: Tensor) -> dict[str, Tensor]:
        return {name: self.share * loss for name, loss in super().losses(ab, *labels).items()}


class WithBins(LightUNet):
    """The light U-Net with a second head, which names a bin of colour at every eighth pixel (Zhang et al. 2016)."""

    temperature: float | None = None  # of the annealed mean that is painted; None paints the regression

    def __init__(self, **arguments: Any) -> None:
        super().__init__(**arguments)
        self.has_auxiliary = True
        self.register_buffer("bins", ab_bins().clone())
        self.register_buffer("weights", torch.ones(len(self.bins)))
        self.choice = nn.Conv2d(32, len(self.bins), 1)

    def forward(self, L: Tensor, auxiliary: bool = False) -> Any:
        x = self.decoded(L)[0]
        ab = torch.tanh(self.head(x))
        logits = self.choice(functional.avg_pool2d(x, 4)).float()
        if self.temperature is not None:
            chosen = annealed_mean(logits, self.bins, self.temperature) / AB_RANGE
            return functional.interpolate(chosen, size=L.shape[-2:], mode="bilinear", align_corners=False)
        ab = functional.interpolate(ab, scale_factor=2, mode="bilinear", align_corners=False)
        return (ab, LightBins(logits, self.bins, self.weights)) if auxiliary else ab


class Saturated(nn.Module):
    """Smooth L1 in which a colourful pixel counts up to several times a grey one; the mean weight is 1."""

    def forward(self, ab: Tensor, truth: Tensor) -> Tensor:
        weight = 1 + 5 * truth.norm(dim=1, keepdim=True)
        return (weight / weight.mean() * functional.smooth_l1_loss(ab, truth, beta=0.05, reduction="none")).mean()


class Features(nn.Module):
    """Smooth L1, and beside it how far lite0's maps at strides 4, 8 and 16 are, as a part of grey's distance."""

    def __init__(self, generator: nn.Module, share: float = 0.03) -> None:
        super().__init__()
        self.pixel, self.share = pixel_loss("smooth_l1"), share
        self.net = lite0(pretrained=True).eval().requires_grad_(False).to(next(generator.parameters()).device)
        generator.register_forward_pre_hook(self.see)

    def see(self, _net: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        """Keep the grey picture: a pixel loss is given the colours alone."""
        self.L = inputs[0]

    def maps(self, ab: Tensor) -> list[Tensor]:
        rgb = lab_to_rgb(from_network(self.L, ab)) * 2 - 1
        with torch.autocast(rgb.device.type, torch.bfloat16, enabled=rgb.device.type == "cuda"):
            return self.net.forward_intermediates(rgb, indices=[1, 2, 3], stop_early=True, intermediates_only=True)

    def forward(self, ab: Tensor, truth: Tensor) -> Tensor:
        loss = self.pixel(ab, truth)
        if not torch.is_grad_enabled():
            return loss
        with torch.no_grad():
            true, grey = self.maps(truth), self.maps(torch.zeros_like(truth))
        for found, wanted, none in zip(self.maps(ab), true, grey, strict=True):
            loss = loss + self.share / 3 * (found - wanted).abs().mean() / (none - wanted).abs().mean()
        return loss


@dataclass(frozen=True)
class Trial:
    """What one trial changes."""

    name: str
    generator: Callable[..., nn.Module] = LightUNet
    arguments: dict[str, Any] = field(default_factory=dict)
    pixel: Callable[[nn.Module], nn.Module] = lambda _: pixel_loss("smooth_l1")
    adversarial: str = "vanilla"
    lambda_l1: float = 1.0


PIXELS = (
    Trial("as shipped: smooth L1"),
    Trial("L1 with a weight on saturated colours", pixel=lambda _: Saturated()),
    Trial("a feature loss beside it", pixel=Features),
    Trial("the decoder twice as wide", arguments={"widths": WIDE}),
    Trial("ab at full size", FullSize),
    Trial("a head of colour bins beside it", WithBins),
)
ADVERSARIAL = (
    Trial("as shipped: vanilla", lambda_l1=50.0),
    Trial("LSGAN", adversarial="lsgan", lambda_l1=50.0),
    Trial("hinge", adversarial="hinge", lambda_l1=50.0),
)


def trained(trial: Trial, dls: DataLoaders, start: Path | None, epochs: int, lr: float) -> ColorizationLearner:
    """Train one trial: the decoder from scratch, or from weights with a discriminator that learns an epoch ahead."""
    set_seed(89)
    begin = load_weights(start)[0] if start else trial.generator(body="lite2", **trial.arguments)
    learn = ColorizationLearner(
        dls,
        begin.train(),
        PatchGAN(filters=32) if start else None,
        pixel="smooth_l1",
        adversarial=trial.adversarial,
        lambda_l1=trial.lambda_l1,
        betas=(0.5 if start else 0.9, 0.999),
        splitter=encoder_decoder,
        ema=0.998,
    )
    learn.loss_func = trial.pixel(learn.model)
    if isinstance(begin, WithBins):
        prior = bin_frequencies((ab * AB_RANGE for ab in first(dls.train, COUNTED)), begin.bins)
        begin.weights.copy_(rebalancing_weights(prior, begin.bins))
    learn.create_opt()
    learn.opt.freeze_to(2 if start else 1)
    with learn.no_bar():
        if start:
            learn.trains = "discriminator"
            learn.fit(1, slice(lr))
            learn.trains = "both"
        learn.fit_one_cycle(epochs, slice(lr))
    return learn


def first(batches: Any, count: int) -> Iterator[Tensor]:
    """The colours of the first batches of an epoch."""
    for number, (_, ab, *_) in enumerate(batches, 1):
        yield ab
        if number == count:
            return


def rows(trial: Trial, kind: str, learn: ColorizationLearner, valid: list[Path], seconds: float) -> Iterator[dict]:
    """Measure a trial: the generator as it paints, and for bins also at two temperatures."""
    net = learn.generator.eval()
    for temperature in (None, 0.7, 0.38) if isinstance(net, WithBins) else (None,):
        variant = copy.copy(net)
        if temperature is not None:
            variant.temperature = temperature
        found = shares(evaluate(variant, validation_loader(valid, TEST_SIZE, 100), FrechetDistance()))
        yield {
            "kind": kind,
            "trial": trial.name if temperature is None else f"the same, painted by bins at temperature {temperature}",
            "parameters": sum(p.numel() for p in net.parameters()),
            "crops": len(learn.history) * len(learn.dls.train) * learn.dls.train.bs,
            **found,
            "images_per_second": float(learn.history["images_per_second"].median()),
            "seconds": seconds,
            "machine": machine(learn.dls.device),
        }


def main(
    kind: Annotated[str, typer.Argument(help="pixels or adversarial")],
    photographs: Annotated[Path, typer.Argument(help="the folder of the collections")],
    start: Annotated[Path | None, typer.Option(help="weights that an adversarial trial goes on from")] = None,
    out: Annotated[Path, typer.Option(help="the table")] = RESULTS / "trials.csv",
    crops: Annotated[int, typer.Option(help="crops an epoch")] = 32_000,
    epochs: int = 4,
    batch_size: int = 128,
    lr: float = 2e-3,
) -> None:
    """Run the trials of a kind that the table does not have yet."""
    train, valid = mixed_photographs(photographs, MIX)
    valid = [path for path in valid if "broad-160" in path.parts]
    done = pd.read_csv(out).to_dict("records") if out.exists() else []
    for trial in PIXELS if kind == "pixels" else ADVERSARIAL:
        if (kind, trial.name) in {(row["kind"], row["trial"]) for row in done}:
            continue
        dls = dataloaders(train, valid[:100], SIZE, batch_size, smallest_crop=0.4, degraded=0.2, epoch=crops, seed=89)
        started = time.perf_counter()
        learn = trained(trial, dls, start if kind == "adversarial" else None, epochs, lr)
        done += list(rows(trial, kind, learn, valid, time.perf_counter() - started))
        print(done[-1], flush=True)
        with atomic(out) as temporary:
            pd.DataFrame(done).to_csv(temporary, index=False, float_format="%.5g")


if __name__ == "__main__":
    typer.run(main)
