"""What every measure says when true colours are changed on purpose: `python book/tools/measures.py FOLDER`.

The colours of photographs are made stronger or weaker, turned around the wheel of hues, and blurred, in all
combinations, while their lightness stays. The means go to `book/results/suite/measures.csv`, with the saturation, the
turn and the blur in the first columns; how they were made to `book/results/suite/measures.json`.
"""

import argparse
import json
import math
import random
import sys
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from torch import Tensor
from torchvision.transforms.v2.functional import gaussian_blur

from colorlib._atomic import atomic
from colorlib.color.batches import bytes_to_network, lab_to_bytes
from colorlib.color.scale import from_network
from colorlib.images.decode import open_rgb
from colorlib.images.folder import find_photographs, has_color
from colorlib.metrics.assessment import assess, features, middle_square
from colorlib.metrics.networks import measuring_networks
from colorlib.metrics.set_distance import set_distance

RESULTS = Path(__file__).resolve().parents[1] / "results" / "suite"
SATURATIONS = (0.0, 0.5, 1.0, 1.5, 2.0)
TURNS = (0, 20, 60, 180)  # degrees
BLURS = (0, 4, 16)  # standard deviation, in hundredths of the side
SIDE, BATCH = 64, 40


def changed(lab: Tensor, saturation: float, turn: float, blur: float) -> Tensor:
    """Change the colours of pictures and leave their lightness: (B, 3, H, W), CIE Lab."""
    a, b = lab[:, 1], lab[:, 2]
    cos, sin = math.cos(math.radians(turn)), math.sin(math.radians(turn))
    ab = saturation * torch.stack([cos * a - sin * b, sin * a + cos * b], 1)
    if blur:
        sigma = blur / 100 * lab.shape[-1]
        ab = gaussian_blur(ab, [min(2 * round(3 * sigma) + 1, 2 * lab.shape[-1] - 1)] * 2, [sigma] * 2)
    return torch.cat([lab[:, :1], ab], 1)


def main(arguments: list[str] | None = None) -> int:
    """Measure all combinations and write both files."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="photographs in colour, also in subfolders")
    parser.add_argument("--photographs", type=int, default=360, help="how many of them, drawn at random")
    options = parser.parse_args(arguments)
    paths = find_photographs(options.folder)
    random.Random(0).shuffle(paths)
    chosen = [path for path in paths if has_color(open_rgb(path, 64))][: options.photographs]
    truth = torch.stack([middle_square(path, SIDE) for path in chosen]).split(BATCH)
    networks = measuring_networks(torch.device("cpu"))
    seen = np.concatenate([features(batch, networks)["frechet"] for batch in truth])
    rows = []
    for place in product(SATURATIONS, TURNS, BLURS):
        numbers, now = [], []
        for batch in truth:
            pictures = lab_to_bytes(changed(from_network(*bytes_to_network(batch)), *place))
            found = assess(pictures, batch, networks)
            numbers.append(pd.DataFrame({key: values for key, values in found.items() if values.ndim == 1}))
            now.append(features(pictures, networks)["frechet"])
        row = dict(zip(("saturation", "turn", "blur"), place, strict=True))
        rows.append(row | pd.concat(numbers).mean().to_dict() | {"frechet": set_distance(np.concatenate(now), seen)})
        print(f"{len(rows)} of {len(SATURATIONS) * len(TURNS) * len(BLURS)}", end="\r", file=sys.stderr)
    RESULTS.mkdir(exist_ok=True)
    with atomic(RESULTS / "measures.csv") as path:
        pd.DataFrame(rows).to_csv(path, index=False, float_format="%.5g")
    command = f"python book/tools/measures.py photographs/{'/'.join(options.folder.parts[-2:])}"
    record = {"command": f"{command} --photographs {options.photographs}", "photographs": len(chosen), "side": SIDE}
    with atomic(RESULTS / "measures.json") as path:
        path.write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
