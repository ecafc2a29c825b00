"""A board to draw on, in Jupyter and on Colab: strokes of colour, and a button that spreads them.

It needs a kernel and the package ipycanvas (the extra `draw`). Pages without a kernel show
`show.turnable` instead.
"""

from collections.abc import Callable

import numpy as np
from PIL import Image

from colorlib.classical.arrays import painted
from colorlib.classical.levin2004 import propagate
from colorlib.colorize.hints import Point
from colorlib.settings import install_hint

__all__ = ["ScribbleBoard"]

WIDTH = 480  # pixels on the screen


class ScribbleBoard:
    """A grey picture under a pen. Its `view` is what a cell shows.

    Choose a colour, draw with the mouse or a finger, press "Colour". A later stroke covers an
    earlier one, as paint does. "Undo" takes the last stroke away.

    Parameters
    ----------
    L : ndarray, (H, W)
        Lightness in [0, 100].
    method : callable
        `method(L, marked, values) -> ab`: one of `colorlib.classical.BY_SCRIBBLES`.

    Attributes
    ----------
    view : ipywidgets.Widget
        Picture, pen and buttons.
    strokes : list of (ndarray, str)
        The pixels (n, 2), row and column, of each stroke, and its colour.

    Raises
    ------
    ImportError
        If ipycanvas is missing.
    ValueError
        If L is not one picture.
    """

    def __init__(self, L: np.ndarray, method: Callable[..., np.ndarray] = propagate) -> None:
        try:
            from ipycanvas import MultiCanvas
            from ipywidgets import Button, ColorPicker, HBox, IntSlider, Label, VBox
        except ImportError as error:
            raise ImportError(
                f"the board needs ipycanvas: {install_hint('draw')}, then restart"
            ) from error
        _allow_on_colab()
        self.L, self.method = np.asarray(L, dtype=np.float64), method
        if self.L.ndim != 2 or 0 in self.L.shape:
            raise ValueError(f"L must be (H, W), not {self.L.shape}")
        self.scale = WIDTH / self.L.shape[1]
        self.strokes: list[tuple[np.ndarray, str]] = []
        self._pen: tuple[int, int] | None = None
        height = round(self.L.shape[0] * self.scale)
        self.canvas = MultiCanvas(2, width=WIDTH, height=height, layout={"max_width": "100%"})
        self.color = ColorPicker(value="#a52a14", description="colour")
        self.radius = IntSlider(value=2, min=1, max=12, description="pen")
        self.message = Label()
        buttons = []
        for name, action in (("Colour", self.spread), ("Undo", self.undo)):
            button = Button(description=name)
            button.on_click(lambda _, action=action: action())
            buttons.append(button)
        self.view = VBox(
            [self.canvas, HBox([self.color, self.radius]), HBox([*buttons, self.message])]
        )
        for on, act in (
            ("down", self.start),
            ("move", self.move),
            ("up", self.stop),
            ("out", self.stop),
        ):
            getattr(self.canvas, f"on_mouse_{on}")(act)
        for on, act in (("start", self.start), ("move", self.move), ("end", self.stop)):
            getattr(self.canvas, f"on_touch_{on}")(
                lambda touches, act=act: touches and act(*touches[0])
            )
        self._show(np.zeros((*self.L.shape, 2)))

    def start(self, x: float, y: float) -> None:
        """Put the pen down.

        Parameters
        ----------
        x, y : float
            On the canvas, from its left and upper edge.
        """
        self.strokes.append((np.zeros((0, 2), dtype=int), self.color.value))
        self._pen = (int(y / self.scale), int(x / self.scale))
        self.move(x, y)

    def move(self, x: float, y: float) -> None:
        """Draw a line from where the pen was, if it is down.

        Parameters
        ----------
        x, y : float
        """
        if self._pen is None:
            return
        here = (int(y / self.scale), int(x / self.scale))
        pixels, color = self.strokes[-1]
        drawn = _line(self._pen, here, self.radius.value, self.L.shape)
        self.strokes[-1] = np.unique(np.concatenate([pixels, drawn]), axis=0), color
        self._pen = here
        self._ink(drawn, color)

    def stop(self, *_: float) -> None:
        """Lift the pen."""
        self._pen = None

    def undo(self) -> None:
        """Take the last stroke away."""
        if self.strokes:
            self.strokes.pop()
        self.canvas[1].clear()
        for pixels, color in self.strokes:
            self._ink(pixels, color)

    def marks(self) -> tuple[np.ndarray, np.ndarray]:
        """Give what was drawn, as the methods take it; a later stroke covers an earlier one.

        Returns
        -------
        marked : ndarray of bool, (H, W)
        values : ndarray, (H, W, 2)
        """
        marked, values = np.zeros(self.L.shape, dtype=bool), np.zeros((*self.L.shape, 2))
        for pixels, color in self.strokes:
            marked[tuple(pixels.T)] = True
            values[tuple(pixels.T)] = Point(0, 0, color).ab()
        return marked, values

    def spread(self) -> np.ndarray | None:
        """Colour the picture from the strokes and show it.

        Returns
        -------
        ndarray, (H, W, 2), or None
            a and b; None while nothing is drawn, which the board says.
        """
        marked, values = self.marks()
        if not marked.any():
            self.message.value = "Draw a stroke first."
            return None
        self.message.value = f"{len(self.strokes)} strokes"
        ab = self.method(self.L, marked, values)
        self._show(ab)
        return ab

    def _show(self, ab: np.ndarray) -> None:
        """Put the picture in these colours on the lower layer."""
        picture = Image.fromarray((painted(self.L, ab) * 255).round().astype(np.uint8))
        picture = picture.resize((self.canvas.width, self.canvas.height), Image.Resampling.BICUBIC)
        self.canvas[0].put_image_data(np.asarray(picture), 0, 0)

    def _ink(self, pixels: np.ndarray, color: str) -> None:
        """Draw pixels on the upper layer."""
        if len(pixels):
            self.canvas[1].fill_style = color
            rows, columns = pixels.T * self.scale
            self.canvas[1].fill_rects(columns, rows, self.scale + 0.5, self.scale + 0.5)


def _line(
    start: tuple[int, int], end: tuple[int, int], radius: int, shape: tuple[int, int]
) -> np.ndarray:
    """Find the pixels (n, 2) within a radius of the line between two, inside the picture."""
    rows, columns = np.indices(shape)
    offset, along = (
        np.stack([rows - start[0], columns - start[1]]),
        np.subtract(end, start).astype(float),
    )
    part = np.tensordot(along, offset, 1) / max(float(along @ along), 1.0)
    distance = np.hypot(*(offset - along[:, None, None] * part.clip(0, 1)))
    return np.argwhere(distance < radius)


def _allow_on_colab() -> None:
    """Colab shows widgets of other packages only when asked to."""
    try:
        from google.colab import output
    except ImportError:
        return
    output.enable_custom_widget_manager()
