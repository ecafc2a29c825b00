"""Do a denoised view and fading shadows help a film? `python book/tools/grain.py` measures it on films of known motion.

Five films of photographs that installed packages bring along: as they are, with grain, and dark with grain. Each is
coloured in several ways. *none*: neither. *denoised*: the network sees its small view without grain (a Gaussian of one
pixel), and the result keeps the film's lightness. *faded*: colours fade out in the deepest shadows (`film.shadows`).
*paler*: all colours are 0.88 as strong, which makes any film steadier. `book/results/grain.csv` gets the means of the
ab error and of the flicker scores, beside those of grey and of the truth.
"""

import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
from rich.progress import track

from colorlib._atomic import atomic
from colorlib.colorize import Colorizer
from colorlib.data.sources import package_photographs
from colorlib.film import shadows, steady
from colorlib.film.carrying import Frame
from colorlib.film.steadiness import steadiness
from colorlib.film.steady import SteadyColorizer
from colorlib.film.synthetic import Clip, camera_clip

RESULTS = Path(__file__).resolve().parents[1] / "results"
FILMS = {"china": "pan", "coffee": "zoom", "astronaut": "rotation", "flower": "pan", "chelsea": "zoom"}
GRAIN, DARK_GRAIN = 15.0, 8.0  # grey values of 255: standard deviation
DARK = 0.12  # of the light
WAYS = ("none", "denoised", "faded", "paler")


class Tried(SteadyColorizer):
    """Colours a film in one of `WAYS`."""

    way = "none"

    def _predicted(self, frame: Frame) -> Frame:
        seen = cv2.GaussianBlur(frame.L, (0, 0), 1.0) if self.way == "denoised" else frame.L
        found = super()._predicted(replace(frame, L=seen))
        frame.ab, frame.known = found.ab, found.known
        return frame

    def _painted(self, frame: Frame) -> np.ndarray:
        ab = {"faded": lambda: shadows.faded(frame.ab, frame.L), "paler": lambda: 0.88 * frame.ab}
        return super()._painted(replace(frame, ab=ab.get(self.way, lambda: frame.ab)()))


def conditions(clip: Clip) -> Iterator[tuple[str, np.ndarray, np.ndarray]]:
    """The film in three states: what it is called, its true colours, and what the network is given."""
    random = np.random.default_rng(0)

    def grey(frames: np.ndarray, grain: float) -> np.ndarray:
        luma = np.stack([cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY) for frame in frames]).astype(np.float32)
        return (luma + random.normal(0, grain, luma.shape)).round().clip(0, 255).astype(np.uint8)

    dark = ((clip.frames / 255) * DARK ** (1 / 2.2) * 255).round().astype(np.uint8)
    yield "clean", clip.frames, grey(clip.frames, 0)
    yield "grain", clip.frames, grey(clip.frames, GRAIN)
    yield "dark, grain", dark, grey(dark, DARK_GRAIN)


def main(
    results: Path = RESULTS, count: int = 16, size: tuple[int, int] = (180, 240), weights: str = "natural"
) -> Path:
    """Measure, and write the table: a row for each state and way."""
    photographs, tables = package_photographs(), []
    steady.faded = lambda ab, L: ab  # what it does by itself is one of the ways
    colorizer = Tried(Colorizer.from_pretrained(weights, flip=False))
    for name, move in track(FILMS.items(), "films"):
        clip = camera_clip(photographs[name], move, count, size)
        for state, truth, grey in conditions(clip):
            films = {}
            for colorizer.way in WAYS:
                films[colorizer.way] = np.stack(list(colorizer.paint(grey)))
            table = steadiness(films, truth, clip.flow, clip.visible)
            tables.append(table.assign(film=state).rename_axis("colours").reset_index())
    means = pd.concat(tables).groupby(["film", "colours"], sort=False).mean().round(4)
    path = results / "grain.csv"
    with atomic(path) as temporary:
        means.to_csv(temporary)
    return path


if __name__ == "__main__":
    print(main(*map(Path, sys.argv[1:])))
