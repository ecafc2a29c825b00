"""`colorlib export`: a colorizer for other programs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from colorlib.cli.console import clear_errors, tell
from colorlib.images.printable import printable


def export(
    weights: Annotated[
        str,
        typer.Argument(
            help="Weights that come along, by name, or a .safetensors file.", show_default=False
        ),
    ],
    out: Annotated[
        Path,
        typer.Argument(
            metavar="OUT", help="The file to write, as in natural.onnx.", show_default=False
        ),
    ],
) -> None:
    """Write a colorizer as one ONNX file, which runs without PyTorch and in a browser.

    It is compared with the original before it is written. The dial of the weights stays: a second
    input of the file.
    """
    with clear_errors():
        from colorlib.models.export import export_onnx

        export_onnx(weights, out)
        tell(f"{printable(out)} holds {printable(weights)}, {out.stat().st_size / 1e6:.1f} MB")
