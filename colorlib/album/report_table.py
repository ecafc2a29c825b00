"""The table of a run, report.csv: no program takes a file's name in it for a command.

A spreadsheet computes a cell that begins with =, +, - or @, a terminal obeys control characters. A
cell that holds such a thing is marked with ' in front, and in it backslashes, control characters
and what else does harm stand as in Python: the file `=1+1.jpg` is `'=1+1.jpg` there, and
`a<escape>[31m.jpg` is `'a\x1b[31m.jpg`. All other cells are as they are, line breaks and the bytes
of names that are no UTF-8 included.
"""

import csv
import re
from collections.abc import Iterable
from io import StringIO
from pathlib import Path

from colorlib.images.printable import printable

__all__ = ["COLUMNS", "HEADER", "Row", "cell", "read_table", "table_text", "uncell"]

COLUMNS = ("file", "result", "status", "reason", "width", "height", "pages", "seconds")
HEADER = ",".join(COLUMNS) + "\n"  # how a table of ours begins
Row = dict[str, str]
_FORMULA = r"[=+\-@\uff1d\uff0b\uff0d\uff20]"
# Some spreadsheets part cells at a semicolon, whatever the quotes say; and a mark must not be
# mistaken for one.
_HARMFUL = re.compile(rf"^'|^\s*{_FORMULA}|^[\t\r\n]|;[\s\"']*{_FORMULA}|;[ \xa0\"']*[\t\r\n]")
_ESCAPE = re.compile(r"\\(?:x([0-9a-f]{2})|u([0-9a-f]{4})|U([0-9a-f]{8})|(\\))")


def cell(text: str) -> str:
    """Return what stands in the table for a text; `uncell` undoes it.

    Parameters
    ----------
    text : str
        Any, also one with half surrogate pairs, as Python keeps the bytes of names that are no
        UTF-8.

    Returns
    -------
    str
        The text itself, unless it would do harm or could not be read again.
    """
    if not (_HARMFUL.search(text) or any(map(_controls, text)) or _of_bytes(text) != text):
        return text
    return "'" + "".join(
        f"\\{c}" if c == "\\" else _escaped(c) if _controls(c) or c in ";\n" else c for c in text
    )


def uncell(text: str) -> str:
    """Return what a cell stands for; one that `cell` does not make is itself."""
    if not text.startswith("'"):
        return text
    try:
        found = _ESCAPE.sub(lambda m: m[4] or chr(int(m[1] or m[2] or m[3], 16)), text[1:])
    except (ValueError, OverflowError):
        return text
    return found if cell(found) == text else text


def table_text(rows: Iterable[Row], columns: tuple[str, ...] = COLUMNS) -> str:
    """Return rows with the keys `columns` as a table, to be written with `surrogateescape`."""
    text = StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([cell(row[column]) for column in columns] for row in rows)
    return text.getvalue()


def read_table(path: Path) -> tuple[list[Row], str]:
    """Read a table that begins with `HEADER`.

    Returns
    -------
    rows : list of dict
        With the keys `COLUMNS`: all of them, or those before the damage.
    damage : str
        What is wrong with it; "" for nothing.

    Raises
    ------
    OSError
        If it cannot be read.
    """
    text = path.read_bytes().decode("utf-8", "surrogateescape")
    rows: list[Row] = []
    if "\0" in text:
        text, damage = text[: text.index("\0")], "it holds zero bytes"
    else:
        damage = "" if text.endswith("\n") else "its last line is cut off"
    # Without its end a line may be half of one, also where it looks whole.
    lines = csv.reader(StringIO(text[: text.rfind("\n") + 1], newline=""), strict=True)
    try:
        next(lines, None)
        for cells in filter(None, lines):
            if len(cells) != len(COLUMNS) or not cells[1]:
                return rows, f"line {lines.line_num} has not the {len(COLUMNS)} columns"
            rows.append(dict(zip(COLUMNS, map(uncell, cells), strict=True)))
    except csv.Error as error:
        return rows, f"line {lines.line_num}: {error}"
    return rows, damage


def _controls(character: str) -> bool:
    """Whether a character does something; a line break is kept, which a quoted cell may hold."""
    return (
        character != "\n"
        and printable(character) != character
        and not "\udc80" <= character <= "\udcff"
    )


def _escaped(character: str) -> str:
    code = ord(character)
    return (
        f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}" if code < 65536 else f"\\U{code:08x}"
    )


def _of_bytes(text: str) -> str | None:
    """Return a text after it was written and read again; None for what cannot be written."""
    try:
        return text.encode("utf-8", "surrogateescape").decode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return None
