"""JPEG 2000 with the colour profile that is in it, which Pillow leaves out."""

from collections.abc import Iterator
from typing import BinaryIO

from PIL import Jpeg2KImagePlugin

__all__ = ["open_jpeg_2000"]

_MOST_BOXES = 1000
_RESTRICTED, _ANY = 2, 3  # how a colour specification says that an ICC profile follows


def open_jpeg_2000(file: BinaryIO) -> Jpeg2KImagePlugin.Jpeg2KImageFile:
    """Open a JPEG 2000 file; `info` of the picture has its ICC profile, if there is one.

    Parameters
    ----------
    file : binary file
        At its beginning.

    Raises
    ------
    SyntaxError, OSError
        If it is damaged, as Pillow says it.

    References
    ----------
    ITU-T T.800, annex I: boxes; I.5.3.3, the colour specification.
    """
    profile = _profile(file)
    file.seek(0)
    image = Jpeg2KImagePlugin.Jpeg2KImageFile(file)
    if profile:
        image.info["icc_profile"] = profile
    return image


def _profile(file: BinaryIO) -> bytes:
    """Read the first ICC profile of a file; b"" for none."""
    end = file.seek(0, 2)
    for kind, start, stop in _boxes(file, 0, end):
        if kind != b"jp2h":
            continue
        for inner, place, after in _boxes(file, start, stop):
            file.seek(place)
            if inner == b"colr" and file.read(1) in (bytes([_RESTRICTED]), bytes([_ANY])):
                file.seek(place + 3)
                return file.read(max(0, after - place - 3))
    return b""


def _boxes(file: BinaryIO, start: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """Walk over the boxes between two places: kind, and where their contents begin and end."""
    for _ in range(_MOST_BOXES):
        if start + 8 > end:
            return
        file.seek(start)
        head = file.read(16)
        length, first = int.from_bytes(head[:4], "big"), start + 8
        if length == 1:
            length, first = int.from_bytes(head[8:16], "big"), start + 16
        stop = end if length == 0 else start + length
        if not first <= stop <= end:
            return
        yield head[4:8], first, stop
        start = stop
