"""What a network in an ONNX file takes and gives: a card in the file, or beside others'.

Our own files carry the card of their weights. Of other people's networks a small json file with the
same name says how black and white are given to them, and what comes back; of two well-known ones it
is enough to name the preset.
"""

import hashlib
import json
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from colorlib.models.onnx_session import start_session

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

__all__ = ["METADATA", "PRESETS", "Signature", "read_onnx_card"]

METADATA = "colorlib"  # the key in the file's metadata under which the card lies
# As their documented exports and scripts feed them: scripts/export_onnx.py of piddnad/DDColor, and
# color/deoldify.py of instant-high/deoldify-onnx.
PRESETS: dict[str, dict[str, Any]] = {
    "ddcolor": {"input": "rgb", "black": 0, "white": 1, "output": "ab", "scale": 1, "size": 512},
    "deoldify": {
        "input": "rgb",
        "black": 0,
        "white": 255,
        "output": "rgb",
        "scale": 1 / 255,
        "size": 256,
    },
}


@dataclass(frozen=True)
class Signature:
    """How a network wants its picture, and in which units it answers.

    Parameters
    ----------
    input : {"L", "rgb"}
        One channel that is linear in L*, or three equal ones of sRGB.
    black, white : float or list of three floats
        The numbers that stand for black and for white, for all channels or for each; so ImageNet's
        mean and deviation are ``[-mean / deviation]`` and ``[(1 - mean) / deviation]``.
    output : {"ab", "rgb"}
        Of an RGB picture a and b are taken.
    scale : float
        Factor that makes CIE units of ab, or numbers in [0, 1] of rgb.
    order : {"rgb", "bgr"}
        Order of the channels of rgb, in and out.
    multiple : int
        What height and width must be multiples of, where the file leaves them free.
    """

    input: str
    black: Any
    white: Any
    output: str
    scale: float
    order: str = "rgb"
    multiple: int = 32

    def __post_init__(self) -> None:
        choices = {"input": ("L", "rgb"), "output": ("ab", "rgb"), "order": ("rgb", "bgr")}
        for name, allowed in choices.items():
            if getattr(self, name) not in allowed:
                raise ValueError(
                    f"{name} must be {' or '.join(allowed)}, not {getattr(self, name)!r}"
                )
        values = [self.scale]
        for value in (self.black, self.white):
            values += (
                value
                if isinstance(value, list) and len(value) == 3 and self.input == "rgb"
                else [value]
            )
        if not all(isinstance(value, int | float) for value in values):
            raise ValueError(
                "black, white and scale must be numbers; for rgb, "
                "black and white may be lists of three"
            )
        if not isinstance(self.multiple, int) or self.multiple < 1:
            raise ValueError(f"multiple must be a whole number from 1 on, not {self.multiple!r}")


def read_onnx_card(path: str | Path) -> dict[str, Any]:
    """Read the card of a network in an ONNX file.

    Parameters
    ----------
    path : str or Path
        The file. Its card lies in its metadata, or as json beside it, with the same name: either
        ``{"preset": "ddcolor"}`` with a key of `PRESETS`, or the fields of `Signature`; in both
        cases a `size` may be added, the shorter side in pixels at which the network shall see a
        picture.

    Returns
    -------
    dict
        The card, with a `Signature` as `signature`; the `sha256` of the file, and of the card where
        it lies beside it; and a `size`, when the card or the network names one.

    Raises
    ------
    FileNotFoundError
        If the file is missing, or has no card.
    ValueError
        If it is no ONNX file, or its card lacks something.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(
            f"{path}: no such file; make one with `colorlib export WEIGHTS {path.name}`"
        )
    data = path.read_bytes()
    try:
        session = start_session(data, only_look=True)
    except Exception as error:  # onnxruntime has many kinds of errors
        why = (
            "not an ONNX file; copy it again"
            if "PROTOBUF" in str(error)
            else f"onnxruntime cannot run it ({error})"
        )
        raise ValueError(f"{path}: {why}") from error
    inside = session.get_modelmeta().custom_metadata_map
    beside = path.with_suffix(".json")
    if METADATA in inside:
        source, text = path, inside[METADATA]
    elif beside.is_file():
        source, text = beside, beside.read_text(encoding="utf-8")
        data += text.encode()
    else:
        raise FileNotFoundError(
            f"{path}: it has no card; write {beside.name} beside it, "
            '{"preset": NAME} with one of the names '
            f"{', '.join(PRESETS)}, or with {', '.join(field.name for field in fields(Signature))}"
        )
    return _sides(session) | _signed(source, text) | {"sha256": hashlib.sha256(data).hexdigest()}


def _signed(source: Path, text: str) -> dict[str, Any]:
    """Read the card that a text holds, with its signature."""
    try:
        card = json.loads(text)
    except ValueError as error:
        raise ValueError(f"{source}: the card is not json ({error})") from error
    if not isinstance(card, dict):
        raise ValueError(
            f"{source}: the card must be an object of json, not a {type(card).__name__}"
        )
    preset = card.get("preset")
    if preset is not None and preset not in PRESETS:
        raise ValueError(
            f"{source}: there is no preset {preset!r}; choose one of {', '.join(PRESETS)}"
        )
    if preset is not None:
        card = PRESETS[preset] | card
    signature = card.get("signature", card)
    try:
        known = {
            field.name: signature[field.name]
            for field in fields(Signature)
            if field.name in signature
        }
        return card | {"signature": Signature(**known)}
    except (TypeError, ValueError) as error:
        problem = str(error).replace("Signature.__init__()", "the card")
        raise ValueError(f"{source}: {problem}") from error


def _sides(session: "InferenceSession") -> dict[str, Any]:
    """Return the size at which a network sees a picture, where its file fixes it."""
    sides = [side for side in session.get_inputs()[0].shape[2:] if isinstance(side, int)]
    return {"size": min(sides)} if sides else {}
