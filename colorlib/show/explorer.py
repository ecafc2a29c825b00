"""Recorded trainings to scrub through: one slider for what was changed, one for how long it had trained."""

from collections.abc import Mapping
from html import escape
from pathlib import Path

import numpy as np
import pandas as pd
from IPython.display import HTML
from PIL import Image

from colorlib.data.sources import package_photographs
from colorlib.experiments.recorded import recorded_frames, recorded_log
from colorlib.images.decode import open_rgb
from colorlib.show.appearance import INK, LINES, SHADE, SURROUND
from colorlib.show.widgets import SLIDER_STYLE, data_uri, slider, webp_uri

__all__ = ["run_explorer"]

# What is drawn: a column of the log, its name, its reference (a suffix of the column and what to call it).
CURVES = (
    ("valid_ab_l1", "error of a and b", "_grey", "grey"),
    ("valid_colorfulness", "colourfulness", "_truth", "truth"),
)
WIDTH, HEIGHT, LEFT, TOP, RIGHT, BOTTOM = 300, 165, 34, 24, 8, 34  # of a chart, with its margins
STYLE = f"""{SLIDER_STYLE}<style>
.colorlib-runs {{ background: {SURROUND}; border-radius: 0.5rem; color: {INK}; display: flex; flex-wrap: wrap;
  gap: 0.5rem 1rem; margin: 0 0 1.25rem; max-width: 44rem; padding: 0.75rem; }}
.colorlib-runs > .pictures {{ flex: 1 1 17rem; min-width: 0; }}
.colorlib-runs > .curves {{ flex: 1 1 17rem; min-width: 0; }}
.colorlib-runs > .sliders {{ display: flex; flex: 1 1 100%; flex-wrap: wrap; gap: 0 1rem; }}
.colorlib-runs .view {{ grid-area: 1 / 1; }}
.colorlib-runs .view:not([data-on]) {{ visibility: hidden; }}
.colorlib-runs p {{ color: {INK}; font-size: 1rem; line-height: 1.4; margin: 0; }}
.colorlib-runs .pair {{ display: grid; gap: 0.25rem; grid-template-columns: 1fr 1fr; }}
.colorlib-runs .pair > div, .colorlib-runs .numbers {{ align-content: start; display: grid; }}
.colorlib-runs img {{ border-radius: 0.25rem; display: block; height: auto; margin: 0 0 0.25rem; width: 100%; }}
.colorlib-runs svg {{ display: block; font: 11px sans-serif; height: auto; width: 100%; }}
.colorlib-runs polyline {{ fill: none; stroke: {INK}; stroke-opacity: 0.3; stroke-width: 1.2; }}
.colorlib-runs polyline[data-on] {{ stroke: {LINES[1]}; stroke-opacity: 1; stroke-width: 2.6; }}
.colorlib-runs circle {{ fill: {LINES[1]}; }}
.colorlib-runs circle:not([data-on]) {{ display: none; }}
.colorlib-runs label {{ flex: 1 1 15rem; }}
</style>"""
# Whatever carries the number of a run, and perhaps of a step, is on when the sliders stand there.
MOVE = (
    "const box = this.closest('.colorlib-runs');"
    "const [run, step] = [...box.querySelectorAll('input')].map(input => input.value);"
    "box.querySelectorAll('[data-run]').forEach(part => part.toggleAttribute('data-on',"
    " part.dataset.run === run &amp;&amp; (part.dataset.step ?? step) === step));"
)


def run_explorer(runs: Mapping[str, str], label: str, start: str) -> HTML:
    """Scrub through recorded trainings: their pictures, epoch by epoch, and where that is on their curves.

    Two sliders, the browser's own: they work with a mouse, a finger and the arrow keys, need no kernel and no network.
    One chooses the training, the other the epoch. Everything is in the page itself; where scripts are off, the last
    epoch of the training it starts with stays.

    Parameters
    ----------
    runs : mapping of str to str
        What to call each training ("lambda 10") and its recorded name ("choices/lambda-10-42"), in the order of the
        slider; all with the same number of epochs and the same photographs.
    label : str
        What the first slider chooses, such as "weight of L1".
    start : str
        Which of `runs` is shown first.

    Returns
    -------
    HTML
        To be the last line of a cell.

    Raises
    ------
    ValueError
        When `start` is none of the runs, or they differ in epochs or photographs.
    FileNotFoundError
        As `experiments.recorded_file`.
    """
    if start not in runs:
        raise ValueError(f"{label}: start must be one of {', '.join(runs)}, not {start!r}")
    logs = [recorded_log(name) for name in runs.values()]
    frames = [recorded_frames(name) for name in runs.values()]
    shapes = {name: (len(run), *next(iter(run.values()))) for name, run in zip(runs, frames, strict=True)}
    if len(set(shapes.values())) > 1:
        raise ValueError(f"{label}: all runs must have the same epochs and photographs, not {shapes}")
    at, last = list(runs).index(start), len(frames[0]) - 1
    steps = [f"epoch {epoch} of {last + 1}" for epoch in frames[0]]
    pictures, numbers = "", ""
    for run, (name, log) in enumerate(zip(runs, logs, strict=True)):
        for step, shown in enumerate(frames[run].values()):
            mark = f'class="view" {_mark(run, step, (run, step) == (at, last))}'
            images = "".join(_image(path, f"{photo}: {label} {name}, {steps[step]}") for photo, path in shown.items())
            pictures += f"<div {mark}>{images}</div>"
            numbers += f"<p {mark}>{_numbers(log.iloc[step])}</p>"
    truth = "".join(_truth(path, photo) for photo, path in frames[0][last + 1].items())
    charts = "".join(_chart(logs, list(runs), curve, at, last) for curve in CURVES)
    sliders = slider(label, list(runs), at, MOVE) + slider("trained for", steps, last, MOVE)
    return HTML(
        f'{STYLE}<div class="colorlib-runs" role="group" aria-label="{escape(label)}">'
        f'<div class="sliders">{sliders}</div><div class="pictures"><div class="pair"><p>predicted</p><p>truth</p>'
        f'<div>{pictures}</div><div>{truth}</div></div><div class="numbers" aria-live="polite">{numbers}</div></div>'
        f'<div class="curves">{charts}</div></div>'
    )


