"""What a run leaves for its reader: a table, and a contact sheet of before and after.

Both tell of every run into this folder, not only of the last one. What the last run has left out
stands in a table of its own, `left-out.csv`: there may be far more of it than photographs. Files of
the same name that somebody else put there are left alone: `report-2.csv` and `contact-sheet-2.html`
stand beside them.
"""

import hashlib
import warnings
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np
from PIL import Image

from colorlib._atomic import ALREADY_THERE, atomic, written_by_python
from colorlib.album.report_table import HEADER, Row, read_table, table_text
from colorlib.images.folder import THUMBNAILS
from colorlib.images.printable import printable
from colorlib.images.sixteen_bit import eight_bits

__all__ = ["save_thumbnails", "thumbnails", "write_report"]

SHEET = "contact-sheet.html"  # the file, and the template it is made from
SIDE = 320  # pixels, the longer side of a thumbnail
_HEAD = (
    '<!doctype html>\n<html lang="en">\n'
    '<meta charset="utf-8">\n<meta name="generator" content="colorlib">\n'
)
_LEFT_OUT = ("file", "reason")
# How each begins when it is ours.
_MARKS = {"report.csv": HEADER, SHEET: _HEAD, "left-out.csv": ",".join(_LEFT_OUT) + "\n"}


def save_thumbnails(folder: str | Path, result: str, before: np.ndarray, after: np.ndarray) -> None:
    """Save a small copy of a photograph and of its coloured copy for the contact sheet.

    Parameters
    ----------
    folder : str or Path
        The folder of the results; the thumbnails go to a folder in it.
    result : str
        The name of the coloured copy in `folder`, with forward slashes.
    before, after : ndarray, (H, W) or (H, W, 3)
        uint8 or uint16, sRGB.

    Raises
    ------
    OSError
        If they cannot be written; nothing is left behind.
    """
    for pixels, path in zip((before, after), thumbnails(folder, result), strict=True):
        path.parent.mkdir(parents=True, exist_ok=True)
        image = Image.fromarray(small_copy(pixels))
        with atomic(path) as temporary, written_by_python(temporary) as file:
            image.save(file, "JPEG", quality=80)


def small_copy(pixels: np.ndarray) -> np.ndarray:
    """Return a picture at most as large as a thumbnail, uint8."""
    # Every so manieth pixel would be quicker, but grain and screens would turn into patterns.
    factor = max(1, max(pixels.shape[:2]) // (2 * SIDE))
    image = Image.fromarray(eight_bits(pixels)).reduce(factor)
    image.thumbnail((SIDE, SIDE), Image.Resampling.BOX)
    return np.asarray(image)


def thumbnails(folder: str | Path, result: str) -> tuple[Path, Path]:
    """Return where a result's thumbnails are, before and after, under names of any disk."""
    key = hashlib.sha256(_bytes(result)).hexdigest()[:20]
    return Path(folder, THUMBNAILS, f"{key}-before.jpg"), Path(
        folder, THUMBNAILS, f"{key}-after.jpg"
    )


def write_report(
    folder: str | Path, rows: Iterable[Row], left_out: Iterable[Row] = ()
) -> list[Path]:
    """Write the table and the contact sheet of a run, with those of earlier runs in them.

    Parameters
    ----------
    folder : str or Path
        The folder of the results.
    rows : iterable of dict
        One for each photograph, with the keys `COLUMNS`. `result` is its name in `folder`, with
        forward slashes. A row whose reason is `ALREADY_THERE` does not replace what the run told
        that made the result. A damaged table of an earlier run is set aside under another name,
        with a warning.
    left_out : iterable of dict
        One for each file that is no photograph of the run, with the keys "file" and "reason".

    Returns
    -------
    list of Path
        The two files, and a third one where something was left out.

    Raises
    ------
    OSError
        If they cannot be written; what was there before stays.
    """
    folder = Path(folder)
    table, sheet, beside = (_place(folder, name) for name in _MARKS)
    merged = {row["result"]: row for row in _earlier(table)}
    for row in rows:
        if row["reason"] != ALREADY_THERE or not _is_done(merged.get(row["result"])):
            merged[row["result"]] = row
    in_order = [merged[result] for result in sorted(merged)]
    texts = {table: table_text(in_order), sheet: _sheet(folder, in_order)}
    if (left_out := list(left_out)) or beside.exists():
        texts[beside] = table_text(left_out, _LEFT_OUT)
    for path, text in texts.items():
        with atomic(path) as temporary:
            temporary.write_text(text, encoding="utf-8", errors="surrogateescape", newline="")
    return [table, sheet, *([beside] if left_out else [])]


def _place(folder: Path, name: str) -> Path:
    """Find the first `report.csv`, `report-2.csv` ... that is free or begins like one of ours."""
    path, number, mark = folder / name, 1, _MARKS[name].encode()
    while path.is_symlink() or path.exists():
        if path.is_file():
            with path.open("rb") as file:
                if file.read(len(mark)) == mark:
                    break
        number += 1
        path = folder / f"{Path(name).stem}-{number}{Path(name).suffix}"
    if number > 1:
        warnings.warn(
            f"{folder / name} is not from here and is left alone: see {path.name}", stacklevel=3
        )
    return path


def _earlier(table: Path) -> list[Row]:
    """Read the rows of earlier runs; of a damaged table, set aside, what can be read."""
    if not table.exists():
        return []
    rows, damage = read_table(table)
    if damage:
        aside, number = table.with_name(f"{table.stem}-damaged.csv"), 1
        while aside.is_symlink() or aside.exists():
            number += 1
            aside = table.with_name(f"{table.stem}-damaged-{number}.csv")
        table.rename(aside)
        warnings.warn(
            f"{table} is damaged ({damage}): it is now {aside.name}, and a new one was begun",
            stacklevel=3,
        )
    return rows


def _is_done(row: Row | None) -> bool:
    """Whether a row is of a photograph that has a coloured copy."""
    return row is not None and (row["status"] == "done" or row["reason"] == ALREADY_THERE)


def _bytes(name: str) -> bytes:
    """Return the bytes of a file name; one that is no valid text keeps its own."""
    return name.encode("utf-8", "surrogateescape")


def _sheet(folder: Path, rows: list[Row]) -> str:
    """Write the contact sheet: failures first, then pictures that load when they are seen."""
    # a twentieth of a second that a start need not wait for
    from jinja2 import Environment, PackageLoader

    page = Environment(
        loader=PackageLoader("colorlib.album"),
        autoescape=True,
        trim_blocks=True,
        keep_trailing_newline=True,
    )
    page.filters["printable"] = printable
    failed = [row for row in rows if row["status"] == "failed"]
    title = f"{printable(folder.resolve().name)}: {sum(map(_is_done, rows))} coloured photographs"
    cards = (_card(folder, row) for row in rows if row["status"] != "failed")
    return page.get_template(SHEET).render(title=title, failed=failed, cards=cards)


def _card(folder: Path, row: Row) -> dict[str, Any]:
    """One photograph: two thumbnails that lead to the result, and what is known of it."""
    about = [f"{row['width']} × {row['height']}" if row["width"] else ""]
    about += [f"{row['pages']} pages" if row["pages"] not in ("", "1") else ""]
    about += [row["reason"] if row["reason"] != ALREADY_THERE else ""]
    files = (f"{THUMBNAILS}/{path.name}" for path in thumbnails(folder, row["result"]))
    return {
        "name": printable(row["result"]),
        "link": quote(_bytes(row["result"])) if _is_done(row) else "",
        "images": zip(files, ("before", "coloured"), strict=True),
        "about": printable(", ".join(filter(None, about))),
    }
