"""A folder of photographs as it is found: which files, where their coloured copies go, and a run that goes on.

An original is never touched: results go to another folder, in the same layout, and nothing that is already
there is overwritten. A result appears under its name only when it is complete.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from PIL import Image

from colorlib.photos import PHOTO_SUFFIXES, find_photographs
from colorlib.weights import atomic

# JPEG and WebP keep the full resolution of the colour, which is the whole point here; the rest is lossless.
SAVE_OPTIONS: dict[str, dict] = {
    ".jpg": {"quality": 95, "subsampling": 0},
    ".jpeg": {"quality": 95, "subsampling": 0},
    ".webp": {"quality": 95},
    ".png": {},
    ".tif": {"compression": "tiff_adobe_deflate"},
    ".tiff": {"compression": "tiff_adobe_deflate"},
    ".bmp": {},
}


@dataclass(frozen=True)
class Job:
    """One photograph to colorize: the file to read and the file to write."""

    source: Path
    target: Path


@dataclass(frozen=True)
class Outcome:
    """What became of one job; `reason` says why it failed."""

    job: Job
    status: Literal["done", "skipped", "failed"]
    reason: str = ""


@dataclass
class Report:
    """What became of all jobs of a run, in order."""

    outcomes: list[Outcome] = field(default_factory=list)

    def of(self, status: str) -> list[Outcome]:
        """Return the outcomes with one status: "done", "skipped" or "failed"."""
        return [outcome for outcome in self.outcomes if outcome.status == status]

    def summary(self) -> str:
        """Return one line of counts, then one line for each file that failed and why."""
        line = f"{len(self.of('done'))} colorized"
        if skipped := self.of("skipped"):
            line += f", {len(skipped)} skipped (their results are already there)"
        if failed := self.of("failed"):
            line += f", {len(failed)} failed:"
        return "\n".join([line, *(f"  {outcome.reason}" for outcome in failed)])


def plan(inputs: Iterable[str | Path], out: str | Path) -> list[Job]:
    """List the photographs among files and folders, each with the place for its coloured copy.

    A file goes to `out/NAME`. Folders are searched recursively and keep their layout: `FOLDER/a/b.jpg` goes to
    `out/a/b.jpg`. The name and the format stay. What already lies in `out` is no input, so that `out` may be
    inside an input folder.

    Parameters
    ----------
    inputs : iterable of str or Path
        Photographs and folders of photographs.
    out : str or Path
        The folder for the results. It need not exist and is not made here.

    Returns
    -------
    list of Job
        In the order of `inputs`, sorted by name within each folder; a file named twice comes once.

    Raises
    ------
    FileNotFoundError
        If an input does not exist.
    ValueError
        If there is no photograph, a file is none, `out` is the folder an input lies in or no folder, or two
        inputs would get the same result.
    """
    out = Path(out)
    if out.exists() and not out.is_dir():
        raise ValueError(f"{out}: the output is a file; give a folder for the results")
    here, jobs, taken = out.resolve(), [], {}
    for given in map(Path, inputs):
        folder = given if given.is_dir() else given.parent
        if folder.resolve() == here:
            raise ValueError(f"{out}: the output folder is the folder of the input {given}; give another --out")
        for source in _photographs(given):
            real = source.resolve()
            if here in real.parents:
                continue
            target = out / source.relative_to(folder)
            if taken.setdefault(target, real) != real:
                raise ValueError(
                    f"{source} and {taken[target]} would both become {target}; colorize them into two folders"
                )
            if target.resolve() == real:
                raise ValueError(f"{source}: its result would be the photograph itself; give another --out")
            jobs.append(Job(source, target))
    if not jobs:
        raise ValueError(f"no photographs to colorize; everything given lies in the output folder {out}")
    return list(dict.fromkeys(jobs))


def save_image(image: Image.Image, path: str | Path) -> None:
    """Write a picture so that it appears under its name only when it is complete.

    Parameters
    ----------
    image : PIL.Image.Image
        The picture, mode RGB or L.
    path : str or Path
        The file; its suffix names the format. Missing folders are made.

    Raises
    ------
    FileExistsError
        If the file is already there: nothing is overwritten.
    ValueError
        If the suffix is not one of `SAVE_OPTIONS`.
    OSError
        If the disk is full or the folder cannot be written; nothing is left behind.
    """
    path = Path(path)
    if path.suffix.lower() not in SAVE_OPTIONS:
        raise ValueError(f"{path}: cannot save {path.suffix!r}; use one of {', '.join(SAVE_OPTIONS)}")
    if path.exists():
        raise FileExistsError(f"{path}: already there and not overwritten; remove it or choose another folder")
    path.parent.mkdir(parents=True, exist_ok=True)
    with atomic(path) as temporary:
        image.save(temporary, **SAVE_OPTIONS[path.suffix.lower()])


def run(colorize: Callable[[Path], Image.Image], jobs: Sequence[Job]) -> Iterator[Outcome]:
    """Do the jobs one after the other; a file that fails is told and the next one is done.

    Parameters
    ----------
    colorize : callable
        Takes the path of a photograph, returns the coloured picture; a `Colorizer`.
    jobs : sequence of Job
        From `plan`. A job whose result is already there is skipped, so that a broken-off run continues.

    Returns
    -------
    iterator of Outcome
        One for each job, as soon as it is finished.
    """
    for job in jobs:
        if job.target.exists():
            yield Outcome(job, "skipped")
            continue
        try:
            save_image(colorize(job.source), job.target)
        except Exception as error:  # whatever a file provokes, the album goes on
            yield Outcome(job, "failed", _one_line(job.source, error))
        else:
            yield Outcome(job, "done")


def _photographs(given: Path) -> list[Path]:
    """The photographs behind one input: itself, or everything in the folder."""
    if given.is_dir():
        return find_photographs(given)
    if not given.exists():
        raise FileNotFoundError(f"{given}: no such file or folder")
    if given.suffix.lower() not in PHOTO_SUFFIXES:
        raise ValueError(f"{given}: not a photograph; expected {', '.join(sorted(PHOTO_SUFFIXES))}")
    return [given]


def _one_line(source: Path, error: Exception) -> str:
    """Say in one line what went wrong, with the file's name in front."""
    text = " ".join(str(error).split()) or type(error).__name__
    return text if str(source) in text else f"{source}: {text}"
