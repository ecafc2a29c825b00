"""How an ended run is measured: on its validation photographs, and by how two samples differ."""

import math
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from colorlib.color.scale import from_network
from colorlib.data.loaders import validation_loader
from colorlib.experiments.recipe import Data
from colorlib.metrics.evaluate import evaluate
from colorlib.metrics.frechet import FrechetDistance
from colorlib.metrics.pictures import ab_error


def measure(generator: nn.Module, data: Data, valid: list[Path]) -> dict[str, Any]:
    """Measure a generator on validation photographs, on each collection apart.

    Parameters
    ----------
    data : Data
        Of the recipe: size, batch size, collections.

    Returns
    -------
    dict
        Rows model, grey and truth of `metrics.evaluate` with the Frechet distance; with a mix, one
        such table for each collection.
    """

    def table(photographs: list[Path]) -> dict[str, Any]:
        batches = validation_loader(photographs, data.final_size, data.batch_size)
        return (
            evaluate(generator, batches, FrechetDistance())
            .replace(math.inf, None)
            .to_dict(orient="index")
        )

    parts = {name: [path for path in valid if name in path.parts] for name in data.mix}
    return {name: table(part) for name, part in parts.items() if part} if data.mix else table(valid)


@torch.no_grad()
def photograph_errors(generator: nn.Module, data: Data, valid: list[Path]) -> Tensor:
    """Measure how far off each photograph's colours are, to compare two generators.

    The mean error of one generator depends on which photographs were drawn. Two generators that
    coloured the same ones share that luck, and the differences of their errors do not.

    Parameters
    ----------
    generator : nn.Module
        In evaluation mode.
    data : Data
        Of the recipe: size and batch size.

    Returns
    -------
    Tensor, (N,)
        Mean absolute error of a and b, in CIE units, in the order of `valid`.
    """
    batches = validation_loader(valid, data.final_size, data.batch_size)
    return torch.cat(
        [ab_error(from_network(L, generator(L)), from_network(L, ab)) for L, ab in batches]
    )


@torch.no_grad()
def noise(generator: nn.Module, L: Tensor) -> float:
    """Measure how much two samples differ when dropout is at work, the noise z of the paper.

    Parameters
    ----------
    generator : nn.Module
        Gets its modes back.
    L : Tensor, (B, 1, H, W)
        Network scale.

    Returns
    -------
    float
        Mean absolute difference of a and b, in CIE units; 0 for a generator without dropout.

    References
    ----------
    Isola et al. 2017, section 3.1 (noise by dropout, and how little comes of it).
    """
    modes = [(module, module.training) for module in generator.modules()]
    generator.eval()
    for module, _ in modes:
        if isinstance(module, nn.Dropout):
            module.train()
    one, other = (from_network(L, generator(L)) for _ in range(2))
    for module, mode in modes:
        module.training = mode
    return ab_error(one, other).mean().item()
