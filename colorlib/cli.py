"""The command `colorlib`: train, colorize, video, evaluate, study, info.

Every command imports what it needs when it runs, so that `colorlib --help` answers at once. Exit codes: 0 all well,
1 some files failed, 2 a wrong call or bad input, 130 stopped by Ctrl-C. Errors are one line on stderr.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable, Iterable
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from colorlib.cli_study import study
from colorlib.terminal import SOME_FAILED, clear_errors, progress, rich_table, say, stdout

if TYPE_CHECKING:
    import numpy as np

    from colorlib.files import Report

app = typer.Typer(no_args_is_help=True, add_completion=False, rich_markup_mode="rich", pretty_exceptions_enable=False)
app.add_typer(study, name="study")
WEIGHTS = "careful (pale, seldom wrong), natural, vivid (strong, oftener wrong), or a .safetensors file."


@app.callback()
def colorlib() -> None:
    """Colorize grey photographs, and train the networks that do."""


@app.command()
def train(
    recipe: Annotated[str, typer.Argument(help="The name of a shipped recipe, or a TOML file.")],
    variant: Annotated[str | None, typer.Option(help="Which variant, of a recipe that compares several.")] = None,
    seed: Annotated[int | None, typer.Option(help="Chance starts here.", show_default="as the recipe says")] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            help="Folder for log, checkpoint and weights.", show_default="runs/RECIPE, or runs/RECIPE/VARIANT-SEED"
        ),
    ] = None,
    resume: Annotated[bool, typer.Option(help="Go on from the checkpoint in the output folder.")] = True,
    minutes: Annotated[
        float | None, typer.Option(min=0, help="Stop after the epoch in which they are over; go on later.")
    ] = None,
) -> None:
    """Train a generator from a recipe."""
    with clear_errors():
        from colorlib.experiments import run_recipe
        from colorlib.recipes import load_recipe

        loaded = load_recipe(recipe, variant, seed)
        folder = out or Path("runs") / loaded.folder
        run_recipe(loaded, folder, resume=resume, minutes=minutes)
        stdout().print(f"the results are in {folder}", soft_wrap=True)


@app.command()
def colorize(
    inputs: Annotated[list[str], typer.Argument(help="Photographs, and folders of photographs.", show_default=False)],
    out: Annotated[str, typer.Option(help="Folder for the results; must not be an input folder.", show_default=False)],
    weights: Annotated[str, typer.Option(help=WEIGHTS)] = "natural",
    size: Annotated[
        str | None,
        typer.Option(
            help="Shorter side in pixels at which the network sees a picture: small for bold colours in large areas, "
            "large for small things. Several, as in 192,256,384, are blended.",
            show_default="as the weights say",
        ),
    ] = None,
    saturation: Annotated[float, typer.Option(min=0, help="Strength of the colours; 1 is as guessed.")] = 1.0,
    flip: Annotated[bool, typer.Option(help="Average the guess with that for the mirrored picture.")] = True,
    point: Annotated[
        list[str] | None,
        typer.Option(
            metavar="X,Y,COLOUR",
            help="Make a place this colour, as 0.4,0.7,#c03020: at 0.4 of the width and 0.7 of the height. Repeatable.",
        ),
    ] = None,
    reference: Annotated[Path | None, typer.Option(help="Take the colours of this photograph.")] = None,
    format: Annotated[
        str | None,
        typer.Option(metavar="jpeg|png|tiff|webp", help="Format of the results.", show_default="that of each original"),
    ] = None,
    jobs: Annotated[
        int | None,
        typer.Option(min=1, help="Photographs worked on at once.", show_default="one for each core, up to 4"),
    ] = None,
    resume: Annotated[bool, typer.Option(help="Skip what is done already, or call it an error.")] = True,
    skip_colour: Annotated[
        bool, typer.Option("--skip-colour", help="Leave out photographs that have colours; sepia is none.")
    ] = False,
    report: Annotated[bool, typer.Option(help="Write report.csv and contact-sheet.html beside the results.")] = True,
    ray: Annotated[
        str | None,
        typer.Option(
            metavar="ADDRESS",
            help="Work on a Ray cluster: its address, auto, or local. Inputs and --out may then be s3:// or gs://.",
        ),
    ] = None,
) -> None:
    """Colorize photographs; originals are never touched and nothing is overwritten.

    Folders are searched recursively and keep their layout. Call it again to go on after a break.
    """
    with clear_errors():
        remote = [address for address in (*inputs, out) if "://" in address]
        if ray is None:
            if remote:
                raise ValueError(f"{remote[0]}: an address needs a cluster; give --ray local for one on this machine")
            from colorlib.contact import write_report
            from colorlib.files import Painter, Report, plan, run, sensible_workers

            where = {"workers": jobs or sensible_workers()}
        else:
            from colorlib.archive import Painter, Report, plan, run, write_report

            where = {"workers": jobs, "address": ray}

        planned = plan(inputs, out, format)
        if point and len(planned) > 1:
            raise ValueError(f"--point is about one photograph, and there are {len(planned)}; give one of them")
        paint = _painter(weights, size, saturation, flip, point or [], reference)
        painter = Painter(paint, out, resume=resume, skip_colour=skip_colour, thumbnails=report)
        finished = Report()
        if "://" not in out:
            try:
                Path(out).mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise OSError(f"{out} cannot be made ({error.strerror}): choose another folder for --out") from error
        try:
            with closing(run(painter, planned, finished, **where)) as outcomes:
                for _ in progress(outcomes, len(planned), "colorizing"):
                    pass
        finally:
            say(finished.summary())
            told = not report or _leave_report(write_report, out, finished)
    if finished.of("failed") or not told:
        raise typer.Exit(SOME_FAILED)


@app.command()
def video(
    source: Annotated[Path, typer.Argument(metavar="IN", help="A film.", show_default=False)],
    out: Annotated[
        Path, typer.Argument(metavar="OUT", help="The film to write, as in coloured.mp4.", show_default=False)
    ],
    weights: Annotated[str, typer.Option(help=WEIGHTS)] = "natural",
    mode: Annotated[
        str,
        typer.Option(
            metavar="flow|exponential|off",
            help="How colours are kept steady: carried along the motion, mixed with those before, or not at all.",
        ),
    ] = "flow",
    key_every: Annotated[
        int | None,
        typer.Option(min=1, help="In mode flow, frames from one that the network sees to the next.", show_default="10"),
    ] = None,
    reference: Annotated[
        Path | None, typer.Option(help="A frame of the film coloured by hand, or a photograph: take its colours.")
    ] = None,
    upscale: Annotated[int, typer.Option(min=1, max=2, help="2 doubles width and height.")] = 1,
    start: Annotated[str, typer.Option(metavar="TIME", help="Begin here: seconds, or as in 1:02:30.")] = "0",
    end: Annotated[str | None, typer.Option(metavar="TIME", help="End here.", show_default="the end")] = None,
    preview: Annotated[
        bool, typer.Option("--preview", help="Show original and result side by side; 10 seconds unless --end is given.")
    ] = False,
    codec: Annotated[
        str | None,
        typer.Option(help="FFmpeg's name of the encoder.", show_default="libx264, in .webm libvpx-vp9"),
    ] = None,
    crf: Annotated[
        int | None,
        typer.Option(help="Quality: smaller is finer and larger.", show_default="as good as the original to the eye"),
    ] = None,
    make_grey: Annotated[
        bool, typer.Option("--make-grey", help="Colour a film that has colours, as if it had none.")
    ] = False,
    resume: Annotated[
        bool, typer.Option(help="Go on after a break, and leave a result that is there; or begin anew.")
    ] = True,
) -> None:
    """Colorize a film; its sounds and subtitles are copied as they are.

    The film is worked on in pieces, in the folder OUT.parts. Call it again to go on after a break.
    """
    with clear_errors():
        from colorlib.colorize import Colorizer
        from colorlib.steady import KEY_EVERY, SteadyPainter
        from colorlib.video import colorize_video

        settings = {"mode": mode, "key_every": key_every or KEY_EVERY, "reference": reference, "upscale": upscale}
        painter = SteadyPainter(Colorizer.from_pretrained(weights), **settings)
        result = colorize_video(
            source,
            out,
            painter,
            start=_seconds("--start", start),
            end=None if end is None else _seconds("--end", end),
            preview=preview,
            codec=codec,
            crf=crf,
            make_grey=make_grey,
            resume=resume,
            label=f"{weights} {settings}",
            progress=partial(progress, what="colorizing"),
        )
    for line in (*result.notes, *(f"{source}: {what}" for what in result.damage)):
        say(line)
    if result.frames:
        say(f"{result.frames} frames are in {out}")
    if result.damage:
        raise typer.Exit(SOME_FAILED)


@app.command()
def evaluate(
    weights: Annotated[str, typer.Argument(help="Weights that come along, by name, or a .safetensors file.")],
    folder: Annotated[Path, typer.Argument(help="Folder of colour photographs that the network has not seen.")],
    size: Annotated[
        int | None,
        typer.Option(
            min=8, help="Shorter side in pixels at which the network sees a picture.", show_default="as trained"
        ),
    ] = None,
    csv: Annotated[Path | None, typer.Option(help="Also write the table to this file.")] = None,
) -> None:
    """Measure a colorizer on photographs, beside the all-grey answer and the truth."""
    with clear_errors():
        from colorlib.data import validation_loader
        from colorlib.evaluation import evaluate as measure
        from colorlib.photos import find_photographs, scan_photographs
        from colorlib.weights import atomic, find_weights, load_weights

        if csv is not None and not csv.parent.is_dir():
            raise FileNotFoundError(f"{csv}: there is no folder {csv.parent}; make it first")
        scan = scan_photographs(find_photographs(folder))
        if not scan.colour:
            raise ValueError(f"{folder}: nothing to compare with, {scan.summary()}; give photographs in colour")
        generator, card = load_weights(find_weights(weights))
        side = size or int(card.get("size", 256))
        batches = validation_loader(scan.colour, side, workers=0)
        table = measure(generator, progress(batches, len(batches), "measuring"))
        stdout().print(rich_table(table, f"{len(scan.colour)} photographs at {side} x {side}"))
        if csv is not None:
            with atomic(csv) as temporary:
                table.to_csv(temporary)
    if scan.grey or scan.broken:
        say(scan.summary())
    if scan.broken:
        raise typer.Exit(SOME_FAILED)


@app.command()
def info() -> None:
    """Show versions, what this machine can do, and which weights there are."""
    with clear_errors():
        import platform
        from importlib.metadata import version

        import torch

        from colorlib.precision import fast_precision
        from colorlib.profile import profile
        from colorlib.weights import shipped_weights

        now = profile()
        lines = {
            "colorlib": version("colorlib-book"),
            "python": platform.python_version(),
            **{name: version(name) for name in ("torch", "torchvision", "fastai", "timm")},
            "device": torch.cuda.get_device_name() if now.device.type == "cuda" else str(now.device),
            "threads": str(torch.get_num_threads()),
            "AMX": "yes" if getattr(torch.cpu, "_is_amx_tile_supported", bool)() else "no",
            "trains in": fast_precision(now.device),
            "profile": f"{now.name} (size {now.size}, batches of {now.batch_size}, data {now.data})",
            "weights": ", ".join(shipped_weights()),
        }
        width = max(map(len, lines))
        for name, value in lines.items():
            stdout().print(f"[bold]{name:<{width}}[/bold]  ", end="")
            stdout().print(value, markup=False, soft_wrap=True)


def _painter(
    weights: str, size: str | None, saturation: float, flip: bool, points: list[str], reference: Path | None
) -> Callable[[np.ndarray], np.ndarray]:
    """What colours a page, as the options of `colorize` say."""
    from colorlib.colorize import Colorizer

    sizes = None
    if size is not None:
        try:
            sizes = [int(side) for side in size.split(",")]
        except ValueError:
            raise ValueError(f"--size {size}: give pixels, as in 256, or several, as in 192,256,384") from None
        if min(sizes) < 8:
            raise ValueError(f"--size {size}: the network needs at least 8 pixels")
    colorizer = Colorizer.from_pretrained(weights, size=sizes, flip=flip, saturation=saturation)
    hints = {}
    if points:
        from colorlib.hints import Point

        hints["points"] = [Point.parse(text) for text in points]
    if reference is not None:
        from colorlib.opening import open_rgb

        hints["reference"] = open_rgb(reference)
    return partial(colorizer, **hints)


def _leave_report(write: Callable[..., Iterable[object]], out: str, report: Report) -> bool:
    """Write what became of the photographs beside the results; say where, or why not."""
    try:
        paths = write(out, [outcome.row() for outcome in report.outcomes])
    except OSError as error:
        say(f"the report could not be written ({error.strerror or error}): make room, and call the same command again")
        return False
    say("see " + " and ".join(map(str, paths)))
    return True


def _seconds(option: str, time: str) -> float:
    """A time as people write it: 90, 1:30 or 0:01:30.5."""
    try:
        parts = [float(part) for part in time.split(":")]
        if len(parts) > 3 or not all(0 <= part < float("inf") for part in parts):
            raise ValueError
    except ValueError:
        raise ValueError(f"{option} {time}: give seconds, or minutes and seconds, as in 90 or 1:30") from None
    return sum(part * 60**place for place, part in enumerate(reversed(parts)))


def main() -> None:
    """Run the command line; what the installed script `colorlib` calls."""
    if not sys.warnoptions:
        warnings.simplefilter("ignore", FutureWarning)  # of other packages: nothing a user could mend
        warnings.showwarning = lambda message, *_, **__: say(f"note: {message}")
    app(prog_name="colorlib")
