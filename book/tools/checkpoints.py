"""Measure the states that a training went through: `python book/tools/checkpoints.py paper-128 runs/kept`.

The folder holds copies of the run's `generator.safetensors` and `generator.json`, one pair an epoch: `15.safetensors`,
`15.json`, and so on. Each state is asked about the same share of the validation photographs. The table goes to
`book/results/NAME-checkpoints.csv`, after every state; stopped, the same command goes on.
"""

import sys
from pathlib import Path

import pandas as pd
from dial import evenly_spread
from rich.progress import track

from colorlib._atomic import atomic
from colorlib.data.loaders import validation_loader
from colorlib.experiments.recipe import load_recipe
from colorlib.experiments.run import photographs
from colorlib.metrics.evaluate import evaluate, shares
from colorlib.metrics.frechet import FrechetDistance
from colorlib.models.weights import load_weights

RESULTS = Path(__file__).resolve().parents[1] / "results"
MOST = 250  # photographs, evenly spread over the sorted list


def main(name: str, kept: Path, results: Path = RESULTS) -> Path:
    """Measure the states that the file does not have yet."""
    recipe = load_recipe(name)
    valid = photographs(recipe)[1]
    spread = evenly_spread(valid, MOST)
    table = results / f"{name}-checkpoints.csv"
    rows = pd.read_csv(table).to_dict("records") if table.exists() else []
    known = {row["epoch"] for row in rows}
    states = [path for path in kept.glob("*.safetensors") if int(path.stem) not in known]
    for path in track(states, "measuring the states"):
        generator, _ = load_weights(path)
        batches = validation_loader(spread, recipe.data.final_size, recipe.data.batch_size)
        rows.append({"epoch": int(path.stem), **shares(evaluate(generator, batches, FrechetDistance()))})
        with atomic(table) as temporary:
            pd.DataFrame(rows).sort_values("epoch").to_csv(temporary, index=False)
    return table


if __name__ == "__main__":
    print(main(sys.argv[1], Path(sys.argv[2])))
