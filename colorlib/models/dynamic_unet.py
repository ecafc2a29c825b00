"""A U-Net generator grown around a pretrained encoder, with fastai's DynamicUnet."""

from collections.abc import Callable
from threading import get_ident
from typing import Any, Protocol, runtime_checkable

import torch
import torchvision
from fastai.callback.hook import Hook
from fastai.vision.models.unet import DynamicUnet
from torch import Tensor, nn

from colorlib.models.class_head import ClassLogits, FusionArguments, names_classes
from colorlib.models.efficientnet_lite import lite0
from colorlib.models.fusion import FusionLayer

# How much of the last layer's weights an untrained generator keeps. With 0.01 it is grey in
# training mode only: in eval mode the batch norms of the new decoder have seen nothing yet, and
# lite0's features reach several CIE units of colour.
QUIET = 0.002


class GreyScale(nn.Module):
    """Brings L in [-1, 1] to what a pretrained encoder has seen: scale * L + shift."""

    def __init__(self, scale: float, shift: float) -> None:
        super().__init__()
        self.scale, self.shift = scale, shift

    def forward(self, L: Tensor) -> Tensor:
        return L * self.scale + self.shift

    def extra_repr(self) -> str:
        return f"{self.scale:.3g} * L + {self.shift:.3g}"


class ThreadHook(Hook):
    """fastai's Hook that keeps what it stores apart for each thread."""

    @property
    def stored(self) -> Any:
        """What this thread stored; None when it did not."""
        return self.by_thread.get(get_ident())

    @stored.setter
    def stored(self, value: Any) -> None:
        if value is None:
            self.by_thread.pop(get_ident(), None)
        else:
            self.by_thread[get_ident()] = value


class ColorUNet(DynamicUnet):
    """fastai's DynamicUnet, for several threads; it lets go of its features after each pass.

    The encoder's features wait in hooks for the decoder. Kept longer they would hold memory, and a
    copy of the model, as an average of weights needs one, would fail on them.
    """

    has_auxiliary = False
    layers: nn.ModuleList

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for hook in self.sfs:
            vars(hook).pop("stored")
            hook.__class__, hook.by_thread = ThreadHook, {}

    def forward(self, L: Tensor, auxiliary: bool = False) -> Tensor | tuple[Tensor, ClassLogits]:
        """Colour a batch: L (B, 1, H, W) in [-1, 1] to ab (B, 2, H, W) in (-1, 1).

        With `auxiliary` also return what the head of the fusion layer says; for a layer with
        classes.
        """
        # The loop of fastai's SequentialEx, which cannot hand on a second result: a layer may look
        # at the picture, which is called `orig` meanwhile.
        x = L
        try:
            for layer in self.layers:
                x.orig = L  # type: ignore[attr-defined]  # fastai's layers look for it there
                if auxiliary and isinstance(layer, FusionLayer):
                    after, logits = layer(x, auxiliary=True)
                else:
                    after = layer(x)
                x.orig = after.orig = None  # type: ignore[attr-defined]
                x = after
            return (x, logits) if auxiliary else x
        finally:
            for hook in self.sfs:
                hook.stored = None


def _one_channel(conv: nn.Conv2d) -> None:
    """Make a first convolution take one grey channel: the sum over its inputs."""
    conv.weight = nn.Parameter(conv.weight.detach().sum(dim=1, keepdim=True))
    conv.in_channels = 1


def _lite0_encoder(pretrained: bool) -> nn.Sequential:
    """Build the stem and the seven stages of EfficientNet-Lite0, for L."""
    model = lite0(pretrained)
    _one_channel(model.conv_stem)
    # L * 50 + 50 over 100 is close to the sRGB grey; (x - 0.5) / 0.5 of that is L itself.
    return nn.Sequential(
        nn.Sequential(GreyScale(1.0, 0.0), model.conv_stem, model.bn1), *model.blocks
    )


def _resnet_encoder(name: str, pretrained: bool) -> nn.Sequential:
    """Build the convolutional part of a torchvision resnet, for L."""
    try:
        model = torchvision.models.get_model(name, weights="DEFAULT" if pretrained else None)
    except OSError as error:
        raise ConnectionError(
            f"the weights of {name} must be downloaded once, and that failed ({error}): go online, "
            "choose the body "
            "tf_efficientnet_lite0, whose weights are installed, or pretrained=False"
        ) from error
    _one_channel(model.conv1)
    # ImageNet's mean and standard deviation (0.485, 0.456, 0.406; 0.229, 0.224, 0.225), averaged
    # over the colours.
    mean, std = 0.449, 0.226
    model.conv1 = nn.Sequential(GreyScale(0.5 / std, (0.5 - mean) / std), model.conv1)
    return nn.Sequential(*list(model.children())[:-2])


