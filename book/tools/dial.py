"""Measure what a dial chooses from: `python book/tools/dial.py runs/broad-fine runs/fine-vivid runs/broad`.

The first run's generator is the careful end; the second, which started from it, is the vivid one. With the run from
which the first one started as a third, both ends are moved half of the way back to it (Wortsman et al. 2022). Each
mixture is asked once about a fixed share of the validation photographs of each collection, and its chroma is multiplied
by each gain. The shares go to `book/results/dial.csv`, after every mixture; stopped, the same command goes on.
"""

import copy
import sys
from itertools import islice
from pathlib import Path
from typing import Any

import pandas as pd
import torch
from rich.progress import track
from torch import Tensor, nn

from colorlib._atomic import atomic
from colorlib.data.loaders import validation_loader
from colorlib.experiments.recipe import load_recipe
from colorlib.experiments.run import photographs
from colorlib.metrics.evaluate import evaluate, shares
from colorlib.metrics.frechet import FrechetDistance
from colorlib.models.weights import load_weights, mixture

RESULTS = Path(__file__).resolve().parents[1] / "results"
PARTS = (0.0, 0.25, 0.5, 0.75, 0.875, 1.0)
GAINS = (1.0, 1.15, 1.3, 1.5)
BACK = 0.5
MOST = 200  # photographs of a collection, evenly spread over its sorted list


class Answers(nn.Module):
    """What a generator said to each batch, in order, times a gain: the network runs once for all gains."""

    def __init__(self, answers: list[Tensor], gain: float) -> None:
        super().__init__()
        self.answers, self.gain = iter(answers), gain

    def forward(self, L: Tensor) -> Tensor:
        return self.gain * next(self.answers)


def evenly_spread(paths: list[Path], most: int) -> list[Path]:
    """About `most` of some photographs, at equal distances in their list."""
    return list(islice(paths, 0, None, max(1, len(paths) // most)))


@torch.no_grad()
def measured(generator: nn.Module, paths: list[Path], side: int, gains: tuple[float, ...]) -> list[dict[str, float]]:
    """The shares of a generator at each gain, on one collection."""
    batches = list(validation_loader(paths, side, 32, workers=0))
    answers = [generator(L) for L, _ in batches]
    return [{"gain": gain, **shares(evaluate(Answers(answers, gain), batches, FrechetDistance()))} for gain in gains]


def ends(careful: Path, vivid: Path, before: Path | None) -> tuple[nn.Module, nn.Module, dict[str, Any]]:
    """The two ends of the dial, moved back if there is where to, and the card of the careful one."""
    begin, card = load_weights(careful / "generator.safetensors")
    end, _ = load_weights(vivid / "generator.safetensors")
    if before:
        first, _ = load_weights(before / "generator.safetensors")
        moved, old = mixture(begin, first, BACK), begin.state_dict()
        end.load_state_dict({name: moved[name] + (value - old[name]) for name, value in end.state_dict().items()})
        begin.load_state_dict(moved)  # last: `old` is its own memory
    return begin, end, card


def main(careful: Path, vivid: Path, before: Path | None = None, results: Path = RESULTS) -> Path:
    """Measure the mixtures that the file does not have yet."""
    begin, end, card = ends(careful, vivid, before)
    generator = copy.deepcopy(begin)
    recipe = load_recipe(card["recipe"]["name"])
    valid = photographs(recipe)[1]
    path = results / "dial.csv"
    rows = pd.read_csv(path).to_dict("records") if path.exists() else []
    for part in track([part for part in PARTS if part not in {row["part"] for row in rows}], "measuring the mixtures"):
        generator.load_state_dict(mixture(begin, end, part))
        for name in recipe.data.mix:
            if own := [path for path in valid if name in path.parts]:
                table = measured(generator, evenly_spread(own, MOST), recipe.data.final_size, GAINS)
                rows += [{"part": part, "collection": name, **row} for row in table]
        with atomic(path) as temporary:
            pd.DataFrame(rows).sort_values(["part", "gain", "collection"]).to_csv(temporary, index=False)
    return path


if __name__ == "__main__":
    print(main(*map(Path, sys.argv[1:])))
