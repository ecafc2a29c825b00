"""The book's figures: Lab channels, grids of pictures, receptive fields, the gamut.

One style serves light and dark pages. Every figure brings its own ground, an opaque, neutral light
grey with dark text, because a colour looks different on white and on black: pictures can only be
compared when the surround is the same and has no hue of its own. Figures are at most 6.4 inch wide
with type of 10 points or more, so they stay readable at the width of a phone.

Every function returns a `matplotlib.figure.Figure` that pyplot has already let go of: as the last
expression of a notebook cell it is shown once, and not a second time at the end of the cell.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.patheffects import withStroke

from colorlib.color.gamut import gamut_mask
from colorlib.color.lab import grey_rgb, lab_to_rgb, lightness, rgb_to_lab
from colorlib.show.appearance import (
    INK,
    WIDTH,
    PictureArray,
    closed,
    draw_picture,
    style,
    to_array,
    to_batch,
)


def picture_grid(
    rows: Sequence[Sequence[PictureArray] | torch.Tensor],
    columns: Sequence[str],
    rows_titles: Sequence[str] | None = None,
    captions: Sequence[Sequence[str]] | None = None,
) -> Figure:
    """Pictures in rows and columns, labelled by column, by row and, if given, by a caption each.

    Parameters
    ----------
    rows : sequence of rows
        Each row is a sequence of pictures or a batch (B, 3, H, W). A picture is a tensor (3, H, W),
        (1, H, W) or (1, 3, H, W), or an array (H, W, 3) or (H, W); float in [0, 1] or uint8. A row
        may be shorter than the others.
    columns : sequence of str
        One title per column, over the first row. At most five columns, so that pictures stay large
        enough on a phone.
    rows_titles : sequence of str, optional
        One title per row, left of it.
    captions : sequence of sequence of str, optional
        A line of text under each picture, in the layout of `rows`.

    Raises
    ------
    ValueError
        If there is no picture, more than five columns, or the number of titles or captions is not
        that of the pictures.
    """
    pictures = [[to_array(picture) for picture in row] for row in rows]
    widest = max((len(row) for row in pictures), default=0)
    if not 1 <= widest <= 5:
        raise ValueError(
            f"picture_grid shows 1 to 5 pictures in a row, got {widest}; use more rows"
        )
    if len(columns) != widest:
        raise ValueError(f"picture_grid got {len(columns)} column titles for {widest} columns")
    if rows_titles is not None and len(rows_titles) != len(pictures):
        raise ValueError(f"picture_grid got {len(rows_titles)} row titles for {len(pictures)} rows")
    if captions is not None and [len(row) for row in captions] != [len(row) for row in pictures]:
        raise ValueError("picture_grid needs one caption per picture, in the layout of rows")

    # In inches: as large as the page allows, each row as high as its highest picture.
    margin = 0.35 if rows_titles else 0.1
    cell = min((WIDTH - margin) / widest, 3.2)
    line = 0.2  # inches that a line of text takes
    heights = [
        cell * max(picture.shape[0] / picture.shape[1] for picture in row)
        + (line * max(text.count("\n") + 1 for text in captions[i]) if captions else 0.05)
        for i, row in enumerate(pictures)
    ]
    title_height = line * max(title.count("\n") + 1 for title in columns) + 0.1
    with style():
        fig, axes = plt.subplots(
            len(pictures),
            widest,
            figsize=(cell * widest + margin, sum(heights) + title_height),
            squeeze=False,
            height_ratios=heights,
        )
        fig.set_layout_engine("constrained", w_pad=0.03, h_pad=0.03, wspace=0.01, hspace=0.01)
        for i, row in enumerate(pictures):
            for j, ax in enumerate(axes[i]):
                if j >= len(row):
                    ax.set_axis_off()
                    continue
                draw_picture(ax, row[j])
                if captions:
                    ax.set_xlabel(captions[i][j], labelpad=3)
            if rows_titles:
                axes[i, 0].set_ylabel(rows_titles[i], fontsize=11)
        for ax, title in zip(axes[0], columns, strict=True):
            ax.set_title(title)
    return closed(fig)


def lab_channels(rgb: PictureArray) -> Figure:
    """Draw a photograph and its Lab channels: L as grey, a and b as their colours at one lightness.

    Parameters
    ----------
    rgb : torch.Tensor or numpy.ndarray
        One photograph (3, H, W), shown as two rows of two, or a batch (B, 3, H, W), shown as one
        row of four for each; sRGB in [0, 1].
    """
    titles = ["photograph", "L: lightness", "a: green to red", "b: blue to yellow"]
    batch = to_batch(rgb)
    lab = rgb_to_lab(batch)
    only = torch.zeros_like(lab).index_fill_(1, torch.tensor([0], device=lab.device), 65.0)
    a_only, b_only = only.clone(), only.clone()
    a_only[:, 1], b_only[:, 2] = lab[:, 1], lab[:, 2]
    panels = list(
        zip(batch, grey_rgb(lightness(batch)), lab_to_rgb(a_only), lab_to_rgb(b_only), strict=True)
    )
    if len(panels) > 1:
        return picture_grid(panels, titles)
    fig = picture_grid([panels[0][:2], panels[0][2:]], titles[:2])
    for ax, title in zip(fig.axes, titles, strict=True):
        ax.set_title(title)
    fig.set_figheight(fig.get_figheight() + 0.25)
    return fig


def receptive_field_figure(rgb: PictureArray, size: int | Sequence[int]) -> Figure:
    """Draw a photograph with the square that one output of a network sees, and the square alone.

    Parameters
    ----------
    rgb : torch.Tensor or numpy.ndarray
        One photograph (3, H, W), sRGB in [0, 1].
    size : int or sequence of int
        Side of the receptive field in pixels, or up to three of them to compare. A square larger
        than the photograph is cut off at its edges.

    Raises
    ------
    ValueError
        If a size is below 1, or there are none or more than three.
    """
    sizes = [size] if isinstance(size, int) else list(size)
    if not 1 <= len(sizes) <= 3 or min(sizes) < 1:
        raise ValueError(
            f"receptive_field_figure takes one to three sizes of at least 1 pixel, got {sizes}"
        )
    picture = to_array(rgb)
    height, width = picture.shape[:2]
    with style():
        fig, axes = plt.subplots(
            1, 1 + len(sizes), figsize=(WIDTH, 0.45 + WIDTH / (1 + len(sizes)) * height / width)
        )
        draw_picture(axes[0], picture)
        axes[0].set_title(f"{width} × {height} pixels")
        for ax, side, color in zip(
            axes[1:], sizes, ("#ffd400", "#00e5ff", "#ff5fd2"), strict=False
        ):
            top, left = (height - side) // 2, (width - side) // 2
            rows = slice(max(top, 0), min(top + side, height))
            cols = slice(max(left, 0), min(left + side, width))
            corner, extent = (
                (cols.start - 0.5, rows.start - 0.5),
                (cols.stop - cols.start, rows.stop - rows.start),
            )
            box = Rectangle(corner, *extent, fill=False, edgecolor=color, linewidth=2)
            box.set_path_effects([withStroke(linewidth=4, foreground=INK)])
            axes[0].add_patch(box)
            draw_picture(ax, picture[rows, cols])
            ax.set_title(f"{side} × {side}" + (", all of it" if extent == (width, height) else ""))
            for spine in ax.spines.values():
                spine.set(visible=True, edgecolor=color, linewidth=3)
    return closed(fig)


def gamut_figure(
    Ls: Sequence[float], points: Mapping[str, tuple[float, float]] | None = None
) -> Figure:
    """Draw the ab plane at given lightnesses: what sRGB can display, in its own colours.

    Parameters
    ----------
    Ls : sequence of float
        CIE lightnesses in [0, 100], one panel each, at most six.
    points : mapping from str to (a, b), optional
        Named points to mark in every panel, in CIE units.

    Raises
    ------
    ValueError
        If there is no lightness, more than six, or one outside [0, 100].
    """
    if not 1 <= len(Ls) <= 6 or min(Ls) < 0 or max(Ls) > 100:
        raise ValueError(f"gamut_figure takes one to six lightnesses in [0, 100], got {list(Ls)}")
    across = min(3, len(Ls))
    down = -(-len(Ls) // across)
    side = min(WIDTH / across, 4.4)
    with style():
        fig, axes = plt.subplots(
            down,
            across,
            figsize=(side * across, side * down + 0.4),
            squeeze=False,
            sharex=True,
            sharey=True,
        )
        fig.set_layout_engine("compressed")
        for ax, L in zip(axes.flat, Ls, strict=False):
            _gamut(ax, float(L))
            _mark(ax, points or {})
        for ax in axes.flat[len(Ls) :]:
            ax.set_axis_off()
        fig.supxlabel("a: green to red", fontsize=10)
        fig.supylabel("b: blue to yellow", fontsize=10)
    return closed(fig)


def _gamut(ax: Axes, L: float) -> None:
    """Draw the displayable part of the ab plane at a lightness."""
    a_values, b_values, mask = (torch.as_tensor(part) for part in gamut_mask(L))
    b, a = torch.meshgrid(b_values.float(), a_values.float(), indexing="ij")
    rgb = lab_to_rgb(torch.stack([torch.full_like(a, L), a, b])[None])
    rgba = np.concatenate([to_array(rgb), mask.float().numpy()[..., None]], axis=-1)
    extent = (float(a_values[0]), float(a_values[-1]), float(b_values[0]), float(b_values[-1]))
    ax.imshow(rgba, origin="lower", extent=extent, interpolation="antialiased")
    ax.axhline(0, color=INK, linewidth=0.5)
    ax.axvline(0, color=INK, linewidth=0.5)
    ax.set(title=f"L = {L:g}", xticks=(-100, 0, 100), yticks=(-100, 0, 100), aspect="equal")


def _mark(ax: Axes, points: Mapping[str, tuple[float, float]]) -> None:
    """Mark points of the ab plane, and name each on the side away from its nearest neighbour."""
    for label, (a, b) in points.items():
        others = [other for name, other in points.items() if name != label]
        near = min(
            others, key=lambda other: np.hypot(other[0] - a, other[1] - b), default=(a - 1, b - 1)
        )
        side, up = (-1 if near[0] > a else 1), (-1 if near[1] > b else 1)
        ax.plot(
            a, b, marker="o", markersize=7, color="white", markeredgecolor=INK, markeredgewidth=1.5
        )
        text = ax.annotate(
            label,
            (a, b),
            xytext=(6 * side, 3 * up),
            textcoords="offset points",
            fontsize=10,
            ha="left" if side > 0 else "right",
            va="bottom" if up > 0 else "top",
        )
        text.set_path_effects([withStroke(linewidth=2.5, foreground="white")])
