"""How good is a colorization? Numbers for each picture of a batch.

References
----------
Hasler, D. and Suesstrunk, S. E. (2003). Measuring colorfulness in natural images. Proc. SPIE 5007.
Wang, Z. et al. (2004). Image quality assessment: from error visibility to structural similarity.
IEEE TIP 13(4). Zhang, R., Isola, P. and Efros, A. A. (2016). Colorful image colorization. ECCV.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torchmetrics.functional.image import (
    peak_signal_noise_ratio,
    structural_similarity_index_measure,
)

THRESHOLDS = range(0, 151)  # CIE units of distance in the ab plane (Zhang 2016, section 3.1)
AB_SPAN = 220.0  # CIE units: from -110 to 110


def psnr(rgb: Tensor, truth: Tensor) -> Tensor:
    """Compute each picture's peak signal-to-noise ratio, on floats: 8 bits would wrap around.

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
    return peak_signal_noise_ratio(rgb, truth, data_range=1.0, reduction="none", dim=(1, 2, 3))


def ssim(rgb: Tensor, truth: Tensor) -> Tensor:
    """Compute each picture's structural similarity, Gaussian window of 11, sigma 1.5.

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
        raise ValueError(
            f"ssim's window is 11 pixels wide, the pictures are {tuple(rgb.shape[-2:])}; "
            "enlarge them"
        )
    # twice as fast on a CPU
    pair = [picture.contiguous(memory_format=torch.channels_last) for picture in (rgb, truth)]
    _, everywhere = structural_similarity_index_measure(
        pair[0], pair[1], data_range=1.0, reduction="none", return_full_image=True
    )
    # Only where the window lies inside, as scikit-image and the paper do; torchmetrics' own mean
    # takes in its padding.
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
    """Compute the peak signal-to-noise ratio of a and b: as `psnr`, without lightness.

    A picture whose lightness is given is good in RGB before it has any colour. Here the peak is 220
    CIE units, the range of a and b, and the level says little: only differences between methods do.

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


def ab_accuracy(
    lab: Tensor, truth: Tensor, thresholds: Sequence[float] = THRESHOLDS
) -> tuple[Tensor, float]:
    """Count the pixels whose ab is within each distance of the truth, and the curve's area.

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


def colorfulness(rgb: Tensor) -> Tensor:
    """Measure colourfulness: spread plus 0.3 times the mean of R - G and (R + G) / 2 - B.

    0 is grey; 15 is called slightly, 33 moderately, 59 quite and 109 extremely colourful by the
    observers of the paper.

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
    return _colorfulness(*_opponents(rgb))


def colorfulness_unsigned(rgb: Tensor) -> Tensor:
    """Measure `colorfulness` on absolute values, `|R - G|` and `|(R + G) / 2 - B|`.

    It is what later papers compute, and not the measure of Hasler and Suesstrunk (2003): a picture
    half red, half green loses its spread. It is here so that numbers can be compared with theirs,
    and takes, returns and raises what `colorfulness` does.
    """
    rg, yb = _opponents(rgb)
    return _colorfulness(rg.abs(), yb.abs())


def _check(picture: Tensor, truth: Tensor) -> None:
    """Both are float batches (B, 3, H, W) of one shape."""
    if picture.shape != truth.shape or picture.ndim != 4 or picture.shape[1] != 3:
        raise ValueError(
            "expected two batches (B, 3, H, W), "
            f"got {tuple(picture.shape)} and {tuple(truth.shape)}"
        )
    if not (picture.is_floating_point() and truth.is_floating_point()):
        raise ValueError(
            f"expected floats, got {picture.dtype} and {truth.dtype}; "
            "divide 8-bit pictures by 255 first"
        )


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


def _colorfulness(rg: Tensor, yb: Tensor) -> Tensor:
    """sqrt(var rg + var yb) + 0.3 sqrt(mean rg^2 + mean yb^2)."""
    spread = (rg.var(1, correction=0) + yb.var(1, correction=0)).sqrt()
    return spread + 0.3 * (rg.mean(1).square() + yb.mean(1).square()).sqrt()
