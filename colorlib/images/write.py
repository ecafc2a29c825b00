"""Picture files written again in colour: pages, depth, alpha, EXIF, resolution.

What each format keeps, when a file is written in the format it was read from:

======== ============ ===== ===== ============ ================================================
format   bits         alpha pages EXIF and dpi notes
======== ============ ===== ===== ============ ================================================
JPEG     8            no    one   yes          quality estimated from the input, 90 to 98;
                                               4:4:4; comment
PNG      8 and 16     yes   one   yes          texts, such as Title and Author; animated too,
                                               at 8 bits
TIFF     8 and 16     yes   all   each page    deflated; captions and names of pages
WebP     8            yes   one   EXIF         lossless stays lossless; animated too; 16383
                                               pixels a side
GIF      8            1 bit one   no           comment; animated too; 256 colours a frame
BMP      8            no    one   dpi          transparency is laid on white
======== ============ ===== ===== ============ ================================================

AVIF, JPEG 2000 and, with the extra `heic`, HEIC are read, at 8 bits (JPEG 2000 in grey: 16); their
copies are PNG. Of XMP the dates and the rating are copied; the rest of it, IPTC blocks and
thumbnails are not: they may describe or show the grey picture. With a `Label` the copy says that
its colours are predicted. Texts go to another format as its comment or caption, or the report says
that they are lost.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace as replaced
from itertools import zip_longest
from pathlib import Path

import numpy as np

from colorlib._atomic import already_there, atomic
from colorlib.images.label import Label, labelled
from colorlib.images.read import Document
from colorlib.images.sixteen_bit import eight_bits
from colorlib.images.writers import WRITERS

__all__ = ["FORMATS", "WRITABLE", "output_suffix", "write_document"]

FORMATS = {"jpeg": ".jpg", "png": ".png", "tiff": ".tif", "webp": ".webp"}  # what one may ask for
WRITABLE = {
    ".jpg": "JPEG",
    ".jpeg": "JPEG",
    ".jpe": "JPEG",
    ".jfif": "JPEG",
    ".png": "PNG",
    ".tif": "TIFF",
    ".tiff": "TIFF",
    ".webp": "WEBP",
    ".gif": "GIF",
    ".bmp": "BMP",
}
_LONGEST = {"JPEG": 65500, "WEBP": 16383, "GIF": 65535}  # pixels a side


def output_suffix(path: str | Path, format: str | None = None) -> str:
    """Return the suffix of a file's coloured copy.

    Parameters
    ----------
    path : str or Path
        The original; it is not opened.
    format : str, optional
        One of `FORMATS`; the original's own when not given.

    Returns
    -------
    str
        The original's suffix as it is spelt when it fits the format; ".png" when nothing writes its
        format.

    Raises
    ------
    ValueError
        If the format is unknown.
    """
    suffix = Path(path).suffix
    own = WRITABLE.get(suffix.lower())
    if format is None:
        return suffix if own else ".png"
    if format not in FORMATS:
        raise ValueError(f"unknown format {format!r}; there are {', '.join(FORMATS)}")
    return suffix if own == format.upper() else FORMATS[format]


def write_document(
    document: Document,
    pages: Iterable[np.ndarray],
    path: str | Path,
    replace: bool = False,
    approve: Callable[[Path], object] | None = None,
    label: Label | None = None,
) -> None:
    """Write the coloured pages of a document with what must be kept; whole or not at all.

    Parameters
    ----------
    document : Document
        From `read_document`.
    pages : iterable of ndarray
        One (H, W, 3) sRGB for each page of the document and of its size, uint8 or uint16. A
        generator will do: the pages of a TIFF are written one by one.
    path : str or Path
        The file to write; its suffix names the format. Missing folders are made. PNG and TIFF keep
        16 bits; the others get 8. Where there is no alpha, transparency is laid on white.
    replace : bool
        Whether a file that is there is replaced.
    approve : callable, optional
        Is given the complete file while it has a temporary name; what it raises keeps the file from
        being there.
    label : Label, optional
        What the file says about its colours, and shows beside them.

    Raises
    ------
    FileExistsError
        If the file is already there, also when it appeared meanwhile, and is not to be replaced.
    ValueError
        If the suffix is unknown, the format cannot hold the pages or their size, or the pages do
        not fit the document.
    OSError
        If the file cannot be written; nothing is left behind.
    """
    path = Path(path)
    kind = WRITABLE.get(path.suffix.lower())
    if kind is None:
        raise ValueError(f"{path}: cannot save {path.suffix!r}; use one of {', '.join(WRITABLE)}")
    count = len(document.pages)
    if count > 1 and kind != "TIFF" and (document.durations is None or kind in ("JPEG", "BMP")):
        what = "pages" if document.durations is None else "frames"
        raise ValueError(
            f"{path}: {document.path} has {count} {what}, {kind} holds one: choose the format tiff"
        )
    if path.exists() and not replace:
        raise already_there(path)
    joined = _joined(document, pages, path, _LONGEST.get(kind, 2**31 - 1), label)
    if label:
        document = replaced(
            document, descriptions=labelled(document.descriptions, label, kind, document.path)
        )
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with atomic(path, replace) as temporary:
            WRITERS[kind](document, joined, temporary)
            if approve:
                approve(temporary)
    except OSError as error:  # not every one of them names the file
        if isinstance(error, FileExistsError) and error.errno is None:  # our own, which does
            raise
        failure = OSError(
            f"{path} cannot be written ({error.strerror or error}): "
            "make room or choose another folder"
        )
        failure.errno = error.errno
        raise failure from error


def _joined(
    document: Document, pages: Iterable[np.ndarray], path: Path, longest: int, label: Label | None
) -> Iterator[np.ndarray]:
    """Yield coloured pages, with alpha as a fourth channel, and what a label shows."""
    for pixels, original, alpha in zip_longest(pages, document.pages, document.alphas):
        if (
            pixels is None
            or original is None
            or pixels.shape != (*original.shape[:2], 3)
            or pixels.dtype not in (np.uint8, np.uint16)
        ):
            raise ValueError(
                f"{path}: a coloured page of shape {np.shape(pixels) or None} "
                f"does not fit the original's {np.shape(original) or None}"
            )
        if label:
            pixels, alpha = label.shown(pixels, original, alpha)
        if max(pixels.shape[:2]) > longest:
            raise ValueError(
                f"{path}: this format holds {longest} pixels a side at most: "
                "choose the format png or tiff"
            )
        if alpha is not None and alpha.dtype != pixels.dtype:
            alpha = eight_bits(alpha) if pixels.dtype == np.uint8 else alpha * np.uint16(257)
        yield pixels if alpha is None else np.dstack([pixels, alpha])
