"""A colorizer as one ONNX file: what runs without torch, in another program and in a page.

The file holds the very numbers of the weights, in half precision, each with a cast behind it;
whoever loads the file computes with 32 bits. Weights with a dial keep it: the position is a second
input, and the ends are mixed inside the graph, before anything else. A batch norm is not linear in
its statistics, so it stays an operation of its own: the network between the ends is exactly that of
`load_weights`.
"""

import hashlib
import io
import json
import warnings
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path

import numpy as np
import onnx
import torch
from onnxruntime import InferenceSession
from safetensors.torch import load_file
from torch import Tensor, nn

from colorlib._atomic import atomic
from colorlib.color.constants import AB_RANGE
from colorlib.models import dial
from colorlib.models.card import card_path, graph_path, read_card, read_weights
from colorlib.models.light_unet import LightUNet
from colorlib.models.onnx_card import METADATA, Signature
from colorlib.models.onnx_session import start_session
from colorlib.models.registry import multiple_of
from colorlib.models.shipped import find_weights, position
from colorlib.models.weights import load_weights

__all__ = ["export_onnx", "interpolated", "save_graph"]

OPSET = 17
TOLERANCE = 0.5  # CIE units of a and b, between the file and torch


def export_onnx(weights: str | Path, path: str | Path) -> Path:
    """Write a network with its weights and its card as one ONNX file, and compare it with torch.

    Its input `L` is (B, 1, H, W), float32 in [-1, 1], with H and W multiples of the card's
    ``signature["multiple"]``; its output `ab` is (B, 2, H, W), in network scale. When the weights
    have a dial, a second input `vividness` is a scalar in [0, 1].

    Parameters
    ----------
    weights : str or Path
        The name of shipped weights or of a point on their dial, where the dial then stands unless
        somebody turns it; or a safetensors file.
    path : str or Path
        The file to write, ending in ".onnx".

    Returns
    -------
    Path
        The file. Its metadata hold the card, as json, under the key "colorlib".

    Raises
    ------
    FileNotFoundError, ValueError
        As `models.load_named`; and if the name does not end in .onnx.
    FloatingPointError
        If the file answers otherwise than torch, by more than 0.5 CIE units.
    """
    path = Path(path)
    if path.suffix != ".onnx":
        raise ValueError(f"{path}: the result is an ONNX file; end the name in .onnx")
    source = find_weights(weights)
    generator, _ = load_weights(source)
    card = read_card(source)
    if dial.has_dial(card):
        card["dial"]["default"] = position(weights, None, card)
    signature = Signature("L", -1, 1, "ab", AB_RANGE, multiple=multiple_of(generator))
    stored = _Stored(generator, load_file(source), card.get("dial"))
    dialled = {"vividness": torch.tensor(0.5)} if dial.has_dial(card) else {}
    model = _traced(stored, dialled, signature.multiple)
    card = card | {"exported from": card["sha256"], "signature": asdict(signature)}
    onnx.helper.set_model_props(model, {METADATA: json.dumps(card, ensure_ascii=False)})
    data = model.SerializeToString()
    stands = [None] if not dial.has_dial(card) else [0.0, 0.3, 1.0]
    fed = [{} if at is None else {"vividness": np.array(at, np.float32)} for at in stands]
    answers = zip((load_weights(source, at)[0] for at in stands), fed, strict=True)
    _compare(start_session(data), answers, source, card["kind"], signature.multiple)
    path.parent.mkdir(parents=True, exist_ok=True)
    with atomic(path) as temporary:
        temporary.write_bytes(data)
    return path


def save_graph(path: str | Path) -> Path:
    """Write the graph of weights beside them, for onnxruntime, and note its sha256 on their card.

    The graph names the tensors of the safetensors file and holds none of them, so that one file of
    weights serves both torch and onnxruntime. The gain of a dial is left out: it multiplies what
    the graph answers.

    Parameters
    ----------
    path : str or Path
        The safetensors file.

    Returns
    -------
    Path
        The graph.

    Raises
    ------
    FileNotFoundError, ValueError
        As `models.load_weights`.
    FloatingPointError
        If the graph with the weights answers otherwise than torch, by more than 0.5 CIE units.
    """
    path, card = Path(path), read_card(path)
    generator, _ = load_weights(path)
    if isinstance(generator, LightUNet):
        generator.gain = 1.0
    signature = Signature("L", -1, 1, "ab", AB_RANGE, multiple=multiple_of(generator))
    arrays, _ = read_weights(path)
    model = _traced(generator, {}, signature.multiple)
    for tensor in model.graph.initializer:
        if tensor.name in arrays:
            tensor.ClearField("raw_data")
            tensor.data_location = onnx.TensorProto.EXTERNAL
            tensor.external_data.add(key="location", value=path.name)
    onnx.helper.set_model_props(model, {METADATA: json.dumps({"signature": asdict(signature)})})
    data = model.SerializeToString()
    weights = {
        name: array.astype(np.float32) for name, array in arrays.items() if array.dtype.kind == "f"
    }
    _compare(
        start_session(data, weights), [(generator, {})], path, card["kind"], signature.multiple
    )
    card["graph"] = hashlib.sha256(data).hexdigest()
    with atomic(graph_path(path)) as temporary, atomic(card_path(path)) as temporary_card:
        temporary.write_bytes(data)
        temporary_card.write_text(
            json.dumps(card, indent=2, ensure_ascii=False) + "\n", encoding="utf-8"
        )
    return graph_path(path)


