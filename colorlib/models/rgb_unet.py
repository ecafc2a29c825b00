"""The road not taken: a U-Net that predicts red, green and blue, three numbers instead of two."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from colorlib.color.lab import lab_to_rgb, rgb_to_lab
from colorlib.color.scale import from_network, to_network
from colorlib.models.auxiliary import Auxiliary
from colorlib.models.unet import UNet


@dataclass(frozen=True)
class RgbPrediction(Auxiliary):
    """A picture that was predicted in sRGB, and its distance to the true one.

    Parameters
    ----------
    L : Tensor, (B, 1, H, W)
        The true lightness, network scale.
    rgb : Tensor, (B, 3, H, W)
        sRGB in [0, 1].
    """

    L: Tensor
    rgb: Tensor

    def losses(self, ab: Tensor, label: Tensor | None = None) -> dict[str, Tensor]:
        """Compute the distance to the true sRGB, in [-1, 1] as the tanh gives it, by name."""
        with torch.no_grad():
            truth = lab_to_rgb(from_network(self.L, ab))
        return {"rgb": 2 * functional.l1_loss(self.rgb, truth)}

    def metrics(self, ab: Tensor, label: Tensor | None = None) -> dict[str, Tensor]:
        """Say how far off the predicted lightness was, in CIE units (B,), by name."""
        lightness = rgb_to_lab(self.rgb)[:, :1]
        return {
            "lightness_l1": (lightness - from_network(self.L, ab)[:, :1]).abs().mean(dim=(1, 2, 3))
        }


class RgbUNet(nn.Module):
    """A U-Net that learns sRGB by its own L1 loss, made comparable with those that learn ab.

    Of the picture that it predicts, a and b are handed on; its lightness is thrown away, because
    the true one is known. How far off that lightness was is measured: it is the third number, which
    the other networks need not predict. Train it with ``lambda_l1 = 0``, so that its own loss is
    the only one.

    Parameters
    ----------
    downs, filters, dropout
        Of `UNet`.

    References
    ----------
    Gunnam et al. 2022, "Problem Identification": Lab against RGB.
    """

    has_auxiliary = True

    def __init__(self, downs: int = 8, filters: int = 64, dropout: float = 0.5) -> None:
        super().__init__()
        self.multiple = 2**downs
        self.unet = UNet(1, 3, downs, filters, dropout)

    def forward(self, L: Tensor, auxiliary: bool = False) -> Tensor | tuple[Tensor, RgbPrediction]:
        """Colour a batch: L (B, 1, H, W) in [-1, 1] to ab (B, 2, H, W), network scale.

        With `auxiliary` also return the predicted sRGB (B, 3, H, W) with its loss.
        """
        rgb = self.unet(L).float() / 2 + 0.5
        ab = to_network(rgb_to_lab(rgb))[1]
        return (ab, RgbPrediction(L, rgb)) if auxiliary else ab
