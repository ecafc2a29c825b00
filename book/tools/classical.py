"""How good colours from points are, on a folder of photographs: the error of each method against the number of points.

    python book/tools/classical.py photographs/imagenette-160/val --photographs 100

Every photograph is made grey; points of its true colours, at random places, are handed to each scribble method. The
means over the photographs go to ``book/results/scribbles.csv``, how they were made to ``book/results/scribbles.json``.
"""

import argparse
import json
import random
import sys
import time
from functools import partial
from multiprocessing import Pool
from pathlib import Path

import numpy as np
import pandas as pd
import torch

from colorlib._atomic import atomic
from colorlib.classical import BY_SCRIBBLES, points_from_truth
from colorlib.classical.arrays import lab_pixels
from colorlib.images.decode import open_rgb
from colorlib.images.folder import find_photographs, has_color
from colorlib.metrics.pictures import ab_error, ab_psnr

RESULTS = Path(__file__).resolve().parents[1] / "results"
COUNTS = (1, 5, 20, 50, 100)
SIDE = 128  # pixels along the longer side


def compare(path: Path, counts: tuple[int, ...], seed: int) -> list[dict[str, object]]:
    """Every method with every number of points on one photograph, and grey."""
    lab = lab_pixels(path, SIDE)
    L, ab = lab[..., 0], lab[..., 1:]
    rows = [_row("grey", 0, np.zeros_like(ab), lab, 0.0)]
    for count in counts:
        marked, values = points_from_truth(ab, count, seed)
        for name, method in BY_SCRIBBLES.items():
            start = time.perf_counter()
            rows.append(_row(name, count, method(L, marked, values), lab, time.perf_counter() - start))
    return rows


def _row(method: str, points: int, ab: np.ndarray, truth: np.ndarray, seconds: float) -> dict[str, object]:
    """The numbers of one result."""
    lab = np.concatenate([truth[..., :1], ab], axis=-1)
    pair = [torch.from_numpy(picture).permute(2, 0, 1)[None] for picture in (lab, truth)]
    numbers = {"ab_psnr": ab_psnr(*pair).item(), "ab_l1": ab_error(*pair).item()}
    return {"method": method, "points": points, **numbers, "seconds": seconds}


def main(arguments: list[str] | None = None) -> int:
    """Run the comparison and write both files."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="photographs in colour, also in subfolders")
    parser.add_argument("--photographs", type=int, default=100, help="how many of them, drawn at random")
    parser.add_argument("--seed", type=int, default=0, help="of the draw and of the points")
    options = parser.parse_args(arguments)
    paths = find_photographs(options.folder)
    random.Random(options.seed).shuffle(paths)
    chosen = [path for path in paths if has_color(open_rgb(path))][: options.photographs]
    rows = []
    with Pool(initializer=torch.set_num_threads, initargs=(1,)) as pool:
        for number, some in enumerate(pool.imap(partial(compare, counts=COUNTS, seed=options.seed), chosen)):
            rows += some
            print(f"{number + 1} of {len(chosen)}", end="\r", file=sys.stderr)
    every = pd.DataFrame(rows)
    table = every.groupby(["method", "points"], sort=False)[["ab_psnr", "ab_l1"]].mean().round(3).reset_index()
    with atomic(RESULTS / "scribbles.csv") as path:
        table.to_csv(path, index=False)
    at_fifty = table[table.points == 50].set_index("method").ab_psnr
    record = {
        "command": f"python book/tools/classical.py {'/'.join(options.folder.parts[-2:])} "
        f"--photographs {options.photographs} --seed {options.seed}",
        "photographs": len(chosen),
        "longer_side": SIDE,
        "gain_over_grey_with_50_points_db": (at_fifty - table.ab_psnr[0]).round(2).to_dict(),
    }
    with atomic(RESULTS / "scribbles.json") as path:
        path.write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
    print(table.to_string(index=False))
    print(json.dumps(record["gain_over_grey_with_50_points_db"]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
