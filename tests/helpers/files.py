"""What several test files share: files."""

import numpy as np
from PIL import Image

from colorlib.album.run import AlbumColorizer, Report, run


def make(*paths, mode="L"):
    """Write a small picture to each path."""
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new(mode, (24, 16), 100 if mode == "L" else (200, 40, 40)).save(path)


def red(page):
    """A stand-in for a Colorizer: everything becomes red."""
    top = np.iinfo(page.dtype).max
    return np.full((*page.shape[:2], 3), (top * 4 // 5, top // 8, top // 8), page.dtype)


def go(jobs, out, paint=red, workers=1, **options):
    """Run the jobs and return the report."""
    report = Report()
    for _ in run(AlbumColorizer(paint, out, **options), jobs, report, workers):
        pass
    return report
