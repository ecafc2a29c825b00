"""The networks: generators that give colour, and the discriminator that judges it."""

import inspect
from collections.abc import Callable
from typing import Any

from torch import nn

from colorlib.models.dynamic import dynamic_unet, encoder_decoder
from colorlib.models.initial import init_weights
from colorlib.models.patchgan import PatchGAN, receptive_field
from colorlib.models.unet import UNet, UNetBlock

__all__ = [
    "GENERATORS",
    "PatchGAN",
    "UNet",
    "UNetBlock",
    "build_generator",
    "dynamic_unet",
    "encoder_decoder",
    "init_weights",
    "receptive_field",
]

GENERATORS: dict[str, Callable[..., nn.Module]] = {"unet": UNet, "dynamic_unet": dynamic_unet}


def build_generator(kind: str, **arguments: Any) -> nn.Module:
    """Build a generator by name, as recipes and weight files ask for it.

    Parameters
    ----------
    kind : {"unet", "dynamic_unet"}
        A key of `GENERATORS`.
    **arguments
        What `UNet` or `dynamic_unet` takes.

    Returns
    -------
    nn.Module
        L (B, 1, H, W) in [-1, 1] to ab (B, 2, H, W) in (-1, 1).

    Raises
    ------
    ValueError
        For an unknown kind or argument; the message lists what there is.
    """
    if kind not in GENERATORS:
        raise ValueError(f"there is no generator {kind!r}; choose one of {', '.join(GENERATORS)}")
    known = inspect.signature(GENERATORS[kind]).parameters
    unknown = [name for name in arguments if name not in known]
    if unknown:
        raise ValueError(f"the generator {kind!r} has no argument {', '.join(unknown)}; it takes {', '.join(known)}")
    return GENERATORS[kind](**arguments)
