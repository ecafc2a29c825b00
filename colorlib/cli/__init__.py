"""The command `colorlib`: train, colorize, video, demo, export, evaluate, study, teach, info.

Every command imports what it needs when it runs, so that `colorlib --help` answers at once. Exit
codes: 0 all well, 1 some files failed, 2 a wrong call or bad input, 130 stopped by Ctrl-C. Errors
are one line on stderr.
"""

from __future__ import annotations

import sys
import warnings
from pathlib import Path
from typing import Annotated

import typer

from colorlib.cli.colorize import colorize
from colorlib.cli.console import clear_errors, say, tell
from colorlib.cli.demo import demo
from colorlib.cli.evaluate import evaluate
from colorlib.cli.export import export
from colorlib.cli.study import study
from colorlib.cli.teach import teach
from colorlib.cli.video import video
from colorlib.images.printable import one_line, printable

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
)


@app.callback()
def colorlib() -> None:
    """Colorize grey photographs, and train the networks that do."""


@app.command()
def train(
    recipe: Annotated[str, typer.Argument(help="The name of a shipped recipe, or a TOML file.")],
    variant: Annotated[
        str | None, typer.Option(help="Which variant, of a recipe that compares several.")
    ] = None,
    seed: Annotated[
        int | None, typer.Option(help="Chance starts here.", show_default="as the recipe says")
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            help="Folder for log, checkpoint and weights.",
            show_default="runs/RECIPE, runs/RECIPE-SEED when --seed is given, "
            "or runs/RECIPE/VARIANT-SEED",
        ),
    ] = None,
    resume: Annotated[
        bool,
        typer.Option(help="Go on from the checkpoint in the output folder, or begin anew."),
    ] = True,
    minutes: Annotated[
        float | None,
        typer.Option(min=0, help="Stop after the epoch in which they are over; go on later."),
    ] = None,
) -> None:
    """Train a generator from a recipe.

    Call it again to go on after a break. A recipe that differs from that of the checkpoint is
    refused, but for more epochs.
    """
    with clear_errors():
        from colorlib.experiments.recipe import load_recipe
        from colorlib.experiments.run import run_recipe

        loaded = load_recipe(recipe, variant, seed)
        folder = out or Path("runs") / loaded.folder
        run_recipe(loaded, folder, resume=resume, minutes=minutes)
        tell(f"the results are in {printable(folder)}")


app.command()(colorize)
app.command()(video)
app.command()(demo)
app.command()(export)
app.command()(evaluate)
app.add_typer(study, name="study")
app.add_typer(teach, name="teach")


@app.command()
def info() -> None:
    """Show versions, what this machine can do, and which weights there are."""
    with clear_errors():
        import platform
        from importlib.metadata import version
        from importlib.util import find_spec

        from rich.text import Text

        from colorlib.models.shipped import shipped_weights
        from colorlib.settings import cores, install_hint

        lines = {
            "colorlib": version("colorlib-book"),
            "python": platform.python_version(),
            **{name: version(name) for name in ("onnxruntime", "opencv-python-headless", "av")},
            "cores": str(cores()),
            "weights": ", ".join(shipped_weights()),
        }
        lines |= (
            _training()
            if find_spec("torch")
            else {"trains": f"no; for that, {install_hint('train')}"}
        )
        width = max(map(len, lines))
        for name, value in lines.items():
            tell(Text.assemble((f"{name:<{width}}  ", "bold"), printable(value)))


def _training() -> dict[str, str]:
    from importlib.metadata import PackageNotFoundError, version

    import torch

    from colorlib.devices import cpu_can, fast_precision
    from colorlib.settings import profile

    now, versions = profile(), {}
    for name in ("torch", "torchvision", "fastai", "timm"):
        try:
            versions[name] = version(name)
        except PackageNotFoundError:
            versions[name] = "not installed"
    return versions | {
        "device": torch.cuda.get_device_name() if now.device.type == "cuda" else str(now.device),
        "AMX": "yes" if cpu_can("amx_tile") else "no",
        "trains in": fast_precision(now.device),
        "profile": f"{now.name} (size {now.size}, batches of {now.batch_size}, data {now.data})",
    }


def main() -> None:
    """Run the command line; what the installed script `colorlib` calls."""
    if not sys.warnoptions:
        # Of other packages: nothing a user could mend.
        warnings.simplefilter("ignore", FutureWarning)
        warnings.showwarning = lambda message, *_, **__: say(f"note: {one_line(message)}")
    app(prog_name="colorlib")
