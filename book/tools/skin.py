"""Errors of skin by skin tone: `python book/tools/skin.py FOLDER [NAME=WEIGHTS ...]`, FOLDER full of faces in colour.

What counts as skin is decided in the true photograph: an oval in the middle, without what is no colour of skin. Its
median gives the individual typology angle (Chardon et al. 1991), which dermatologists use for skin tone, and which
depends on the light too. For each of the shipped points, and for other weights that are named, the mean absolute error
of a and b over skin, and grey's, go to `book/results/skin.csv`: numbers only, no picture.
"""

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from rich.progress import track

from colorlib._atomic import atomic
from colorlib.color.lab import rgb_to_lab
from colorlib.colorize import Colorizer
from colorlib.images.decode import open_rgb
from colorlib.images.folder import find_photographs
from colorlib.models.shipped import shipped_points

RESULTS = Path(__file__).resolve().parents[1] / "results"
# Degrees: very light and light, intermediate, tan, brown and dark.
BANDS = {"above 41": 41.0, "28 to 41": 28.0, "10 to 28": 10.0, "below 10": -91.0}
LEAST = 0.1  # of the picture must be skin


def skin_of(lab: torch.Tensor) -> torch.Tensor:
    """Where a photograph of a face, (3, H, W) in Lab, shows skin: a mask (H, W)."""
    L, a, b = lab
    height, width = L.shape
    y, x = torch.meshgrid(torch.linspace(-1, 1, height), torch.linspace(-1, 1, width), indexing="ij")
    oval = (x / 0.6) ** 2 + (y / 0.8) ** 2 < 1
    return oval & (L > 15) & (L < 92) & (a > 3) & (a < 35) & (b > 3) & (b < 42)


def typology_angle(L: float, b: float) -> float:
    """The individual typology angle in degrees: large for light skin."""
    return float(np.degrees(np.arctan2(L - 50, b)))


def band_of(angle: float) -> str:
    """The name of the band in which an angle lies."""
    return next(name for name, low in BANDS.items() if angle > low)


def lab_of(pixels: np.ndarray) -> torch.Tensor:
    """An 8-bit picture (H, W, 3) as Lab (3, H, W)."""
    return rgb_to_lab(torch.from_numpy(pixels.copy()).permute(2, 0, 1)[None] / 255)[0]


def main(folder: Path, others: dict[str, str], results: Path = RESULTS) -> Path:
    """Measure, and write the table: a row for each weights and band."""
    colorizers = {name: Colorizer.from_pretrained(name) for name in shipped_points()}
    colorizers |= {name: Colorizer.from_pretrained(path) for name, path in others.items()}
    rows = []
    for path in track(find_photographs(folder), "faces"):
        truth = np.asarray(open_rgb(path))
        lab = lab_of(truth)
        skin = skin_of(lab)
        if skin.float().mean() < LEAST:
            continue
        L, _, b = (lab[channel][skin].median().item() for channel in range(3))
        true = lab[1:, skin]
        errors = {"grey": true.abs().mean().item()}
        for name, colorizer in colorizers.items():
            errors[name] = (lab_of(colorizer(truth))[1:, skin] - true).abs().mean().item()
        rows += [{"weights": n, "band": band_of(typology_angle(L, b)), "ab error": e} for n, e in errors.items()]
    table = pd.DataFrame(rows).groupby(["weights", "band"])["ab error"].agg(["count", "mean"]).reset_index()
    path = results / "skin.csv"
    with atomic(path) as temporary:
        table.rename(columns={"count": "photographs", "mean": "ab error"}).to_csv(temporary, index=False)
    return path


if __name__ == "__main__":
    folder, *named = sys.argv[1:]
    print(main(Path(folder), dict(item.split("=", 1) for item in named)))
