"""The U-Net generator of pix2pix, built from its middle outward."""

from typing import Literal, overload

import torch
from torch import Tensor, nn

from colorlib.models.class_head import ClassLogits, FusionArguments, names_classes
from colorlib.models.fusion import FusionLayer
from colorlib.models.init import init_weights

# The widest level has this many times the channels of the outermost one.
WIDEST = 8
# Dropout sits in this many decoder blocks, counted outward from the innermost one.
DROPOUT_BLOCKS = 3


class UNetBlock(nn.Module):
    """One level of the U: a step down, what lies inside, a step up, and a skip around it.

    The skip is the concatenation of the block's input with its result. Neither activation works in
    place: an in-place LeakyReLU would overwrite the input before the skip reads it.

    Parameters
    ----------
    outer : int
        Channels that come back up out of the block, before the skip is attached.
    inner : int
        Channels one level further down.
    inside : UNetBlock, FusionLayer or None
        The next block towards the middle; None or a fusion layer for the innermost block.
    in_channels : int or None
        Channels that enter, when they differ from `outer`.
    outermost : bool
        The outermost block has no skip and no norm, and ends in tanh.
    dropout : float
        Probability of dropout at the end of the step up; 0 for none.
    skips : bool
        False leaves out all skips: an encoder and a decoder that meet in the middle alone.

    References
    ----------
    Isola et al. 2017, appendix 6.1.1; Ronneberger et al. 2015.
    """

    def __init__(
        self,
        outer: int,
        inner: int,
        inside: "UNetBlock | FusionLayer | None" = None,
        in_channels: int | None = None,
        outermost: bool = False,
        dropout: float = 0.0,
        skips: bool = True,
    ) -> None:
        super().__init__()
        self.outermost, self.skip = outermost, skips and not outermost
        innermost = not isinstance(inside, UNetBlock)

        down: list[nn.Module] = [] if outermost else [nn.LeakyReLU(0.2)]
        down.append(nn.Conv2d(in_channels or outer, inner, 4, stride=2, padding=1, bias=False))
        # At the bottom a 256x256 picture is 1x1: batch norm over a batch of one would have one
        # value to normalise.
        if not (innermost or outermost):
            down.append(nn.BatchNorm2d(inner))

        # What comes back from inside carries its skip, hence twice the channels.
        from_below = 2 * inner if skips and not innermost else inner
        # A bias in front of batch norm would be subtracted again, so only the last layer has one.
        up: list[nn.Module] = [
            nn.ReLU(),
            nn.ConvTranspose2d(from_below, outer, 4, stride=2, padding=1, bias=outermost),
            nn.Tanh() if outermost else nn.BatchNorm2d(outer),
        ]
        if dropout:
            up.append(nn.Dropout(dropout))

        self.down = nn.Sequential(*down)
        self.inside = nn.Identity() if inside is None else inside
        self.up = nn.Sequential(*up)

    def forward(self, x: Tensor) -> Tensor:
        y = self.up(self.inside(self.down(x)))
        return torch.cat([x, y], dim=1) if self.skip else y


class LabelledBlock(UNetBlock):
    """A block around a fusion layer with classes: hands outward what the layer's head says."""

    @overload
    def forward(self, x: Tensor, auxiliary: Literal[False] = False) -> Tensor: ...
    @overload
    def forward(self, x: Tensor, auxiliary: Literal[True]) -> tuple[Tensor, ClassLogits]: ...
    def forward(self, x: Tensor, auxiliary: bool = False) -> Tensor | tuple[Tensor, ClassLogits]:
        if not auxiliary:
            return super().forward(x)
        inside, logits = self.inside(self.down(x), auxiliary=True)
        y = self.up(inside)
        return (torch.cat([x, y], dim=1) if self.skip else y), logits


