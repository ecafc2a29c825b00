"""Colour as a choice among bins instead of a distance: classification and rebalancing.

A network that regresses ab is asked for one colour. Where a car may be red or blue, the answer that is least wrong on
average lies between: greyish violet. Zhang, Isola and Efros (2016) ask for a probability of every colour instead. The
ab plane is cut into squares of 10 by 10; those that hold a colour of the screen are the bins. The target of a pixel is
a weight on its five nearest bins, the loss is a cross-entropy, and one colour is taken from the probabilities at the
end.

Two more ideas keep the colours alive. Most pixels of all photographs are nearly grey, so a pixel's loss is weighed by
how rare its colour is. And the one colour is not the mean, which would be brown again, nor the likeliest bin, which
flickers, but the mean after sharpening: the annealed mean.

References
----------
Zhang, R., Isola, P. and Efros, A. A. (2016). Colorful image colorization. ECCV.
"""

from collections.abc import Iterable
from functools import cache
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from colorlib.color import AB_RANGE, rgb_to_lab
from colorlib.models.initial import init_weights
from colorlib.models.unet import WIDEST, nested_blocks

GRID = 10  # CIE units between bins
NEAREST, SIGMA = 5, 5.0  # the soft encoding: how many bins, and how quickly their weight falls, in CIE units
TEMPERATURE = 0.38
CHUNK = 2**16  # pixels that are compared with all bins at once


@cache
def ab_bins(step: float = GRID) -> Tensor:
    """The centres of the bins: points of a grid to which some colour of the sRGB gamut is nearest.

    Seen along L, every colour of the gamut lies over one of its surface, and that is the surface of the RGB cube: it is
    enough to convert those. Zhang et al. count 313 bins; by this rule there are fewer (chapter 15).

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
    u, v = (x.flatten() for x in torch.meshgrid(torch.arange(256) / 255, torch.arange(256) / 255, indexing="ij"))
    faces = [torch.stack([torch.full_like(u, end), u, v]).roll(turn, 0) for end in (0.0, 1.0) for turn in range(3)]
    ab = rgb_to_lab(torch.cat(faces, dim=1)[:, None])[1:, 0]
    return (ab / step).round().unique(dim=1).T * step + 0.0  # + 0.0 turns a -0 into 0


def soft_encode(ab: Tensor, bins: Tensor, nearest: int = NEAREST, sigma: float = SIGMA) -> tuple[Tensor, Tensor]:
    """Spread every colour over its nearest bins, with Gaussian weights of their distance that sum to 1.

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
    colours = ab.permute(0, 2, 3, 1).reshape(-1, 2)
    parts = [torch.cdist(part, bins).topk(nearest, dim=1, largest=False) for part in colours.split(CHUNK)]
    distance, index = (torch.cat(pair) for pair in zip(*parts, strict=True))
    weight = torch.softmax(-distance.square() / (2 * sigma**2), dim=1)

    def shaped(flat: Tensor) -> Tensor:
        return flat.reshape(len(ab), *ab.shape[2:], nearest).permute(0, 3, 1, 2)

    return shaped(index), shaped(weight)


def colour_prior(batches: Iterable[Tensor], bins: Tensor) -> Tensor:
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


