"""How much of a game to keep: `python book/tools/parts.py runs/vivid` measures mixtures of a run's start and its end.

Every mixture is measured as `ship.py` measures one, on all validation photographs of each collection. The shares go to
`book/results/NAME-parts.csv`, NAME being the recipe's, after every mixture; stopped, the same command goes on.
"""

import sys
from pathlib import Path

import pandas as pd
from rich.progress import track
from ship import mixture

from colorlib._atomic import atomic
from colorlib.evaluation import shares
from colorlib.experiments import photographs
from colorlib.verdict import measure

RESULTS = Path(__file__).resolve().parents[1] / "results"
PARTS = (0.0, 0.25, 0.5, 0.65, 0.8, 1.0)


def main(run: Path, parts: tuple[float, ...] = PARTS, results: Path = RESULTS) -> Path:
    """Measure the mixtures that the file does not have yet."""
    recipe = mixture(run)[-1]
    path, valid = results / f"{recipe.name}-parts.csv", photographs(recipe)[1]
    rows = pd.read_csv(path).to_dict("records") if path.exists() else []
    for part in track([part for part in parts if part not in {row["part"] for row in rows}], "measuring the mixtures"):
        metrics = measure(mixture(run, part)[0], recipe.data, valid)
        rows += [{"part": part, "collection": name, **shares(pd.DataFrame(table).T)} for name, table in metrics.items()]
        with atomic(path) as temporary:
            pd.DataFrame(rows).sort_values(["part", "collection"]).to_csv(temporary, index=False)
    return path


if __name__ == "__main__":
    print(main(Path(sys.argv[1])))
