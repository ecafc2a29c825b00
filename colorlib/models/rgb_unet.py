"""The road not taken: a U-Net that guesses red, green and blue, three numbers for every pixel instead of two."""

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from colorlib.color.lab import from_network, lab_to_rgb, rgb_to_lab, to_network
from colorlib.models.unet import UNet


class RgbUNet(nn.Module):
    """A U-Net that learns sRGB by its own L1 loss, made comparable with those that learn ab.

    Of the picture that it guesses, a and b are handed on; its lightness is thrown away, because the true one is known.
    How far off that lightness was is measured: it is the third number, which the other networks need not guess. Train
    it with ``lambda_l1 = 0``, so that its own loss is the only one.

    Parameters
    ----------
    downs, filters, dropout
        Of `UNet`.

    References
    ----------
    Gunnam et al. 2022, "Problem Identification": Lab against RGB.
    """

    def __init__(self, downs: int = 8, filters: int = 64, dropout: float = 0.5) -> None:
        super().__init__()
        self.multiple = 2**downs
        self.unet = UNet(1, 3, downs, filters, dropout)
        self.guess: Tensor | None = None
        self.L: Tensor | None = None

    def forward(self, L: Tensor) -> Tensor:
        """Colour a batch: L (B, 1, H, W) in [-1, 1] to ab (B, 2, H, W), network scale."""
        guess = self.unet(L).float() / 2 + 0.5
        self.L, self.guess = L, guess  # for the losses; another thread may put its own there at any time
        return to_network(rgb_to_lab(guess))[1]

    def own_losses(self, ab: Tensor, *labels: Tensor) -> dict[str, Tensor]:
        """The distance of the last batch to its true sRGB, on the scale [-1, 1] of the U-Net's tanh, by name."""
        with torch.no_grad():
            truth = lab_to_rgb(from_network(self.L, ab))
        return {"rgb": 2 * functional.l1_loss(self.guess, truth)}

    def own_metrics(self, ab: Tensor, *labels: Tensor) -> dict[str, Tensor]:
        """How far the last batch's own lightness was off, in CIE units (B,), by name."""
        lightness = rgb_to_lab(self.guess)[:, :1]
        return {"lightness_l1": (lightness - from_network(self.L, ab)[:, :1]).abs().mean(dim=(1, 2, 3))}

    def __getstate__(self) -> dict[str, Any]:
        """What a copy of the network takes along: not the last guess, whose graph cannot be copied."""
        return {**super().__getstate__(), "guess": None, "L": None}
