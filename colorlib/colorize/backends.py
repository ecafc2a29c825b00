"""What runs a network: onnxruntime, small and quick on a processor, or torch, where a GPU is."""

from __future__ import annotations

import shutil
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from colorlib.models.card import graph_path, identity, read_card
from colorlib.models.shipped import find_weights, position
from colorlib.settings import install_hint

if TYPE_CHECKING:
    import torch
    from torch import Tensor, nn
    from typing_extensions import TypeIs

    from colorlib.colorize.predict import Network

__all__ = ["BACKENDS", "is_module", "is_tensor", "load_network"]

BACKENDS = ("onnx", "torch")


def load_network(
    name: str | Path,
    vividness: float | None = None,
    backend: str | None = None,
    device: torch.device | str | None = None,
) -> tuple[Network, dict[str, Any]]:
    """Load a network, ready to be asked.

    Parameters
    ----------
    name : str or Path
        As for `models.find_weights`.
    vividness : float, optional
    backend : {"onnx", "torch"}, optional
    device : torch.device or str, optional
        As for `Colorizer.from_pretrained`.

    Returns
    -------
    network : Network
    card : dict
        Of the weights, with where their dial stands.

    Raises
    ------
    FileNotFoundError, ValueError, ModuleNotFoundError
        As `Colorizer.from_pretrained`.
    """
    path = find_weights(name)
    vividness = position(name, vividness, read_card(path))
    has_graph = path.suffix == ".onnx" or graph_path(path).is_file()
    if backend is None:
        on_cpu = path.suffix == ".onnx" or (
            str(device or "cpu") == "cpu" and (device or not _has_gpu())
        )
        backend = "onnx" if has_graph and on_cpu else "torch"
    if backend not in BACKENDS:
        raise ValueError(f"unknown backend {backend!r}: choose one of {', '.join(BACKENDS)}")
    if backend == "torch":
        return _with_torch(path, vividness, device)
    if not has_graph:
        raise ValueError(
            f'{path}: onnxruntime needs a graph; take backend="torch", or make a file with '
            f"`colorlib export {path} {path.stem}.onnx`"
        )
    from colorlib.colorize.onnx_backend import OnnxNetwork

    network = OnnxNetwork(path, vividness)
    return network, network.card


def _with_torch(
    path: Path, vividness: float | None, device: torch.device | str | None
) -> tuple[Network, dict[str, Any]]:
    """Load the network of weights, on a device; batch norms are folded, which ends training."""
    if path.suffix == ".onnx":
        raise ValueError(
            f'{path}: an ONNX file is not run by torch; take backend="onnx", or a .safetensors file'
        )
    if not find_spec("torch"):
        raise ModuleNotFoundError(
            f"{path}: it needs torch, which comes with an extra: {install_hint('train')}"
        )
    import torch

    from colorlib.colorize.torch_backend import TorchNetwork, fold_batch_norms
    from colorlib.models.weights import load_weights

    generator, card = load_weights(path, vividness)
    fold_batch_norms(generator)
    device = device or ("cuda" if torch.cuda.is_available() else "cpu")
    generator = generator.to(device).to(memory_format=torch.channels_last)
    return TorchNetwork(generator, sha256=identity(card)), card


def _has_gpu() -> bool:
    """Whether torch is installed and sees a GPU; without a driver of one, torch is not imported."""
    if "torch" not in sys.modules:
        driver = shutil.which("nvidia-smi") or Path("/dev/nvidiactl").exists()
        if not driver or not find_spec("torch"):
            return False
    import torch

    return torch.cuda.is_available()


def is_tensor(thing: object) -> TypeIs[Tensor]:
    """Say whether something is a tensor, without importing torch to know."""
    torch = sys.modules.get("torch")
    return torch is not None and isinstance(thing, torch.Tensor)


def is_module(thing: object) -> TypeIs[nn.Module]:
    """Say whether something is a network of torch, without importing torch to know."""
    torch = sys.modules.get("torch")
    return torch is not None and isinstance(thing, torch.nn.Module)
