"""What was assumed, left out or ignored with a file: told, and kept for a run's report."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path

__all__ = ["collected", "note"]

_collected: ContextVar[list[str] | None] = ContextVar("notes", default=None)


@contextmanager
def collected() -> Iterator[list[str]]:
    """Collect the notes of this thread while the block runs, instead of showing them as warnings.

    Returns
    -------
    context manager giving a list of str
        It grows as things are noted; each text comes once, without the name of the file.
    """
    notes: list[str] = []
    token = _collected.set(notes)
    try:
        yield notes
    finally:
        _collected.reset(token)


def note(file: str | Path, text: str) -> None:
    """Tell the owner of a file something: to who collects it, or as a warning.

    Parameters
    ----------
    text : str
        One line that goes on from the name of the file, as in "its profile is damaged and ignored".
    """
    notes = _collected.get()
    if notes is None:
        warnings.warn(f"{file}: {text}", stacklevel=3)
    elif text not in notes:
        notes.append(text)
