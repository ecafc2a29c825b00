"""What kind of picture a file is, by its content: what it is called does not matter.

Raw photographs of cameras are TIFF files for the most part, whose first picture is a thumbnail.
They are told from scans by their tags, so that nobody gets the thumbnail coloured for the
photograph.
"""

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

__all__ = ["NAMED", "NOT_READ", "READ", "picture_kind"]

# what Pillow calls them
READ = ("JPEG", "PNG", "TIFF", "WEBP", "GIF", "BMP", "AVIF", "JPEG2000", "HEIF")
# Pictures all the same, so they are told by name; value: what they are called in a message.
NOT_READ = {
    b"\xff\xd8\xff\xf7": "JPEG-LS",
    b"8BPS": "Photoshop",
    b"\xff\x0a": "JPEG XL",
    b"\0\0\0\x0cJXL \r\n\x87\n": "JPEG XL",
    b"II\xbc": "JPEG XR",
    b"gimp xcf ": "GIMP",
    b"v/1\x01": "OpenEXR",
    b"#?RADIANCE": "Radiance",
    b"SIMPLE  =": "FITS",
    b"AT&TFORM": "DjVu",
    b"qoif": "QOI",
    b"IIRO": "raw (Olympus)",
    b"IIRS": "raw (Olympus)",
    b"MMOR": "raw (Olympus)",
    b"IIU\0": "raw (Panasonic)",
    b"FUJIFILMCCD-RAW": "raw (Fujifilm)",
    b"FOVb": "raw (Sigma)",
    b"\0MRM": "raw (Minolta)",
    b"II\x1a\0\0\0HEAPCCDR": "raw (Canon)",
}
_MAGIC = {
    b"\xff\xd8\xff": "JPEG",
    b"\x89PNG\r\n\x1a\n": "PNG",
    b"GIF87a": "GIF",
    b"GIF89a": "GIF",
    b"\0\0\0\x0cjP  \r\n\x87\n": "JPEG2000",
    b"\xff\x4f\xff\x51": "JPEG2000",
}
_TIFF = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
_BMP_HEADERS = (
    12,
    16,
    40,
    52,
    56,
    64,
    108,
    124,
)  # how long they may be: "BM" alone begins many a text
_BRANDS = {b"avif": "AVIF", b"avis": "AVIF", b"crx ": "raw (Canon)"} | dict.fromkeys(
    (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs"), "HEIF"
)
_ANY_BRAND = (b"mif1", b"mif2", b"msf1", b"miaf")  # pictures; the other brands say which
# fmt: off
_RAW_SUFFIXES = frozenset((
    ".3fr", ".arw", ".cr2", ".cr3", ".crw", ".dcr", ".dng", ".erf", ".fff", ".iiq", ".kdc", ".mef",
    ".mos", ".mrw", ".nef", ".nrw", ".orf", ".pef", ".raf", ".rw2", ".rwl", ".sr2", ".srf", ".srw",
    ".x3f",
))
# A file with such a name is meant to be a picture: when it is none, that is an error and no choice.
NAMED = frozenset((
    ".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".tif", ".tiff", ".webp", ".gif", ".bmp", ".avif",
    ".heic", ".heif", ".hif", ".jp2", ".j2k", ".jpf", ".jpx", ".jxl", ".psd", ".arw", ".cr2",
    ".cr3", ".dng", ".nef", ".orf", ".raf", ".rw2",
))
# fmt: on

_DNG_VERSION, _PHOTOMETRIC, _SUB_DIRECTORIES = 50706, 262, 330
_RAW_PHOTOMETRIC = (32803, 34892)  # a colour filter array, and what was made of one
_MOST_DIRECTORIES, _MOST_ENTRIES = 64, 4096


def picture_kind(file: BinaryIO, name: str | Path) -> str | None:
    """Tell what kind of picture a file holds, from its first bytes and, of a TIFF, from its tags.

    Parameters
    ----------
    file : binary file
        Open for reading, at its beginning; it is put back there.
    name : str or Path
        What it is called. It decides one thing alone: a TIFF with the name of a raw photograph is
        one.

    Returns
    -------
    str or None
        One of `READ`; or what a picture is called that is not read here, such as "Photoshop" or
        "raw (DNG)"; or None for what is no picture.
    """
    start = file.read(4096)
    try:
        if start.startswith(_TIFF):
            return _raw(file, start, Path(name).suffix.lower()) or "TIFF"
    finally:
        file.seek(0)
    for magic, kind in (NOT_READ | _MAGIC).items():
        if start.startswith(magic):
            return kind
    if start[:4] == b"RIFF" and start[8:12] == b"WEBP":
        return "WEBP"
    if start[:2] == b"BM" and int.from_bytes(start[14:18], "little") in _BMP_HEADERS:
        return "BMP"
    if start[4:8] == b"ftyp":
        return _by_brand(start)
    return "DICOM" if start[128:132] == b"DICM" else None


def _by_brand(start: bytes) -> str | None:
    """Tell what an ISO base media file holds: HEIF, AVIF, a raw photograph, or a film (None)."""
    end = min(int.from_bytes(start[:4], "big"), len(start))
    major, *others = (start[place : place + 4] for place in (8, *range(16, end - 3, 4)))
    if major in _BRANDS:
        return _BRANDS[major]
    if major not in _ANY_BRAND:
        return None
    return next((_BRANDS[brand] for brand in others if brand in _BRANDS), "HEIF")


def _raw(file: BinaryIO, start: bytes, suffix: str) -> str | None:
    """Name a TIFF that is a camera's raw photograph; None for all others."""
    if suffix == ".dng":
        return "raw (DNG)"
    if suffix in _RAW_SUFFIXES:
        return f"raw ({suffix[1:].upper()})"
    if start[8:11] == b"CR\x02":
        return "raw (Canon)"
    for number, tags in enumerate(_directories(file, start)):
        if number == 0 and _DNG_VERSION in tags:
            return "raw (DNG)"
        if any(value in _RAW_PHOTOMETRIC for value in tags.get(_PHOTOMETRIC, ())):
            return "raw"
    return None


def _directories(file: BinaryIO, start: bytes) -> Iterator[dict[int, tuple[int, ...]]]:
    """Walk over the directories of a TIFF and those in them: the whole numbers of a few tags.

    What is damaged ends the search: reading the file will say what is wrong with it.
    """
    # A TIFF says in its first bytes how it writes numbers; a BigTIFF (43, "+") has wider pointers.
    order = "<" if start[:2] == b"II" else ">"
    big = start[2:3] == b"+" or start[3:4] == b"+"
    pointer, counter, entry = (
        (order + "Q", order + "Q", 20) if big else (order + "I", order + "H", 12)
    )
    width = struct.calcsize(pointer)
    numbers = {1: "B", 3: "H", 4: "I", 13: "I", 16: "Q", 18: "Q"}
    seen: set[int] = set()

    def at(place: int, length: int) -> bytes:
        file.seek(place)
        return file.read(length)

    try:
        waiting = list(struct.unpack(pointer, start[8:16] if big else start[4:8]))
        while waiting and len(seen) < _MOST_DIRECTORIES:
            place = waiting.pop(0)
            if place == 0 or place in seen:
                continue
            seen.add(place)
            # A directory: how many entries, the entries, where the next directory is.
            (count,) = struct.unpack(counter, at(place, struct.calcsize(counter)))
            if count > _MOST_ENTRIES:
                return
            data = file.read(count * entry + width)
            tags: dict[int, tuple[int, ...]] = {}
            # An entry: tag, kind of number, how many, and the numbers, or where they are.
            for offset in range(0, len(data) - width, entry):
                tag, kind = struct.unpack(order + "HH", data[offset : offset + 4])
                if tag == _DNG_VERSION:
                    tags[tag] = ()
                if tag not in (_PHOTOMETRIC, _SUB_DIRECTORIES) or kind not in numbers:
                    continue
                (length,) = struct.unpack(pointer, data[offset + 4 : offset + 4 + width])
                form = f"{order}{min(length, _MOST_DIRECTORIES)}{numbers[kind]}"
                value = data[offset + 4 + width : offset + entry]
                if struct.calcsize(form) > width:
                    value = at(struct.unpack(pointer, value)[0], struct.calcsize(form))
                tags[tag] = struct.unpack(form, value[: struct.calcsize(form)])
            yield tags
            # Photographs lie in the directories inside the first: they come before the next page.
            waiting = [
                *tags.get(_SUB_DIRECTORIES, ()),
                *waiting,
                *struct.unpack(pointer, data[-width:]),
            ]
    except (struct.error, OverflowError, OSError, ValueError):
        return
