"""A folder as it is found: which of its files are photographs, and what of it is left out and why.

An album is taken by content: a photograph is coloured whatever it is called, and what is not
coloured is counted.
"""

import os
import stat
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from PIL import Image

from colorlib.color.fast import lab_of_pixels
from colorlib.images.kinds import NAMED, picture_kind
from colorlib.images.printable import printable

__all__ = ["PHOTO_SUFFIXES", "THUMBNAILS", "LeftOut", "album", "find_photographs", "has_color"]


def has_color(image: Image.Image, tolerance: float = 6.0, toned: bool = True) -> bool:
    """Tell a photograph in colour from a grey one.

    Parameters
    ----------
    image : PIL.Image.Image
        Mode RGB, of any size; it is left as it is.
    tolerance : float
        Grey is what has no pixel, in a small copy, whose chroma, ``hypot(a, b)`` in CIE units, is
        above this.
    toned : bool
        Whether a tint counts as colour. Without it `color_or_grey.judge_picture` decides.
    """
    if not toned:
        from colorlib.images.color_or_grey import judge_picture

        return judge_picture(np.array(image)).in_color
    image = image.copy()
    # Averaged down, so that a JPEG's stray coloured pixels count for nothing.
    image.thumbnail((96, 96), Image.Resampling.BOX)
    return bool(np.linalg.norm(lab_of_pixels(np.array(image))[..., 1:], axis=-1).max() > tolerance)


