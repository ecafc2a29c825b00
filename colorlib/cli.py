"""The command `colorlib`: train, colorize, evaluate, info.

Every command imports what it needs when it runs, so that `colorlib --help` answers at once. Exit codes: 0 all well,
1 some files failed, 2 a wrong call or bad input, 130 stopped by Ctrl-C. Errors are one line on stderr.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer
from rich.console import Console

if TYPE_CHECKING:
    import pandas as pd

T = TypeVar("T")

SOME_FAILED, BAD_INPUT, STOPPED = 1, 2, 130
HOW_TO_GET_WEIGHTS = "train some with `colorlib train RECIPE` and give the file with --weights"

app = typer.Typer(no_args_is_help=True, add_completion=False, rich_markup_mode="rich", pretty_exceptions_enable=False)

Size = Annotated[
    int | None,
    typer.Option(min=8, help="Shorter side in pixels at which the network sees a picture.", show_default="as trained"),
]


@app.callback()
def colorlib() -> None:
    """Colorize grey photographs, and train the networks that do."""


@app.command()
def train(
    recipe: Annotated[str, typer.Argument(help="The name of a shipped recipe, or a TOML file.")],
    out: Annotated[
        Path | None, typer.Option(help="Folder for log, checkpoint and weights.", show_default="runs/RECIPE")
    ] = None,
    resume: Annotated[bool, typer.Option(help="Go on from the checkpoint in the output folder.")] = True,
    minutes: Annotated[
        float | None, typer.Option(min=0, help="Stop after the epoch in which they are over; go on later.")
    ] = None,
) -> None:
    """Train a generator from a recipe."""
    with _clear_errors():
        from colorlib.experiments import run_recipe
        from colorlib.recipes import load_recipe

        loaded = load_recipe(recipe)
        folder = out or Path("runs") / Path(recipe).stem
        run_recipe(loaded, folder, resume=resume, minutes=minutes)
        _stdout().print(f"the results are in {folder}", soft_wrap=True)


@app.command()
def colorize(
    inputs: Annotated[list[Path], typer.Argument(help="Photographs, and folders of photographs.")],
    out: Annotated[Path, typer.Option(help="Folder for the results; must not be an input folder.")],
    weights: Annotated[Path | None, typer.Option(help="Trained weights (.safetensors).")] = None,
    size: Size = None,
) -> None:
    """Colorize photographs; originals are never touched and nothing is overwritten."""
    from colorlib.files import Report, plan, run

    report = Report()
    with _clear_errors():
        jobs = plan(inputs, out)
        if weights is None:
            raise ValueError(f"no weights given, and this version of colorlib ships none: {HOW_TO_GET_WEIGHTS}")
        from colorlib.colorize import Colorizer

        colorizer = Colorizer.from_file(weights, size=size)
        out.mkdir(parents=True, exist_ok=True)
        try:
            for outcome in _progress(run(colorizer, jobs), len(jobs), "colorizing"):
                report.outcomes.append(outcome)
        finally:
            _say(report.summary())
    if report.of("failed"):
        raise typer.Exit(SOME_FAILED)


@app.command()
def evaluate(
    weights: Annotated[Path, typer.Argument(help="Trained weights (.safetensors).")],
    folder: Annotated[Path, typer.Argument(help="Folder of colour photographs that the network has not seen.")],
    size: Size = None,
    csv: Annotated[Path | None, typer.Option(help="Also write the table to this file.")] = None,
) -> None:
    """Measure a colorizer on photographs, beside the all-grey answer and the truth."""
    with _clear_errors():
        from colorlib.data import validation_loader
        from colorlib.metrics import evaluate as measure
        from colorlib.photos import find_photographs, scan_photographs
        from colorlib.weights import atomic, load_weights

        if csv is not None and not csv.parent.is_dir():
            raise FileNotFoundError(f"{csv}: there is no folder {csv.parent}; make it first")
        scan = scan_photographs(find_photographs(folder))
        if not scan.colour:
            raise ValueError(f"{folder}: nothing to compare with, {scan.summary()}; give photographs in colour")
        generator, card = load_weights(weights)
        side = size or int(card.get("size", 256))
        batches = validation_loader(scan.colour, side, workers=0)
        table = measure(generator, _progress(batches, len(batches), "measuring"))
        _stdout().print(_rich_table(table, f"{len(scan.colour)} photographs at {side} x {side}"))
        if csv is not None:
            with atomic(csv) as temporary:
                table.to_csv(temporary)
    if scan.grey or scan.broken:
        _say(scan.summary())
    if scan.broken:
        raise typer.Exit(SOME_FAILED)


@app.command()
def info() -> None:
    """Show versions, what this machine can do, and which weights there are."""
    with _clear_errors():
        import platform
        from importlib.metadata import version

        import torch

        from colorlib.game import fast_precision
        from colorlib.profile import profile
        from colorlib.weights import shipped_weights

        now, shipped = profile(), shipped_weights()
        lines = {
            "colorlib": version("colorlib-book"),
            "python": platform.python_version(),
            **{name: version(name) for name in ("torch", "torchvision", "fastai", "timm")},
            "device": torch.cuda.get_device_name() if now.device.type == "cuda" else str(now.device),
            "threads": str(torch.get_num_threads()),
            "AMX": "yes" if getattr(torch.cpu, "_is_amx_tile_supported", bool)() else "no",
            "trains in": fast_precision(now.device),
            "profile": f"{now.name} (size {now.size}, batches of {now.batch_size}, data {now.data})",
            "weights": ", ".join(shipped) or f"none shipped; {HOW_TO_GET_WEIGHTS}",
        }
        width = max(map(len, lines))
        for name, value in lines.items():
            _stdout().print(f"[bold]{name:<{width}}[/bold]  ", end="")
            _stdout().print(value, markup=False, soft_wrap=True)


def main() -> None:
    """Run the command line; what the installed script `colorlib` calls."""
    if not sys.warnoptions:
        warnings.simplefilter("ignore", FutureWarning)  # of other packages: nothing a user could mend
    app(prog_name="colorlib")


def _stdout() -> Console:
    """Results go to stdout; a new console each time, so that a redirected stdout is respected."""
    return Console(highlight=False)


def _say(text: str) -> None:
    """Progress, reports and errors go to stderr, as they are."""
    Console(stderr=True, highlight=False).print(text, markup=False, soft_wrap=True)


@contextmanager
def _clear_errors() -> Iterator[None]:
    """End with one clear line and an exit code instead of a traceback, for everything a user can mend."""
    try:
        yield
    except KeyboardInterrupt:
        _say("stopped; call the same command again to go on")
        raise typer.Exit(STOPPED) from None
    except (OSError, ValueError, MemoryError, FloatingPointError) as error:
        _say("error: " + " ".join(str(error).split()))
        raise typer.Exit(BAD_INPUT) from None


def _progress(steps: Iterable[T], total: int, what: str) -> Iterator[T]:
    """Go through the steps with a progress bar on stderr, which goes away at the end."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn(what), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        yield from bar.track(steps, total=total)


def _rich_table(table: pd.DataFrame, title: str) -> object:
    """A data frame of metrics, turned so that it fits a terminal; 95 % intervals go behind their value."""
    from rich.table import Table

    shown = Table("", *map(str, table.index), title=title)
    for name in table.columns:
        if name.endswith(("_low", "_high")):
            continue
        cells = []
        for row in table.index:
            low, high = (f"{table[name + end][row]:.2f}" if name + end in table else "" for end in ("_low", "_high"))
            cells.append(f"{table[name][row]:.2f}" + (f" ({low} ... {high})" if low != high else ""))
        shown.add_row(name, *cells)
    return shown
