"""Trained weights on disk: a safetensors file in half precision and a json card beside it.

The card says which network the numbers belong to, what they were trained on and how well they did.
It also holds the sha256 of the safetensors file, so that an altered or half-copied file is noticed
before it colours anything. Pickle is never used: a weights file cannot run code.
"""

import inspect
import json
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save
from torch import Tensor, nn

from colorlib._atomic import atomic, sha256_of
from colorlib.models import dial
from colorlib.models.card import card_path, read_weights
from colorlib.models.registry import GENERATORS, build_generator


def save_weights(
    generator: nn.Module,
    path: str | Path,
    kind: str,
    arguments: dict[str, Any],
    card: dict[str, Any],
    vivid: nn.Module | None = None,
) -> Path:
    """Write a generator's weights as safetensors in half precision, with a json card beside them.

    Floating-point tensors become float16; integer buffers, such as the batch counter of a batch
    norm, are kept as they are. Both files are written under a temporary name and renamed together
    at the end.

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
        What else a user of the weights should know: data, recipe, commit, metrics, and `size`, the
        side of the training pictures in pixels. Anything that json can hold.
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
        If the suffix is not .safetensors, the kind is unknown, or a weight is not finite or too
        large for float16 (65504).
    """
    path = Path(path)
    if path.suffix != ".safetensors":
        raise ValueError(f"{path}: weights are saved as safetensors; end the name in .safetensors")
    if kind not in GENERATORS:
        raise ValueError(f"unknown generator {kind!r}; there are {', '.join(sorted(GENERATORS))}")
    ends = (
        generator.state_dict()
        if vivid is None
        else dial.join(generator.state_dict(), vivid.state_dict())
    )
    tensors = {name: _half(name, tensor) for name, tensor in ends.items()}
    path.parent.mkdir(parents=True, exist_ok=True)
    with atomic(card_path(path)) as temporary_card, atomic(path) as temporary:
        temporary.write_bytes(save(tensors))  # save_file would make it readable for its owner alone
        full = {**card, "kind": kind, "arguments": arguments, "sha256": sha256_of(temporary)}
        temporary_card.write_text(
            json.dumps(full, indent=2, ensure_ascii=False) + "\n", encoding="utf-8"
        )
    return path


def load_weights(
    path: str | Path, vividness: float | None = None
) -> tuple[nn.Module, dict[str, Any]]:
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
        The card, with at least `kind`, `arguments` and `sha256`; with a dial also the `vividness`,
        the `part` and the `gain` at which it stands.

    Raises
    ------
    FileNotFoundError
        If the weights or their card are missing.
    ValueError
        If the file was altered, is no safetensors file, or does not fit the architecture that the
        card names; if a vividness is asked for that is not in [0, 1], or of weights without a dial.
    """
    path = Path(path)
    arrays, card = read_weights(path, vividness)
    tensors = {name: torch.from_numpy(array) for name, array in arrays.items()}
    generator = _build(path, card)
    if dial.has_dial(card):
        if not hasattr(generator, "gain"):
            raise ValueError(
                f"{card_path(path)}: a generator of the kind {card['kind']!r} has no dial"
            )
        generator.gain = card["gain"]
    _check_fit(path, card, generator.state_dict(), tensors)
    generator.load_state_dict(tensors)
    return generator.eval(), card


def mixture(first: nn.Module, second: nn.Module, part: float) -> dict[str, Tensor]:
    """Mix two networks of one architecture, weight by weight (`dial.turn` on tensors).

    Parameters
    ----------
    first, second : nn.Module
        On the CPU; neither is changed.
    part : float
        Of the way from the first to the second; 0 and 1 are the ends.

    Returns
    -------
    dict of str to Tensor
        A state dict, in float32.

    References
    ----------
    Wang et al. 2019 (deep network interpolation), equation 3.
    """
    ends = dial.join(first.state_dict(), second.state_dict())
    arrays = dial.turn({name: tensor.numpy() for name, tensor in ends.items()}, part)
    return {name: torch.as_tensor(array).clone() for name, array in arrays.items()}


def _half(name: str, tensor: Tensor) -> Tensor:
    """Copy a tensor to the CPU, floats in float16; refuse what float16 cannot hold."""
    tensor = tensor.detach().cpu()
    if not tensor.is_floating_point():
        return tensor.clone().contiguous()
    half = tensor.to(torch.float16)
    if not torch.isfinite(half).all():
        why = (
            "is too large for float16 (65504)" if torch.isfinite(tensor).all() else "is not finite"
        )
        raise ValueError(
            f"the weight {name} {why}: the training has diverged; lower the learning rate or clip"
        )
    return half.clone().contiguous()


def _build(path: Path, card: dict[str, Any]) -> nn.Module:
    """Build the network of a card; pretrained weights are not fetched, they get replaced."""
    kind, arguments = card["kind"], dict(card["arguments"])
    if kind in GENERATORS and "pretrained" in inspect.signature(GENERATORS[kind]).parameters:
        arguments["pretrained"] = False
    try:
        return build_generator(kind, **arguments)
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"{card_path(path)}: this version of colorlib cannot build the network: {error}"
        ) from error


def _check_fit(
    path: Path,
    card: dict[str, Any],
    expected: dict[str, torch.Tensor],
    found: dict[str, torch.Tensor],
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
