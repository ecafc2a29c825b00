"""Global priors: what the whole picture is, joined to what is seen at every place.

A patch of blue may be sky or water or a wall; which of them is told by the rest of the picture.
Iizuka et al. (2016) therefore run two paths side by side. The local one looks at every place, in a
picture of any size. The global one looks at a small copy of the whole and sums it up in one vector
of 256 numbers. The fusion layer writes that vector beside the local features of every place and
mixes the two with a 1x1 convolution. The vector learns in two ways: from the colours, and, where
photographs have labels, from a head that has to name their class.

`FusionLayer` is that layer, for any generator. `FusionNet` is the paper's network around it.

References
----------
He et al. (2014). Spatial pyramid pooling in deep convolutional networks for visual recognition.
Iizuka, Simo-Serra and Ishikawa (2016). Let there be color! ACM Transactions on Graphics 35(4).
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from colorlib.models.class_head import ClassHead, ClassLogits, FusionArguments, names_classes
from colorlib.models.init import start_near_zero


class GridBranch(nn.Sequential):
    """The paper's global branch: four convolutions, three full layers, one vector; fixed size.

    Features of another size are averaged to the fixed one first.

    Parameters
    ----------
    channels : int
        Of the features.
    vector : int
        Numbers that come out.
    side : int
        The fixed size, in feature positions (the paper's is 28, for pictures of 224).

    References
    ----------
    Iizuka et al. 2016, section 3.2 and table 1.
    """

    def __init__(self, channels: int, vector: int, side: int = 8) -> None:
        last = -(-side // 4)
        super().__init__(
            nn.AdaptiveAvgPool2d(side),
            _conv(channels, channels, stride=2),
            _conv(channels, channels),
            _conv(channels, channels, stride=2),
            _conv(channels, channels),
            nn.Flatten(),
            *(nn.Linear(channels * last**2, 2 * vector), nn.ReLU()),
            *(nn.Linear(2 * vector, vector), nn.ReLU()),
        )


class PyramidBranch(nn.Module):
    """The alternative: strongest responses in the picture, its quarters, sixteenths; any size.

    Parameters
    ----------
    channels : int
        Of the features.
    vector : int
        Numbers that come out.
    levels : sequence of int
        Each level n divides the picture into n x n cells.

    References
    ----------
    He et al. 2014, section 2.2.
    """

    def __init__(self, channels: int, vector: int, levels: Sequence[int] = (1, 2, 4)) -> None:
        super().__init__()
        self.levels = tuple(levels)
        cells = sum(level**2 for level in self.levels)
        self.full = nn.Sequential(
            *(nn.Linear(channels * cells, 2 * vector), nn.ReLU()),
            *(nn.Linear(2 * vector, vector), nn.ReLU()),
        )

    def forward(self, features: Tensor) -> Tensor:
        """Features (B, C, h, w) to vectors (B, V)."""
        pooled = [
            functional.adaptive_max_pool2d(features, level).flatten(1) for level in self.levels
        ]
        return self.full(torch.cat(pooled, dim=1))


BRANCHES = {"grid": GridBranch, "pyramid": PyramidBranch}


class FusionLayer(nn.Module):
    """Local features, mixed at every place with one vector of the picture; shapes stay.

    Parameters
    ----------
    channels : int
        Of the local features, and of the result.
    branch : {"grid", "pyramid"}
        What makes the vector: `GridBranch` or `PyramidBranch`.
    vector : int
        Numbers in the global vector.
    classes : int
        With classes the vector also has to tell the class of a picture (`ClassHead`); 0 for no
        labels.
    alpha : float
        Weight of that.
    whole_channels : int, optional
        Of the features that the global branch looks at, when they are not the local ones.

    Raises
    ------
    ValueError
        For another branch.

    References
    ----------
    Iizuka et al. 2016, section 3.3, equation 1.

    Examples
    --------
    >>> FusionLayer(16)(torch.zeros(2, 16, 6, 9)).shape
    torch.Size([2, 16, 6, 9])
    """

    def __init__(
        self,
        channels: int,
        branch: str = "grid",
        vector: int = 256,
        classes: int = 0,
        alpha: float = 1 / 300,
        whole_channels: int | None = None,
    ) -> None:
        super().__init__()
        if branch not in BRANCHES:
            raise ValueError(
                f"there is no global branch {branch!r}; choose one of {', '.join(BRANCHES)}"
            )
        self.branch = BRANCHES[branch](whole_channels or channels, vector)
        self.head = ClassHead(vector, classes, alpha) if classes else None
        self.mix = nn.Sequential(nn.Conv2d(channels + vector, channels, 1), nn.ReLU())

    def forward(
        self, features: Tensor, whole: Tensor | None = None, auxiliary: bool = False
    ) -> Tensor | tuple[Tensor, ClassLogits]:
        """Fuse a batch.

        Parameters
        ----------
        features : Tensor
            Local features (B, C, h, w).
        whole : Tensor, optional
            What the global branch looks at (B, whole_channels, any h, any w): another size of the
            same picture, or another picture. The local features themselves when not given.
        auxiliary : bool
            Also return what the head says; for a layer with classes.

        Returns
        -------
        Tensor, or Tensor and ClassLogits
            (B, C, h, w), at least 0.
        """
        vector = self.branch(features if whole is None else whole)
        everywhere = vector[:, :, None, None].expand(-1, -1, *features.shape[-2:])
        fused = self.mix(torch.cat([features, everywhere], dim=1))
        if not auxiliary:
            return fused
        if self.head is None:
            raise ValueError("this fusion layer has no classes, so it has no head to ask")
        return fused, self.head(vector)


class FusionNet(nn.Module):
    """The colorizer of Iizuka et al.: low-level features, local and global path, fusion, decoder.

    The picture is seen at an eighth of its size, and coloured at half of it; the last doubling is
    an interpolation. With 64 filters and `whole` 224 the layers have the paper's widths; ours end
    in a tanh, not in a sigmoid, because ab may be negative, and the last layer starts near 0, so
    that an untrained network paints grey.

    Parameters
    ----------
    filters : int
        Channels of the first layer; the widest layers have eight times as many.
    whole : int
        Side in pixels of the copy that the global path looks at; a pyramid takes the picture as it
        is.
    fusion : dict or None
        Arguments of `FusionLayer`; None leaves the global path out.

    Raises
    ------
    ValueError
        In `forward`, for a picture whose sides are no multiples of 8.

    References
    ----------
    Iizuka et al. 2016, section 3 and table 1.
    """

    multiple = 8

    def __init__(
        self, filters: int = 64, whole: int = 224, fusion: FusionArguments | None = None
    ) -> None:
        super().__init__()
        self.whole, self.has_auxiliary = whole, names_classes(fusion)
        self.low = nn.Sequential(
            _conv(1, filters, stride=2),
            _conv(filters, 2 * filters),
            _conv(2 * filters, 2 * filters, stride=2),
            _conv(2 * filters, 4 * filters),
            _conv(4 * filters, 4 * filters, stride=2),
            _conv(4 * filters, 8 * filters),
        )
        self.mid = nn.Sequential(_conv(8 * filters, 8 * filters), _conv(8 * filters, 4 * filters))
        self.fusion = (
            None
            if fusion is None
            else FusionLayer(4 * filters, **fusion, whole_channels=8 * filters)
        )
        self.decoder = nn.Sequential(
            _conv(4 * filters, 2 * filters),
            nn.Upsample(scale_factor=2, mode="nearest"),
            _conv(2 * filters, filters),
            _conv(filters, filters),
            nn.Upsample(scale_factor=2, mode="nearest"),
            _conv(filters, max(1, filters // 2)),
        )
        self.last = nn.Conv2d(max(1, filters // 2), 2, 3, padding=1)
        start_near_zero(self.last)

    def forward(
        self, L: Tensor, style: Tensor | None = None, auxiliary: bool = False
    ) -> Tensor | tuple[Tensor, ClassLogits]:
        """Colour a batch.

        Parameters
        ----------
        L : Tensor, (B, 1, H, W)
            In [-1, 1]; H and W multiples of 8.
        style : Tensor, optional
            Grey pictures (B, 1, any H, any W) whose global vector is used instead of the pictures'
            own: what Iizuka et al. call style transfer.
        auxiliary : bool
            Also return what the head of the fusion layer says; for a layer with classes.

        Returns
        -------
        Tensor, or Tensor and ClassLogits
            ab (B, 2, H, W) in (-1, 1), network scale.
        """
        height, width = L.shape[-2:]
        if height % 8 or width % 8 or not (height and width):
            raise ValueError(
                f"FusionNet needs sides that are multiples of 8, not {height}x{width}: pad or crop"
            )
        low = self.low(L)
        features = self.mid(low)
        if self.fusion is not None:
            seen = self._whole(L if style is None else style, self.fusion.branch)
            # A picture that already has the fixed size need not be looked at twice.
            features = self.fusion(features, low if seen is L else self.low(seen), auxiliary)
        if auxiliary:
            features, logits = features
        ab = torch.tanh(self.last(self.decoder(features)))
        ab = functional.interpolate(ab, scale_factor=2, mode="bilinear", align_corners=False)
        return (ab, logits) if auxiliary else ab

    def _whole(self, L: Tensor, branch: nn.Module) -> Tensor:
        """Give the global path a copy of the fixed size, or with a pyramid the picture."""
        shape = (self.whole, self.whole)
        if isinstance(branch, PyramidBranch) or L.shape[-2:] == shape:
            return L
        return functional.interpolate(
            L, shape, mode="bilinear", antialias=True, align_corners=False
        )


def _conv(inp: int, out: int, stride: int = 1) -> nn.Sequential:
    """Build what both paths are made of: convolution, batch norm, ReLU."""
    return nn.Sequential(
        nn.Conv2d(inp, out, 3, stride, padding=1, bias=False), nn.BatchNorm2d(out), nn.ReLU()
    )
