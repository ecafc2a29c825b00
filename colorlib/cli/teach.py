"""The command `colorlib teach grade`: marks for a class."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from colorlib.cli.console import clear_errors, say, tell

__all__ = ["teach"]

teach = typer.Typer(
    no_args_is_help=True, rich_markup_mode="rich", help="Mark what a class hands in."
)


@teach.callback()
def _teach() -> None:
    """Mark what a class hands in."""


@teach.command()
def grade(
    folder: Annotated[
        Path, typer.Argument(help="Folder with the students' notebooks.", show_default=False)
    ],
    key: Annotated[
        Path, typer.Option(help="The answer key; `make teach` writes it.", show_default=False)
    ],
    out: Annotated[Path, typer.Option(help="The table of marks, a csv file.", show_default=False)],
    seconds: Annotated[
        float, typer.Option(min=1, help="How long the cells of one exercise may run.")
    ] = 60,
) -> None:
    """Run every notebook in a sandbox, judge each exercise, and write a table.

    A notebook has no network, a folder of its own, and limits of time and memory. The reasons of
    judgements stand in the table for you to read, beside the rubric.
    """
    with clear_errors():
        from colorlib.teach.grade import mark_folder
        from colorlib.teach.marks import write_marks

        if out.exists():
            raise FileExistsError(f"{out} is there already; give another name, or move it away")
        if not out.absolute().parent.is_dir():
            raise FileNotFoundError(f"{out}: there is no folder {out.parent}; make it first")
        marks = mark_folder(folder, key, seconds, say)
        write_marks(marks, out)
        waiting = sum(bool(found.to_read) for found in marks)
        students = len({found.student for found in marks})
        tell(
            f"{out}: {students} notebooks, {len(marks)} marks; {waiting} reasons wait for a reader"
        )
