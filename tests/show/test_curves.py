"""What `show.curves` promises."""

import csv
from pathlib import Path

import numpy as np
import pytest

from colorlib import show
from colorlib.show.appearance import REFERENCES
from colorlib.show.curves import TITLES

RESULTS = Path(__file__).resolve().parents[2] / "book" / "results"


def recorded_columns():
    """The losses and validations in the logs of the recorded trainings."""
    heads = {tuple(next(csv.reader(path.open(encoding="utf8")))) for path in RESULTS.rglob("*.csv")}
    columns = {name for head in heads if head[0] == "epoch" for name in head}
    return {c for c in columns if c.startswith(("loss_", "valid_")) and not c.endswith((*REFERENCES, "_share"))}


def test_loss_curves_draw_what_the_log_holds(log, tmp_path):
    log.to_csv(tmp_path / "log.csv", index=False)
    for source in (log, tmp_path / "log.csv", str(tmp_path / "log.csv")):
        fig = show.loss_curves(source)
        titles = [ax.get_title() for ax in fig.axes if ax.axison]
        assert titles == [
            "pixel loss in training",
            "adversarial loss in training",
            "colourfulness (truth dashed)",
            "PSNR, dB (grey dotted)",
        ]
        np.testing.assert_allclose(fig.axes[0].lines[0].get_ydata(), log["loss_pixel"])
        assert [len(ax.lines) for ax in fig.axes] == [1, 1, 2, 2]
        assert [len(ax.patches) for ax in fig.axes] == [2, 2, 2, 2]  # two epochs of the pixel loss alone
    only = show.loss_curves(log[log["trains"] == "both"], ["loss_gan"])
    assert len(only.axes) == 1
    assert not only.axes[0].patches


def test_loss_curves_name_what_is_missing(log, tmp_path):
    with pytest.raises(ValueError, match="no column loss_x; it has epoch, trains"):
        show.loss_curves(log, ["loss_x"])
    with pytest.raises(ValueError, match="no column to draw"):
        show.loss_curves(log[["epoch", "seconds"]])
    with pytest.raises(FileNotFoundError, match=r"absent\.csv"):
        show.loss_curves(tmp_path / "absent.csv")


@pytest.mark.parametrize("name", sorted(recorded_columns()))
def test_every_recorded_column_that_is_drawn_has_a_title_in_words(name):
    assert name in TITLES