def nested_blocks(
    widths: list[int],
    dropout: float = 0.0,
    fusion: FusionArguments | None = None,
    skips: bool = True,
) -> UNetBlock:
    """Build a U from its middle outward, up to its outermost block, which is not in it.

    Parameters
    ----------
    widths : list of int
        Channels at each level, from the outermost one on.
    dropout : float
        Probability of dropout in the blocks after the innermost.
    fusion : dict or None
        Arguments of the `FusionLayer` in the middle; None for none.
    skips : bool
        As in `UNetBlock`.

    Returns
    -------
    UNetBlock
        ``widths[0]`` channels in; out come as many, and with skips those that went in before them.
    """
    kind = LabelledBlock if names_classes(fusion) else UNetBlock
    middle = None if fusion is None else FusionLayer(widths[-1], **fusion)
    block = kind(widths[-2], widths[-1], inside=middle, skips=skips)
    for depth, level in enumerate(range(len(widths) - 2, 0, -1)):
        noise = dropout if depth < DROPOUT_BLOCKS else 0.0
        block = kind(widths[level - 1], widths[level], inside=block, dropout=noise, skips=skips)
    return block


class UNet(nn.Module):
    """The U-Net generator: a grey picture in, its two colour channels out.

    Each level halves the picture with a 4x4 convolution of stride 2 and doubles it again on the way
    back; skips hand every level's detail across. With 8 downs a 256x256 picture shrinks to 1x1 in
    the middle. Dropout stays in three decoder blocks and plays the noise z. The weights start as in
    `init_weights`, with a quiet last layer: untrained, the network paints grey.

    Parameters
    ----------
    in_channels, out_channels : int
        1 and 2 for L to ab.
    downs : int
        Number of halvings, at least 2. Height and width of a picture must be multiples of 2**downs.
    filters : int
        Channels after the first halving; they double level by level up to eight times as many.
    dropout : float
        Probability of dropout in the three decoder blocks after the innermost.
    fusion : dict or None
        Arguments of a `FusionLayer` in the middle, such as ``{"classes": 10}``. Choose fewer downs
        with it: where the picture is down to one position, local and global are the same.
    skips : bool
        False for an encoder-decoder without skips.

    Raises
    ------
    ValueError
        For fewer than two downs; in `forward`, for a picture whose sides are no multiples of
        2**downs.

    References
    ----------
    Isola et al. 2017, section 3.2.1 and appendix 6.1.1; Ronneberger et al. 2015; Gunnam et al.
    2022.

    Examples
    --------
    >>> UNet(downs=5, filters=8)(torch.zeros(2, 1, 64, 64)).shape
    torch.Size([2, 2, 64, 64])
    """

    def __init__(
        self,
        in_channels: int = 1,
        out_channels: int = 2,
        downs: int = 8,
        filters: int = 64,
        dropout: float = 0.5,
        fusion: FusionArguments | None = None,
        skips: bool = True,
    ) -> None:
        super().__init__()
        if downs < 2:
            raise ValueError(f"a U-Net needs at least 2 downs, not {downs}")
        self.downs, self.has_auxiliary = downs, names_classes(fusion)
        # Channels after each halving: 64, 128, 256, 512, 512, ... for 64 filters.
        widths = [filters * min(2**level, WIDEST) for level in range(downs)]

        block = nested_blocks(widths, dropout, fusion, skips)
        self.block = type(block)(
            out_channels, widths[0], block, in_channels, outermost=True, skips=skips
        )
        init_weights(self)

    @torch.no_grad()
    def start_grey(self) -> None:
        """Scale the outermost up-convolution by 0.01: untrained colours stay close to grey."""
        for weights in self.block.up[1].parameters():
            weights.mul_(0.01)

    def forward(self, L: Tensor, auxiliary: bool = False) -> Tensor | tuple[Tensor, ClassLogits]:
        """Colour a batch: L (B, 1, H, W) in [-1, 1] to ab (B, 2, H, W) in (-1, 1).

        With `auxiliary` also return what the head of the fusion layer says; for a layer with
        classes.
        """
        multiple = 2**self.downs
        height, width = L.shape[-2:]
        if height % multiple or width % multiple or not (height and width):
            raise ValueError(
                f"a U-Net with {self.downs} downs needs sides that are multiples of {multiple}, "
                f"not {height}x{width}: "
                "pad or crop the picture, or build the U-Net with fewer downs"
            )
        return self.block(L, auxiliary=True) if auxiliary else self.block(L)