def _mark(run: int, step: int | None, on: bool) -> str:
    """The attributes of a part that belongs to a run, or to one step of it."""
    return f'data-run="{run}"' + ("" if step is None else f' data-step="{step}"') + (" data-on" if on else "")


def _image(path: Path, words: str) -> str:
    """A recorded frame, as it was written."""
    return f'<img src="{webp_uri(path.read_bytes())}" alt="{escape(words)}">'


def _truth(frame: Path, photo: str) -> str:
    """The package photograph that a frame was made from, as large as the frame."""
    with Image.open(frame) as picture:
        width, height = picture.size
    photograph = open_rgb(package_photographs()[photo])
    return f'<img src="{data_uri(photograph, width, height)}" alt="{escape(photo)}: truth">'


def _numbers(row: pd.Series) -> str:
    """What the curves say at one step."""
    return "; ".join(
        f"{name} {row[column]:.1f} ({reference} {row[column + suffix]:.1f})"
        for column, name, suffix, reference in CURVES
    )


def _chart(logs: list[pd.DataFrame], names: list[str], curve: tuple[str, str, str, str], at: int, last: int) -> str:
    """One metric of all runs over the epochs as an SVG; the chosen run stands out, a point says where it is."""
    column, title, suffix, reference = curve
    lines = [log[column].to_numpy() for log in logs]
    level = logs[0][column + suffix].iloc[0]
    low, high = min(level, *(line.min() for line in lines)), max(level, *(line.max() for line in lines))
    margin = (high - low) * 0.08 or 1.0
    low, high = low - margin, high + margin

    def x(step: int) -> float:
        return LEFT + (WIDTH - LEFT - RIGHT) * step / max(last, 1)

    def y(value: float) -> float:
        return TOP + (HEIGHT - TOP - BOTTOM) * (high - value) / (high - low)

    parts = [
        f'<text x="{LEFT - 4}" y="{y(value) + 4:.1f}" text-anchor="end">{value:g}</text>'
        f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y(value):.1f}" y2="{y(value):.1f}" stroke="{SHADE}"/>'
        for value in _ticks(low, high)
    ]
    every = max(1, (last + 1) // 4)
    parts += [
        f'<text x="{x(step):.1f}" y="{HEIGHT - BOTTOM + 14}" text-anchor="middle">{step + 1}</text>'
        for step in range(every - 1, last + 1, every)
    ]
    parts += [
        f'<text x="{LEFT}" y="14"><tspan font-weight="bold">{title}</tspan>, dotted: {reference}</text>',
        f'<text x="{(LEFT + WIDTH - RIGHT) / 2}" y="{HEIGHT - 4}" text-anchor="middle">epoch</text>',
        f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y(level):.1f}" y2="{y(level):.1f}" stroke="{INK}" '
        'stroke-dasharray="2 3"/>',
    ]
    for run, line in enumerate(lines):
        points = " ".join(f"{x(step):.1f},{y(value):.1f}" for step, value in enumerate(line))
        parts.append(f'<polyline points="{points}" {_mark(run, None, run == at)}/>')
        parts += [
            f'<circle cx="{x(step):.1f}" cy="{y(value):.1f}" r="5" {_mark(run, step, (run, step) == (at, last))}/>'
            for step, value in enumerate(line)
        ]
    ends = ", ".join(f"{name} {line[-1]:.1f}" for name, line in zip(names, lines, strict=True))
    words = escape(f"{title} over the epochs; at the end: {ends}; {reference} {level:.1f}")
    return f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{words}" fill="{INK}">{"".join(parts)}</svg>'


def _ticks(low: float, high: float) -> list[float]:
    """Three or four round numbers between two ends."""
    rough = (high - low) / 4
    unit = 10.0 ** np.floor(np.log10(rough))
    step = unit * next(factor for factor in (1, 2, 5, 10) if factor * unit >= rough)
    return [round(float(value), 10) for value in np.arange(np.ceil(low / step), np.floor(high / step) + 1) * step]
