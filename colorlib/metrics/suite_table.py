"""What was measured on a suite, as tables: a row a method, a row a picture, accuracy curves."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from colorlib.metrics.evaluate import bootstrap_interval
from colorlib.metrics.pictures import THRESHOLDS
from colorlib.metrics.set_distance import ENOUGH, frechet_interval, set_distance
from colorlib.metrics.suite import GREY, Measured

__all__ = ["accuracy_curves", "method_table", "picture_table", "too_few"]

BEST = {"psnr": np.inf, "ssim": 1.0, "lpips": 0.0, "ab_l1": 0.0, "ab_auc": 1.0}
FEW_FEATURES = 200  # of a network whose distance is cheap enough to be drawn again a hundred times


def too_few(pictures: int, features: int) -> bool:
    """Tell whether there are too few pictures for a distance of sets by so many features."""
    return pictures < ENOUGH * features


def method_table(measured: Mapping[str, Measured], truth: Mapping[str, np.ndarray]) -> pd.DataFrame:
    """Average what was measured, with 95 % bootstrap intervals.

    Parameters
    ----------
    truth : mapping of str to ndarray
        As from `measure_suite`.

    Returns
    -------
    pandas.DataFrame
        A row for each method, ``grey`` first and ``truth`` last. For each measure a column, and
        beside it ``_low`` and ``_high``; ``psnr_median``; ``frechet`` and perhaps
        ``frechet_inception``, each also as ``..._hue``: after the chroma was multiplied by
        ``chroma_factor``. A distance of sets is left out where there are too few pictures.
    """
    rows = {name: _row(one, truth) for name, one in measured.items()}
    number = len(truth["colorfulness"])
    colors = {key: truth[key] for key in ("colorfulness", "colorfulness_unsigned")}
    perfect = {key: np.full(number, BEST[key]) for key in measured[GREY].numbers if key in BEST}
    rows["truth"] = _means(perfect | colors)
    for name in measured[GREY].features:
        if not too_few(number, truth[name].shape[1]):
            rows["truth"] |= {name: 0.0, f"{name}_hue": 0.0, "chroma_factor": 1.0}
    return pd.DataFrame(rows).T.rename_axis("method")


def _row(one: Measured, truth: Mapping[str, np.ndarray]) -> dict[str, float]:
    row = _means(one.numbers) | {"psnr_median": float(np.median(one.numbers["psnr"]))}
    if one.scaled:
        row["chroma_factor"] = one.factor
    for end, seen in (("", one.features), ("_hue", one.scaled)):
        for network, features in seen.items():
            if too_few(*features.shape):
                continue
            row[network + end] = set_distance(features, truth[network])
            if features.shape[1] <= FEW_FEATURES:
                low, high = frechet_interval(features, truth[network])
                row |= {f"{network}{end}_low": low, f"{network}{end}_high": high}
    return row


def _means(numbers: Mapping[str, np.ndarray]) -> dict[str, float]:
    """Means and the ends of their intervals."""
    row: dict[str, float] = {}
    for key, values in numbers.items():
        low, high = bootstrap_interval(values)
        row |= {key: float(np.mean(values)), f"{key}_low": low, f"{key}_high": high}
    return row


def picture_table(measured: Mapping[str, Measured]) -> pd.DataFrame:
    """List what was measured of every picture.

    Returns
    -------
    pandas.DataFrame
        Columns ``method`` and ``picture``, and one for each measure.
    """
    parts = [
        pd.DataFrame({"method": name, "picture": one.names, **one.numbers})
        for name, one in measured.items()
    ]
    return pd.concat(parts, ignore_index=True)


def accuracy_curves(measured: Mapping[str, Measured]) -> pd.DataFrame:
    """Average the accuracy curves of the pictures of each method.

    Returns
    -------
    pandas.DataFrame
        Indexed by the distance in CIE units, a column for each method: the share of pixels whose a
        and b lie within that distance of the truth (Zhang 2016, section 3.1).
    """
    curves = {name: one.curve.mean(axis=0) for name, one in measured.items()}
    return pd.DataFrame(curves, index=pd.Index(THRESHOLDS, name="distance"))
