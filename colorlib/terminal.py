"""How the command talks: results on stdout, everything else on stderr, one line for what went wrong."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

import typer
from rich.console import Console

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["BAD_INPUT", "SOME_FAILED", "STOPPED", "clear_errors", "progress", "rich_table", "say", "stdout"]

T = TypeVar("T")

SOME_FAILED, BAD_INPUT, STOPPED = 1, 2, 130  # exit codes


def stdout() -> Console:
    """Results go to stdout; a new console each time, so that a redirected stdout is respected."""
    return Console(highlight=False)


def say(text: str) -> None:
    """Progress, reports and errors go to stderr, as they are."""
    Console(stderr=True, highlight=False).print(text, markup=False, soft_wrap=True)


@contextmanager
def clear_errors() -> Iterator[None]:
    """End with one clear line and an exit code instead of a traceback, for everything a user can mend."""
    try:
        yield
    except KeyboardInterrupt:
        say("stopped; call the same command again to go on")
        raise typer.Exit(STOPPED) from None
    except (OSError, ValueError, MemoryError, FloatingPointError, ModuleNotFoundError) as error:
        say("error: " + " ".join(str(error).split()))
        raise typer.Exit(BAD_INPUT) from None


def progress(steps: Iterable[T], total: int, what: str) -> Iterator[T]:
    """Go through the steps with a progress bar on stderr, which goes away at the end."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn(what), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        yield from bar.track(steps, total=total)


def rich_table(table: pd.DataFrame, title: str) -> object:
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
