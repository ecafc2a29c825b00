"""A U-Net that says how likely each bin of colour is (Zhang et al. 2016)."""

from collections.abc import Iterable
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from colorlib.color.constants import AB_RANGE
from colorlib.models.auxiliary import Auxiliary
from colorlib.models.color_bins import (
    TEMPERATURE,
    ab_bins,
    annealed_mean,
    bin_frequencies,
    rebalancing_weights,
    soft_encode,
)
from colorlib.models.init import init_weights
from colorlib.models.unet import WIDEST, nested_blocks


@dataclass(frozen=True)
class BinLogits(Auxiliary):
    """How likely each bin is at each place, and the loss that makes the right ones likely.

    Parameters
    ----------
    logits : Tensor, (B, bins, h, w)
    bins : Tensor, (bins, 2)
        Their a and b, CIE units.
    weights : Tensor, (bins,)
        How much each counts, see `rebalancing_weights`.

    References
    ----------
    Zhang et al. 2016, equations 2 and 3.
    """

    logits: Tensor
    bins: Tensor
    weights: Tensor

    def losses(self, ab: Tensor, label: Tensor | None = None) -> dict[str, Tensor]:
        """Compute the rebalanced cross-entropy with the soft encoding of ab, by name."""
        # A colour of the photograph, not a mean of several, stands for each place.
        target = functional.interpolate(ab, self.logits.shape[-2:], mode="nearest") * AB_RANGE
        index, weight = soft_encode(target, self.bins)
        surprise = -torch.log_softmax(self.logits, dim=1).gather(1, index)
        return {"bins": (self.weights[index[:, 0]] * (weight * surprise).sum(dim=1)).mean()}


class ClassUNet(nn.Module):
    """A U-Net that gives every place a probability of each bin, and paints their annealed mean.

    Its way back up stops at a quarter of the size, where colours are chosen; they are enlarged
    smoothly. It brings its own loss (`BinLogits`), the cross-entropy with the soft encoding,
    weighed by `weights` (`learn_colors`); train it with ``lambda_l1 = 0``, so that no other loss
    pulls it towards the middle.

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
        For fewer than four downs; in `forward`, for a picture whose sides are no multiples of
        2**downs.

    References
    ----------
    Zhang et al. 2016, section 2; Isola et al. 2017, appendix 6.1.1 (the blocks).
    """

    has_auxiliary = True
    bins: Tensor
    weights: Tensor

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
        init_weights(self)

    def learn_colors(self, batches: Iterable[Tensor]) -> None:
        """Set `weights` by how common colours are.

        Parameters
        ----------
        batches : iterable of Tensor, (B, 2, H, W)
            ab of training photographs, network scale.
        """
        prior = bin_frequencies((ab.to(self.bins.device) * AB_RANGE for ab in batches), self.bins)
        self.weights.copy_(rebalancing_weights(prior, self.bins, self.mix))

    def forward(self, L: Tensor, auxiliary: bool = False) -> Tensor | tuple[Tensor, BinLogits]:
        """Colour a batch by the annealed mean: L (B, 1, H, W) in [-1, 1] to ab (B, 2, H, W).

        With `auxiliary` also return the logits of the bins (B, bins, H / 4, W / 4) with their loss.
        """
        height, width = L.shape[-2:]
        if height % self.multiple or width % self.multiple or not (height and width):
            raise ValueError(
                f"this ClassUNet needs sides that are multiples of {self.multiple}, "
                f"not {height}x{width}"
            )
        logits = self.last(self.inside(self.down(L))).float()
        ab = annealed_mean(logits, self.bins, self.temperature) / AB_RANGE
        ab = functional.interpolate(ab, scale_factor=4, mode="bilinear", align_corners=False)
        return (ab, BinLogits(logits, self.bins, self.weights)) if auxiliary else ab
