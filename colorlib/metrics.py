"""How good is a colorization? Numbers for a batch, for a set, and always beside them those of grey and of the truth.

A metric alone says little here. A picture without any colour has a high PSNR, because all its lightness is right, and
the error of a pixel is smallest when a colorizer that does not know says brown. So :func:`evaluate` puts three rows
side by side: the model, the all-grey picture and the truth.

References
----------
Hasler, D. and Suesstrunk, S. E. (2003). Measuring colorfulness in natural images. Proc. SPIE 5007.
Heusel, M. et al. (2017). GANs trained by a two time-scale update rule converge to a local Nash equilibrium. NeurIPS.
Wang, Z. et al. (2004). Image quality assessment: from error visibility to structural similarity. IEEE TIP 13(4).
Zhang, R., Isola, P. and Efros, A. A. (2016). Colorful image colorization. ECCV.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd
import torch
from torch import Tensor, nn
from torchmetrics.functional.image import structural_similarity_index_measure

from colorlib.color import from_network, lab_to_rgb
from colorlib.frechet import FrechetDistance

THRESHOLDS = range(0, 151)  # CIE units of distance in the ab plane (Zhang 2016, section 3.1)
AB_SPAN = 220.0  # CIE units: from -110 to 110
INTERVALS = ("psnr", "ab_l1", "colourfulness")


def psnr(rgb: Tensor, truth: Tensor) -> Tensor:
    """Peak signal-to-noise ratio of each picture, computed on floats (a difference of 8-bit numbers would wrap around).

    Parameters
    ----------
    rgb, truth : Tensor
        (B, 3, H, W), float sRGB in [0, 1].

    Returns
    -------
    Tensor
        (B,), in dB; infinite where the pictures are equal.

    Raises
    ------
    ValueError
        If the shapes differ or the pictures are not floats.
    """
    _check(rgb, truth)
    return -10 * (rgb - truth).square().mean(dim=(1, 2, 3)).log10()


def ssim(rgb: Tensor, truth: Tensor) -> Tensor:
    """Structural similarity of each picture, Gaussian window of 11 pixels with sigma 1.5, mean of the three channels.

    Parameters
    ----------
    rgb, truth : Tensor
        (B, 3, H, W), float sRGB in [0, 1], sides of at least 11 pixels.

    Returns
    -------
    Tensor
        (B,), 1 where the pictures are equal.

    Raises
    ------
    ValueError
        If the shapes differ, the pictures are not floats or are smaller than the window.

    References
    ----------
    Wang 2004, equation 13.
    """
    _check(rgb, truth)
    if min(rgb.shape[-2:]) < 11:
        raise ValueError(f"ssim's window is 11 pixels wide, the pictures are {tuple(rgb.shape[-2:])}; enlarge them")
    pair = (picture.contiguous(memory_format=torch.channels_last) for picture in (rgb, truth))  # twice as fast on a CPU
    _, everywhere = structural_similarity_index_measure(*pair, data_range=1.0, reduction="none", return_full_image=True)
    # Only where the window lies inside, as scikit-image and the paper do; torchmetrics' own mean takes in its padding.
    return everywhere[..., 5:-5, 5:-5].mean(dim=(1, 2, 3))


def ab_error(lab: Tensor, truth: Tensor) -> Tensor:
    """Mean absolute error of a and b of each picture.

    Parameters
    ----------
    lab, truth : Tensor
        (B, 3, H, W), CIE Lab; L is not looked at.

    Returns
    -------
    Tensor
        (B,), in CIE units.

    Raises
    ------
    ValueError
        If the shapes differ or the pictures are not floats.
    """
    _check(lab, truth)
    return (lab[:, 1:] - truth[:, 1:]).abs().mean(dim=(1, 2, 3))


def ab_psnr(lab: Tensor, truth: Tensor) -> Tensor:
    """Peak signal-to-noise ratio of a and b of each picture: like :func:`psnr`, but lightness has no part in it.

    A picture whose lightness is given is good in RGB before it has any colour. Here the peak is 220 CIE units, the
    range of a and b, and the level says little: only differences between methods do.

    Parameters
    ----------
    lab, truth : Tensor
        (B, 3, H, W), CIE Lab; L is not looked at.

    Returns
    -------
    Tensor
        (B,), in dB; infinite where the colours are equal.

    Raises
    ------
    ValueError
        If the shapes differ or the pictures are not floats.
    """
    _check(lab, truth)
    return -10 * ((lab[:, 1:] - truth[:, 1:]) / AB_SPAN).square().mean(dim=(1, 2, 3)).log10()


def ab_accuracy(lab: Tensor, truth: Tensor, thresholds: Sequence[float] = THRESHOLDS) -> tuple[Tensor, float]:
    """Fraction of pixels whose ab lies within a distance of the truth, per distance, and the area under that curve.

    Parameters
    ----------
    lab, truth : Tensor
        (B, 3, H, W), CIE Lab; L is not looked at.
    thresholds : sequence of float
        Increasing distances in CIE units, 0 to 150 by default.

    Returns
    -------
    curve : Tensor
        (T,), fractions in [0, 1], not decreasing.
    auc : float
        Area under the curve divided by the range of the thresholds: 1 for the truth.

    Raises
    ------
    ValueError
        If the shapes differ, or the thresholds are fewer than two or do not increase.

    References
    ----------
    Zhang 2016, section 3.1 (raw accuracy, AuC).
    """
    _check(lab, truth)
    steps = torch.as_tensor(list(thresholds), dtype=lab.dtype, device=lab.device)
    if len(steps) < 2 or not bool((steps.diff() > 0).all()):
        raise ValueError("ab_accuracy needs at least two thresholds, in increasing order")
    curve = _ab_curve(lab, truth, steps)
    return curve, float(torch.trapezoid(curve, steps) / (steps[-1] - steps[0]))


def colourfulness(rgb: Tensor) -> Tensor:
    """Colourfulness of each picture: spread plus 0.3 times the mean of the opponent colours R - G and (R + G) / 2 - B.

    0 is grey; 15 is called slightly, 33 moderately, 59 quite and 109 extremely colourful by the observers of the paper.

    Parameters
    ----------
    rgb : Tensor
        (B, 3, H, W), float sRGB in [0, 1].

    Returns
    -------
    Tensor
        (B,), on the scale of pictures in 0..255.

    Raises
    ------
    ValueError
        If the pictures are not float RGB batches.

    References
    ----------
    Hasler and Suesstrunk 2003, section 5, M^(3); the opponent colours keep their sign.
    """
    return _colourfulness(*_opponents(rgb))


def colourfulness_unsigned(rgb: Tensor) -> Tensor:
    """The variant of :func:`colourfulness` on absolute values, `|R - G|` and `|(R + G) / 2 - B|`, of later papers.

    It is not the measure of Hasler and Suesstrunk (2003): a picture half red, half green loses its spread. It is here
    so that numbers can be compared with theirs.

    Parameters
    ----------
    rgb : Tensor
        (B, 3, H, W), float sRGB in [0, 1].

    Returns
    -------
    Tensor
        (B,), on the scale of pictures in 0..255.

    Raises
    ------
    ValueError
        If the pictures are not float RGB batches.
    """
    rg, yb = _opponents(rgb)
    return _colourfulness(rg.abs(), yb.abs())


def bootstrap_interval(
    values: Sequence[float] | np.ndarray | Tensor, confidence: float = 0.95, resamples: int = 1000, seed: int = 0
) -> tuple[float, float]:
    """Percentile bootstrap interval of a mean: how much it would move with other pictures of the same kind.

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
        raise ValueError("bootstrap_interval needs a list of at least one value and a confidence between 0 and 1")
    rng = np.random.default_rng(seed)
    means = np.array([values[rng.integers(len(values), size=len(values))].mean() for _ in range(resamples)])
    # "nearest": no interpolation, so that an infinite PSNR stays infinite instead of becoming nan
    tails = np.quantile(means, [(1 - confidence) / 2, (1 + confidence) / 2], method="nearest")
    return float(tails[0]), float(tails[1])


