"""What a PNG says beside its pixels (ISO/IEC 15948): texts, gamma, primaries, profiles.

Pillow refuses a file whose profile or text is longer than a megabyte, though scanners write such
profiles: chunks like that are read here, up to a bound, and hidden from it.
"""

import zlib
from collections.abc import Iterator, Mapping
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

import numpy as np
from PIL.PngImagePlugin import PngImageFile, PngInfo

from colorlib.images.icc import matrix_profile
from colorlib.images.notes import note

__all__ = ["open_png", "text_chunks", "texts_of"]

_LONG = 2**20  # bytes; Pillow's limit of one chunk
_LONGEST_PROFILE, _LONGEST_TEXTS = 2**25, 2**24  # bytes; of all texts together
_XMP = "XML:com.adobe.xmp"
_SRGB_GAMMA, _SRGB_PRIMARIES = 0.45455, (0.3127, 0.329, 0.64, 0.33, 0.3, 0.6, 0.15, 0.06)


def open_png(path: str | Path, file: BinaryIO) -> PngImageFile:
    """Open a PNG; its colour space is in `info["icc_profile"]` in whatever way the file says it.

    A profile counts first, then the chunk sRGB, then gamma with the primaries, as browsers have it.

    Parameters
    ----------
    path : str or Path
        For notes.

    Returns
    -------
    PIL.PngImagePlugin.PngImageFile
        Its header is read.
    """
    hidden, profile, total = [], None, 0
    for name, start, length in _chunks(file):
        if name == b"cICP" and _data(file, start, length)[:2] != b"\x01\x0d":
            note(path, "its colour space (chunk cICP) is not that of a photograph and is ignored")
        if name not in (b"iCCP", b"zTXt", b"iTXt", b"tEXt"):
            continue
        data = _data(file, start, length)
        size = _unpacked_size(name, data)
        if name == b"iCCP" and size > _LONG:
            profile = _unpacked(data.partition(b"\0")[2][1:], _LONGEST_PROFILE)
            if profile is None:
                note(
                    path,
                    f"its colour profile is longer than {_LONGEST_PROFILE >> 20} MB and is ignored",
                )
        elif name != b"iCCP" and (size > _LONG or total + size > _LONGEST_TEXTS):
            keyword = data.partition(b"\0")[0].decode("latin-1")
            if keyword != _XMP:  # of which little is copied
                note(
                    path,
                    f"its text {keyword[:79]!r} is longer than {_LONG >> 20} MB and is not copied",
                )
        else:
            total += 0 if name == b"iCCP" else size
            continue
        hidden.append((start - 8, start + length + 4))
    image = PngImageFile(_without(file, hidden) if hidden else file)
    if profile:
        image.info["icc_profile"] = profile
    if not image.info.get("icc_profile") and "srgb" not in image.info:
        _obey_gamma(path, image.info)
    return image


def texts_of(image: PngImageFile) -> dict[str, str]:
    """Return what a loaded PNG says in words, by keyword, such as Title; without XMP."""
    return {
        keyword: text
        for keyword, text in image.text.items()
        if keyword != _XMP and not keyword.startswith("Raw profile type") and str(text).strip()
    }


def text_chunks(texts: Mapping[str, str], xmp: bytes = b"") -> PngInfo:
    """Return the chunks that hold texts and XMP, for Pillow's `pnginfo`."""
    chunks = PngInfo()
    if xmp:
        chunks.add_itxt(_XMP, xmp.decode())
    for keyword, text in texts.items():
        # What is no text stands for bytes of an unknown code page: Latin-1 shows most of them
        # right.
        is_text = text.encode("utf-8", "replace").decode() == text
        chunks.add_text(
            keyword, text if is_text else text.encode("utf-8", "surrogateescape").decode("latin-1")
        )
    return chunks


def _chunks(file: BinaryIO) -> Iterator[tuple[bytes, int, int]]:
    """Name, place of the data and its length, of every chunk, as far as the file goes."""
    size, place = file.seek(0, 2), 8
    while place + 12 <= size:
        file.seek(place)
        head = file.read(8)
        length = int.from_bytes(head[:4])
        if place + 12 + length > size:
            break
        yield head[4:], place + 8, length
        place += 12 + length
    file.seek(0)


def _data(file: BinaryIO, start: int, length: int) -> bytes:
    file.seek(start)
    return file.read(length)


def _unpacked_size(name: bytes, data: bytes) -> int:
    """How long the text or profile of a chunk is, at most a little above the limit."""
    rest = data.partition(b"\0")[2]
    if name == b"tEXt" or (name == b"iTXt" and rest[:1] != b"\x01"):
        return len(data)
    # Behind the kind of compression, and of iTXt the language and the translated keyword.
    rest = rest[2:].split(b"\0", 2)[-1] if name == b"iTXt" else rest[1:]
    unpacked = _unpacked(rest, _LONG)
    return _LONG + 1 if unpacked is None else len(unpacked)


def _unpacked(data: bytes, limit: int) -> bytes | None:
    """Deflated bytes, None when they are more than the limit; b"" for damaged ones."""
    try:
        found = zlib.decompressobj().decompress(data, limit + 1)
    except zlib.error:
        return b""
    return None if len(found) > limit else found


def _without(file: BinaryIO, hidden: list[tuple[int, int]]) -> BytesIO:
    """Copy a file into memory, without some parts of it."""
    parts, place = [], 0
    for start, end in hidden:
        parts.append(_data(file, place, start - place))
        place = end
    return BytesIO(b"".join([*parts, _data(file, place, -1)]))


def _obey_gamma(path: str | Path, info: dict) -> None:
    """Make a profile of gAMA and cHRM, unless they mean sRGB; cHRM alone means nothing."""
    gamma = info.get("gamma")
    if gamma is None:
        return
    if not 0.05 <= gamma <= 10:
        note(path, f"its gamma (chunk gAMA) is {gamma:g} and is ignored")
        return
    primaries = tuple(info.get("chromaticity") or _SRGB_PRIMARIES)
    usual = abs(gamma / _SRGB_GAMMA - 1) < 0.05  # as libpng and browsers have it
    if usual and np.abs(np.subtract(primaries, _SRGB_PRIMARIES)).max() < 0.005:
        return
    try:
        info["icc_profile"] = _profile(None if usual else 1 / gamma, primaries)
    except (np.linalg.LinAlgError, ValueError, ZeroDivisionError):
        note(path, "its primaries (chunk cHRM) are impossible and are ignored")
        if not usual:
            info["icc_profile"] = _profile(1 / gamma, _SRGB_PRIMARIES)


@lru_cache(maxsize=8)
def _profile(gamma: float | None, primaries: tuple[float, ...]) -> bytes:
    return matrix_profile(gamma, primaries)
