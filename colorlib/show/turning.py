"""Figures with sliders for a page: every place is computed beforehand, and needs no kernel."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Sequence
from html import escape
from itertools import product
from typing import Any

from IPython.display import HTML
from PIL import Image

from colorlib.show.appearance import PictureArray
from colorlib.show.markup import data_uri, figure, slider, to_image
from colorlib.show.view import Drawn, Sliders, View, as_view, named_places

__all__ = ["turnable"]

HEAVIEST = 900_000  # bytes of one figure: a page of two figures stays below two megabytes


def turnable(
    draw: Callable[..., Drawn],
    sliders: Sliders,
    words: str,
    start: Sequence[Any] | None = None,
    width: int = 480,
    beside: PictureArray | Image.Image | None = None,
) -> HTML:
    """Compute a picture, and numbers, for every place of some sliders, for a page without a kernel.

    All frames are in the page itself. The sliders are the browser's own: they work with a mouse, a
    finger and the arrow keys; the picture can be dragged too. Where scripts are off, and in print,
    the frame it starts with, or the last one chosen, is a picture like others. `live` shows the
    same with a kernel.

    Parameters
    ----------
    draw : callable
        `draw(*values)`, with one value for each slider, gives a picture or a `View`; all pictures
        of one shape.
    sliders : mapping of str to sequence
        One to three sliders: what each chooses, and its values, in their order. A value is shown as
        `str` writes it.
    words : str
        What is to be seen, for those who cannot see it; the places of the sliders are added.
    start : sequence, optional
        The value of each slider at first; the first values if not given.
    width : int
        At how many pixels a picture is shown; it is kept at most at twice that, for sharp screens,
        and never enlarged.
    beside : picture, optional
        What all frames are to be compared with, such as the truth: shown on their right, at the
        same size.

    Returns
    -------
    HTML
        To be the last line of a cell.

    Raises
    ------
    ValueError
        When there are no or more than three sliders, one is empty, `start` is none of their values,
        frames differ in shape, in the names of numbers or in the count of boxes, a number is not
        finite, or all frames together are too heavy for a page.

    Examples
    --------
    >>> import numpy as np
    >>> grey = lambda level: np.full((8, 8), level / 100)
    >>> "<img " in turnable(grey, {"L": [0, 50, 100]}, "One grey").data
    True
    """
    # Draw every place; a picture that stays the same is kept once.
    names, first = named_places(sliders, start)
    frames = [as_view(draw(*place)) for place in product(*sliders.values())]
    pictures, which, size = _pictures(frames, words, width)
    # The last slider turns fastest: the number of the frame that is shown first.
    at = sum(
        place * math.prod(len(values) for values in names[i + 1 :]) for i, place in enumerate(first)
    )
    numbers = _numbers(frames, words)
    # What the script knows of each frame, as JSON in the page.
    states = [
        {
            "frame": which[i],
            "numbers": [round(value, 6) for value in frame.numbers.values()],
            "boxes": _boxes(frame, size),
        }
        for i, frame in enumerate(frames)
    ]
    known = {
        "words": words,
        "labels": list(sliders),
        "names": names,
        "frames": pictures,
        "states": states,
        "digits": [_digits(values) for values in numbers.values()],
    }
    content = json.dumps(known, separators=(",", ":"), allow_nan=False).replace("<", "\\u003c")
    if len(content) > HEAVIEST:
        raise ValueError(
            f"{words}: {len(frames)} frames weigh {len(content):,} bytes, more than the "
            f"{HEAVIEST:,} that a page "
            "bears; give fewer places, or a smaller width"
        )
    # What is there without the script: the first frame, and its numbers.
    place = ", ".join(
        f"{label} {values[i]}" for label, values, i in zip(sliders, names, first, strict=True)
    )
    handles = [
        slider(label, values, i) for label, values, i in zip(sliders, names, first, strict=True)
    ]
    still = ""
    if beside is not None:
        uri = data_uri(to_image(beside), 2 * width, 100_000)
        alt = f"{escape(words)}: to compare with"
        still = f'<img src="{uri}" width="{width}" draggable="false" alt="{alt}">'
    marks = '<i class="outline-mark"></i>' * len(frames[0].boxes)
    return figure(
        f'<div class="colorlib-turn" role="group" aria-label="{escape(words)}">'
        f'<div class="pictures"><div class="picture"{" data-marks" if marks else ""}>'
        f'<img src="{pictures[which[at]]}" width="{width}" '
        f'height="{round(width * size[1] / size[0])}" '
        f'draggable="false" alt="{escape(words)}: {escape(place)}">{marks}</div>{still}</div>'
        f'<div class="sliders">{"".join(handles)}</div>{_table(numbers, at)}'
        f'<script type="application/json">{content}</script></div>'
    )


def _pictures(
    frames: list[View], words: str, width: int
) -> tuple[list[str], list[int], tuple[int, int]]:
    """Return the different pictures as text, which of them each frame shows, and their size."""
    found: dict[int, int] = {}
    pictures: list[str] = []
    which: list[int] = []
    sizes: set[tuple[int, int]] = set()
    for frame in frames:
        if id(frame.picture) not in found:
            image = frame.image()
            sizes.add(image.size)
            found[id(frame.picture)] = len(pictures)
            pictures.append(data_uri(image, 2 * width, 100_000))
        which.append(found[id(frame.picture)])
    if len(sizes) > 1:
        raise ValueError(f"{words}: all frames must have one shape, not {sorted(sizes)}")
    return pictures, which, sizes.pop()


def _numbers(frames: list[View], words: str) -> dict[str, list[float]]:
    """Every number over all frames."""
    numbers: dict[str, list[float]] = {name: [] for name in frames[0].numbers}
    for frame in frames:
        if list(frame.numbers) != list(numbers) or len(frame.boxes) != len(frames[0].boxes):
            raise ValueError(f"{words}: all frames must have the same numbers, and as many boxes")
        for name, value in frame.numbers.items():
            if not math.isfinite(value):
                raise ValueError(f"{words}: {name} is {value}; a number must be finite")
            numbers[name].append(float(value))
    return numbers


def _boxes(frame: View, size: tuple[int, int]) -> list[list[float]]:
    """Middle, width and height of the boxes, in parts of the picture."""
    wide, high = size
    return [
        [
            round(part, 4)
            for part in (
                (left + width / 2) / wide,
                (top + height / 2) / high,
                width / wide,
                height / high,
            )
        ]
        for left, top, width, height in frame.boxes
    ]


def _digits(values: list[float]) -> int:
    """How many digits after the point tell values apart that span so much."""
    if all(value.is_integer() for value in values):
        return 0
    span = max(values) - min(values) or abs(values[0]) or 1.0
    return min(6, max(0, 2 - math.floor(math.log10(span))))


def _table(numbers: dict[str, list[float]], at: int) -> str:
    """Write the numbers of one place; the script adds their courses."""
    rows = [
        f'<div class="number"><span>{escape(name)}</span><b>{values[at]:.{_digits(values)}f}</b>'
        '<svg viewBox="0 0 100 30" aria-hidden="true"><polyline/><circle r="4"/></svg></div>'
        for name, values in numbers.items()
    ]
    if not rows:
        return ""
    return (
        f'<div class="numbers" aria-live="polite">{"".join(rows)}</div><div class="course"></div>'
    )
