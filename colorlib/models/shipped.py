"""The weights that the package brings along, and points on their dials, by name."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from colorlib.models import dial
from colorlib.models.card import read_card

if TYPE_CHECKING:
    from torch import nn

SHIPPED = Path(__file__).parents[1] / "pretrained"


def load_named(
    name: str | Path, vividness: float | None = None
) -> tuple[nn.Module, dict[str, Any]]:
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
    from colorlib.models.weights import load_weights

    path = find_weights(name)
    return load_weights(path, position(name, vividness, read_card(path)))


def position(name: str | Path, vividness: float | None, card: dict[str, Any]) -> float | None:
    """Say where the dial of weights stands: as asked for, as the name says, or the card.

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


def shipped_weights() -> dict[str, Path]:
    """Return the weights that the package brings along.

    Returns
    -------
    dict of str to Path
        Name (without suffix) to safetensors file, sorted by name; empty when the package ships
        none.
    """
    return {path.stem: path for path in sorted(SHIPPED.glob("*.safetensors"))}


def shipped_points() -> dict[str, dict[str, Any]]:
    """Return the points on the dials of shipped weights that have names, such as "natural".

    Returns
    -------
    dict of str to dict
        Name to the card of its weights, with the point's own `vividness`, `part`, `gain` and
        `metrics`, and the name of its file as `weights`; in the order of the vividness.
    """
    found = {}
    for name, path in shipped_weights().items():
        card = read_card(path)
        for point, about in card.get("points", {}).items():
            found[point] = {
                **card,
                **about,
                **asdict(dial.setting(card, about["vividness"])),
                "weights": name,
            }
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
            f"{name}: no such weights; give a .safetensors or .onnx file, "
            "or one of those that are shipped: "
            f"{', '.join(shipped) or 'none yet'}"
        )
    return Path(name)
