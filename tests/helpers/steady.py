"""What several test files share: steady."""

import numpy as np
import torch
from torch import nn

from colorlib.colorize.colorizer import Colorizer
from colorlib.film.steady import SteadyColorizer

FRAME = (96, 128)


class Boiling(nn.Module):
    """A colour that follows lightness, and is another one at each call: a network that flickers, by a known amount."""

    multiple = 1

    def __init__(self, noise=0.05):
        super().__init__()
        self.noise, self.calls = noise, 0
        self.random = torch.Generator().manual_seed(0)

    def forward(self, L):
        self.calls += 1
        shift = self.noise * torch.randn(2, generator=self.random).view(1, 2, 1, 1)
        return torch.cat([0.2 * L, 0.1 - 0.2 * L], dim=1) + shift


def steady_colorizer(mode="flow", noise=0.05, **arguments):
    return SteadyColorizer(Colorizer(Boiling(noise), size=64, flip=False), mode, **arguments)


def painted(frames, *arguments, **named):
    return np.stack(list(steady_colorizer(*arguments, **named).paint(frames)))
