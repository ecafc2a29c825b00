"""What a run does after each epoch: end when its time is over, keep what it has reached."""

import dataclasses
import math
import time
from pathlib import Path
from typing import Any

from fastai.callback.core import Callback, CancelFitException
from PIL import Image

from colorlib._atomic import atomic
from colorlib.colorize.colorizer import Colorizer
from colorlib.data.sources import package_photographs
from colorlib.experiments.provenance import commit
from colorlib.experiments.recipe import Recipe
from colorlib.images.decode import open_rgb
from colorlib.models.weights import save_weights
from colorlib.training.distributed import is_main


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
