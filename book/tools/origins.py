"""Who gains from more hours? `python book/tools/origins.py broad-160 runs/broad runs/broad-fine` asks by origin.

The photographs of a collection's validation half are put together by where they come from, which the names of their
folders begin with. For each origin the mean ab error of grey, of the first run, of the second, which went on from it,
and of the mixture half of the way between them go to `book/results/origins.csv`, with the standard errors of the
second's and the mixture's difference from the first, photograph by photograph.
"""

import copy
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from dial import BACK
from rich.progress import track

from colorlib._atomic import atomic
from colorlib.color.constants import AB_RANGE
from colorlib.data.loaders import validation_loader
from colorlib.experiments.recipe import load_recipe
from colorlib.experiments.run import photographs
from colorlib.models.weights import load_weights, mixture

RESULTS = Path(__file__).resolve().parents[1] / "results"


def main(collection: str, before: Path, after: Path, results: Path = RESULTS) -> Path:
    """Measure all validation photographs of the collection."""
    begin, _ = load_weights(before / "generator.safetensors")
    end, card = load_weights(after / "generator.safetensors")
    between = copy.deepcopy(end)
    between.load_state_dict(mixture(begin, end, BACK))
    recipe = load_recipe(card["recipe"]["name"])
    paths = [path for path in photographs(recipe)[1] if collection in path.parts]
    rows = []
    loader = validation_loader(paths, recipe.data.final_size, 32, workers=0)
    for L, ab in track(loader, "measuring"):
        with torch.no_grad():
            answers = {"grey": 0 * ab, "before": begin(L), "between": between(L), "after": end(L)}
        errors = {name: (AB_RANGE * (answer - ab).abs().mean((1, 2, 3))).tolist() for name, answer in answers.items()}
        rows += [dict(zip(errors, each, strict=True)) for each in zip(*errors.values(), strict=True)]
    table = pd.DataFrame(rows)
    table["origin"] = [path.parent.name.split("-")[0] for path in paths]
    groups = table.groupby("origin")
    means = groups.mean()
    means.insert(0, "photographs", groups.size())
    for name in ("between", "after"):
        change = (table[name] - table["before"]).groupby(table["origin"])
        means[f"standard error, {name}"] = change.std() / np.sqrt(change.size())
    path = results / "origins.csv"
    with atomic(path) as temporary:
        means.round(4).to_csv(temporary)
    return path


if __name__ == "__main__":
    collection, before, after = sys.argv[1:]
    print(main(collection, Path(before), Path(after)))
