"""Generators by name, as recipes and weight files ask for them."""

import inspect
from collections.abc import Callable
from typing import Any

from torch import nn

from colorlib.models.class_head import FusionArguments
from colorlib.models.class_unet import ClassUNet
from colorlib.models.fusion import FusionNet
from colorlib.models.light_unet import LightUNet
from colorlib.models.rgb_unet import RgbUNet
from colorlib.models.unet import UNet

__all__ = ["GENERATORS", "build_generator", "multiple_of"]


def _dynamic_unet(
    body: str = "resnet18",
    size: int = 128,
    pretrained: bool = True,
    fusion: FusionArguments | None = None,
) -> nn.Module:
    """`models.dynamic_unet`, imported when it is called."""
    from colorlib.models.dynamic_unet import dynamic_unet

    return dynamic_unet(body, size, pretrained, fusion)


GENERATORS: dict[str, Callable[..., nn.Module]] = {
    "unet": UNet,
    "dynamic_unet": _dynamic_unet,
    "light": LightUNet,
    "fusion": FusionNet,
    "classes": ClassUNet,
    "rgb": RgbUNet,
}


def build_generator(kind: str, **arguments: Any) -> nn.Module:
    """Build a generator by name, as recipes and weight files ask for it.

    Parameters
    ----------
    kind : {"unet", "dynamic_unet", "light", "fusion", "classes", "rgb"}
        A key of `GENERATORS`.
    **arguments
        What `UNet`, `dynamic_unet`, `LightUNet`, `FusionNet`, `ClassUNet` or `RgbUNet` takes.

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
        raise ValueError(
            f"the generator {kind!r} has no argument {', '.join(unknown)}; "
            f"it takes {', '.join(known)}"
        )
    return GENERATORS[kind](**arguments)


def multiple_of(generator: nn.Module) -> int:
    """Say what sides of a generator's input must be multiples of: its `multiple`, or 32."""
    downs: int = getattr(generator, "downs", 5)
    return getattr(generator, "multiple", 2**downs)
