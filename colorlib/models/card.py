"""Weights as they lie on disk, read without torch: numbers, their card, the graph that they fill.

`NAME.safetensors` holds the numbers and `NAME.json` is their card. Weights that come along
have a third file, `NAME.graph.onnx`: the network as onnxruntime knows it, with the names and shapes
of its weights, but without their numbers.
"""

import hashlib
import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load_file

from colorlib._atomic import sha256_of
from colorlib.models import dial

__all__ = [
    "card_path",
    "graph_path",
    "identity",
    "read_card",
    "read_graph",
    "read_weights",
]

CARD_KEYS = (
    "kind",
    "arguments",
    "sha256",
)  # what a card must hold; data, recipe, commit, metrics ... are welcome


def card_path(path: str | Path) -> Path:
    """Return the json card that belongs to a safetensors file: the same name, ending in .json."""
    return Path(path).with_suffix(".json")


def graph_path(path: str | Path) -> Path:
    """Return the graph that belongs to a safetensors file: the same name, ending in .graph.onnx."""
    return Path(path).with_suffix(".graph.onnx")


def read_card(path: str | Path) -> dict[str, Any]:
    """Read the card that belongs to weights, without building the network.

    Parameters
    ----------
    path : str or Path
        A safetensors file, with its json card beside it, or an ONNX file.

    Returns
    -------
    dict
        The card, with at least `kind`, `arguments` and `sha256`; of an ONNX file, see
        `onnx_card.read_onnx_card`.

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
            f"{path}: its card {card_file.name} is missing; copy it beside the weights, "
            "they are saved together"
        )
    try:
        card = json.loads(card_file.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ValueError(
            f"{card_file}: not a json file ({error}); copy it again, or train again"
        ) from error
    missing = [key for key in CARD_KEYS if not isinstance(card, dict) or key not in card]
    if missing:
        raise ValueError(
            f"{card_file}: the card lacks {', '.join(missing)}; copy it again, or train again"
        )
    return card


def read_weights(
    path: str | Path, vividness: float | None = None
) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """Read the numbers of weights, mixed where their dial stands, without building the network.

    Parameters
    ----------
    path : str or Path
        The safetensors file, with its json card beside it.
    vividness : float, optional
        As for `models.load_weights`.

    Returns
    -------
    arrays : dict of str to ndarray
        Of a dial in float32, otherwise as in the file.
    card : dict
        As from `models.load_weights`.

    Raises
    ------
    FileNotFoundError, ValueError
        As `models.load_weights`.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(
            f"{path}: no such weights file; train some with `colorlib train RECIPE`"
        )
    if path.suffix == ".onnx":
        raise ValueError(
            f"{path}: an ONNX file colours, and does nothing else; give a .safetensors file"
        )
    card = read_card(path)
    if sha256_of(path) != card["sha256"]:
        raise ValueError(
            f"{path}: its sha256 is not the one in {card_path(path).name}: the file was altered "
            "or only partly copied; copy both files again, or train again"
        )
    try:
        arrays = load_file(path)
    except SafetensorError as error:
        raise ValueError(
            f"{path}: not a safetensors file ({error}); copy it again, or train again"
        ) from error
    if dial.has_dial(card):
        at = dial.setting(card, vividness)
        return dial.turn(arrays, at.part), card | asdict(at)
    if vividness is not None:
        raise ValueError(f"{path}: these weights have no vividness to choose; leave it out")
    return arrays, card


def read_graph(path: str | Path, card: dict[str, Any]) -> bytes:
    """Read the graph that belongs to weights.

    Parameters
    ----------
    path : str or Path
        The safetensors file.
    card : dict
        Its card, whose `graph` is the sha256 of the graph.

    Returns
    -------
    bytes
        An ONNX file whose weights are elsewhere.

    Raises
    ------
    FileNotFoundError
        If there is none.
    ValueError
        If it is not the one that the card names.
    """
    data = graph_path(path).read_bytes()
    if hashlib.sha256(data).hexdigest() != card.get("graph"):
        raise ValueError(
            f"{graph_path(path)}: its sha256 is not the one in {card_path(path).name}: the file "
            "was altered or only partly copied; copy the three files again"
        )
    return data


def identity(card: dict[str, Any]) -> str:
    """Tell weights from others, and where their dial stands, by the sha256 of their file."""
    return card["sha256"] + (f" at {card['vividness']:g}" if "vividness" in card else "")
