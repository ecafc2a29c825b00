"""What a figure with sliders shows at one place of them, and which places there are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from matplotlib.figure import Figure
from PIL import Image

from colorlib.show.appearance import PictureArray, figure_pixels
from colorlib.show.markup import to_image

__all__ = ["View"]

Sliders = Mapping[str, Sequence[Any]]


@dataclass(frozen=True)
class View:
    """What a figure shows at one place of its sliders.

    Attributes
    ----------
    picture : picture or Figure
        A tensor (3, H, W), an array (H, W, 3), a picture of Pillow or a figure of matplotlib. A
        picture that is the same object in many frames is kept once.
    numbers : mapping of str to float
        What was measured there, by name and unit; finite, the same names in every frame.
    boxes : sequence of (left, top, width, height)
        Rectangles to draw on the picture, in its pixels; as many in every frame. The pointer then
        chooses the frame that has a box nearest to it.
    """

    picture: PictureArray | Image.Image | Figure
    numbers: Mapping[str, float] = field(default_factory=dict)
    boxes: Sequence[tuple[float, float, float, float]] = ()

    def image(self) -> Image.Image:
        """Make the picture one of Pillow's.

        Returns
        -------
        Image
            In RGB.
        """
        return to_image(
            figure_pixels(self.picture) if isinstance(self.picture, Figure) else self.picture
        )


Drawn = View | PictureArray | Image.Image | Figure


def named_places(
    sliders: Sliders, start: Sequence[Any] | None
) -> tuple[list[list[str]], list[int]]:
    """Return the names of all values, and the places where the sliders stand at first."""
    if not 1 <= len(sliders) <= 3:
        raise ValueError(f"a figure has one to three sliders, not {len(sliders)}")
    for label, values in sliders.items():
        if len(values) == 0:
            raise ValueError(f"{label}: there are no values to choose from; give at least one")
    if start is None:
        start = [values[0] for values in sliders.values()]
    if len(start) != len(sliders):
        raise ValueError(f"start must have one value for each of {', '.join(sliders)}")
    for value, (label, values) in zip(start, sliders.items(), strict=True):
        if value not in list(values):
            raise ValueError(f"{label}: start must be one of {list(values)}, not {value!r}")
    names = [[str(value) for value in values] for values in sliders.values()]
    places = [
        list(values).index(value) for value, values in zip(start, sliders.values(), strict=True)
    ]
    return names, places


def as_view(drawn: Drawn) -> View:
    """Make a view of what was drawn."""
    return drawn if isinstance(drawn, View) else View(drawn)
