"""Curves of a training's log."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from colorlib.show.appearance import INK, REFERENCES, SHADE, WIDTH, closed, style

TITLES = {  # of a log's columns, in words
    "lr": "learning rate",
    "loss_pixel": "pixel loss in training",
    "loss_gan": "adversarial loss in training",
    "loss_d": "discriminator's loss",
    "loss_bins": "loss of the colour bins",
    "loss_class": "loss of the class labels",
    "loss_rgb": "loss of red, green and blue",
    "valid_ab_l1": "error of a and b",
    "valid_lightness_l1": "error of the lightness",
    "valid_psnr": "PSNR, dB",
    "valid_colorfulness": "colourfulness",
    "valid_class_accuracy": "classes named rightly",
}


def loss_curves(log: pd.DataFrame | str | Path, columns: Sequence[str] | None = None) -> Figure:
    """Curves of a training log over its epochs, one panel per column.

    A column ``x`` is drawn together with ``x_truth`` (dashed) and ``x_grey`` (dotted) when the log
    has them. When it has a column ``trains``, the epochs in which only the generator learned lie on
    a darker ground.

    Parameters
    ----------
    log : pandas.DataFrame or path
        The log, or its csv file; a column ``epoch`` and numeric columns.
    columns : sequence of str, optional
        Which columns to draw. By default all that start with ``loss_`` or ``valid_``.

    Raises
    ------
    FileNotFoundError
        If the csv file does not exist.
    ValueError
        If a column is missing, or there is nothing to draw.
    """
    log = log if isinstance(log, pd.DataFrame) else pd.read_csv(log)
    if columns is None:
        names = [
            name
            for name in log.columns
            if str(name).startswith(("loss_", "valid_")) and log[name].notna().any()
        ]
        columns = [name for name in names if not name.endswith(tuple(REFERENCES))]
    # Refuse what the log does not have.
    missing = [name for name in ("epoch", *columns) if name not in log.columns]
    if missing or not len(columns):
        what, known = ", ".join(missing) or "to draw", ", ".join(map(str, log.columns))
        raise ValueError(f"the log has no column {what}; it has {known}")
    across = min(2, len(columns))
    down = -(-len(columns) // across)
    with style():
        fig, axes = plt.subplots(
            down, across, figsize=(WIDTH, 0.3 + 1.9 * down), squeeze=False, sharex=True
        )
        for ax, name in zip(axes.flat, columns, strict=False):
            # The ground of epochs without a discriminator, the curve, and beside it truth and grey.
            for epoch in log.loc[_warmup(log), "epoch"]:
                ax.axvspan(epoch - 0.5, epoch + 0.5, color=SHADE, linewidth=0)
            marker = "o" if len(log) <= 20 else None
            ax.plot(log["epoch"], log[name], marker=marker, markersize=3.5)
            beside = [suffix for suffix in REFERENCES if name + suffix in log.columns]
            for suffix in beside:
                ax.plot(
                    log["epoch"],
                    log[name + suffix],
                    color=INK,
                    linestyle=REFERENCES[suffix][0],
                    linewidth=1.2,
                )
            notes = ", ".join(f"{suffix[1:]} {REFERENCES[suffix][1]}" for suffix in beside)
            ax.set_title(
                TITLES.get(name, name.replace("_", " ")) + (f" ({notes})" if notes else "")
            )
            ax.xaxis.get_major_locator().set_params(integer=True)
        if _warmup(log).any():
            fig.legend(
                handles=[Patch(color=SHADE, label="epochs with the pixel loss alone")],
                loc="outside upper left",
            )
        # A place without a curve stays empty; the lowest curve of each column names the axis.
        for ax in axes.flat[len(columns) :]:
            ax.set_axis_off()
        for ax in [axes[i // across, i % across] for i in range(len(columns))][-across:]:
            ax.set_xlabel("epoch")
            ax.tick_params(labelbottom=True)
    return closed(fig)


def _warmup(log: pd.DataFrame) -> pd.Series:
    """In which epochs only the generator learned, in a log that has others too."""
    alone = (
        log["trains"] == "generator"
        if "trains" in log.columns
        else pd.Series(False, index=log.index)
    )
    return alone & (not alone.all())
