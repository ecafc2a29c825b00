"""A colorizer that is measured: batches of true pictures in, what it makes of their grey out."""

from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from colorlib.color.batches import lab_to_bytes
from colorlib.color.fast import integer_lightness
from colorlib.colorize.colorizer import Colorizer
from colorlib.models.shipped import find_weights

__all__ = ["SuiteColorizer"]


@lru_cache(maxsize=4)
def _loaded(name: str, vividness: float | None, size: int | None, changed: int) -> Colorizer:
    """Load the colorizer of weights last changed then, once in each process, on its device."""
    return Colorizer.from_pretrained(name, size, vividness=vividness)


class SuiteColorizer:
    """What `Colorizer.from_pretrained` makes of batches, for `metrics.suite`, in any process.

    Parameters
    ----------
    name : str or Path
        As for `Colorizer.from_pretrained`; the weights are looked at once, to see that they are
        there and whole.
    vividness : float, optional
    size : int, optional
        As for `Colorizer.from_pretrained`.

    Raises
    ------
    FileNotFoundError, ValueError
        As `Colorizer.from_pretrained`.
    """

    def __init__(
        self, name: str | Path, vividness: float | None = None, size: int | None = None
    ) -> None:
        self.made_of = (str(name), vividness, size, find_weights(name).stat().st_mtime_ns)
        self._colorizer()

    def _colorizer(self) -> Colorizer:
        return _loaded(*self.made_of)

    def described(self) -> dict[str, Any]:
        """Return what tells this colorizer from others, for a record."""
        colorizer = self._colorizer()
        return {
            "weights": Path(self.made_of[0]).name,
            "sha256": colorizer.sha256,
            "sizes": list(colorizer.sizes),
        }

    def __call__(self, truths: Tensor, names: list[str]) -> Tensor:
        """Colour the grey of true pictures.

        Parameters
        ----------
        truths : Tensor, (B, 3, H, W), uint8
            Only their lightness is looked at.
        names : list of str
            Of the pictures; not looked at.

        Returns
        -------
        Tensor, (B, 3, H, W), uint8
        """
        found, colorizer = [], self._colorizer()
        for picture in truths.permute(0, 2, 3, 1).cpu().numpy():
            L = integer_lightness(np.ascontiguousarray(picture))
            found.append(np.dstack([L, colorizer.ab(L)]))
        return lab_to_bytes(torch.from_numpy(np.stack(found)).permute(0, 3, 1, 2)).to(truths.device)
