"""One look for all figures: neutral ground, sizes, and the kinds of picture that they take."""

from __future__ import annotations

from contextlib import AbstractContextManager

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.rcsetup import cycler

WIDTH = 6.4  # inches
SURROUND, SHADE, INK = "#d9d9d9", "#c4c4c4", "#1a1a1a"
# Each at least 4:1 against the surround.
LINES = ("#0b5394", "#a61c00", "#38761d", "#674ea7", "#7f6000")
STYLE = {
    "figure.facecolor": SURROUND,
    "figure.dpi": 150,
    "figure.constrained_layout.use": True,
    "savefig.facecolor": SURROUND,
    "axes.facecolor": SURROUND,
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "axes.titlesize": 11,
    "axes.labelsize": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.prop_cycle": cycler(color=LINES),
    "axes.grid": False,
    "font.size": 10,
    "font.family": "DejaVu Sans",
    "legend.fontsize": 10,
    "legend.frameon": False,
    "lines.linewidth": 1.8,
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "xtick.labelsize": 10,
    "ytick.labelsize": 10,
}
# The suffix of a log's column, and how it is drawn.
REFERENCES = {"_truth": ("--", "dashed"), "_grey": (":", "dotted")}
PictureArray = torch.Tensor | np.ndarray


def style() -> AbstractContextManager[None]:
    """Set the book's matplotlib style, for a figure of your own: ``with show.style(): ...``.

    The ground is an opaque, neutral light grey in light and dark pages alike, because colours must
    be judged on the same neutral surround. Settings return to what they were when the block ends.

    Returns
    -------
    context manager
        What `matplotlib.rc_context` returns for the style's settings.
    """
    return mpl.rc_context(STYLE)  # type: ignore[arg-type]  # it lists the names it knows


def closed(fig: Figure) -> Figure:
    """Take the figure from pyplot, so that a notebook shows it only where it is returned."""
    plt.close(fig)
    return fig


def figure_pixels(fig: Figure) -> np.ndarray:
    """Draw a figure as it stands, for one that is changed and drawn again and again.

    Parameters
    ----------
    fig : Figure
        Of matplotlib, open or closed.

    Returns
    -------
    ndarray, (H, W, 3), uint8
        H and W as the figure's size and resolution say.
    """
    canvas = FigureCanvasAgg(fig)
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())[..., :3].copy()


def to_array(picture: PictureArray) -> np.ndarray:
    """Make a picture an (H, W, 3) float array in [0, 1]."""
    if isinstance(picture, torch.Tensor):
        held = picture.detach().float() if picture.is_floating_point() else picture
        array = held.cpu().numpy()
        if array.ndim == 4 and array.shape[0] == 1:
            array = array[0]
        if array.ndim == 3:
            array = array.transpose(1, 2, 0)
    else:
        array = np.asarray(picture)
    array = array / 255 if array.dtype == np.uint8 else array
    if array.ndim == 2:
        array = array[..., None]
    if array.ndim != 3 or array.shape[-1] not in (1, 3):
        raise ValueError(
            f"a picture is a tensor (3, H, W) or an array (H, W, 3), got shape {tuple(array.shape)}"
        )
    return np.clip(np.broadcast_to(array, (*array.shape[:2], 3)), 0, 1)


def to_batch(rgb: PictureArray) -> torch.Tensor:
    """One photograph or a batch of them as a float tensor (B, 3, H, W)."""
    if isinstance(rgb, torch.Tensor) and rgb.ndim == 4:
        return rgb.detach().float()
    return torch.from_numpy(to_array(rgb).transpose(2, 0, 1).copy()).float()[None]


def draw_picture(ax: Axes, picture: np.ndarray) -> None:
    """Draw a picture without ticks or frame."""
    ax.imshow(picture, interpolation="antialiased")
    ax.set(xticks=[], yticks=[])
    ax.spines[:].set_visible(False)
