"""Small albums whose pictures carry a mark that survives colouring, for the tests of runs over folders."""

import numpy as np
from PIL import Image

from colorlib.album.run import AlbumColorizer, Report, plan, run

SETTINGS = {"weights": {"name": "natural", "sha256": "1" * 64}, "size": [256], "saturation": 1.0, "flip": True}


def make(path, level=100, side=16):
    """Write a small grey picture; its level is the mark that survives colouring."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("L", (24, side), level).save(path)
    return path


def paint(page):
    return np.dstack([page] * 3)


def level(path):
    with Image.open(path) as image:
        return round(float(np.asarray(image.convert("L")).mean()))


def go(inputs, out, settings=SETTINGS, paint=paint, workers=1, **options):
    """One run into a folder; what became of each photograph, by the name of its result."""
    report = Report()
    colorizer = AlbumColorizer(paint, out, settings=settings, **options)
    for _ in run(colorizer, plan(inputs, out), report, workers):
        pass
    return {outcome.job.name: outcome for outcome in report.outcomes}


def only(outcomes):
    (outcome,) = outcomes.values()
    return outcome
