"""A torch network in the place of a colorizer's: in evaluation mode, quick, and unchanged by it."""

import copy
import hashlib
from collections.abc import Callable
from itertools import pairwise

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from colorlib.color.constants import AB_RANGE, L_HALF
from colorlib.models.registry import multiple_of

__all__ = ["TorchNetwork", "colorize_batch", "evaluating", "fold_batch_norms"]


class TorchNetwork:
    """A torch module, asked with arrays.

    It computes with 32 bits on every device: with 16, which trainings use, colours would depend on
    the machine.

    Parameters
    ----------
    generator : nn.Module
        Takes L (B, 1, H, W), gives ab (B, 2, H, W), in network scale; see `evaluating`. An
        attribute `multiple`, or `downs` of a U-Net, tells what H and W must be multiples of;
        without either it is 32.
    device : torch.device or str, optional
        By default where the generator is.
    sha256 : str, optional
        What tells the weights from others; by default the sha256 of the numbers.
    """

    def __init__(
        self,
        generator: nn.Module,
        device: torch.device | str | None = None,
        sha256: str | None = None,
    ) -> None:
        first = next(generator.parameters(), torch.empty(0))
        self.device = torch.device(device) if device is not None else first.device
        self.generator = evaluating(generator, self.device)
        self.multiple, self._sha256 = multiple_of(generator), sha256

    @property
    def sha256(self) -> str:
        """What tells the weights from others."""
        if self._sha256 is not None:
            return self._sha256
        digest = hashlib.sha256()
        for name, tensor in self.generator.state_dict().items():
            numbers = tensor.detach().cpu().contiguous()
            digest.update(f"{name} {tuple(numbers.shape)} {numbers.dtype}".encode())
            digest.update(numbers.reshape(-1).view(torch.uint8).numpy().data)
        return digest.hexdigest()

    def predict(self, L: np.ndarray) -> np.ndarray:
        """Ask the network for colours.

        Parameters
        ----------
        L : ndarray, (B, 1, h, w), float32
            L* in [0, 100]; h and w are multiples of `multiple`.

        Returns
        -------
        ndarray, (B, 2, h, w), float32
            a and b in CIE units.
        """
        with torch.inference_mode():
            seen = torch.from_numpy(L).to(self.device) / L_HALF - 1
            # Convolutions are quicker when the channels of a pixel lie side by side.
            answer = self.generator(seen.contiguous(memory_format=torch.channels_last))
            return (answer.float() * AB_RANGE).cpu().numpy()


def colorize_batch(batch: Tensor, colorize: Callable[[np.ndarray], np.ndarray]) -> Tensor:
    """Colour a batch of pictures, one after the other.

    Parameters
    ----------
    batch : Tensor, (B, 1 or 3, H, W)
        Floats in [0, 1].
    colorize : callable
        Takes an array (H, W, 1 or 3) of float32 and gives (H, W, 3).

    Returns
    -------
    Tensor, (B, 3, H, W)
        float32, on the device of the batch.

    Raises
    ------
    ValueError
        If it is no such batch.
    """
    if batch.ndim != 4 or batch.shape[1] not in (1, 3) or 0 in batch.shape:
        raise ValueError(f"a batch must be (B, 1 or 3, H, W), not {tuple(batch.shape)}")
    if not batch.is_floating_point():
        raise ValueError(
            f"a batch must hold floats in [0, 1], not {batch.dtype}: divide 8-bit values by 255"
        )
    pictures = batch.detach().float().cpu().permute(0, 2, 3, 1).numpy()
    colored = torch.from_numpy(np.stack([colorize(picture) for picture in pictures]))
    return colored.permute(0, 3, 1, 2).contiguous().to(batch.device)


def evaluating(generator: nn.Module, device: torch.device) -> nn.Module:
    """Make a view of a network: the same numbers in evaluation mode; the network stays as it is.

    The view's modules are its own, so that whether the network trains, now or later, is nothing to
    it: it may be asked from several threads, without dropout, and no batch norm counts along.
    Parameters and buffers are shared where they already are on the device: that takes no memory,
    and what the network learns, the view knows.

    Parameters
    ----------
    generator : nn.Module
        In any mode; nothing of it is changed.
    device : torch.device
        Where the view shall be. Numbers that are elsewhere are copied to it once.

    Returns
    -------
    nn.Module
        Of the same class. Attributes that are neither module nor tensor are those of the network.
    """
    if any(hasattr(type(module), "__del__") for module in generator.modules()):
        # What it does at its end, as fastai's DynamicUnet removes its hooks, must not be done to
        # the network's own.
        view = copy.deepcopy(generator, {id(value): value for value in _tensors(generator)})
    else:
        view = _twin(generator, {})
    # by identity: tied weights stay tied
    parameters = {
        id(value): value
        if value.device == device
        else nn.Parameter(value.detach().to(device), requires_grad=False)
        for value in view.parameters()
    }
    buffers = {
        id(value): value if value.device == device else value.detach().to(device)
        for value in view.buffers()
    }
    for module in view.modules():
        module.training = False
        module._parameters = {
            name: parameters.get(id(value)) for name, value in module._parameters.items()
        }
        module._buffers = {name: buffers.get(id(value)) for name, value in module._buffers.items()}
    return view


def _tensors(module: nn.Module) -> list[Tensor]:
    return [*module.parameters(), *module.buffers()]


def _twin(module: nn.Module, made: dict[int, nn.Module]) -> nn.Module:
    """Copy a module and all in it, not their numbers; `made` remembers what occurs twice."""
    if id(module) not in made:
        made[id(module)] = twin = copy.copy(module)
        twin._modules = {
            name: child and _twin(child, made) for name, child in module._modules.items()
        }
    return made[id(module)]


def fold_batch_norms(generator: nn.Module) -> None:
    """Multiply each batch norm into the convolution before it: the same answers in fewer steps.

    A trained batch norm is a factor and a summand for each channel, which the filters and a bias
    can take over. The network is then one for use: trained on, it would learn as one without batch
    norms.

    Parameters
    ----------
    generator : nn.Module
        In evaluation; it is changed in place. Pairs that do not follow each other in an
        `nn.Sequential` stay.

    References
    ----------
    Ioffe and Szegedy 2015, section 3.1 (linear in inference); Jacob et al. 2018, section 3.2
    (folding).
    """
    for chain in [module for module in generator.modules() if isinstance(module, nn.Sequential)]:
        for (name, layer), (after, norm) in pairwise(list(chain.named_children())):
            if type(layer) is nn.Conv2d and isinstance(norm, nn.BatchNorm2d):
                setattr(chain, name, fuse_conv_bn_eval(layer, norm))
                setattr(chain, after, nn.Identity().eval())
