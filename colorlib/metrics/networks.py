"""Which networks can measure pictures here: those whose weights are on this machine."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import torch
from torch import Tensor, nn
from torchmetrics import Metric

from colorlib.metrics.frechet import FrechetDistance, FrechetFeatures

__all__ = ["INCEPTION", "LPIPS", "lpips", "measuring_networks", "unavailable"]

LPIPS, INCEPTION = "lpips", "frechet_inception"
# As torchvision and torch-fidelity name what they download.
_FILES = {LPIPS: "alexnet-owt-7be5be79.pth", INCEPTION: "weights-inception-2015-12-05-6726825d.pth"}
_GET = {
    LPIPS: "python -c \"import torchvision; torchvision.models.alexnet(weights='DEFAULT')\"",
    INCEPTION: "pip install torch-fidelity, then python -c "
    "\"from colorlib.metrics import FrechetDistance; FrechetDistance('inception')\"",
}


def unavailable() -> dict[str, str]:
    """Say which measures cannot be had here, and how they could be.

    Nothing is downloaded for a measure that nobody asked for: a network counts as here when its
    file is.

    Returns
    -------
    dict of str to str
        Name of the column, and the reason; empty when all can be had.
    """
    folder = Path(torch.hub.get_dir()) / "checkpoints"
    lacking = [name for name, file in _FILES.items() if not (folder / file).is_file()]
    if INCEPTION not in lacking and find_spec("torch_fidelity") is None:
        lacking.append(INCEPTION)
    return {
        name: f"its network is not on this machine; get it with: {_GET[name]}" for name in lacking
    }


def measuring_networks(device: torch.device) -> dict[str, nn.Module]:
    """Load the networks that can be had.

    Returns
    -------
    dict of str to nn.Module
        ``frechet``, `FrechetFeatures`, always; ``frechet_inception``, which takes 8-bit RGB; and
        ``lpips``.
    """
    found: dict[str, nn.Module] = {"frechet": FrechetFeatures()}
    lacking = unavailable()
    if INCEPTION not in lacking:
        found[INCEPTION] = FrechetDistance("inception").inception
    if LPIPS not in lacking:
        from torchmetrics.image.lpip import LearnedPerceptualImagePatchSimilarity

        found[LPIPS] = LearnedPerceptualImagePatchSimilarity("alex", "none", normalize=True)
    return {name: network.to(device).eval() for name, network in found.items()}


@torch.no_grad()
def lpips(network: nn.Module, rgb: Tensor, truth: Tensor) -> Tensor:
    """Learned perceptual distance of each picture from its truth, by AlexNet, as papers do.

    Parameters
    ----------
    network : nn.Module
        As from `measuring_networks`.
    rgb, truth : Tensor
        (B, 3, H, W), float sRGB in [0, 1].

    Returns
    -------
    Tensor
        (B,), 0 where the pictures are equal.

    References
    ----------
    Zhang, R. et al. (2018). The unreasonable effectiveness of deep features as a perceptual metric.
    CVPR. Section 3.
    """
    if isinstance(network, Metric):
        network.reset()
    return network(rgb, truth).flatten()
