"""Asking a network for colours: at which size it sees a picture, with which margins, and how often."""

import copy
import operator
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from colorlib.color.lab import AB_RANGE, L_HALF, from_network, to_network
from colorlib.colorize.upsample import resize
from colorlib.devices import autocast, fast_precision
from colorlib.models.registry import multiple_of

if TYPE_CHECKING:
    from colorlib.colorize.onnx_backend import OnnxNetwork

__all__ = ["OnnxGenerator", "checked_sizes", "evaluating", "fold_batch_norms", "network_size", "predictions"]

SIZES = range(1, 4097)  # pixels of the shorter side at which a network can be asked
LONGEST = 4  # the network sees at most this many times `size` along the longer side


def network_size(height: int, width: int, size: int) -> tuple[int, int]:
    """The height and width at which a network sees a picture: the shorter side is `size`, the aspect is kept.

    Parameters
    ----------
    height, width, size : int
        In pixels.

    Returns
    -------
    tuple of int
        Height and width; of a very long picture the longer side is four times `size`, and the shorter what remains.
    """
    scale = min(size / min(height, width), LONGEST * size / max(height, width))
    return max(1, round(height * scale)), max(1, round(width * scale))


def evaluating(generator: nn.Module, device: torch.device) -> nn.Module:
    """Make a view of a network: the same numbers in evaluation mode, while the network itself stays as it is.

    The view's modules are its own, so that whether the network trains, now or later, is nothing to it: it may be asked
    from several threads, without dropout, and no batch norm counts along. Parameters and buffers are shared where they
    already are on the device: that takes no memory, and what the network learns, the view knows.

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
        # What it does at its end, as fastai's DynamicUnet removes its hooks, must not be done to the network's own.
        view = copy.deepcopy(generator, {id(value): value for value in _tensors(generator)})
    else:
        view = _twin(generator, {})
    moved = {id(value): value for value in _tensors(view)}  # by identity: tied weights stay tied
    for key, value in moved.items():
        if value.device != device:
            there = value.detach().to(device)
            moved[key] = nn.Parameter(there, requires_grad=False) if isinstance(value, nn.Parameter) else there
    for module in view.modules():
        module.training = False
        module._parameters = {name: moved.get(id(value)) for name, value in module._parameters.items()}
        module._buffers = {name: moved.get(id(value)) for name, value in module._buffers.items()}
    return view


def _tensors(module: nn.Module) -> list[Tensor]:
    """All parameters and buffers of a network."""
    return [*module.parameters(), *module.buffers()]


def _twin(module: nn.Module, made: dict[int, nn.Module]) -> nn.Module:
    """A shallow copy of a module and of all modules in it; `made` remembers those that occur twice."""
    if id(module) not in made:
        made[id(module)] = twin = copy.copy(module)
        twin._modules = {name: child and _twin(child, made) for name, child in module._modules.items()}
    return made[id(module)]


class OnnxGenerator(nn.Module):
    """A network of an ONNX file in the place of a generator; it works on the CPU, wherever the tensors are.

    Parameters
    ----------
    network : OnnxNetwork
    """

    def __init__(self, network: "OnnxNetwork") -> None:
        super().__init__()
        self.network, self.multiple = network, network.multiple

    def forward(self, L: Tensor) -> Tensor:
        """L (B, 1, H, W) to ab (B, 2, H, W), in network scale."""
        ab = self.network.predict(((L.float() + 1) * L_HALF).cpu().numpy())
        return torch.from_numpy(ab).to(L.device) / AB_RANGE


def fold_batch_norms(generator: nn.Module) -> None:
    """Multiply each batch norm into the convolution before it: the same answers, with a third fewer steps.

    A trained batch norm is a factor and a summand for each channel, which the filters and a bias can take over. The
    network is then one for use: trained on, it would learn as one without batch norms.

    Parameters
    ----------
    generator : nn.Module
        In evaluation; it is changed in place. Pairs that do not follow each other in an `nn.Sequential` stay.

    References
    ----------
    Ioffe and Szegedy 2015, section 3.1 (linear in inference); Jacob et al. 2018, section 3.2 (folding).
    """
    for chain in [module for module in generator.modules() if isinstance(module, nn.Sequential)]:
        for (name, layer), (after, norm) in pairwise(list(chain.named_children())):
            if type(layer) is nn.Conv2d and isinstance(norm, nn.BatchNorm2d):
                setattr(chain, name, fuse_conv_bn_eval(layer, norm))
                setattr(chain, after, nn.Identity().eval())


def checked_sizes(size: int | Sequence[int]) -> tuple[int, ...]:
    """Return one or several sizes as a tuple.

    Raises
    ------
    ValueError
        If there is none, or one is no whole number of pixels or out of `SIZES`.
    """
    try:
        sizes = tuple(map(operator.index, size if isinstance(size, Iterable) else (size,)))
    except TypeError:
        sizes = ()
    if not sizes or any(side not in SIZES for side in sizes):
        raise ValueError(f"the size must be {SIZES[0]} to {SIZES[-1]:,} whole pixels, or several such, not {size}")
    return sizes


def predictions(generator: nn.Module, L: Tensor, sizes: Sequence[int], flip: bool) -> Tensor:
    """Predict the colours of a batch, once for each size and, if wanted, for the mirror image.

    The picture is mirrored at its borders up to the multiple that the generator needs, and what comes back is cropped.
    The network runs in the precision that is fastest on its device; on photographs that changes ab by 0.1 CIE units on
    average.

    Parameters
    ----------
    generator : nn.Module
        L (B, 1, H, W) to ab (B, 2, H, W), in network scale. In evaluation mode, see `evaluating`.
    L : Tensor, (B, 1, h, w)
        L* in [0, 100], on the generator's device.
    sizes : sequence of int
        Shorter sides in pixels at which the generator runs.
    flip : bool
        Also predict for the mirror image, and mirror that prediction.

    Returns
    -------
    Tensor, (N, B, 2, h, w)
        a and b in CIE units, resized to the size of L.

    Raises
    ------
    FloatingPointError
        If the generator returns numbers that are not finite.
    """
    found = []
    for size in sizes:
        small = resize(L, *network_size(*L.shape[-2:], size)).clamp(0, 100)
        padded, (top, left) = _pad(small, multiple_of(generator))
        answer = _prediction(generator, torch.cat([padded, padded.flip(-1)]) if flip else padded)
        for ab in (answer[: len(L)], answer[len(L) :].flip(-1)) if flip else (answer,):
            cropped = ab[..., top : top + small.shape[-2], left : left + small.shape[-1]]
            found.append(resize(cropped, *L.shape[-2:]))
    return torch.stack(found)


def _prediction(generator: nn.Module, L: Tensor) -> Tensor:
    """Predict for a batch: L (B, 1, h, w) to ab (B, 2, h, w), both in CIE units."""
    seen, _ = to_network(torch.cat([L, torch.zeros_like(L).expand(-1, 2, -1, -1)], dim=1))
    with torch.inference_mode(), autocast(L.device, fast_precision(L.device)):
        prediction = generator(seen.contiguous(memory_format=torch.channels_last)).float()
    if not torch.isfinite(prediction).all():
        raise FloatingPointError("the generator returned numbers that are not finite; its weights are damaged")
    return from_network(seen, prediction)[:, 1:]


def _pad(x: Tensor, multiple: int) -> tuple[Tensor, tuple[int, int]]:
    """Mirror a batch at its borders until both sides are multiples; also return where the picture starts."""
    starts = []
    for dim in (-2, -1):
        side = x.shape[dim]
        extra = -side % multiple
        starts.append(extra // 2)
        if extra:
            # As a triangle wave, the mirror also works for a margin wider than the picture, down to one pixel.
            period = max(1, 2 * (side - 1))
            index = (torch.arange(side + extra, device=x.device) - extra // 2) % period
            x = x.index_select(dim, torch.minimum(index, period - index))
    return x, (starts[0], starts[1])
