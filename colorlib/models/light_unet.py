"""A light U-Net on EfficientNet-Lite: pretrained encoder, small decoder, colour at half size."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from colorlib.models.class_head import ClassLogits, FusionArguments, names_classes
from colorlib.models.efficientnet_lite import LiteEncoder
from colorlib.models.fusion import FusionLayer
from colorlib.models.init import start_near_zero


class LightUNet(nn.Module):
    """A generator for everyday machines: a Lite encoder, and a decoder up to half the size.

    The decoder climbs from stride 32 to stride 2; at each level it enlarges, joins the encoder's
    features of that stride and looks twice with 3x3 convolutions. There it stops: the eye forgives
    coarse colour, and the last doubling would cost as much as all other levels of the decoder
    together. The a and b it finds are enlarged smoothly. The last layer starts near 0, so that an
    untrained network paints grey, and a tanh keeps ab in (-1, 1), as in `UNet`.

    The batch norms of a pretrained encoder keep ImageNet's statistics, also in training.

    Attributes
    ----------
    gain : float
        Factor of the colours. It is 1 in training; a dial of weights sets it, see
        `colorlib.models.dial`.

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
    Tan and Le 2019 (the encoder); Ronneberger et al. 2015 (skips); Iizuka et al. 2016, section 3
    (colour at half the size).
    """

    multiple = 32
    gain: float | Tensor = 1.0

    def __init__(
        self,
        pretrained: bool = True,
        widths: Sequence[int] = (32, 48, 96, 160, 256),
        fusion: FusionArguments | None = None,
        body: str = "lite0",
    ) -> None:
        super().__init__()
        self.pretrained, self.has_auxiliary = pretrained, names_classes(fusion)
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
        start_near_zero(self.head)

    def train(self, mode: bool = True) -> "LightUNet":
        """Switch to training or evaluation; a pretrained encoder stays in evaluation."""
        super().train(mode)
        if self.pretrained:
            self.encoder.eval()
        return self

    def parameter_groups(self) -> list[list[nn.Parameter]]:
        """List the depthwise filters with the fine stages, the pointwise ones, and the decoder.

        In this order they are frozen: first, next and never. On a CPU the gradient of a depthwise
        convolution takes longer than all the rest, and the encoder's fine stages have few weights
        and large maps. The pointwise (1x1) convolutions of the coarse stages hold most of the
        encoder's weights and train quickly.
        """
        fine = {
            id(p)
            for part in (self.encoder.stem, *self.encoder.stages[:3])
            for p in part.parameters()
        }
        depthwise = {
            id(m.weight)
            for m in self.encoder.modules()
            if isinstance(m, nn.Conv2d) and m.groups > 1
        }
        depthwise_and_fine: list[nn.Parameter] = []
        pointwise: list[nn.Parameter] = []
        for p in self.encoder.parameters():
            (depthwise_and_fine if id(p) in fine | depthwise else pointwise).append(p)
        own = (self.bottom, self.fusion, self.decoder, self.head)
        return [depthwise_and_fine, pointwise, [p for part in own for p in part.parameters()]]

    def forward(self, L: Tensor, auxiliary: bool = False) -> Tensor | tuple[Tensor, ClassLogits]:
        """Colour a batch.

        Parameters
        ----------
        L : Tensor
            (B, 1, H, W) in [-1, 1]; H and W multiples of 32.
        auxiliary : bool
            Also return what the head of the fusion layer says; for a layer with classes.

        Returns
        -------
        Tensor, or Tensor and ClassLogits
            ab (B, 2, H, W) in network scale: in (-1, 1) times `gain`.
        """
        x, logits = self.decoded(L, auxiliary)
        ab = self.gain * torch.tanh(self.head(x))
        ab = functional.interpolate(ab, scale_factor=2, mode="bilinear", align_corners=False)
        return ab if logits is None else (ab, logits)

    def decoded(self, L: Tensor, auxiliary: bool = False) -> tuple[Tensor, ClassLogits | None]:
        """Compute what the head is given, at half of the size, and the classes if asked for."""
        *skips, x = self.encoder(L)
        x, logits = self.bottom(x), None
        if auxiliary:
            x, logits = self.fusion(x, auxiliary=True)
        else:
            x = self.fusion(x)
        for level, skip in zip(self.decoder, reversed(skips), strict=True):
            x = level(
                torch.cat([functional.interpolate(x, scale_factor=2, mode="nearest"), skip], dim=1)
            )
        return x, logits


def _conv(inp: int, out: int, kernel: int = 3) -> nn.Sequential:
    """Build what the decoder is made of: convolution, batch norm, ReLU."""
    return nn.Sequential(
        nn.Conv2d(inp, out, kernel, padding=kernel // 2, bias=False),
        nn.BatchNorm2d(out),
        nn.ReLU(inplace=True),
    )
