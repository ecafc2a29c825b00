"""How the command talks: results on stdout, all else on stderr, one line for what went wrong."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer
from rich.console import Console
from rich.text import Text

from colorlib.images.printable import one_line, printable
from colorlib.settings import install_hint

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "BAD_INPUT",
    "SOME_FAILED",
    "STOPPED",
    "clear_errors",
    "progress",
    "rich_table",
    "say",
    "tell",
]

WEIGHTS = (
    "careful (pale, seldom wrong), natural, vivid (strong, oftener wrong); "
    "a .safetensors or an .onnx file."
)
Vividness = Annotated[
    float | None,
    typer.Option(
        min=0,
        max=1,
        help="Turn the dial of the weights: 0 is careful, 1 vivid, and all between.",
        show_default="where --weights says",
    ),
]
T = TypeVar("T")
SOME_FAILED, BAD_INPUT, STOPPED = 1, 2, 130  # exit codes


def tell(*parts: object) -> None:
    """Print a result on stdout: a line of plain text, or what `rich` knows how to print."""
    # A new console each time, so that a redirected stdout is respected.
    console = Console(highlight=False)
    shown = [_text(part, console) if isinstance(part, str) else part for part in parts]
    console.print(
        *shown,
        markup=False,
        emoji=False,
        soft_wrap=bool(parts) and isinstance(parts[0], str | Text),
    )


def say(text: str) -> None:
    """Print progress, reports and errors on stderr by the line: what is in them does nothing."""
    console = Console(stderr=True, highlight=False)
    for line in text.split("\n"):
        console.print(_text(line, console), soft_wrap=True)


def _text(text: str, console: Console) -> Text:
    """Text that is no markup and no emoji code, as far as the encoding of a stream can hold it."""
    return Text(
        printable(text).encode(console.encoding, "backslashreplace").decode(console.encoding)
    )


@contextmanager
def clear_errors() -> Iterator[None]:
    """End with one clear line and an exit code, not a traceback, for what a user can mend."""
    try:
        yield
    except KeyboardInterrupt:
        say("stopped; call the same command again to go on")
        raise typer.Exit(STOPPED) from None
    except ModuleNotFoundError as error:
        # Ours say what to do; of other packages only those of the training are not always there.
        extra = f"; it comes with an extra: {install_hint('train')}" if error.name else ""
        say("error: " + one_line(error) + extra)
        raise typer.Exit(BAD_INPUT) from None
    except (OSError, ValueError, MemoryError, FloatingPointError) as error:
        say("error: " + one_line(error))
        raise typer.Exit(BAD_INPUT) from None


def progress(steps: Iterable[T], total: int, what: str) -> Iterator[T]:
    """Go through the steps with a progress bar on stderr, which goes away at the end."""
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        yield from bar.track(steps, total=total, description=printable(what))


def rich_table(table: pd.DataFrame, title: str) -> object:
    """Turn a table of metrics to fit a terminal; 95 % intervals go behind their value."""
    from rich.table import Table

    shown = Table(title=Text(printable(title), "table.title"))
    for name in ("", *table.index):
        shown.add_column(Text(printable(name)))
    for name in table.columns:
        if name.endswith(("_low", "_high")):
            continue
        cells = []
        for row in table.index:
            value, low, high = (
                f"{table[name + end][row]:.2f}" if name + end in table else ""
                for end in ("", "_low", "_high")
            )
            # There is none, as of a distance of the truth to itself.
            value = "-" if value == "nan" else value
            cells.append(value + (f" ({low} ... {high})" if low != high else ""))
        shown.add_row(Text(printable(name)), *cells)
    return shown
