"""Recorded trainings to scrub through: one slider for what was changed, one for how long it had trained."""

from collections.abc import Mapping
from pathlib import Path

from IPython.display import HTML
from PIL import Image, ImageDraw, ImageFont

from colorlib.data.sources import package_photographs
from colorlib.experiments.recorded import recorded_frames, recorded_log
from colorlib.images.decode import open_rgb
from colorlib.show.appearance import INK, SURROUND
from colorlib.show.turning import View, turnable

__all__ = ["run_explorer"]

# Shown of a log: a column, its name, its reference (a suffix of the column and what to call it).
MEASURED = (
    ("valid_ab_l1", "error of a and b", "_grey", "grey"),
    ("valid_colorfulness", "colourfulness", "_truth", "truth"),
)
GAP, TITLE = 6, 24  # pixels between pictures, and for the line over them


def run_explorer(runs: Mapping[str, str], label: str, start: str) -> HTML:
    """Scrub through recorded trainings: their pictures beside the truth, epoch by epoch, and what was measured then.

    One slider chooses the training, the other the epoch; it begins with the last. The figure is one of `turnable`.

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
    logs = {name: recorded_log(run).set_index("epoch") for name, run in runs.items()}
    frames = {name: recorded_frames(run) for name, run in runs.items()}
    shapes = {name: (len(run), *next(iter(run.values()))) for name, run in frames.items()}
    if len(set(shapes.values())) > 1:
        raise ValueError(f"{label}: all runs must have the same epochs and photographs, not {shapes}")
    epochs = list(frames[start])
    photographs = {name: open_rgb(package_photographs()[name]) for name in frames[start][epochs[0]]}

    def draw(run: str, epoch: int) -> View:
        row = logs[run].loc[epoch]
        numbers = {
            f"{name} ({reference} {row[column + suffix]:.1f})": row[column]
            for column, name, suffix, reference in MEASURED
        }
        return View(_beside_truth(frames[run][epoch], photographs), numbers)

    words = f"{', '.join(photographs)}: predicted on the left, the truth on the right"
    return turnable(draw, {label: list(runs), "epoch": epochs}, words, (start, epochs[-1]))


def _beside_truth(shown: Mapping[str, Path], photographs: Mapping[str, Image.Image]) -> Image.Image:
    """The frames of one epoch, one under the other, each beside its photograph."""
    predicted = {name: Image.open(path).convert("RGB") for name, path in shown.items()}
    width = max(frame.width for frame in predicted.values())
    height = sum(frame.height + GAP for frame in predicted.values())
    sheet = Image.new("RGB", (2 * width + GAP, TITLE + height), SURROUND)
    pen, top = ImageDraw.Draw(sheet), TITLE
    for left, title in ((0, "predicted"), (width + GAP, "truth")):
        pen.text((left, 2), title, INK, ImageFont.load_default(15))
    for name, frame in predicted.items():
        truth = photographs[name].resize(frame.size, Image.Resampling.LANCZOS)
        sheet.paste(frame, (0, top))
        sheet.paste(truth, (width + GAP, top))
        top += frame.height + GAP
    return sheet
