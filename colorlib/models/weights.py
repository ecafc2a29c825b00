"""Trained weights on disk: a safetensors file in half precision and a json card beside it.

The card says which network the numbers belong to, what they were trained on and how well they did. It also
holds the sha256 of the safetensors file, so that an altered or half-copied file is noticed before it colours
anything. Pickle is never used: a weights file cannot run code.
"""

import hashlib
import inspect
import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save
from torch import Tensor, nn

from colorlib._atomic import atomic
from colorlib.models import dial
from colorlib.models.registry import GENERATORS, build_generator

CARD_KEYS = ("kind", "arguments", "sha256")  # what a card must hold; data, recipe, commit, metrics ... are welcome
SHIPPED = Path(__file__).parents[1] / "pretrained"


def card_path(path: str | Path) -> Path:
    """Return the json card that belongs to a safetensors file: the same name, ending in .json."""
    return Path(path).with_suffix(".json")


def save_weights(
    generator: nn.Module,
    path: str | Path,
    kind: str,
    arguments: dict[str, Any],
    card: dict[str, Any],
    vivid: nn.Module | None = None,
) -> Path:
    """Write a generator's weights as safetensors in half precision, with a json card beside them.

    Floating-point tensors become float16; integer buffers, such as the batch counter of a batch norm, are kept
    as they are. Both files are written under a temporary name and renamed together at the end.

    Parameters
    ----------
    generator : nn.Module
        The network, on any device.
    path : str or Path
        The file to write, ending in ".safetensors". Its folder is made when missing.
    kind : str
        The name that `models.build_generator` knows the architecture by, for example "unet".
    arguments : dict
        The keyword arguments that `build_generator` needs to build the same network again.
    card : dict
        What else a user of the weights should know: data, recipe, commit, metrics, and `size`, the side of the
        training pictures in pixels. Anything that json can hold.
    vivid : nn.Module, optional
        The vivid end of a dial whose careful end is `generator`; the card then needs a `dial`, see
        `colorlib.models.dial`.

    Returns
    -------
    Path
        The safetensors file.

    Raises
    ------
    ValueError
        If the suffix is not .safetensors, the kind is unknown, or a weight is not finite or too large for
        float16 (65504).
    """
    path = Path(path)
    if path.suffix != ".safetensors":
        raise ValueError(f"{path}: weights are saved as safetensors; end the name in .safetensors")
    if kind not in GENERATORS:
        raise ValueError(f"unknown generator {kind!r}; there are {', '.join(sorted(GENERATORS))}")
    ends = generator.state_dict() if vivid is None else dial.join(generator.state_dict(), vivid.state_dict())
    tensors = {name: _half(name, tensor) for name, tensor in ends.items()}
    path.parent.mkdir(parents=True, exist_ok=True)
    with atomic(card_path(path)) as temporary_card, atomic(path) as temporary:
        temporary.write_bytes(save(tensors))  # save_file would make it readable for its owner alone
        full = {**card, "kind": kind, "arguments": arguments, "sha256": _sha256(temporary)}
        temporary_card.write_text(json.dumps(full, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return path


def load_weights(path: str | Path, vividness: float | None = None) -> tuple[nn.Module, dict[str, Any]]:
    """Build the generator that a card describes and fill it with the weights beside it.

    Parameters
    ----------
    path : str or Path
        The safetensors file that `save_weights` wrote. Its json card must lie beside it.
    vividness : float, optional
        Where to turn the dial of weights that have one, 0 to 1; by default where their card says.

    Returns
    -------
    generator : nn.Module
        The network, in float32 on the CPU, in evaluation mode.
    card : dict
        The card, with at least `kind`, `arguments` and `sha256`; with a dial also the `vividness`, the `part` and the
        `gain` at which it stands.

    Raises
    ------
    FileNotFoundError
        If the weights or their card are missing.
    ValueError
        If the file was altered, is no safetensors file, or does not fit the architecture that the card names; if a
        vividness is asked for that is not in [0, 1], or of weights without a dial.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"{path}: no such weights file; train some with `colorlib train RECIPE`")
    if path.suffix == ".onnx":
        raise ValueError(f"{path}: an ONNX file colours, and does nothing else; give a .safetensors file")
    card = read_card(path)
    if _sha256(path) != card["sha256"]:
        raise ValueError(
            f"{path}: its sha256 is not the one in {card_path(path).name}: the file was altered or only partly "
            "copied; copy both files again, or train again"
        )
    try:
        tensors = load_file(path)
    except SafetensorError as error:
        raise ValueError(f"{path}: not a safetensors file ({error}); copy it again, or train again") from error
    generator = _build(path, card)
    if dial.has_dial(card):
        at = dial.setting(card, vividness)
        tensors = dial.turn(tensors, at.part)
        card = card | asdict(at)
        if not hasattr(generator, "gain"):
            raise ValueError(f"{card_path(path)}: a generator of the kind {card['kind']!r} has no dial")
        generator.gain = at.gain
    elif vividness is not None:
        raise ValueError(f"{path}: these weights have no vividness to choose; leave it out")
    _check_fit(path, card, generator.state_dict(), tensors)
    generator.load_state_dict(tensors)
    return generator.eval(), card


def load_named(name: str | Path, vividness: float | None = None) -> tuple[nn.Module, dict[str, Any]]:
    """Load weights by the name of shipped ones, of a point on their dial, or of a file.

    Parameters
    ----------
    name : str or Path
        As for `find_weights`.
    vividness : float, optional
        As for `load_weights`; by default that of the point that `name` names.

    Returns
    -------
    generator : nn.Module
    card : dict
        As from `load_weights`.

    Raises
    ------
    FileNotFoundError, ValueError
        As `find_weights` and `load_weights`.
    """
    path = find_weights(name)
    return load_weights(path, position(name, vividness, read_card(path)))


def position(name: str | Path, vividness: float | None, card: dict[str, Any]) -> float | None:
    """Say where the dial of weights stands: where it is turned to, or where the name says, or the card.

    Parameters
    ----------
    name : str or Path
        As for `find_weights`.
    vividness : float, optional
        What was asked for.
    card : dict
        Of the weights.

    Returns
    -------
    float or None
        As asked for, also when the weights have no dial: `load_weights` says so.
    """
    if vividness is None and dial.has_dial(card):
        points = card.get("points", {}) if str(name) in shipped_points() else {}
        return points.get(str(name), {}).get("vividness", card["dial"]["default"])
    return vividness


def read_card(path: str | Path) -> dict[str, Any]:
    """Read the card that belongs to weights, without building the network.

    Parameters
    ----------
    path : str or Path
        A safetensors file, with its json card beside it, or an ONNX file.

    Returns
    -------
    dict
        The card, with at least `kind`, `arguments` and `sha256`; of an ONNX file, see `onnx_card.read_onnx_card`.

    Raises
    ------
    FileNotFoundError
        If there is no card beside the weights.
    ValueError
        If the card is not json or lacks a needed entry.
    """
    if Path(path).suffix == ".onnx":
        from colorlib.models.onnx_card import read_onnx_card

        return read_onnx_card(path)
    card_file = card_path(path)
    if not card_file.is_file():
        raise FileNotFoundError(
            f"{path}: its card {card_file.name} is missing; copy it beside the weights, they are saved together"
        )
    try:
        card = json.loads(card_file.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ValueError(f"{card_file}: not a json file ({error}); copy it again, or train again") from error
    missing = [key for key in CARD_KEYS if not isinstance(card, dict) or key not in card]
    if missing:
        raise ValueError(f"{card_file}: the card lacks {', '.join(missing)}; copy it again, or train again")
    return card


def shipped_weights() -> dict[str, Path]:
    """Return the weights that the package brings along.

    Returns
    -------
    dict of str to Path
        Name (without suffix) to safetensors file, sorted by name; empty when the package ships none.
    """
    return {path.stem: path for path in sorted(SHIPPED.glob("*.safetensors"))}


def shipped_points() -> dict[str, dict[str, Any]]:
    """Return the points on the dials of shipped weights that have names, such as "natural".

    Returns
    -------
    dict of str to dict
        Name to the card of its weights, with the point's own `vividness`, `part`, `gain` and `metrics`, and the name of
        its file as `weights`; in the order of the vividness.
    """
    found = {}
    for name, path in shipped_weights().items():
        card = read_card(path)
        for point, about in card.get("points", {}).items():
            found[point] = {**card, **about, **asdict(dial.setting(card, about["vividness"])), "weights": name}
    return found


def find_weights(name: str | Path) -> Path:
    """Find weights by the name of shipped ones, of a point on their dial, or as a file.

    Parameters
    ----------
    name : str or Path
        Such as "natural", or the path of a safetensors or an ONNX file.

    Returns
    -------
    Path
        The safetensors file.

    Raises
    ------
    FileNotFoundError
        If it is neither; the message lists the shipped ones.
    """
    shipped = shipped_weights()
    shipped |= {point: shipped[card["weights"]] for point, card in shipped_points().items()}
    if str(name) in shipped:
        return shipped[str(name)]
    if not Path(name).is_file():
        raise FileNotFoundError(
            f"{name}: no such weights; give a .safetensors or .onnx file, or one of those that are shipped: "
            f"{', '.join(shipped) or 'none yet'}"
        )
    return Path(name)


def _half(name: str, tensor: Tensor) -> Tensor:
    """Copy a tensor to the CPU, in float16 when it is floating point; refuse what float16 cannot hold."""
    tensor = tensor.detach().cpu()
    if not tensor.is_floating_point():
        return tensor.clone().contiguous()
    half = tensor.to(torch.float16)
    if not torch.isfinite(half).all():
        why = "is too large for float16 (65504)" if torch.isfinite(tensor).all() else "is not finite"
        raise ValueError(f"the weight {name} {why}: the training has diverged; lower the learning rate or clip")
    return half.clone().contiguous()


def _sha256(path: Path) -> str:
    """Hash a file without reading it into memory at once."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _build(path: Path, card: dict[str, Any]) -> nn.Module:
    """Build the network of a card; pretrained weights are not fetched, they are about to be replaced."""
    kind, arguments = card["kind"], dict(card["arguments"])
    if kind in GENERATORS and "pretrained" in inspect.signature(GENERATORS[kind]).parameters:
        arguments["pretrained"] = False
    try:
        return build_generator(kind, **arguments)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{card_path(path)}: this version of colorlib cannot build the network: {error}") from error


def _check_fit(
    path: Path, card: dict[str, Any], expected: dict[str, torch.Tensor], found: dict[str, torch.Tensor]
) -> None:
    """Compare names and shapes, and say in one sentence how they differ."""
    problems = []
    if missing := [name for name in expected if name not in found]:
        problems.append(f"{len(missing)} tensors missing ({missing[0]}, ...)")
    if extra := [name for name in found if name not in expected]:
        problems.append(f"{len(extra)} unknown ({extra[0]}, ...)")
    for name in expected:
        if name in found and expected[name].shape != found[name].shape:
            shapes = f"{list(found[name].shape)} instead of {list(expected[name].shape)}"
            problems.append(f"{name} is {shapes}")
            break
    if problems:
        built = ", ".join(f"{key}={value!r}" for key, value in card["arguments"].items())
        raise ValueError(
            f"{path}: the weights are of another architecture than {card['kind']}({built}) in "
            f"{card_path(path).name}: {'; '.join(problems)}; use the card that was saved with them"
        )
