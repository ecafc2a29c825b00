"""What students got, as a table."""

import csv
from dataclasses import astuple, dataclass, fields
from pathlib import Path

from colorlib._atomic import atomic


@dataclass(frozen=True)
class Mark:
    """What one notebook got for one exercise.

    Parameters
    ----------
    student : str
        The notebook, by its path in the folder, without its suffix.
    chapter, exercise, kind : str
    points : int
        Given so far: all of them for a computation or an experiment, one for the right choice of a
        judgement.
    of : int
    feedback : str
    to_read : str
        The reason of a judgement, for a person to give its other points.
    rubric : str
        What to look for in it.
    """

    student: str
    chapter: str
    exercise: str
    kind: str
    points: int
    of: int
    feedback: str
    to_read: str
    rubric: str


def write_marks(marks: list[Mark], path: str | Path) -> Path:
    """Write marks as a table that spreadsheets open.

    Parameters
    ----------
    marks : list of Mark
    path : str or Path
        A csv file. What a student wrote cannot become a formula in it.
    """
    with atomic(path) as temporary, open(temporary, "w", newline="", encoding="utf-8-sig") as file:
        table = csv.writer(file)
        table.writerow([field.name for field in fields(Mark)])
        for mark in marks:
            table.writerow(
                [
                    f"'{v}" if isinstance(v, str) and v[:1] in "=+-@\t\r" and v else v
                    for v in astuple(mark)
                ]
            )
    return Path(path)
