"""Which photographs can be learned from: those in colour that open."""

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from rich.progress import track

from colorlib.images.decode import open_rgb
from colorlib.images.folder import has_color
from colorlib.images.printable import first_few, one_line

__all__ = ["Scan", "scan_photographs"]


@dataclass
class Scan:
    """What `scan_photographs` found, each list in the order of the paths it was given.

    Parameters
    ----------
    color : list of Path
        Photographs to train on.
    grey : list of Path
        Photographs without chroma: as targets they would teach the network to paint grey.
    broken : list of (Path, str)
        Files that cannot be read, and why.
    """

    color: list[Path] = field(default_factory=list)
    grey: list[Path] = field(default_factory=list)
    broken: list[tuple[Path, str]] = field(default_factory=list)

    def summary(self) -> str:
        """Give the counts in one line, then the broken files by name, the first few of many."""
        color, grey, broken = len(self.color), len(self.grey), len(self.broken)
        counts = f"{color} in colour, {grey} grey (not for training), {broken} broken (skipped)"
        return "\n".join(
            [counts, *first_few(one_line(reason, path) for path, reason in self.broken)]
        )


def _examine(path: Path, tolerance: float) -> tuple[str, str]:
    """One photograph as ("color" | "grey" | "broken", reason)."""
    try:
        image = open_rgb(path, shorter_side=64)
    except (ValueError, FileNotFoundError) as error:
        return "broken", str(error)
    return ("color" if has_color(image, tolerance) else "grey"), ""


def scan_photographs(
    paths: Sequence[Path], workers: int | None = None, tolerance: float = 6.0
) -> Scan:
    """Open every photograph once, small, and sort the colour ones from the grey and the broken.

    Parameters
    ----------
    workers : int, optional
        Threads; as many as there are cores, at most 8, when not given.
    tolerance : float
        A photograph is grey when no pixel of its thumbnail has a chroma, ``hypot(a, b)`` in CIE
        units, above this. A grey photograph saved as JPEG has a little.
    """
    paths = [Path(path) for path in paths]
    scan = Scan()
    with ThreadPoolExecutor(workers or min(8, os.cpu_count() or 1)) as pool:
        results = pool.map(partial(_examine, tolerance=tolerance), paths)
        shown = track(
            results, "looking at the photographs", total=len(paths), disable=len(paths) < 500
        )
        for path, (kind, reason) in zip(paths, shown, strict=True):
            if kind == "broken":
                scan.broken.append((path, reason))
            else:
                getattr(scan, kind).append(path)
    return scan