ENCODERS: dict[str, Callable[[bool], nn.Sequential]] = {
    "resnet18": lambda pretrained: _resnet_encoder("resnet18", pretrained),
    "resnet34": lambda pretrained: _resnet_encoder("resnet34", pretrained),
    "tf_efficientnet_lite0": _lite0_encoder,
}


def dynamic_unet(
    body: str = "resnet18",
    size: int = 128,
    pretrained: bool = True,
    fusion: FusionArguments | None = None,
) -> nn.Module:
    """Build a generator whose encoder has already learnt to see: L in, ab out.

    fastai's DynamicUnet runs a picture through the encoder, notes where the sizes change, and adds
    one decoder block for each. The encoder's first convolution is summed over its three input
    channels, so it sees L as it would see a grey RGB picture. L* / 100 stands in for the sRGB grey
    value, which it follows within 0.04. The decoder starts with fastai's weights, which speak in
    large numbers; the last layer is therefore scaled by 0.002, and a tanh keeps ab in (-1, 1), as
    in `UNet`. The picture may have any size from 32 pixels.

    Parameters
    ----------
    body : {"resnet18", "resnet34", "tf_efficientnet_lite0"}
        The encoder. The weights of the resnets are downloaded by torchvision; those of lite0 come
        with an installed package.
    size : int
        Side in pixels of the picture with which the decoder is laid out; others work as well.
    pretrained : bool
        False for a random encoder.
    fusion : dict or None
        Arguments of a `FusionLayer` between encoder and decoder; None for none.

    Returns
    -------
    nn.Module
        A DynamicUnet, in training mode. `encoder_decoder` splits its parameters.

    Raises
    ------
    ValueError
        For another body, or a size below 32.
    ConnectionError
        When a resnet's weights cannot be downloaded.

    References
    ----------
    Ronneberger et al. 2015; He et al. 2016; Tan and Le 2019; Howard and Gugger 2020.
    """
    if body not in ENCODERS:
        raise ValueError(f"there is no body {body!r}; choose one of {', '.join(ENCODERS)}")
    if size < 32:
        raise ValueError(
            f"a {body} halves its picture five times and needs a size of at least 32, not {size}"
        )
    unet = ColorUNet(ENCODERS[body](pretrained), n_out=2, img_size=(size, size))
    # The last two layers are a 1x1 convolution and a cast to fastai's tensor type, which nothing
    # here needs.
    with torch.no_grad():
        for weights in unet.layers[-2].parameters():
            weights.mul_(QUIET)
    unet.layers[-1] = nn.Tanh()
    if fusion is not None:
        # Behind the encoder come its batch norm, a ReLU and two convolutions; then the decoder
        # begins.
        convolutions = [part for part in unet.layers[3].modules() if isinstance(part, nn.Conv2d)]
        unet.layers.insert(4, FusionLayer(convolutions[-1].out_channels, **fusion))
        unet.has_auxiliary = names_classes(fusion)
    return unet.train()


@runtime_checkable
class HasGroups(Protocol):
    """A generator that says itself which parameters are frozen together."""

    def parameter_groups(self) -> list[list[nn.Parameter]]: ...


def encoder_decoder(model: nn.Module) -> list[list[nn.Parameter]]:
    """Split a generator into pretrained encoder and rest: a `splitter` for fastai's Learner.

    With it `learn.freeze()` freezes the encoder and `slice(lr / 10, lr)` gives it a smaller
    learning rate. A model without a pretrained encoder, such as `UNet`, is one single group.

    Parameters
    ----------
    model : nn.Module
        A generator.

    Returns
    -------
    list of list of nn.Parameter
        `[encoder, rest]` for a DynamicUnet, what `parameter_groups()` says for a model that has it,
        otherwise `[everything]`.
    """
    if isinstance(model, HasGroups):
        return model.parameter_groups()
    if not isinstance(model, DynamicUnet):
        return [list(model.parameters())]
    # A DynamicUnet's only child is one ModuleList; its layers are what can be split.
    return [list(model.layers[0].parameters()), list(model.layers[1:].parameters())]
