"""One benchmark for all methods of the book: `python book/tools/standing.py FOLDER [NAME=WEIGHTS ...] [--classical]`.

400 photographs of a collection's validation half, such as `photographs/broad-160/val`, drawn once and for all, judged
at 160 pixels. Each call measures the methods that it names, with grey and truth beside them, and puts their rows into
`book/results/suite/COLLECTION.csv`; the rows of other calls stay. What was coloured is kept in `runs/standing`: a call
that was stopped goes on. WEIGHTS is a file or the name of shipped weights. With `--classical`, the quick ones among the
methods of older papers are measured too: those with points get twenty true colours, those with a reference another
photograph from the same folder, drawn by lot.
"""

import argparse
import json
import random
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from colorlib._atomic import atomic
from colorlib.classical import BY_EXAMPLE, BY_SCRIBBLES, points_from_truth
from colorlib.color.batches import bytes_to_network, lab_to_bytes
from colorlib.color.scale import from_network
from colorlib.colorize.suite_colorizer import SuiteColorizer
from colorlib.images.matching import pictures_by_name
from colorlib.metrics.assessment import middle_square
from colorlib.metrics.suite import measure_suite
from colorlib.metrics.suite_files import begin_run
from colorlib.metrics.suite_table import method_table

RESULTS = Path(__file__).resolve().parents[1] / "results" / "suite"
NUMBER, SIDE, POINTS = 400, 160, 20
SLOW = {"Huang 2005", "Tai 2005", "Sheng 2011", "Gupta 2012"}  # a tenth of a second for each picture, and more


def lab_of(rgb: Tensor) -> np.ndarray:
    """8-bit RGB (3, H, W) as Lab (H, W, 3)."""
    return from_network(*bytes_to_network(rgb[None]))[0].permute(1, 2, 0).numpy()


class Classical:
    """A method of an older paper, told what it asks for."""

    def __init__(self, name: str, references: dict[str, Path]) -> None:
        self.name, self.references = name, references

    def __call__(self, truths: Tensor, names: list[str]) -> Tensor:
        """Colour the grey of true pictures."""
        return torch.cat([self._one(truth, name) for truth, name in zip(truths, names, strict=True)])

    def _one(self, truth: Tensor, name: str) -> Tensor:
        lab = lab_of(truth)
        if self.name in BY_SCRIBBLES:
            ab = BY_SCRIBBLES[self.name](lab[..., 0], *points_from_truth(lab[..., 1:], POINTS))
        else:
            ab = BY_EXAMPLE[self.name](lab[..., 0], lab_of(middle_square(self.references[name], SIDE)))
        coloured = np.concatenate([lab[..., :1], ab], axis=-1).astype(np.float32)
        return lab_to_bytes(torch.from_numpy(coloured).permute(2, 0, 1)[None])


def references(photographs: dict[str, Path]) -> dict[str, Path]:
    """Another photograph from the same folder for each, or of all where it is alone."""
    found = {}
    for name, path in photographs.items():
        near = [other for other in photographs.values() if other.parent == path.parent and other != path]
        others = near or [other for other in photographs.values() if other != path]
        found[name] = random.Random(f"reference {name}").choice(others)
    return found


def main(arguments: list[str] | None = None) -> None:
    """Measure what is named, and write the rows."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("weights", nargs="*", metavar="NAME=WEIGHTS")
    parser.add_argument("--classical", action="store_true")
    options = parser.parse_args(arguments)
    every = pictures_by_name(options.folder)
    chosen = sorted(random.Random(0).sample(sorted(every), NUMBER))
    photographs = {name: every[name] for name in chosen}
    methods = {name: SuiteColorizer(path) for name, _, path in (text.partition("=") for text in options.weights)}
    seen = {name: max(method.described()["sizes"]) for name, method in methods.items()}
    told = dict.fromkeys(methods, "nothing")
    if options.classical:
        near = references(every)
        methods |= {name: Classical(name, near) for name in (*BY_SCRIBBLES, *BY_EXAMPLE) if name not in SLOW}
        told |= dict.fromkeys(BY_SCRIBBLES, f"{POINTS} points") | dict.fromkeys(BY_EXAMPLE, "a photograph")
    collection = options.folder.resolve().parent.name
    work = Path("runs", "standing", collection)
    about = {name: m.described() if isinstance(m, SuiteColorizer) else told[name] for name, m in methods.items()}
    begin_run(work, collection, photographs, SIDE, about)
    table = method_table(*measure_suite(photographs, SIDE, methods, work / "pieces"))
    table.insert(0, "told", pd.Series(told | {"grey": "nothing", "truth": "everything"}))
    table.insert(1, "seen_at", pd.Series(seen, dtype=object))
    file = RESULTS / f"{collection}.csv"
    if file.is_file():
        before = pd.read_csv(file, index_col=0)
        table = pd.concat([before.drop(index=table.index, errors="ignore"), table]).rename_axis("method")
    order = sorted(table.index, key=lambda name: (name != "grey", name == "truth"))
    with atomic(file) as temporary:
        table.loc[order].to_csv(temporary, float_format="%.5g")
    record = {
        "command": "python book/tools/standing.py photographs/COLLECTION/val NAME=WEIGHTS ... [--classical]",
        "photographs": NUMBER,
        "side": SIDE,
    }
    with atomic(RESULTS / "standing.json") as temporary:
        temporary.write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
    print(table.loc[order, ["psnr", "ab_l1", "colorfulness_unsigned", "frechet"]].round(2).to_string())


if __name__ == "__main__":
    main()