def interpolated(x: Tensor, at: list[float], values: list[float]) -> Tensor:
    """Interpolate between known values in straight lines, with operations that ONNX has.

    Parameters
    ----------
    x : Tensor
        Where to look; what lies outside has the value of the nearest end.
    at : list of float
        The places, ascending.
    values : list of float
        One for each place.

    Returns
    -------
    Tensor
        As `numpy.interp`.

    Examples
    --------
    >>> interpolated(torch.tensor(0.75), [0.0, 0.5, 1.0], [0.0, 0.5, 0.8])
    tensor(0.6500)
    """
    result = torch.full_like(x, values[0])
    for left, right, low, high in zip(at, at[1:], values, values[1:], strict=False):
        result = result + (x.clamp(left, right) - left) * ((high - low) / (right - left))
    return result


class _Stored(nn.Module):
    """A network whose weights are a file's tensors, mixed in each call where the dial stands."""

    def __init__(
        self, generator: nn.Module, tensors: dict[str, Tensor], turns: dial.Turns | None
    ) -> None:
        super().__init__()
        self.turns = turns
        self.held = [
            generator
        ]  # in a list, so that its own weights are none of this module, and not in the file
        self.names = {
            name: name.replace(".", "/")
            for name, tensor in tensors.items()
            if tensor.is_floating_point()
        }
        for name, stored in self.names.items():
            self.register_buffer(stored, tensors[name])

    def forward(self, L: Tensor, vividness: Tensor | None = None) -> Tensor:
        generator = self.held[0]
        part: Tensor | float = 0.0
        if self.turns is not None and vividness is not None:
            part = interpolated(vividness, self.turns["vividness"], self.turns["part"])
            gain = self.turns["gain"]
            if isinstance(generator, LightUNet):
                generator.gain = (
                    interpolated(vividness, self.turns["vividness"], gain)
                    if len(set(gain)) > 1
                    else gain[0]
                )
        for name, stored in self.names.items():
            if name.startswith(dial.DIFFERENCE):
                continue
            tensor = self.get_buffer(stored).float()
            if (difference := self.names.get(dial.DIFFERENCE + name)) is not None:
                tensor = tensor + part * self.get_buffer(difference).float()
            owner, _, own = name.rpartition(".")
            module = generator.get_submodule(owner)
            if own in module._parameters:
                # torch wants a Parameter there; this tensor is computed, so it is none
                module._parameters[own] = tensor  # type: ignore[assignment]
            else:
                module._buffers[own] = tensor
        return generator(L)


def _traced(network: nn.Module, more: dict[str, Tensor], multiple: int) -> onnx.ModelProto:
    """Trace the graph of a network, with free batch, height and width."""
    free = {0: "batch", 2: "height", 3: "width"}
    inputs = {"L": _picture(2 * multiple, 3 * multiple)} | more
    file = io.BytesIO()
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter(
            "ignore"
        )  # about the tracing exporter, which keeps the casts where they are written
        torch.onnx.export(
            network.eval(),
            tuple(inputs.values()),
            file,  # type: ignore[arg-type]  # without dynamo it may be one in memory
            dynamo=False,
            opset_version=OPSET,
            # batch norms stay: their tensors keep their names
            training=torch.onnx.TrainingMode.PRESERVE,
            do_constant_folding=False,  # folded casts would be weights of 32 bits
            input_names=list(inputs),
            output_names=["ab"],
            dynamic_axes={"L": free, "ab": free},
        )
    return onnx.load_from_string(file.getvalue())


def _picture(height: int, width: int) -> Tensor:
    """Draw a picture (1, 1, height, width) with large and small things in it, in [-1, 1]."""
    y, x = torch.linspace(0, 1, height)[:, None], torch.linspace(0, 1, width)
    return (torch.sin(9 * x + 5 * y) * torch.cos(40 * x * y))[None, None]


def _compare(
    session: InferenceSession,
    answers: Iterable[tuple[nn.Module, dict[str, np.ndarray]]],
    source: Path,
    kind: str,
    multiple: int,
) -> None:
    """Ask a graph and torch the same, at other sizes than the traced one; raise when they differ.

    `answers` are networks, each with what the graph is fed beside the picture to be that network.
    """
    for (generator, fed), times in zip(answers, [(1, 2), (3, 1), (4, 5)], strict=False):
        L = _picture(*(multiple * by for by in times)).repeat(2, 1, 1, 1)
        with torch.inference_mode():
            expected = generator(L).numpy()
        (found,) = session.run(["ab"], {"L": L.numpy()} | fed)
        far = np.abs(found - expected).max() * AB_RANGE if found.shape == expected.shape else np.inf
        if not far <= TOLERANCE:
            raise FloatingPointError(
                f"{source}: the ONNX file would be {far:.2g} CIE units off; "
                f"networks of the kind {kind!r} cannot be "
                "exported by this version"
            )
