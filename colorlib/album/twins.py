"""Names that are two on one disk and one on another: `a.jpg` and `A.jpg`, `é` in two ways."""

import os
import unicodedata
from collections.abc import Iterable
from pathlib import Path

__all__ = ["files_below", "folded", "refuse_twins", "would_both"]


def folded(name: str) -> str:
    """Return a name as the least exact file system sees it: without case, composed letters."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())


def would_both(source: object, other: object, target: object, other_target: object) -> str:
    """Say that two photographs would get one result, here or on a less exact disk."""
    if str(target) == str(other_target):
        return f"{source} and {other} would both become {target}; colorize them into two folders"
    return (
        f"{source} and {other} would become {target} and {other_target}, "
        "which are one name on many disks and in the "
        "folders of many systems; rename one of them, or colorize them into two folders"
    )


def refuse_twins(folder: object, names: Iterable[str], there: Iterable[str]) -> None:
    """Refuse results whose names would be another file's on a less exact file system.

    Parameters
    ----------
    folder : str, Path or Place
        Of the results, for the message and to ask this file system.
    names, there : iterable of str
        Names of results, and of the files that are in the folder; with forward slashes.

    Raises
    ------
    ValueError
        If there is such a name. The same name is none, nor is one that this file system takes for
        the same.
    """
    there = set(there)
    by_folded = {folded(name): name for name in there}
    for name in names:
        twin = by_folded.get(folded(name), name)
        if (
            name not in there
            and twin != name
            and not (isinstance(folder, Path) and (folder / name).exists())
        ):
            raise ValueError(
                f"{folder}: {name} would lie beside {twin}, "
                "which is the same name on many disks and in the folders of "
                "many systems; rename the photograph, or choose another folder"
            )


def files_below(folder: Path, leave_out: str) -> list[str]:
    """List files in a folder and below, relative to it, with forward slashes; none hidden.

    Parameters
    ----------
    folder : Path
        Need not exist.
    leave_out : str
        The name of another folder in it to leave out.
    """
    found = []
    for root, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".") and name != leave_out]
        inside = Path(root).relative_to(folder).as_posix()
        found += files if inside == "." else [f"{inside}/{name}" for name in files]
    return found
