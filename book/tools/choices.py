"""Run the experiments that compare, one after the other, and keep their results in book/results.

    python book/tools/choices.py runs book/results

Give the folder for the runs, and the folder for what is kept of them. The list is in the order in which the chapters
need it. A run that is done is skipped and one that was stopped goes on, so the same command can be given again and
again. Every run is `colorlib train RECIPE --variant NAME --seed N` in a process of its own, which also makes its peak
memory its own.
"""

import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd

from colorlib._atomic import atomic
from colorlib.experiments.assess import photograph_errors
from colorlib.experiments.recipe import Recipe, load_recipe, variants
from colorlib.experiments.run import photographs
from colorlib.models.weights import load_weights

FIRST = ("fusion labels", "fusion none", "fusion no-labels", "choices classes", "choices l1", "choices classes-plain",
         "choices l2", "fusion pyramid", "fusion pyramid-no-labels", "choices classes-long",
         "choices gan-l1", "choices gan")  # fmt: skip
# How far does a number move by itself? These are run with two more seeds.
AGAIN = ("choices l1", "choices l2", "choices smooth-l1", "choices classes", "choices gan-l1", "choices gan",
         "fusion none", "fusion no-labels", "fusion labels")  # fmt: skip
SEEDS = (43, 44)


def experiments() -> list[tuple[str, str, int]]:
    """Recipe, variant and seed of every run: all variants with one seed, then some with two more."""
    rest = [f"{name} {variant}" for name in ("choices", "patches", "fusion") for variant in variants(name)]
    runs = [(entry, 42) for entry in dict.fromkeys((*FIRST, *rest))] + [(e, seed) for seed in SEEDS for e in AGAIN]
    return [(*entry.split(), seed) for entry, seed in runs]


def keep(run: Path, kept: Path) -> None:
    """Copy what a finished run wrote and the book shows: log, record, frames."""
    kept.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(run / "log.csv", kept.with_suffix(".csv"))
    shutil.copyfile(run / "record.json", kept.with_suffix(".json"))
    for frame in sorted((run / "frames").glob("*.webp")):
        shutil.copyfile(frame, kept / frame.name)


def keep_errors(recipe: Recipe, run: Path, results: Path) -> None:
    """Add the error of each photograph to the recipe's table, from the weights of a finished run."""
    path, name = results / recipe.name / "errors.csv", f"{recipe.variant}-{recipe.seed}"
    table = pd.read_csv(path) if path.is_file() else pd.DataFrame()
    if name in table and path.stat().st_mtime > (run / "record.json").stat().st_mtime:
        return  # the table is younger than the run, so these are the run's
    generator, _ = load_weights(run / "generator.safetensors")
    table[name] = photograph_errors(generator.eval(), recipe.data, photographs(recipe)[1]).numpy().round(3)
    with atomic(path) as temporary:
        table.to_csv(temporary, index=False)


def main(runs: Path, results: Path) -> None:
    """Run what is not done yet."""
    for name, variant, seed in experiments():
        recipe = load_recipe(name, variant, seed)
        run = runs / recipe.folder
        if not (run / "record.json").is_file():
            print(recipe.command, flush=True)
            command = [sys.executable, "-m", "colorlib", *recipe.command.split()[1:], "--out", str(run)]
            subprocess.run(command, check=True)
        keep(run, results / recipe.folder)
        keep_errors(recipe, run, results)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(Path(sys.argv[1]), Path(sys.argv[2]))
