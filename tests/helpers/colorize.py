"""What several test files share: colorize."""

import numpy as np
import torch
from torch import nn

from colorlib.color.lab import rgb_to_lab


class FlatGenerator(nn.Module):
    """Predicts one colour for every pixel (a, b in CIE units) and remembers what it was shown."""

    multiple = 32

    def __init__(self, a=20.0, b=-15.0):
        super().__init__()
        self.colour = nn.Parameter(torch.tensor([a, b]) / 110)
        self.seen = []

    def forward(self, L):
        self.seen.append(L)
        return self.colour.view(1, 2, 1, 1).expand(len(L), 2, *L.shape[-2:])


def lab_of(rgb):
    """Lab of an array (H, W, 3) of any dtype, as (3, H, W)."""
    scale = 1 if rgb.dtype == np.float32 else np.iinfo(rgb.dtype).max
    return rgb_to_lab(torch.from_numpy(rgb.astype(np.float64) / scale).permute(2, 0, 1)[None])[0]


# Sizes, mirror image, saturation, uncertainty


class SizeTeller(nn.Module):
    """Its colour depends on the side of the picture it is shown: a = the side / 10, and b on the place across."""

    multiple = 8

    def forward(self, L):
        a = torch.full_like(L, L.shape[-2] / 10 / 110)
        b = torch.linspace(0, 20 / 110, L.shape[-1]).expand_as(L)
        return torch.cat([a, b], dim=1)


GREY = np.full((80, 80), 128, np.uint8)


# Functions of arrays, asked with tensors, whose arithmetic the tests are written in


def as_array(picture):
    """A picture (1, C, H, W) as (H, W, C), or (H, W) for one channel."""
    array = np.ascontiguousarray(picture[0].permute(1, 2, 0).numpy())
    return array[..., 0] if array.shape[2] == 1 else array


def as_tensor(array):
    """An array (H, W, C) or (H, W) as (1, C, H, W)."""
    return torch.from_numpy(np.ascontiguousarray(np.atleast_3d(array))).permute(2, 0, 1)[None]


def on_tensors(function):
    """A function of pictures as arrays, as one of pictures as tensors; other arguments stay as they are."""

    def called(*arguments):
        return as_tensor(function(*(as_array(x) if torch.is_tensor(x) else x for x in arguments)))

    return called
