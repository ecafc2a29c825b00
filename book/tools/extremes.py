"""Which photographs does a network colour best and worst? `python book/tools/extremes.py paper-24 WEIGHTS`.

All validation photographs of a recipe that says classes with its folders, as imagenette does, are coloured by a file of
weights, or by the shipped weights of a name. `book/results/NAME-extremes.csv` gets the ten where it takes away most of
grey's error of a and b, and the ten where it adds most: rank, file, what the photograph shows, the errors in CIE units.
"""

import sys
from pathlib import Path

import pandas as pd
import torch
from torch import Tensor, nn

from colorlib._atomic import atomic
from colorlib.experiments.assess import photograph_errors
from colorlib.experiments.recipe import load_recipe
from colorlib.experiments.run import photographs
from colorlib.models.shipped import find_weights
from colorlib.models.weights import load_weights

RESULTS = Path(__file__).resolve().parents[1] / "results"
MOST = 10
SUBJECTS = {  # imagenette's ten classes by their WordNet numbers
    "n01440764": "tench",
    "n02102040": "English springer",
    "n02979186": "cassette player",
    "n03000684": "chain saw",
    "n03028079": "church",
    "n03394916": "French horn",
    "n03417042": "garbage truck",
    "n03425413": "petrol pump",
    "n03445777": "golf ball",
    "n03888257": "parachute",
}


class Grey(nn.Module):
    """Says that nothing has a colour."""

    def forward(self, L: Tensor) -> Tensor:
        return torch.zeros_like(L).repeat(1, 2, 1, 1)


def main(name: str, weights: str, results: Path = RESULTS) -> Path:
    """Measure each photograph, and write both ends of the list."""
    recipe = load_recipe(name)
    valid = photographs(recipe)[1]
    generator, _ = load_weights(find_weights(weights))
    ours, grey = (photograph_errors(network, recipe.data, valid).numpy() for network in (generator.eval(), Grey()))
    table = pd.DataFrame(
        {
            "photograph": [path.name for path in valid],
            "subject": [SUBJECTS[path.parent.name] for path in valid],
            "ab_l1": ours.round(2),
            "ab_l1_grey": grey.round(2),
            "gain": (grey - ours).round(2),
        }
    ).sort_values("gain", ascending=False, ignore_index=True)
    table.insert(0, "rank", table.index + 1)
    print(f"{(table.gain > 0).mean():.1%} of {len(table)} photographs are nearer to the truth than grey is")
    path = results / f"{name}-extremes.csv"
    with atomic(path) as temporary:
        pd.concat([table.head(MOST), table.tail(MOST)]).to_csv(temporary, index=False)
    return path


if __name__ == "__main__":
    print(main(sys.argv[1], sys.argv[2]))
