"""How much memory and how many pages one picture file may take; two environment variables raise it.

A small file may claim a giant picture, or a million frames. What a decoder takes is counted in
bytes a pixel, all the copies together that it holds at one time, and the coloured page with them.
"""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from PIL import Image

__all__ = [
    "GIGABYTES",
    "PAGES",
    "RefusedError",
    "check_memory",
    "check_pages",
    "pillow_without_limit",
]

GIGABYTES, PAGES = "COLORLIB_MAX_GB", "COLORLIB_MAX_PAGES"  # environment variables
# 4.5 GB: 300 megapixels of 8-bit colour, 150 of 16-bit colour
_DEFAULTS = {GIGABYTES: 4.5, PAGES: 5000}
_one_giant = threading.RLock()


class RefusedError(ValueError):
    """Why a file is not read, and what to do; the text goes on from the name of the file."""


def check_memory(width: int, height: int, bytes_a_pixel: float, frames: int = 1) -> None:
    """Refuse a picture that would take too much memory.

    Parameters
    ----------
    width, height : int
        Pixels.
    bytes_a_pixel : float
        What reading and colouring it takes.
    frames : int
        That are held at one time.

    Raises
    ------
    RefusedError
        Says what is claimed, the limit, and how to raise it; it does not name the file.
    """
    needed, limit = width * height * bytes_a_pixel * frames / 1e9, _limit(GIGABYTES)
    if needed > limit:
        claim = f"{width} x {height} pixels" + (f" in {frames} frames" if frames > 1 else "")
        raise RefusedError(
            f"claims {claim}, {width * height * frames / 1e6:,.0f} megapixels, "
            f"which take {needed:,.1f} GB of memory; "
            f"the limit is {limit:g}: scale it down, or set {GIGABYTES} to allow more"
        )


def check_pages(count: int, what: str = "pages") -> None:
    """Refuse a file with too many pages or frames.

    Parameters
    ----------
    count : int
        As many as are known.
    what : str
        Their name.

    Raises
    ------
    RefusedError
        As `check_memory`.
    """
    if count > (limit := _limit(PAGES)):
        raise RefusedError(
            f"has more than {limit:,.0f} {what}, which is the limit: split it, "
            f"or set {PAGES} to allow more"
        )


def _limit(name: str) -> float:
    text = os.environ.get(name, "")
    try:
        value = float(text) if text else _DEFAULTS[name]
    except ValueError:
        value = -1.0
    if not 0 < value < float("inf"):
        raise RefusedError(
            f"cannot be opened: the environment variable {name} is {text!r}; give a number above 0"
        )
    return value


@contextmanager
def pillow_without_limit(pixels: int) -> Iterator[None]:
    """Lift Pillow's limit, the whole process's, while a giant that passed ours is read.

    Parameters
    ----------
    pixels : int
        As many as will be read; nothing happens when Pillow allows them.
    """
    if pixels <= (Image.MAX_IMAGE_PIXELS or pixels):
        yield
        return
    with _one_giant:
        before, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, None
        try:
            yield
        finally:
            Image.MAX_IMAGE_PIXELS = before
