"""A colorizer that is measured: batches of true pictures in, what it makes of their grey out."""

from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from colorlib.color.fast import bytes_to_network, displayed_bytes
from colorlib.color.lab import from_network
from colorlib.colorize.colorizer import Colorizer

__all__ = ["SuiteColorizer"]


class SuiteColorizer:
    """What `Colorizer.from_pretrained` makes of batches, for `metrics.suite`; it can be sent to other processes.

    Parameters
    ----------
    name : str or Path
        As for `Colorizer.from_pretrained`; the weights are looked at once, to see that they are there and whole.
    vividness : float, optional
    size : int, optional
        As for `Colorizer.from_pretrained`.

    Raises
    ------
    FileNotFoundError, ValueError
        As `Colorizer.from_pretrained`.
    """

    def __init__(self, name: str | Path, vividness: float | None = None, size: int | None = None) -> None:
        self.name, self.vividness, self.size = str(name), vividness, size
        self._colorizer: Colorizer | None = self._loaded()

    def _loaded(self) -> Colorizer:
        return Colorizer.from_pretrained(self.name, self.size, vividness=self.vividness)

    def __getstate__(self) -> dict[str, Any]:
        return self.__dict__ | {"_colorizer": None}  # each process loads the weights itself, on its own device

    def described(self) -> dict[str, Any]:
        """What tells this colorizer from others, for a record."""
        colorizer = self._colorizer or self._loaded()
        return {"weights": Path(self.name).name, "sha256": colorizer.sha256, "sizes": list(colorizer.sizes)}

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
        self._colorizer = self._colorizer or self._loaded()
        L = from_network(*bytes_to_network(truths))[:, :1]
        ab = self._colorizer.ab(L.to(self._colorizer.device)).to(L.device)
        return displayed_bytes(torch.cat([L, ab], dim=1))
