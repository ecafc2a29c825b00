"""The vividness dial: one file of weights with two ends, and every network on the way between them.

The file holds the weights of the careful end, and for each tensor that adversarial training changed
its difference to the vivid end, under a name of its own. A `part` of that difference is added, and
what the network then predicts is multiplied by a `gain`; both were chosen on validation photographs
for a few positions of the dial, which the card lists, and are interpolated between them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypedDict

import numpy as np

if TYPE_CHECKING:
    from torch import Tensor

DIFFERENCE = "difference."  # in front of the name of a tensor: how the vivid end differs


class Turns(TypedDict):
    """What the card of weights with a dial says of it: ascending positions, and what they mean."""

    vividness: list[float]
    part: list[float]
    gain: list[float]
    default: float


@dataclass(frozen=True)
class Setting:
    """Where the dial stands: how much of the difference is added, and the factor of the chroma."""

    vividness: float
    part: float
    gain: float


def has_dial(card: dict[str, Any]) -> bool:
    """Tell whether the weights of a card have a dial."""
    return "dial" in card


def setting(card: dict[str, Any], vividness: float | None = None) -> Setting:
    """Look up what a position of the dial means.

    Parameters
    ----------
    card : dict
        Of weights with a dial, which `dial` describes, as in `Turns`.
    vividness : float, optional
        In [0, 1]; by default the card's.

    Raises
    ------
    ValueError
        If it is outside [0, 1].
    """
    dial: Turns = card["dial"]
    at = float(dial["default"] if vividness is None else vividness)
    if not 0 <= at <= 1:
        raise ValueError(f"the vividness must be from 0 (careful) to 1 (vivid), not {vividness}")
    part, gain = (
        float(np.interp(at, dial["vividness"], values)) for values in (dial["part"], dial["gain"])
    )
    return Setting(at, part, gain)


def join(careful: dict[str, Tensor], vivid: dict[str, Tensor]) -> dict[str, Tensor]:
    """Put two ends into one file: the careful one, and the differences of the vivid one.

    Parameters
    ----------
    careful, vivid : dict of str to Tensor
        State dicts of one architecture.

    Returns
    -------
    dict of str to Tensor
        Tensors that are equal at both ends have no difference in it.
    """
    changed = {
        DIFFERENCE + name: vivid[name] - tensor
        for name, tensor in careful.items()
        if tensor.is_floating_point() and not vivid[name].equal(tensor)
    }
    return careful | changed


def turn(arrays: dict[str, np.ndarray], part: float) -> dict[str, np.ndarray]:
    """Mix the ends of a file that `join` made (deep network interpolation, Wang et al. 2019).

    Parameters
    ----------
    arrays : dict of str to ndarray
        As in the file; float16 becomes float32.
    part : float
        Of the way from the careful end to the vivid one; 0 and 1 are the ends.

    Returns
    -------
    dict of str to ndarray
        The numbers of a network.
    """
    ends = {
        name: array.astype(np.float32) if array.dtype.kind == "f" else array
        for name, array in arrays.items()
    }
    return {
        name: array + np.float32(part) * ends[DIFFERENCE + name]
        if DIFFERENCE + name in ends
        else array
        for name, array in ends.items()
        if not name.startswith(DIFFERENCE)
    }
