"""At which size should the network see a picture, and can it tell? `python book/tools/sizes.py FOLDER ...`.

Each FOLDER holds photographs in colour that no weight has seen. Of each, an evenly spread share is coloured at several
sizes, each time also mirrored. How far the two predictions of a size lie apart is its own doubt; how far it lies from
those of the other sizes is theirs. `book/results/sizes.csv` gets the ab error of each size, of the one whose mirrored
predictions agree best, of the one that is nearest to the others, of the best one that somebody could choose who knows
the truth, and of the mean of all; and grey's.
"""

import sys
from itertools import combinations
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
from rich.progress import track

from colorlib._atomic import atomic
from colorlib.colorize import Colorizer
from colorlib.images.decode import open_rgb
from colorlib.images.folder import find_photographs

RESULTS = Path(__file__).resolve().parents[1] / "results"
SIZES = (96, 160, 256)
MOST = 100  # photographs of a folder, evenly spread over its sorted list


def ab_of(rgb: np.ndarray) -> np.ndarray:
    """The a and b (H, W, 2) of an 8-bit picture."""
    return cv2.cvtColor(np.float32(rgb) / 255, cv2.COLOR_RGB2Lab)[..., 1:]


def measured(rgb: np.ndarray, colorizers: dict[int, Colorizer]) -> dict[str, float]:
    """The errors of one photograph."""
    truth, errors, doubts, predictions = ab_of(rgb), [], [], []
    for colorizer in colorizers.values():
        one = ab_of(colorizer(rgb))
        two = ab_of(colorizer(np.ascontiguousarray(rgb[:, ::-1])))[:, ::-1]
        predictions.append((one + two) / 2)
        doubts.append(np.linalg.norm(one - two, axis=-1).mean())
        errors.append(float(np.abs(predictions[-1] - truth).mean()))
    apart = np.zeros(len(predictions))
    for first, second in combinations(range(len(predictions)), 2):
        apart[[first, second]] += np.linalg.norm(predictions[first] - predictions[second], axis=-1).mean()
    return {
        "grey": float(np.abs(truth).mean()),
        **{str(size): error for size, error in zip(colorizers, errors, strict=True)},
        "mirrored agree": errors[int(np.argmin(doubts))],
        "nearest to the others": errors[int(apart.argmin())],
        "best": min(errors),
        "mean of all": float(np.abs(np.mean(predictions, axis=0) - truth).mean()),
    }


def main(folders: list[Path], results: Path = RESULTS, most: int = MOST, weights: str = "natural") -> Path:
    """Measure, and write the table: a row for each folder."""
    colorizers = {size: Colorizer.from_pretrained(weights, size, flip=False) for size in SIZES}
    rows = []
    for folder in folders:
        paths = find_photographs(folder)
        paths = paths[:: max(1, len(paths) // most)][:most]
        found = [measured(np.asarray(open_rgb(path)), colorizers) for path in track(paths, folder.parent.name)]
        rows.append({"photographs": f"{folder.parent.name}/{folder.name}", "count": len(paths)})
        rows[-1] |= pd.DataFrame(found).mean().round(3).to_dict()
    path = results / "sizes.csv"
    with atomic(path) as temporary:
        pd.DataFrame(rows).to_csv(temporary, index=False)
    return path


if __name__ == "__main__":
    print(main([Path(folder) for folder in sys.argv[1:]]))
