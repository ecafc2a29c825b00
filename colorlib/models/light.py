"""A light U-Net on EfficientNet-Lite: a pretrained encoder, a small decoder, colour at half the size.

The encoder is written out here, not taken from timm or fastai, so that colouring a photograph needs torch and nothing
else. Its tensors come in the order in which the ImageNet weights of `colorlib.models.lite` do.
"""

import math
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from colorlib.models.fusion import FusionLayer

# Tan and Le 2019, table 1 (B0), without squeeze-and-excitation: repeats, kernel, stride, expansion, channels.
STAGES = ((1, 3, 1, 1, 16), (2, 3, 2, 6, 24), (2, 5, 2, 6, 40), (3, 3, 2, 6, 80), (3, 5, 1, 6, 112), (4, 5, 2, 6, 192),
          (1, 3, 1, 6, 320))  # fmt: skip
STEM = 32
# Tan and Le 2019, section 3.3: how much wider and deeper; Lite leaves the stem, the first and the last stage as deep.
SCALES = {"lite0": (1.0, 1.0), "lite2": (1.1, 1.2)}
# The last stage before each halving, and the last of all: features at strides 2, 4, 8, 16 and 32.
TAKEN = (0, 1, 2, 4, 6)


class Conv(nn.Sequential):
    """A convolution with batch norm and, unless it ends a block, ReLU6; padded as TensorFlow pads.

    With stride 2, TensorFlow adds the odd pixel at the right and at the bottom; the ImageNet weights expect that.
    """

    def __init__(self, inp: int, out: int, kernel: int, stride: int = 1, groups: int = 1, act: bool = True) -> None:
        super().__init__(
            nn.Conv2d(inp, out, kernel, stride, (kernel - 1) // 2 if stride == 1 else 0, groups=groups, bias=False),
            nn.BatchNorm2d(out, eps=1e-3),
            *([nn.ReLU6(inplace=True)] if act else []),
        )
        self.extra = kernel - stride if stride > 1 else 0

    def forward(self, x: Tensor) -> Tensor:
        if self.extra:  # for even sides, which is what a U-Net is given
            x = functional.pad(x, (self.extra // 2, self.extra - self.extra // 2) * 2)
        return super().forward(x)


class InvertedResidual(nn.Sequential):
    """Widen, look around in every channel on its own, narrow again; add the input where the shapes allow it."""

    def __init__(self, inp: int, out: int, kernel: int, stride: int, expansion: int) -> None:
        wide = inp * expansion
        super().__init__(
            *([Conv(inp, wide, 1)] if expansion > 1 else []),
            Conv(wide, wide, kernel, stride, groups=wide),
            Conv(wide, out, 1, act=False),
        )
        self.residual = stride == 1 and inp == out

    def forward(self, x: Tensor) -> Tensor:
        return x + super().forward(x) if self.residual else super().forward(x)


def scaled_stages(body: str) -> list[tuple[int, int, int, int, int]]:
    """The stages of an EfficientNet-Lite: those of B0, made wider and deeper.

    Parameters
    ----------
    body : {"lite0", "lite2"}
        A key of `SCALES`.

    Returns
    -------
    list of tuple of int
        For each stage its repeats, kernel, stride, expansion and channels; channels are multiples of 8.

    Raises
    ------
    ValueError
        If the body is unknown.

    References
    ----------
    Tan and Le 2019, section 3.3.
    """
    if body not in SCALES:
        raise ValueError(f"unknown encoder {body!r}: choose from {', '.join(SCALES)}")
    width, depth = SCALES[body]
    depths = [1, *[depth] * (len(STAGES) - 2), 1]
    return [
        (math.ceil(repeats * deeper), kernel, stride, expansion, int(out * width + 4) // 8 * 8)
        for (repeats, kernel, stride, expansion, out), deeper in zip(STAGES, depths, strict=True)
    ]


class LiteEncoder(nn.Module):
    """The stem and the seven stages of an EfficientNet-Lite, for L: features at strides 2, 4, 8, 16 and 32."""

    def __init__(self, pretrained: bool = True, body: str = "lite0") -> None:
        super().__init__()
        self.stem = Conv(1, STEM, 3, stride=2)
        shapes = scaled_stages(body)
        stages, inp = [], STEM
        for repeats, kernel, stride, expansion, out in shapes:
            blocks = [InvertedResidual(inp, out, kernel, stride, expansion)]
            blocks += [InvertedResidual(out, out, kernel, 1, expansion) for _ in range(repeats - 1)]
            stages.append(nn.Sequential(*blocks))
            inp = out
        self.stages = nn.ModuleList(stages)
        self.channels = tuple(shapes[stage][-1] for stage in TAKEN)
        if pretrained:
            self._load_imagenet(body)

    def _load_imagenet(self, body: str) -> None:
        """Take over the ImageNet weights: the same tensors in the same order, the stem summed over its colours."""
        from colorlib.models.lite import lite_weights  # it imports timm, which only training needs

        stored = list(lite_weights(body).values())
        stored[0] = stored[0].sum(dim=1, keepdim=True)
        own = self.state_dict()
        self.load_state_dict(dict(zip(own, stored, strict=False)))

    def forward(self, L: Tensor) -> list[Tensor]:
        """L (B, 1, H, W) in [-1, 1] to five feature maps, finest first."""
        features, x = [], self.stem(L)
        for number, stage in enumerate(self.stages):
            x = stage(x)
            if number in TAKEN:
                features.append(x)
        return features


class LightUnet(nn.Module):
    """A generator for everyday machines: a pretrained Lite encoder and a decoder that stops at half the size.

    The decoder climbs from stride 32 to stride 2; at each level it enlarges, joins the encoder's features of that
    stride and looks twice with 3x3 convolutions. There it stops: the eye forgives coarse colour, and the last doubling
    would cost as much as all other levels of the decoder together. The a and b it finds are enlarged smoothly. The last
    layer starts near 0, so that an untrained network paints grey, and a tanh keeps ab in (-1, 1), as in `UNet`.

    The batch norms of a pretrained encoder keep ImageNet's statistics, also in training.

    Attributes
    ----------
    gain : float
        Factor of the colours. It is 1 in training; a dial of weights sets it, see `colorlib.dial`.

    Parameters
    ----------
    pretrained : bool
        False for a random encoder, whose batch norms then learn as well.
    widths : sequence of int
        Channels of the decoder at strides 2, 4, 8, 16 and 32.
    fusion : dict or None
        Arguments of a `FusionLayer` between encoder and decoder; None for none.
    body : {"lite0", "lite2"}
        The encoder; Lite2 is a tenth wider and a fifth deeper.

    References
    ----------
    Tan and Le 2019 (the encoder); Ronneberger et al. 2015 (skips); Iizuka et al. 2016, section 3 (colour at half the
    size).
    """

    multiple = 32
    gain = 1.0

    def __init__(
        self,
        pretrained: bool = True,
        widths: Sequence[int] = (32, 48, 96, 160, 256),
        fusion: dict[str, Any] | None = None,
        body: str = "lite0",
    ) -> None:
        super().__init__()
        self.pretrained = pretrained
        self.encoder = LiteEncoder(pretrained, body)
        *skips, deepest = self.encoder.channels
        *widths, width = widths
        self.bottom = _conv(deepest, width, 1)
        self.fusion = nn.Identity() if fusion is None else FusionLayer(width, **fusion)
        levels = []
        for skip, out in zip(reversed(skips), reversed(widths), strict=True):
            levels.append(nn.Sequential(_conv(width + skip, out), _conv(out, out)))
            width = out
        self.decoder = nn.ModuleList(levels)
        self.head = nn.Conv2d(width, 2, 1)
        nn.init.normal_(self.head.weight, std=1e-3)
        nn.init.zeros_(self.head.bias)

    def train(self, mode: bool = True) -> "LightUnet":
        """Switch to training or evaluation; a pretrained encoder stays in evaluation."""
        super().train(mode)
        if self.pretrained:
            self.encoder.eval()
        return self

    def parameter_groups(self) -> list[list[nn.Parameter]]:
        """What is dear to train, what is cheap, and the decoder: what to freeze first, next and never.

        Dear are the encoder's fine stages, which have few weights and large maps, and everywhere the filters that look
        around in one channel: on a CPU the gradient of a depthwise convolution takes longer than all the rest. Cheap
        are the 1x1 convolutions of the coarse stages, which hold most of the encoder's weights.
        """
        fine = {id(p) for part in (self.encoder.stem, *self.encoder.stages[:3]) for p in part.parameters()}
        around = {id(m.weight) for m in self.encoder.modules() if isinstance(m, nn.Conv2d) and m.groups > 1}
        dear, cheap = [], []
        for p in self.encoder.parameters():
            (dear if id(p) in fine | around else cheap).append(p)
        own = (self.bottom, self.fusion, self.decoder, self.head)
        return [dear, cheap, [p for part in own for p in part.parameters()]]

    def forward(self, L: Tensor) -> Tensor:
        """Colour a batch.

        Parameters
        ----------
        L : Tensor
            (B, 1, H, W) in [-1, 1]; H and W multiples of 32.

        Returns
        -------
        Tensor
            ab (B, 2, H, W) in network scale: in (-1, 1) times `gain`.
        """
        *skips, x = self.encoder(L)
        x = self.fusion(self.bottom(x))
        for level, skip in zip(self.decoder, reversed(skips), strict=True):
            x = level(torch.cat([functional.interpolate(x, scale_factor=2, mode="nearest"), skip], dim=1))
        ab = self.gain * torch.tanh(self.head(x))
        return functional.interpolate(ab, scale_factor=2, mode="bilinear", align_corners=False)


def _conv(inp: int, out: int, kernel: int = 3) -> nn.Sequential:
    """What the decoder is made of: convolution, batch norm, ReLU."""
    return nn.Sequential(
        nn.Conv2d(inp, out, kernel, padding=kernel // 2, bias=False), nn.BatchNorm2d(out), nn.ReLU(inplace=True)
    )