PHOTO_SUFFIXES = frozenset(
    {".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".webp", ".tif", ".tiff", ".bmp", ".gif"}
)
THUMBNAILS = (
    "contact-sheet-files"  # where a contact sheet has its small pictures: a folder beside it
)
# Why something is left out -> how that is said of one and of several.
_REASONS = {
    "no photograph": ("file is no photograph", "files are no photographs"),
    "hidden": ("file is hidden", "files are hidden"),
    "result": ("file lies in the output folder", "files lie in the output folder"),
    "earlier result": ("file is a result of an earlier run", "files are results of earlier runs"),
    "thumbnail": (
        "file is the thumbnail of a contact sheet",
        "files are thumbnails of a contact sheet",
    ),
    "no file": ("name is that of no file", "names are those of no files"),
    "linked folder": ("linked folder was not followed", "linked folders were not followed"),
    "unreadable": ("file or folder cannot be opened", "files or folders cannot be opened"),
}
_FAILURES = ("unreadable",)  # what nobody chose to leave out
_OURS = ("result", "thumbnail")  # what is told by its number only
_SHOWN = 3  # names for each reason


@dataclass
class LeftOut:
    """What of the inputs is not coloured, by reason; nothing counts twice.

    Parameters
    ----------
    names : dict of str to dict
        Reason -> the paths, in the order in which they were met, each with what more is known of it
        or "".
    """

    names: dict[str, dict[str, str]] = field(default_factory=dict)

    def note(self, reason: str, path: str | Path, more: str = "") -> None:
        """Note a file or folder, why it is left out (of `_REASONS`), and what more is known."""
        self.names.setdefault(reason, {})[str(path)] = more

    def add(self, other: "LeftOut") -> None:
        """Note everything that another one holds."""
        for reason, paths in other.names.items():
            self.names.setdefault(reason, {}).update(paths)

    def count(self, reason: str) -> int:
        """Return how many are left out for one reason."""
        return len(self.names.get(reason, ()))

    @property
    def failed(self) -> bool:
        """Whether something was left out that may be a photograph."""
        return any(map(self.count, _FAILURES))

    def rows(self) -> list[dict[str, str]]:
        """Return "file" and "reason" of each, but for results and thumbnails."""
        return [
            {"file": path, "reason": _REASONS[reason][0] + (f" ({more})" if more else "")}
            for reason in _REASONS
            if reason not in _OURS
            for path, more in self.names.get(reason, {}).items()
        ]

    def lines(self) -> list[str]:
        """Return one line for each reason: how many, and the first few by name."""
        lines = []
        for reason, (one, several) in _REASONS.items():
            if not (names := self.names.get(reason)):
                continue
            first = list(names.items())[:_SHOWN]
            shown = [
                printable(name) + (f" ({printable(more)})" if more else "") for name, more in first
            ]
            rest = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
            lines.append(
                f"{len(names)} {one if len(names) == 1 else several}: {', '.join(shown)}{rest}"
            )
        return lines


def album(given: str | Path, out: str | Path, left_out: LeftOut) -> dict[Path, str | None]:
    """List the photographs behind one input: the file itself, or all in the folder.

    A file is a photograph when it has the content of one, also of a kind that is not read here, or
    the name of one. Links to files are followed, links to folders are not.

    Parameters
    ----------
    given : str or Path
        A file or a folder.
    out : str or Path
        The folder of the results. What lies in it is no input.
    left_out : LeftOut
        Everything else in the folder is noted here.

    Returns
    -------
    dict of Path to str or None
        What kind each is, as from `picture_kind`; sorted by the path relative to the folder,
        written with forward slashes. Empty when everything that was given is a result or a
        thumbnail.

    Raises
    ------
    FileNotFoundError
        If there is no such file or folder.
    ValueError
        If a file is no photograph, or a folder holds none.
    OSError
        If a file cannot be opened.
    """
    given, out = Path(given), Path(out).resolve()
    if not given.is_dir():
        return _single(given, out, left_out)
    real, results, here, found = str(given.resolve()), f"{out}{os.sep}", LeftOut(), {}
    for folder, names in _folders(given, here):
        below = folder[len(str(given)) :]
        ours = "result" if f"{real}{below}{os.sep}".startswith(results) else ""
        ours = ours or ("thumbnail" if THUMBNAILS in below.split(os.sep) else "")
        for path in (Path(folder, name) for name in names):
            reason, kind = (ours, None) if ours else _look(path, out)
            if reason:
                here.note(reason, path, kind or "")
            else:
                found[path] = kind
    left_out.add(here)
    if not found and not here.count("result") and not here.count("thumbnail"):
        raise ValueError(
            f"no photographs in {given} and its folders: {'; '.join(here.lines()) or 'it is empty'}"
        )
    return dict(sorted(found.items(), key=lambda item: item[0].relative_to(given).as_posix()))


def find_photographs(folder: str | Path, suffixes: Collection[str] = PHOTO_SUFFIXES) -> list[Path]:
    """List the photographs of a folder and those in it, in the same order everywhere.

    Parameters
    ----------
    suffixes : collection of str
        In lower case, with their dots.

    Returns
    -------
    list of Path
        Files whose name ends in one of the suffixes (any case), hidden ones left out, sorted by
        their path relative to the folder, written with forward slashes.

    Raises
    ------
    FileNotFoundError
        When the folder does not exist.
    ValueError
        When it is not a folder, or holds no photograph.
    OSError
        When a folder in it cannot be opened.
    """
    folder = Path(folder)
    if not folder.exists():
        raise FileNotFoundError(f"{folder} does not exist: give a folder that holds photographs")
    if not folder.is_dir():
        raise ValueError(f"{folder} is a file: give the folder that holds the photographs")
    left_out = LeftOut()
    names = [
        Path(root, name)
        for root, names in _folders(folder, left_out)
        for name in names
        if name[0] != "."
    ]
    if left_out.failed:  # half of the photographs would be another split than all of them
        raise OSError(f"not all of {folder} can be searched: {'; '.join(left_out.lines())}")
    found = [path for path in names if path.suffix.lower() in suffixes]
    if not found:
        raise ValueError(
            f"no photographs in {folder}: expected {' '.join(sorted(suffixes))}, also in subfolders"
        )
    return sorted(found, key=lambda path: path.relative_to(folder).as_posix())


def _single(given: Path, out: Path, left_out: LeftOut) -> dict[Path, str | None]:
    """One file that was named as an input."""
    if not given.exists() and not given.is_symlink():
        raise FileNotFoundError(f"{given}: no such file or folder")
    reason, kind = (
        ("result", None) if out in given.resolve().parents else _look(given, out, hidden=False)
    )
    if reason in ("no photograph", "no file"):
        known = ", ".join([*sorted(PHOTO_SUFFIXES), ".avif", ".jp2", ".heic"])
        raise ValueError(
            f"{given}: not a photograph; expected {known}, or the content of one under any name"
        )
    if reason == "unreadable":
        raise OSError(f"{given} cannot be opened ({kind})")
    if reason:
        left_out.note(reason, given)
        return {}
    return {given: kind}


def _folders(folder: Path, left_out: LeftOut) -> Iterator[tuple[str, list[str]]]:
    """Walk a folder and those below: the names of files, and of what is neither.

    Not `os.walk`, which calls itself for every level and says nothing of what it could not open.
    """
    waiting = [str(folder)]
    while waiting:
        here, names = waiting.pop(), []
        try:
            with os.scandir(here) as entries:
                for entry in entries:
                    if not _is_folder(entry):
                        names.append(entry.name)
                    elif entry.is_symlink():
                        left_out.note("linked folder", Path(entry.path))
                    else:
                        waiting.append(entry.path)
        except OSError as error:
            left_out.note("unreadable", Path(here), error.strerror or str(error))
        yield here, names


def _is_folder(entry: os.DirEntry) -> bool:
    """Whether an entry is a folder or a link to one; a link that leads in a circle is none."""
    try:
        return entry.is_dir()
    except OSError:
        return False


def _look(path: Path, out: Path, hidden: bool = True) -> tuple[str, str | None]:
    """Why a file is left out, and what more is known; or "" and what kind of photograph it is."""
    named = path.suffix.lower() in NAMED
    if hidden and path.name.startswith("."):
        return "hidden", None
    try:
        if path.is_symlink() and out in path.resolve().parents:
            return "result", None
        if not stat.S_ISREG(path.stat().st_mode):
            return "" if named else "no file", None
        with path.open("rb") as file:
            kind = picture_kind(file, path)
    except FileNotFoundError:  # a link that leads nowhere
        return "" if named else "no file", None
    except PermissionError as error:
        return ("", None) if named else ("unreadable", error.strerror)
    except (OSError, RuntimeError) as error:  # too long a path, a link to itself
        return "unreadable", getattr(error, "strerror", None) or "a link that leads to itself"
    return ("", kind) if kind or named else ("no photograph", None)