def rebalancing_weights(prior: Tensor, bins: Tensor, mix: float = 0.5, sigma: float = SIGMA) -> Tensor:
    """What a pixel of each bin counts in the loss: the inverse of how common it is, smoothed, and not without limit.

    Parameters
    ----------
    prior : Tensor, (Q,)
        From `colour_prior`.
    bins : Tensor, (Q, 2)
    mix : float
        The paper's lambda, 0 to 1: how much of a uniform distribution is mixed into the prior. With 0 a colour counts
        as much as it is rare, with 1 all count the same.
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


class ClassUNet(nn.Module):
    """A U-Net that gives every place a probability of each bin, and paints their annealed mean.

    Its way back up stops at a quarter of the size, where colours are chosen; they are enlarged smoothly. It brings its
    own loss, the cross-entropy with the soft encoding, weighed by `weights` (`learn_colours`); train it with
    ``lambda_l1 = 0``, so that no other loss pulls it towards the middle.

    Parameters
    ----------
    downs : int
        Number of halvings, at least 4. Height and width of a picture must be multiples of 2**downs.
    filters : int
        Channels after the first halving, as in `UNet`.
    dropout : float
        As in `UNet`.
    mix : float
        Of `rebalancing_weights`; 1 for no rebalancing.
    temperature : float
        Of `annealed_mean`; an attribute that can be changed afterwards.

    Raises
    ------
    ValueError
        For fewer than four downs; in `forward`, for a picture whose sides are no multiples of 2**downs.

    References
    ----------
    Zhang et al. 2016, section 2; Isola et al. 2017, appendix 6.1.1 (the blocks).
    """

    def __init__(
        self,
        downs: int = 8,
        filters: int = 64,
        dropout: float = 0.5,
        mix: float = 0.5,
        temperature: float = TEMPERATURE,
    ) -> None:
        super().__init__()
        if downs < 4:
            raise ValueError(f"a ClassUNet needs at least 4 downs, not {downs}")
        self.multiple, self.mix, self.temperature = 2**downs, mix, temperature
        widths = [filters * min(2**level, WIDEST) for level in range(downs)]
        self.down = nn.Sequential(
            nn.Conv2d(1, widths[0], 4, stride=2, padding=1),
            nn.LeakyReLU(0.2),
            nn.Conv2d(widths[0], widths[1], 4, stride=2, padding=1, bias=False),
            nn.BatchNorm2d(widths[1]),
        )
        self.inside = nested_blocks(widths[1:], dropout)
        self.register_buffer("bins", ab_bins().clone())
        self.register_buffer("weights", torch.ones(len(self.bins)))
        self.last = nn.Sequential(nn.ReLU(), nn.Conv2d(2 * widths[1], len(self.bins), 1))
        self.logits: Tensor | None = None
        init_weights(self)

    def learn_colours(self, batches: Iterable[Tensor]) -> None:
        """Set `weights` by how common colours are.

        Parameters
        ----------
        batches : iterable of Tensor, (B, 2, H, W)
            ab of training photographs, network scale.
        """
        prior = colour_prior((ab.to(self.bins.device) * AB_RANGE for ab in batches), self.bins)
        self.weights.copy_(rebalancing_weights(prior, self.bins, self.mix))

    def forward(self, L: Tensor) -> Tensor:
        """Colour a batch: L (B, 1, H, W) in [-1, 1] to ab (B, 2, H, W) in (-1, 1), the annealed mean."""
        height, width = L.shape[-2:]
        if height % self.multiple or width % self.multiple or not (height and width):
            raise ValueError(f"this ClassUNet needs sides that are multiples of {self.multiple}, not {height}x{width}")
        logits = self.last(self.inside(self.down(L))).float()
        self.logits = logits  # for the losses; another thread may put its own there at any time
        ab = annealed_mean(logits, self.bins, self.temperature) / AB_RANGE
        return functional.interpolate(ab, scale_factor=4, mode="bilinear", align_corners=False)

    def own_losses(self, ab: Tensor, *labels: Tensor) -> dict[str, Tensor]:
        """The rebalanced cross-entropy of the last batch, by name (Zhang et al. 2016, equations 2 and 3)."""
        # A colour of the photograph, not a mean of several, stands for each place.
        target = functional.interpolate(ab, self.logits.shape[-2:], mode="nearest") * AB_RANGE
        index, weight = soft_encode(target, self.bins)
        surprise = -torch.log_softmax(self.logits, dim=1).gather(1, index)
        return {"bins": (self.weights[index[:, 0]] * (weight * surprise).sum(dim=1)).mean()}

    def __getstate__(self) -> dict[str, Any]:
        """What a copy of the network takes along: not the last logits, whose graph cannot be copied."""
        return {**super().__getstate__(), "logits": None}
