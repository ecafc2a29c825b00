"""How untrained weights start."""

from typing import TypeVar

from torch import nn

Net = TypeVar("Net", bound=nn.Module)


def init_weights(net: Net, std: float = 0.02) -> Net:
    """Draw fresh weights the way pix2pix does.

    Convolutions are drawn from N(0, std), batch norm scales from N(1, std), and every bias is 0. A
    network with a method `start_grey` is then asked to quieten its last layer. `UNet` and
    `PatchGAN` call this when they are built. It overwrites everything, so never call it on a
    network with a pretrained encoder.

    Parameters
    ----------
    net : nn.Module
        Changed in place.
    std : float
        Standard deviation of the weights.

    Returns
    -------
    nn.Module
        The same network.

    References
    ----------
    Isola et al. 2017, appendix 6.2.
    """
    for module in net.modules():
        if isinstance(module, nn.Conv2d | nn.ConvTranspose2d):
            nn.init.normal_(module.weight, 0.0, std)
        elif isinstance(module, nn.BatchNorm2d):
            nn.init.normal_(module.weight, 1.0, std)
        else:
            continue
        if module.bias is not None:
            nn.init.zeros_(module.bias)
    start_grey = getattr(net, "start_grey", None)
    if callable(start_grey):
        start_grey()
    return net


def start_near_zero(last: nn.Conv2d) -> None:
    """Draw the weights of a last layer from N(0, 0.001): untrained, the network paints grey."""
    nn.init.normal_(last.weight, std=1e-3)
    if last.bias is not None:
        nn.init.zeros_(last.bias)
