"""The photographs that somebody has open in the page, and the colorizer that colours them."""

import io
import secrets
import tempfile
from collections import OrderedDict
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import Any, NamedTuple

import numpy as np
from PIL import Image

from colorlib.color.display import displayed_bytes
from colorlib.color.fast import integer_lightness
from colorlib.colorize.colorizer import Colorizer
from colorlib.colorize.compose import pixels_of, shrunk
from colorlib.colorize.hints import Point

__all__ = ["OpenPictures"]

MOST = 2  # photographs that are kept open: the one that is seen, and the one before
SHOWN = 1600  # pixels of the longer side of the grey view


class Opened(NamedTuple):
    """One of them: what it is known by, and its size in pixels."""

    picture: str
    width: int
    height: int


class OpenPictures:
    """Photographs in memory, the latest few of them, and what is asked about them.

    It may be asked from several threads; one picture is coloured at a time.

    Parameters
    ----------
    weights : str
        As for `Colorizer.from_pretrained`.
    """

    def __init__(self, weights: str) -> None:
        self._pixels: OrderedDict[str, np.ndarray] = OrderedDict()
        self._lock = Lock()
        self._colorizer = lru_cache(maxsize=4)(
            lambda sizes, strength, vividness: Colorizer.from_pretrained(
                weights, sizes, saturation=strength, vividness=vividness
            )
        )

    def open(self, name: str, content: bytes) -> Opened:
        """Decode a file, as the package decodes files, and keep it open.

        Parameters
        ----------
        name : str
            Its name, for messages; the suffix counts.
        content : bytes

        Raises
        ------
        TypeError, ValueError, MemoryError
            As `Colorizer`, if it is no picture; the message begins with the name.
        """
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "photograph").with_suffix(Path(name).suffix[:20])
            path.write_bytes(content)
            try:
                values = pixels_of(path)
            except (OSError, TypeError, ValueError) as error:
                raise ValueError(str(error).replace(str(path), name)) from error
        picture = secrets.token_hex(8)
        self._pixels[picture] = values
        while len(self._pixels) > MOST:
            self._pixels.popitem(last=False)
        return Opened(picture, values.shape[1], values.shape[0])

    def before(self, picture: str) -> bytes:
        """Show a photograph in grey.

        Parameters
        ----------
        picture : str
            From `open`.

        Returns
        -------
        bytes
            A PNG, its longer side at most 1,600 pixels.

        Raises
        ------
        KeyError
            If it is open no more.
        """
        values = self._pixels[picture]
        height, width = values.shape[:2]
        scale = min(1, SHOWN / max(height, width))
        L = integer_lightness(
            shrunk(values, max(1, round(height * scale)), max(1, round(width * scale)))
        )
        return _png(displayed_bytes(L, np.zeros_like(L), np.zeros_like(L))[..., 0])

    def colorize(self, picture: str, settings: Mapping[str, Any]) -> bytes:
        """Colour a photograph.

        Parameters
        ----------
        picture : str
            From `open`.
        settings : mapping
            `strength`, `vividness`, `sizes` and `points`, as the page has them.

        Returns
        -------
        bytes
            A PNG of the photograph's size.

        Raises
        ------
        KeyError
            If it is open no more.
        TypeError, ValueError, MemoryError
            As `Colorizer`.
        """
        values = self._pixels[picture]
        points = [
            Point(point["x"], point["y"], tuple(point["rgb"])) for point in settings["points"]
        ]
        asked = (tuple(settings["sizes"]), float(settings["strength"]), settings["vividness"])
        with self._lock:
            result = self._colorizer(*asked)(values, points=points or None)
        return _png(shrunk(result, *result.shape[:2]))


def _png(pixels: np.ndarray) -> bytes:
    """Pixels as a file that is written quickly."""
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG", compress_level=1)
    return file.getvalue()