@torch.no_grad()
def evaluate(
    generator: nn.Module, batches: Iterable[tuple[Tensor, Tensor]], frechet: FrechetDistance | None = None
) -> pd.DataFrame:
    """The metrics of a generator on a set of photographs, beside those of the all-grey picture and of the truth.

    One batch is held at a time. The generator runs in evaluation mode and gets its modes back. A few photographs that
    are grey themselves lift the mean PSNR of grey by decibels, since grey is right about them to 60 dB and more; the
    median does not notice them.

    Parameters
    ----------
    generator : nn.Module
        From L (B, 1, H, W) to ab (B, 2, H, W), both on the network's scale.
    batches : iterable of (L, ab)
        On the network's scale, on any device, all of one size; labels behind them are not looked at.
    frechet : FrechetDistance, optional
        Adds the column ``frechet``. Its state is reset first.

    Returns
    -------
    pandas.DataFrame
        Rows ``model``, ``grey``, ``truth``; columns ``psnr``, ``ssim``, ``ab_l1``, ``ab_auc``, ``colourfulness``,
        ``colourfulness_unsigned`` and perhaps ``frechet``, means over the photographs; ``psnr``, ``ab_l1`` and
        ``colourfulness`` also with a 95 % bootstrap interval, ``_low`` and ``_high``; and ``psnr_median``.

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
            for row, lab in (("model", from_network(L, generator(L))), ("grey", from_network(L, torch.zeros_like(ab)))):
                rgb = lab_to_rgb(lab)
                collected[row].append(_compare(rgb, lab, truth_rgb, truth))
                if distances:
                    distances[row].to(rgb.device).update(rgb, real=False)
            collected["truth"].append(_colours(truth_rgb))
            if distances:
                distances["model"].update(truth_rgb, real=True)
    finally:
        for module, mode in modes:
            module.training = mode
    if not collected["truth"]:
        raise ValueError("evaluate got no batch; give it the validation loader of at least one photograph")
    return _table(collected, distances)


def _check(picture: Tensor, truth: Tensor) -> None:
    """Both are float batches (B, 3, H, W) of one shape."""
    if picture.shape != truth.shape or picture.ndim != 4 or picture.shape[1] != 3:
        raise ValueError(f"expected two batches (B, 3, H, W), got {tuple(picture.shape)} and {tuple(truth.shape)}")
    if not (picture.is_floating_point() and truth.is_floating_point()):
        raise ValueError(f"expected floats, got {picture.dtype} and {truth.dtype}; divide 8-bit pictures by 255 first")


def _ab_curve(lab: Tensor, truth: Tensor, steps: Tensor) -> Tensor:
    """Fraction of pixels whose ab distance is at most each step."""
    distance = torch.hypot(*(lab[:, 1:] - truth[:, 1:]).unbind(1)).flatten()
    first_within = torch.searchsorted(steps, distance)
    return torch.bincount(first_within, minlength=len(steps) + 1)[:-1].cumsum(0) / distance.numel()


def _opponents(rgb: Tensor) -> tuple[Tensor, Tensor]:
    """R - G and (R + G) / 2 - B on the 0..255 scale, each (B, H * W)."""
    _check(rgb, rgb)
    red, green, blue = (rgb.flatten(2) * 255).unbind(1)
    return red - green, (red + green) / 2 - blue


def _colourfulness(rg: Tensor, yb: Tensor) -> Tensor:
    """sqrt(var rg + var yb) + 0.3 sqrt(mean rg^2 + mean yb^2)."""
    spread = (rg.var(1, correction=0) + yb.var(1, correction=0)).sqrt()
    return spread + 0.3 * (rg.mean(1).square() + yb.mean(1).square()).sqrt()


def _colours(rgb: Tensor) -> dict[str, Tensor]:
    """What needs no truth to compare with, one number per picture."""
    return {"colourfulness": colourfulness(rgb), "colourfulness_unsigned": colourfulness_unsigned(rgb)}


def _compare(rgb: Tensor, lab: Tensor, truth_rgb: Tensor, truth: Tensor) -> dict[str, Tensor]:
    """All metrics of a batch against its truth, one number per picture."""
    steps = torch.as_tensor(list(THRESHOLDS), dtype=lab.dtype, device=lab.device)
    auc = torch.trapezoid(_ab_curve(lab, truth, steps), steps) / (steps[-1] - steps[0])
    compared = {"psnr": psnr(rgb, truth_rgb), "ssim": ssim(rgb, truth_rgb), "ab_l1": ab_error(lab, truth)}
    return {**compared, "ab_auc": auc.expand(len(rgb)), **_colours(rgb)}


def _frechet_pair(frechet: FrechetDistance | None) -> dict[str, FrechetDistance]:
    """The distance for the model and a copy of it for grey, both empty."""
    if frechet is None:
        return {}
    frechet.reset()
    return {"model": frechet, "grey": frechet.clone()}


def _table(collected: dict[str, list[dict[str, Tensor]]], distances: dict[str, FrechetDistance]) -> pd.DataFrame:
    """Means and intervals of what the batches gave; the only place that waits for the device."""
    perfect = {"psnr": np.inf, "ssim": 1.0, "ab_l1": 0.0, "ab_auc": 1.0}
    rows = {}
    for name, batches in collected.items():
        values = {key: torch.cat([batch[key] for batch in batches]).double().cpu().numpy() for key in batches[0]}
        if name == "truth":  # compared with itself
            values = {key: np.full(len(values["colourfulness"]), best) for key, best in perfect.items()} | values
        rows[name] = {key: value.mean() for key, value in values.items()}
        rows[name]["psnr_median"] = np.median(values["psnr"])
        if distances:
            rows[name]["frechet"] = 0.0 if name == "truth" else _shared_real(distances, name).compute()
        for key in INTERVALS:
            rows[name][f"{key}_low"], rows[name][f"{key}_high"] = bootstrap_interval(values[key])
    return pd.DataFrame(rows).T


def _shared_real(distances: dict[str, FrechetDistance], name: str) -> FrechetDistance:
    """The row's distance, with the features of the truth that were computed once, for the model's row."""
    for state in ("real_features_sum", "real_features_cov_sum", "real_features_num_samples"):
        setattr(distances[name], state, getattr(distances["model"], state))
    return distances[name]
