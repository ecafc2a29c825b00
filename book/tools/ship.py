"""Make the weights of a finished run the package's own: `python book/tools/ship.py paper-24 runs/paper-24`.

The run's generator goes to `colorlib/pretrained/NAME.safetensors`, and what `record.json` says of the run goes on its
card, so that every number on the card was measured and none was typed.

With an earlier state of the same training, its generator copied aside, and a part, what lies that part of the way from
the earlier to the later weights is shipped, measured anew on all validation photographs:
`python book/tools/ship.py paper-24 runs/paper-24-early runs/paper-24 0.5`.

With a second run, which started from the first one's weights, the two are the ends of a vividness dial, and with a
third, from which the first one started, both are moved half of the way back to it:
`python book/tools/ship.py light runs/broad-fine runs/fine-vivid runs/broad`. Where the dial stands for how much of the
difference and which gain is read from `book/results/dial.csv`, which `dial.py` measured; the points with names are
measured here, on all validation photographs.
"""

import json
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from dial import BACK, ends

from colorlib.experiments.assess import measure
from colorlib.experiments.recipe import load_recipe
from colorlib.experiments.run import photographs
from colorlib.models.card import read_card
from colorlib.models.export import save_graph
from colorlib.models.shipped import SHIPPED
from colorlib.models.weights import load_weights, mixture, save_weights

RESULTS = Path(__file__).resolve().parents[1] / "results"
KEPT = ("title", "size", "commit")
RECORDED = ("command", "recipe", "photographs", "epochs", "hours", "machine", "precision", "versions", "metrics")
LICENCE = "BSD-3-Clause, like the code; the photographs of the training have terms of their own, see the model card"
FINE = 41  # mixtures among which the dial chooses
LEVELS = (0.0, 0.25, 0.5, 0.75, 1.0)
POINTS = {"careful": 0.0, "natural": 0.5, "vivid": 1.0}


def about(run: Path) -> dict[str, Any]:
    """What a run's record and card say of it."""
    card = read_card(run / "generator.safetensors")
    record = json.loads((run / "record.json").read_text(encoding="utf-8"))
    return {key: card[key] for key in KEPT} | {key: record[key] for key in RECORDED}


def best_way(grid: pd.DataFrame) -> dict[str, list[float]]:
    """Choose the settings of the dial from a measured grid of mixtures and gains.

    The ends are the careful network at the gain at which its ab error is smallest, and the setting whose Frechet
    distance is smallest; the colourfulness between them rises evenly. What lies between two measured mixtures is
    interpolated. For each level every mixture's gain is interpolated to that colourfulness, and the mixture with the
    smallest sum of ab error and Frechet distance, as shares of grey's, is taken.
    """
    error, frechet, color = "ab error, of grey's", "Frechet, of grey's", "colourfulness, of truth's"
    mean = grid.groupby(["part", "gain"])[[error, frechet, color]].mean().reset_index()
    careful = mean[mean["part"] == 0]
    first, last = careful.loc[careful[error].idxmin()], mean.loc[mean[frechet].idxmin()]
    gains = [rows.set_index("part") for _, rows in mean.groupby("gain")]
    parts = np.linspace(0, 1, FINE)
    between = [{key: np.interp(parts, rows.index, rows[key]) for key in rows} | {"part": parts} for rows in gains]
    fine = pd.concat(map(pd.DataFrame, between))
    settings = [(first["part"], first["gain"])]
    for level in LEVELS[1:-1]:
        target = first[color] + level * (last[color] - first[color])
        ways = []
        for part, rows in fine.groupby("part"):
            if rows[color].min() <= target <= rows[color].max():
                at = [np.interp(target, rows[color], rows[key]) for key in ("gain", error, frechet)]
                ways.append((at[1] + at[2], part, at[0]))
        settings.append(min(ways)[1:])
    settings.append((last["part"], last["gain"]))
    part, gain = ([round(float(one), 3) for one in way] for way in zip(*settings, strict=True))
    return {"vividness": list(LEVELS), "part": part, "gain": gain}


def ship(name: str, run: Path) -> Path:
    """Copy the weights of one run, and write their card."""
    generator, card = load_weights(run / "generator.safetensors")
    full = about(run) | {"licence": LICENCE}
    path = save_weights(generator, SHIPPED / f"{name}.safetensors", card["kind"], card["arguments"], full)
    save_graph(path)
    return path


def ship_mixture(name: str, early: Path, late: Path, part: float) -> Path:
    """Mix an early and a late state of a training (Wang et al. 2019), measure that, and write its card."""
    begin, _ = load_weights(early / "generator.safetensors")
    generator, card = load_weights(late / "generator.safetensors")
    generator.load_state_dict(mixture(begin, generator, part))
    recipe = load_recipe(card["recipe"]["name"])
    metrics = measure(generator, recipe.data, photographs(recipe)[1])
    full = about(late) | {"licence": LICENCE, "part": part, "metrics": metrics}
    path = SHIPPED / f"{name}.safetensors"
    save_weights(generator, path, card["kind"], card["arguments"], full)
    save_graph(path)
    return path


def ship_dial(name: str, careful: Path, vivid: Path, before: Path | None = None) -> Path:
    """Put the ends of a dial into one file, measure its points, and write the card."""
    begin, end, card = ends(careful, vivid, before)
    recipe = load_recipe(card["recipe"]["name"])
    way = best_way(pd.read_csv(RESULTS / "dial.csv")) | {"default": POINTS["natural"]}
    full = about(careful) | {"licence": LICENCE, "vivid_end": about(vivid), "dial": way}
    if before:
        full["moved_back"] = {"to": read_card(before / "generator.safetensors")["recipe"]["name"], "part": BACK}
    points, valid = {}, photographs(recipe)[1]
    with tempfile.TemporaryDirectory() as folder:  # what is shipped changes once, when all is measured
        trial = Path(folder, f"{name}.safetensors")
        save_weights(begin, trial, card["kind"], card["arguments"], full, end)
        for point, vividness in POINTS.items():
            turned, _ = load_weights(trial, vividness)
            points[point] = {"vividness": vividness, "metrics": measure(turned, recipe.data, valid)}
    full["points"] = points
    path = save_weights(begin, SHIPPED / f"{name}.safetensors", card["kind"], card["arguments"], full, end)
    save_graph(path)
    return path


if __name__ == "__main__":
    name, *rest = sys.argv[1:]
    if len(rest) == 3 and not Path(rest[2]).is_dir():
        path = ship_mixture(name, Path(rest[0]), Path(rest[1]), float(rest[2]))
    else:
        path = (ship_dial if len(rest) > 1 else ship)(name, *map(Path, rest))
    print(f"{path.name}: {path.stat().st_size / 1e6:.1f} MB")
