"""The PatchGAN discriminator of pix2pix, and the receptive field of any chain of convolutions."""

from torch import Tensor, nn

from colorlib.models.init import init_weights

# Strided convolutions for each patch size; 1 stands for the pixel discriminator with 1x1
# convolutions.
HALVINGS = {1: 0, 16: 1, 70: 3, 286: 5}
# The widest layer has this many times the channels of the first one.
WIDEST = 8


def receptive_field(module: nn.Module) -> int:
    """Side of the square of input pixels that one output number sees.

    Read off the kernels, strides and dilations of the convolutions and poolings, in the order in
    which the module holds them: each layer adds (kernel - 1) * dilation * jump pixels, where jump
    is the product of the strides before it. Meant for a plain chain of square layers, not for a
    network with branches.

    Parameters
    ----------
    module : nn.Module
        A chain of layers, such as `PatchGAN` or `nn.Sequential`.

    Returns
    -------
    int
        The receptive field in pixels; 1 for a module without convolutions.

    Raises
    ------
    ValueError
        For a transposed convolution or a kernel that is not square.

    References
    ----------
    Isola et al. 2017, appendix 6.1.2.
    """
    field, jump = 1, 1
    for layer in module.modules():
        if isinstance(layer, nn.ConvTranspose2d):
            raise ValueError(
                "receptive_field reads chains that only go down; it cannot follow a ConvTranspose2d"
            )
        if not isinstance(layer, nn.Conv2d | nn.MaxPool2d | nn.AvgPool2d):
            continue
        kernel = _side(layer.kernel_size)
        field += (kernel - 1) * _side(getattr(layer, "dilation", 1)) * jump
        jump *= _side(layer.stride)
    return field


def _side(size: int | tuple[int, ...]) -> int:
    """Return one number for a square kernel, stride or dilation."""
    if isinstance(size, int):
        return size
    if size[0] != size[1]:
        raise ValueError(f"receptive_field needs square layers, not {size[0]}x{size[1]}")
    return size[0]


class PatchGAN(nn.Module):
    """A discriminator that looks at every patch of a picture: one logit for each.

    It is a chain of 4x4 convolutions. The first and the last have no norm, and no activation
    follows the last: the numbers are logits, and the loss knows what to do with them. With
    `patch=70` a 256x256 picture gives a 30x30 map whose every number sees 70x70 pixels. The weights
    start as in `init_weights`.

    Parameters
    ----------
    in_channels : int
        3 for L, a and b in network scale.
    filters : int
        Channels after the first convolution; they double up to eight times as many.
    patch : {1, 16, 70, 286}
        The receptive field in pixels. 1 is the PixelGAN, made of 1x1 convolutions.

    Raises
    ------
    ValueError
        For another patch size.

    References
    ----------
    Isola et al. 2017, section 3.2.2 and appendix 6.1.2.

    Examples
    --------
    >>> import torch
    >>> PatchGAN(filters=8)(torch.zeros(1, 3, 256, 256)).shape
    torch.Size([1, 1, 30, 30])
    """

    def __init__(self, in_channels: int = 3, filters: int = 64, patch: int = 70) -> None:
        super().__init__()
        if patch not in HALVINGS:
            raise ValueError(
                f"there is no PatchGAN with patch {patch}; "
                f"choose one of {', '.join(map(str, HALVINGS))}"
            )
        self.patch = patch
        halvings = HALVINGS[patch]
        kernel, padding = (1, 0) if patch == 1 else (4, 1)
        # The layer after the last halving widens once more at stride 1; the pixel discriminator
        # widens once as well.
        strides = [1, 1] if patch == 1 else [2] * halvings + [1]

        layers: list[nn.Module] = []
        channels = in_channels
        for depth, stride in enumerate(strides):
            width = filters * min(2**depth, WIDEST)
            # A bias in front of batch norm would be subtracted again, so only norm-free layers have
            # one.
            layers.append(nn.Conv2d(channels, width, kernel, stride, padding, bias=depth == 0))
            if depth:
                layers.append(nn.BatchNorm2d(width))
            layers.append(nn.LeakyReLU(0.2))
            channels = width
        layers.append(nn.Conv2d(channels, 1, kernel, 1, padding))
        self.layers = nn.Sequential(*layers)
        init_weights(self)

    def forward(self, lab: Tensor) -> Tensor:
        """Run network-scaled `torch.cat([L, ab], 1)` (B, 3, H, W) to logits (B, 1, H', W')."""
        return self.layers(lab)
