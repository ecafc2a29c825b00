"""The scale that the networks see: L / 50 - 1 and ab / 110, and back to CIE units."""

import torch
from torch import Tensor

from colorlib.color.constants import AB_RANGE, L_HALF
from colorlib.color.lab import checked_picture

__all__ = ["from_network", "to_network"]


def to_network(lab: Tensor) -> tuple[Tensor, Tensor]:
    """Split Lab pictures into what a network is given and what it predicts.

    Parameters
    ----------
    lab : Tensor, (B, 3, H, W) or (3, H, W)
        CIE Lab, floating point.

    Returns
    -------
    L : Tensor, (B, 1, H, W) or (1, H, W)
        L / 50 - 1, in [-1, 1].
    ab : Tensor, (B, 2, H, W) or (2, H, W)
        ab / 110, in about [-1, 1]; every sRGB colour is inside.

    Raises
    ------
    ValueError
        When the tensor has not 3 channels in its third dimension from the end, or holds integers.

    References
    ----------
    Gunnam et al. 2022, "Problem Identification": L in, ab out.
    """
    lab = checked_picture(lab, 3, "lab")
    return lab[..., :1, :, :] / L_HALF - 1, lab[..., 1:, :, :] / AB_RANGE


def from_network(L: Tensor, ab: Tensor) -> Tensor:
    """Join a network's input and its prediction into Lab pictures; the inverse of `to_network`.

    Parameters
    ----------
    L : Tensor, (B, 1, H, W) or (1, H, W)
        Network scale, in [-1, 1].
    ab : Tensor, (B, 2, H, W) or (2, H, W)
        Network scale, in about [-1, 1].

    Returns
    -------
    Tensor, (B, 3, H, W) or (3, H, W)
        CIE Lab.

    Raises
    ------
    ValueError
        When L has not 1 channel or ab not 2, or either holds integers.
    """
    L, ab = checked_picture(L, 1, "L"), checked_picture(ab, 2, "ab")
    return torch.cat([(L + 1) * L_HALF, ab * AB_RANGE], dim=-3)
