"""Recorded trainings to scrub through: a slider for what was changed, one for the epoch."""

from collections.abc import Mapping

from IPython.display import HTML
from PIL import Image, ImageDraw, ImageFont

from colorlib.data.sources import package_photographs
from colorlib.experiments.recorded import recorded_frames, recorded_log
from colorlib.images.decode import open_rgb
from colorlib.show.appearance import INK, SURROUND
from colorlib.show.turning import turnable
from colorlib.show.view import View

__all__ = ["run_explorer"]

# Shown of a log: a column, its name, its reference (a suffix of the column and what to call it).
MEASURED = (
    ("valid_ab_l1", "error of a and b", "_grey", "grey"),
    ("valid_colorfulness", "colourfulness", "_truth", "truth"),
)
GAP, TITLE = 6, 24  # pixels between pictures, and for the line over them


def run_explorer(runs: Mapping[str, str], label: str, start: str) -> HTML:
    """Scrub through recorded trainings: pictures beside the truth, and measures, epoch by epoch.

    One slider chooses the training, the other the epoch; it begins with the last. The figure is one
    of `turnable`.

    Parameters
    ----------
    runs : mapping of str to str
        What to call each training ("lambda 10") and its recorded name ("choices/lambda-10-42"), in
        the order of the slider; all with the same number of epochs and the same photographs.
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
        raise ValueError(
            f"{label}: all runs must have the same epochs and photographs, not {shapes}"
        )
    epochs = list(frames[start])
    photographs = list(frames[start][epochs[0]])

    def draw(run: str, epoch: int) -> View:
        row = logs[run].loc[epoch]
        numbers = {
            f"{name} ({reference} {row[column + suffix]:.1f})": row[column]
            for column, name, suffix, reference in MEASURED
        }
        pictures = [Image.open(path).convert("RGB") for path in frames[run][epoch].values()]
        return View(_sheet("predicted", pictures), numbers)

    sizes = [Image.open(path).size for path in frames[start][epochs[0]].values()]
    truth = [open_rgb(package_photographs()[name]) for name in photographs]
    truth = [
        one.resize(size, Image.Resampling.LANCZOS) for one, size in zip(truth, sizes, strict=True)
    ]
    words = f"{', '.join(photographs)}: predicted on the left, the truth on the right"
    places: dict[str, list[str] | list[int]] = {label: list(runs), "epoch": epochs}
    return turnable(draw, places, words, (start, epochs[-1]), 240, _sheet("truth", truth))


def _sheet(title: str, pictures: list[Image.Image]) -> Image.Image:
    """Pictures under a title, one below the other."""
    height = TITLE + sum(picture.height + GAP for picture in pictures)
    sheet, top = (
        Image.new("RGB", (max(picture.width for picture in pictures), height), SURROUND),
        TITLE,
    )
    ImageDraw.Draw(sheet).text((0, 2), title, INK, ImageFont.load_default(15))
    for picture in pictures:
        sheet.paste(picture, (0, top))
        top += picture.height + GAP
    return sheet
