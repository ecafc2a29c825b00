"""How far two sets of pictures are apart, as a network sees them; with features that see colour."""

from __future__ import annotations

from typing import cast

import torch
from torch import Tensor, nn
from torchmetrics.image.fid import FrechetInceptionDistance

from colorlib.models.efficientnet_lite import lite0


class FrechetFeatures(nn.Module):
    """Features of EfficientNet-lite0 (ImageNet weights) that see colour, for `FrechetDistance`.

    The maps at strides 4, 8 and 16 (24, 40 and 112 channels), each averaged over positions: 176
    numbers. The network's last features, which know classes, hardly notice whether a picture is
    coloured.

    Parameters
    ----------
    rgb : Tensor
        (B, 3, H, W), float sRGB in [0, 1], in the call.
    """

    num_features = 24 + 40 + 112

    def __init__(self) -> None:
        super().__init__()
        self.net = lite0(pretrained=True).eval().requires_grad_(False)

    def train(self, mode: bool = True) -> FrechetFeatures:
        """Stay in evaluation mode: the features of a picture must not depend on its batch."""
        return super().train(False)

    @torch.no_grad()
    def forward(self, rgb: Tensor) -> Tensor:
        # a third faster on a CPU
        scaled = (rgb * 2 - 1).contiguous(memory_format=torch.channels_last)
        maps = cast(
            "list[Tensor]",
            self.net.forward_intermediates(
                scaled, indices=[1, 2, 3], stop_early=True, intermediates_only=True
            ),
        )
        return torch.cat([features.mean(dim=(2, 3)) for features in maps], dim=1)


class FrechetDistance(FrechetInceptionDistance):
    """Frechet distance of two sets of pictures, each a Gaussian of its network features.

    Few pictures give a biased value: compare distances only between sets of the same size, and
    never those of different features.

    Parameters
    ----------
    features : {"lite0", "inception"}
        ``"lite0"``: `FrechetFeatures`, works offline. ``"inception"``: the 2048 features of the
        usual FID, which need the package torch-fidelity and a download.

    Raises
    ------
    ValueError
        If `features` is neither.
    RuntimeError
        If the Inception network cannot be had here.

    References
    ----------
    Heusel 2017, equation 6.
    """

    def __init__(self, features: str = "lite0") -> None:
        if features not in ("lite0", "inception"):
            raise ValueError(f"unknown features {features!r}; choose lite0 or inception")
        try:
            # One process has all the pictures: torchmetrics must not wait for others when it
            # computes.
            network = FrechetFeatures() if features == "lite0" else 2048
            super().__init__(feature=network, normalize=True, sync_on_compute=False)
        except (ModuleNotFoundError, OSError) as error:
            if features == "lite0":
                raise
            message = (
                "the Inception network needs torch-fidelity and a download; "
                'offline use features="lite0"'
            )
            raise RuntimeError(f"{message} ({error})") from error

    def update(self, rgb: Tensor, real: bool) -> None:
        """Add a batch (B, 3, H, W), float sRGB in [0, 1], to the real or to the other set."""
        super().update(rgb, real=real)

    def share_real(self, other: FrechetDistance) -> None:
        """Take the real set of another distance, so that its pictures are looked at once."""
        # Torchmetrics keeps a set as three sums and has no way to hand them on.
        for state in ("sum", "cov_sum", "num_samples"):
            setattr(self, f"real_features_{state}", getattr(other, f"real_features_{state}"))

    # torchmetrics says Tensor; a distance is printed and compared, so it is a number here
    def compute(self) -> float:  # type: ignore[override]
        """Compute the distance, 0 for equal sets.

        Raises
        ------
        RuntimeError
            If a set has fewer than two pictures.
        """
        return max(float(super().compute()), 0.0)
