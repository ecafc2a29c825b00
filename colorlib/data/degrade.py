"""Grey pictures as old cameras and attics leave them, made from photographs in colour.

A network that has seen only clean greys is lost before a faded scan. Here a clean photograph is
made grey as some film would have seen it, and then faded, blurred, scratched, grained and saved as
a small JPEG, each by chance and each mildly. The colours it must find stay those of the clean
photograph.
"""

import math
from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional

__all__ = ["degrade"]

# Luminance as a JPEG's first table quantises it (ITU-T T.81, table K.1).
_JPEG = (
    (16, 11, 10, 16, 24, 40, 51, 61),
    (12, 12, 14, 19, 26, 58, 60, 55),
    (14, 13, 16, 24, 40, 57, 69, 56),
    (14, 17, 22, 29, 51, 87, 80, 62),
    (18, 22, 37, 56, 68, 109, 103, 77),
    (24, 35, 55, 64, 81, 104, 113, 92),
    (49, 64, 78, 87, 103, 121, 120, 101),
    (72, 92, 95, 98, 112, 100, 103, 99),
)


def degrade(rgb: Tensor) -> Tensor:
    """Make photographs grey and old, each in its own way.

    In this order, each with its own strength: a film's sensitivity to red, green and blue; gamma;
    fading to a narrower range, or a harder contrast that clips; blur (half of the pictures); grain,
    fine or coarse; scratches and dust (one in six); JPEG (half). Random numbers come from torch's
    generator.

    Parameters
    ----------
    rgb : Tensor
        (B, 3, H, W), sRGB in [0, 1]; H and W multiples of 8.

    Returns
    -------
    Tensor
        Grey (B, 1, H, W), sRGB in [0, 1].

    References
    ----------
    ITU-T T.81 (JPEG), table K.1. Wan et al. 2020, section 3.2 (old photographs, synthesised by such
    steps).
    """
    grey = _fade(_film(rgb))
    grey = _some(grey, _blur, 0.5)
    grey = _grain(grey)
    grey = _some(grey, _scratch, 1 / 6).clamp(0, 1)
    return _some(grey, _jpeg, 0.5).clamp(0, 1)


def _some(x: Tensor, change: Callable[[Tensor], Tensor], chance: float) -> Tensor:
    """Change only some pictures of a batch."""
    chosen = (torch.rand(len(x), device=x.device) < chance).nonzero()[:, 0]
    return x.index_copy(0, chosen, change(x[chosen])) if len(chosen) else x


def _uniform(x: Tensor, low: float, high: float) -> Tensor:
    """One random number for each picture, (B, 1, 1, 1)."""
    return torch.rand(len(x), 1, 1, 1, device=x.device) * (high - low) + low


def _film(rgb: Tensor) -> Tensor:
    """Mix luma with a film's own weights: orthochromatic film is blind to red, others to blue."""
    luma = rgb.new_tensor([0.299, 0.587, 0.114])
    film = torch.rand(len(rgb), 3, device=rgb.device) + 0.05
    share = torch.rand(len(rgb), 1, device=rgb.device)
    weights = torch.lerp(luma.expand_as(film), film / film.sum(1, keepdim=True), share)
    return torch.einsum("bchw,bc->bhw", rgb, weights)[:, None]


def _fade(grey: Tensor) -> Tensor:
    """Gamma, then a new black and a new white; beyond them, contrast that clips."""
    grey = grey.clamp(1e-4, 1) ** torch.exp2(_uniform(grey, -0.6, 0.6))
    black, white = _uniform(grey, -0.12, 0.22), _uniform(grey, 0.72, 1.12)
    return (black + grey * (white - black)).clamp(0, 1)


def _blur(grey: Tensor) -> Tensor:
    """Blur with a Gaussian of sigma 0.4 to 1.6 pixels."""
    offset = torch.arange(-4, 5, device=grey.device, dtype=grey.dtype)
    line = torch.exp(-(offset**2) / (2 * _uniform(grey, 0.4, 1.6).view(-1, 1) ** 2))
    line = (line / line.sum(1, keepdim=True))[:, None]
    planes = functional.pad(grey, (4, 4, 4, 4), mode="reflect").transpose(0, 1)
    planes = functional.conv2d(planes, line[:, :, None], groups=len(grey))
    return functional.conv2d(planes, line[..., None], groups=len(grey)).transpose(0, 1)


def _grain(grey: Tensor) -> Tensor:
    """Noise of up to 5 % of the range, as fine as the pixels or twice as coarse."""
    fine = torch.randn_like(grey)
    coarse = functional.interpolate(
        fine[..., ::2, ::2], size=grey.shape[-2:], mode="bilinear", align_corners=False
    )
    grain = torch.where(_uniform(grey, 0, 1) < 0.5, fine, 1.5 * coarse)
    return (grey + _uniform(grey, 0, 1) ** 2 * 0.05 * grain).clamp(0, 1)


def _scratch(grey: Tensor) -> Tensor:
    """Draw a few upright scratches and specks of dust, light or dark."""
    batch, _, height, width = grey.shape
    columns = (
        (torch.rand(batch, 1, 1, width, device=grey.device) < 2 / width).to(grey).expand_as(grey)
    )
    specks = (torch.rand(batch, 1, height, width, device=grey.device) < 0.0015).to(grey)
    specks = functional.max_pool2d(specks, 3, stride=1, padding=1)
    mask = torch.maximum(columns, specks) * _uniform(grey, 0.2, 0.8)
    return torch.lerp(grey, (_uniform(grey, 0, 1) < 0.5).to(grey).expand_as(grey), mask)


def _jpeg(grey: Tensor) -> Tensor:
    """Quantise the cosine transform of 8x8 blocks, as a JPEG of quality 15 to 80 does."""
    k = torch.arange(8, device=grey.device, dtype=grey.dtype)
    cosine = torch.cos(math.pi / 8 * (k + 0.5) * k[:, None]) / 2
    cosine[0] /= math.sqrt(2)
    quality = _uniform(grey, 15, 80)[..., None]
    scale = torch.where(quality < 50, 50 / quality, 2 - quality / 50)
    table = grey.new_tensor(_JPEG) * scale / 255
    batch, _, height, width = grey.shape
    blocks = grey.view(batch, height // 8, 8, width // 8, 8).permute(0, 1, 3, 2, 4)
    coefficients = torch.round(cosine @ blocks @ cosine.T / table) * table
    blocks = cosine.T @ coefficients @ cosine
    return blocks.permute(0, 1, 3, 2, 4).reshape(batch, 1, height, width)
