"""What files hold: the files of a folder, and one hash of their names and contents."""

import hashlib
from collections.abc import Iterable
from pathlib import Path


def files(top: Path) -> list[Path]:
    """All files of a folder, or the file itself; what is hidden or made by Python is left out."""
    found = sorted(top.rglob("*")) if top.is_dir() else [top]
    return [file for file in found if file.is_file() and not left_out(file.relative_to(top))]


def left_out(file: Path) -> bool:
    """Whether a part of a path is hidden, or a folder of compiled modules."""
    return any(part.startswith(".") or part == "__pycache__" for part in file.parts)


def digest(paths: Iterable[Path], root: Path) -> str:
    """A short hash of names, as seen from a folder, and contents."""
    summary = hashlib.sha256()
    for file in paths:
        summary.update(f"{file.relative_to(root).as_posix()}\0".encode() + hashlib.sha256(file.read_bytes()).digest())
    return summary.hexdigest()[:12]
