"""How good is a colorizer? Its metrics on photographs, beside those of grey and the truth.

A metric alone says little here. A picture without any colour has a high PSNR, because all its
lightness is right, and the error of a pixel is smallest when a colorizer that does not know says
brown. So `evaluate` puts three rows side by side: the model, the all-grey picture and the truth.

References
----------
Heusel, M. et al. (2017). GANs trained by a two time-scale update rule converge to a local Nash
equilibrium. NeurIPS.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd
import torch
from scipy.stats import bootstrap
from torch import Tensor, nn

from colorlib.color.lab import lab_to_rgb
from colorlib.color.scale import from_network
from colorlib.metrics.assessment import measured
from colorlib.metrics.frechet import FrechetDistance
from colorlib.metrics.pictures import colorfulness, colorfulness_unsigned

INTERVALS = ("psnr", "ab_l1", "colorfulness")
BEYOND = 1e100
BATCH = 100  # resamples drawn at once: of 10,000 pictures 8 MB


def bootstrap_interval(
    values: Sequence[float] | np.ndarray | Tensor,
    confidence: float = 0.95,
    resamples: int = 1000,
    seed: int = 0,
) -> tuple[float, float]:
    """Bootstrap a mean's percentile interval: how much other such pictures would move it.

    Parameters
    ----------
    values : sequence of float
        One number per picture.
    confidence : float
        In (0, 1).
    resamples : int
        How many times as many pictures are drawn with replacement.
    seed : int
        The same seed gives the same interval.

    Returns
    -------
    low, high : float

    Raises
    ------
    ValueError
        If there are no values, or the confidence is outside (0, 1).
    """
    values = np.asarray(values.cpu() if isinstance(values, Tensor) else values, dtype=np.float64)
    if values.ndim != 1 or not len(values) or not 0 < confidence < 1:
        raise ValueError(
            "bootstrap_interval needs a list of at least one value and a confidence between 0 and 1"
        )
    if len(values) == 1:  # it alone is drawn, however often
        return float(values[0]), float(values[0])
    # Infinity minus infinity is nan: something finite, beyond all PSNR and still so when divided,
    # stands in for it.
    finite = values.clip(-BEYOND, BEYOND)
    rng = np.random.default_rng(seed)
    found = bootstrap(
        (finite,),
        np.mean,
        n_resamples=resamples,
        batch=BATCH,
        confidence_level=confidence,
        method="percentile",
        rng=rng,
    )
    low, high = (
        math.copysign(math.inf, tail) if abs(tail) > BEYOND**0.5 else tail
        for tail in found.confidence_interval
    )
    return float(low), float(high)


@torch.no_grad()
def evaluate(
    generator: nn.Module,
    batches: Iterable[tuple[Tensor, Tensor]],
    frechet: FrechetDistance | None = None,
) -> pd.DataFrame:
    """Measure a generator on photographs, beside the all-grey picture and the truth.

    One batch is held at a time. The generator runs in evaluation mode and gets its modes back. A
    few photographs that are grey themselves lift the mean PSNR of grey by decibels, since grey is
    right about them to 60 dB and more; the median does not notice them.

    Parameters
    ----------
    generator : nn.Module
        From L (B, 1, H, W) to ab (B, 2, H, W), both on the network's scale.
    batches : iterable of (L, ab)
        On the network's scale, on any device, all of one size; labels behind them are not looked
        at.
    frechet : FrechetDistance, optional
        Adds the column ``frechet``. Its state is reset first.

    Returns
    -------
    pandas.DataFrame
        Rows ``model``, ``grey``, ``truth``; columns ``psnr``, ``ssim``, ``ab_l1``, ``ab_auc``,
        ``colorfulness``, ``colorfulness_unsigned`` and perhaps ``frechet``, means over the
        photographs; ``psnr``, ``ab_l1`` and ``colorfulness`` also with a 95 % bootstrap interval,
        ``_low`` and ``_high``; and ``psnr_median``.

    Raises
    ------
    ValueError
        If there is no batch.
    """
    device = next((parameter.device for parameter in generator.parameters()), None)
    modes = [(module, module.training) for module in generator.modules()]
    distances = _frechet_pair(frechet)
    collected: dict[str, list[dict[str, Tensor]]] = {"model": [], "grey": [], "truth": []}
    generator.eval()
    try:
        for L, ab, *_ in batches:
            L, ab = L.to(device), ab.to(device)
            truth = from_network(L, ab)
            truth_rgb = lab_to_rgb(truth)
            for row, lab in (
                ("model", from_network(L, generator(L))),
                ("grey", from_network(L, torch.zeros_like(ab))),
            ):
                rgb = lab_to_rgb(lab)
                collected[row].append(_compare(rgb, lab, truth_rgb, truth))
                if distances:
                    distances[row].to(rgb.device).update(rgb, real=False)
            collected["truth"].append(_colors(truth_rgb))
            if distances:
                distances["model"].update(truth_rgb, real=True)
    finally:
        for module, mode in modes:
            module.training = mode
    if not collected["truth"]:
        raise ValueError(
            "evaluate got no batch; give it the validation loader of at least one photograph"
        )
    return _table(collected, distances)


def shares(table: pd.DataFrame) -> dict[str, float]:
    """Tell what `evaluate` found as a reader asks: against grey, and as a part of the truth.

    Parameters
    ----------
    table : pandas.DataFrame
        As from `evaluate`: rows ``model``, ``grey`` and ``truth``. The columns ``psnr_median`` and
        ``frechet`` may be missing.

    Returns
    -------
    dict of str to float
        By a name that can head a column: the mean PSNR and that of the median photograph, minus
        grey's, in dB; ab error and Frechet distance as shares of grey's; the colourfulness as a
        share of the truth's.
    """
    model, grey, truth = (table.loc[row] for row in ("model", "grey", "truth"))
    gain, part = model - grey, model / grey
    found = {
        "dB over grey": gain["psnr"],
        "dB over grey, median": gain.get("psnr_median"),
        "ab error, of grey's": part["ab_l1"],
        "colourfulness, of truth's": model["colorfulness"] / truth["colorfulness"],
        "Frechet, of grey's": part.get("frechet"),
    }
    return {name: float(value) for name, value in found.items() if value is not None}


def _colors(rgb: Tensor) -> dict[str, Tensor]:
    """Measure what needs no truth to compare with, one number per picture."""
    return {"colorfulness": colorfulness(rgb), "colorfulness_unsigned": colorfulness_unsigned(rgb)}


def _compare(rgb: Tensor, lab: Tensor, truth_rgb: Tensor, truth: Tensor) -> dict[str, Tensor]:
    """One number per picture: curves have no place in the table."""
    found = measured(rgb, lab, truth_rgb, truth)
    return {name: values for name, values in found.items() if name != "curve"}


def _frechet_pair(frechet: FrechetDistance | None) -> dict[str, FrechetDistance]:
    """Return the distance for the model and a copy of it for grey, both empty."""
    if frechet is None:
        return {}
    frechet.reset()
    return {"model": frechet, "grey": copy.deepcopy(frechet)}


def _table(
    collected: dict[str, list[dict[str, Tensor]]], distances: dict[str, FrechetDistance]
) -> pd.DataFrame:
    """Means and intervals of what the batches gave."""
    perfect = {"psnr": np.inf, "ssim": 1.0, "ab_l1": 0.0, "ab_auc": 1.0}
    rows = {}
    for name, batches in collected.items():
        values = {
            key: torch.cat([batch[key] for batch in batches]).double().cpu().numpy()
            for key in batches[0]
        }
        if name == "truth":  # compared with itself
            values = {
                key: np.full(len(values["colorfulness"]), best) for key, best in perfect.items()
            } | values
        rows[name] = {key: value.mean() for key, value in values.items()}
        rows[name]["psnr_median"] = np.median(values["psnr"])
        if distances:
            if name == "grey":
                distances["grey"].share_real(distances["model"])
            rows[name]["frechet"] = 0.0 if name == "truth" else distances[name].compute()
        for key in INTERVALS:
            rows[name][f"{key}_low"], rows[name][f"{key}_high"] = bootstrap_interval(values[key])
    return pd.DataFrame(rows).T
