"""Make the weights of a finished run the package's own: `python book/tools/ship.py careful runs/careful`.

The run's generator goes to `colorlib/weights/NAME.safetensors`, and what `record.json` says of the run goes on its
card, so that every number on the card was measured and none was typed.

A run that started from other weights may be followed only a part of the way: `... ship.py vivid runs/vivid 0.8` mixes
the two, 0.2 of the start and 0.8 of the end (deep network interpolation, Wang et al. 2019), and measures the mixture
on the recipe's validation photographs. NAME need not be the recipe's: one way may be shipped at several places.
"""

import json
import sys
from pathlib import Path
from typing import Any

import torch
from torch import nn

from colorlib.experiments import photographs
from colorlib.recipes import Recipe, load_recipe
from colorlib.verdict import measure
from colorlib.weights import SHIPPED, find_weights, load_weights, save_weights

KEPT = ("title", "size", "commit")
RECORDED = ("command", "recipe", "photographs", "epochs", "hours", "machine", "precision", "versions", "metrics")
LICENCE = "BSD-3-Clause, like the code; the photographs of the training have terms of their own, see the model card"


def mixture(run: Path, part: float = 1.0) -> tuple[nn.Module, dict[str, Any], Recipe]:
    """The generator at a part of the way from a run's start to its end, the card of the end, and the recipe."""
    generator, card = load_weights(run / "generator.safetensors")
    recipe = load_recipe(card["recipe"]["name"])
    if part < 1:
        start, _ = load_weights(find_weights(recipe.start))
        begin, end = start.state_dict(), generator.state_dict()
        mixed = {key: torch.lerp(begin[key], end[key], part) for key in end if end[key].is_floating_point()}
        generator.load_state_dict({**end, **mixed})
    return generator, card, recipe


def main(name: str, run: Path, part: float = 1.0) -> None:
    """Copy the weights, or a mixture, and write their card."""
    generator, card, recipe = mixture(run, part)
    record = json.loads((run / "record.json").read_text(encoding="utf-8"))
    full = {key: card[key] for key in KEPT} | {key: record[key] for key in RECORDED} | {"licence": LICENCE}
    if part < 1:
        full |= {"part": part, "metrics": measure(generator, recipe.data, photographs(recipe)[1])}
    path = save_weights(generator, SHIPPED / f"{name}.safetensors", card["kind"], card["arguments"], full)
    print(f"{path.name}: {path.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), *map(float, sys.argv[3:]))
