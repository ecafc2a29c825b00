"""Colour as a choice among bins instead of a distance: classification and rebalancing.

A network that regresses ab is asked for one colour. Where a car may be red or blue, the answer that
is least wrong on average lies between: greyish violet. Zhang, Isola and Efros (2016) ask for a
probability of every colour instead. The ab plane is cut into squares of 10 by 10; those that hold a
colour of the screen are the bins. The target of a pixel is a weight on its five nearest bins, the
loss is a cross-entropy, and one colour is taken from the probabilities at the end.

Two more ideas keep the colours alive. Most pixels of all photographs are nearly grey, so a pixel's
loss is weighed by how rare its colour is. And the one colour is not the mean, which would be brown
again, nor the likeliest bin, which flickers, but the mean after sharpening: the annealed mean.

References
----------
Zhang, R., Isola, P. and Efros, A. A. (2016). Colorful image colorization. ECCV.
"""

from collections.abc import Iterable
from functools import cache

import torch
from torch import Tensor

from colorlib.color.lab import rgb_to_lab

GRID = 10  # CIE units between bins
# the soft encoding: how many bins, and how quickly their weight falls, in CIE units
NEAREST, SIGMA = 5, 5.0
TEMPERATURE = 0.38
CHUNK = 2**16  # pixels that are compared with all bins at once


@cache
def ab_bins(step: float = GRID) -> Tensor:
    """List the centres of the bins: grid points to which some colour of the gamut is nearest.

    Seen along L, every colour of the gamut lies over one of its surface, and that is the surface of
    the RGB cube: it is enough to convert those. Zhang et al. count 313 bins; by this rule there are
    fewer (chapter 15).

    Parameters
    ----------
    step : float
        Distance of the grid points, in CIE units.

    Returns
    -------
    Tensor, (Q, 2)
        a and b of each centre, in CIE units, sorted by a, then b.

    Raises
    ------
    ValueError
        When the step is not positive.

    References
    ----------
    Zhang et al. 2016, section 2.1 and figure 3a.
    """
    if step <= 0:
        raise ValueError(f"the step of the grid must be positive, not {step}")
    u, v = (
        x.flatten()
        for x in torch.meshgrid(torch.arange(256) / 255, torch.arange(256) / 255, indexing="ij")
    )
    faces = [
        torch.stack([torch.full_like(u, end), u, v]).roll(turn, 0)
        for end in (0.0, 1.0)
        for turn in range(3)
    ]
    ab = rgb_to_lab(torch.cat(faces, dim=1)[:, None])[1:, 0]
    return (ab / step).round().unique(dim=1).T * step + 0.0  # + 0.0 turns a -0 into 0


def soft_encode(
    ab: Tensor, bins: Tensor, nearest: int = NEAREST, sigma: float = SIGMA
) -> tuple[Tensor, Tensor]:
    """Spread every colour over its nearest bins, by Gaussian weights of distance; sum 1.

    Parameters
    ----------
    ab : Tensor, (B, 2, H, W)
        CIE units.
    bins : Tensor, (Q, 2)
        From `ab_bins`.
    nearest : int
        How many bins a colour is spread over.
    sigma : float
        Of the Gaussian, in CIE units.

    Returns
    -------
    index : Tensor of int64, (B, nearest, H, W)
        Which bins, the nearest first.
    weight : Tensor, (B, nearest, H, W)
        How much of each: the other bins of the Q have 0.

    References
    ----------
    Zhang et al. 2016, section 2.1 and footnote 2.
    """
    colors = ab.permute(0, 2, 3, 1).reshape(-1, 2)
    parts = [
        torch.cdist(part, bins).topk(nearest, dim=1, largest=False) for part in colors.split(CHUNK)
    ]
    distance, index = (torch.cat(pair) for pair in zip(*parts, strict=True))
    weight = torch.softmax(-distance.square() / (2 * sigma**2), dim=1)

    def shaped(flat: Tensor) -> Tensor:
        return flat.reshape(len(ab), *ab.shape[2:], nearest).permute(0, 3, 1, 2)

    return shaped(index), shaped(weight)


def bin_frequencies(batches: Iterable[Tensor], bins: Tensor) -> Tensor:
    """How often each bin is the nearest one in photographs.

    Parameters
    ----------
    batches : iterable of Tensor, (B, 2, H, W)
        ab of photographs, in CIE units.
    bins : Tensor, (Q, 2)

    Returns
    -------
    Tensor, (Q,)
        Sums to 1.

    Raises
    ------
    ValueError
        When there is no pixel.
    """
    counts = torch.zeros(len(bins), device=bins.device)
    for ab in batches:
        counts += torch.bincount(soft_encode(ab, bins, nearest=1)[0].flatten(), minlength=len(bins))
    if not counts.sum():
        raise ValueError("no photographs to count the colours of: give at least one batch")
    return counts / counts.sum()


def rebalancing_weights(
    prior: Tensor, bins: Tensor, mix: float = 0.5, sigma: float = SIGMA
) -> Tensor:
    """Weigh a pixel of each bin in the loss: the inverse of how common it is, smoothed.

    Parameters
    ----------
    prior : Tensor, (Q,)
        From `bin_frequencies`.
    bins : Tensor, (Q, 2)
    mix : float
        The paper's lambda, 0 to 1: how much of a uniform distribution is mixed into the prior. With
        0 a colour counts as much as it is rare, with 1 all count the same.
    sigma : float
        Of the Gaussian that smooths the prior over the bins, in CIE units.

    Returns
    -------
    Tensor, (Q,)
        Weights whose mean under the smoothed prior is 1.

    Raises
    ------
    ValueError
        When mix is outside [0, 1].

    References
    ----------
    Zhang et al. 2016, section 2.2, equation 4.
    """
    if not 0 <= mix <= 1:
        raise ValueError(f"mix is a share, 0 to 1, not {mix}")
    smoothed = smooth_prior(prior, bins, sigma)
    weights = 1 / ((1 - mix) * smoothed + mix / len(bins)).clamp(min=1e-12)
    return weights / (smoothed * weights).sum()


def smooth_prior(prior: Tensor, bins: Tensor, sigma: float = SIGMA) -> Tensor:
    """Let every bin share its probability with its neighbours, by a Gaussian of their distance.

    Parameters
    ----------
    prior : Tensor, (Q,)
    bins : Tensor, (Q, 2)
    sigma : float
        In CIE units.

    Returns
    -------
    Tensor, (Q,)
        Sums to 1 like the prior.
    """
    kernel = torch.exp(-torch.cdist(bins, bins).square() / (2 * sigma**2))
    return (kernel / kernel.sum(dim=0)) @ prior


def annealed_mean(logits: Tensor, bins: Tensor, temperature: float = TEMPERATURE) -> Tensor:
    """One colour from the probabilities of all: their mean, after sharpening.

    Parameters
    ----------
    logits : Tensor, (B, Q, H, W)
    bins : Tensor, (Q, 2)
    temperature : float
        1 gives the mean; towards 0 it becomes the likeliest bin.

    Returns
    -------
    Tensor, (B, 2, H, W)
        ab in CIE units.

    Raises
    ------
    ValueError
        When the temperature is not positive.

    References
    ----------
    Zhang et al. 2016, section 2.3, equation 5.
    """
    if temperature <= 0:
        raise ValueError(f"the temperature must be positive, not {temperature}")
    return torch.einsum("bqhw,qc->bchw", torch.softmax(logits.float() / temperature, dim=1), bins)
