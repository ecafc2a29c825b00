"""Picture files as they are found, read and written again in colour: pages, depth, alpha, EXIF, resolution.

What each format keeps, when a file is written in the format it was read from:

======== ============ ===== ===== ============ =================================================
format   bits         alpha pages EXIF and dpi notes
======== ============ ===== ===== ============ =================================================
JPEG     8            no    one   yes          quality as estimated from the input, 90 to 98; 4:4:4
PNG      8 and 16     yes   one   yes          animated too, at 8 bits
TIFF     8 and 16     yes   all   yes          deflated
WebP     8            yes   one   EXIF         lossless stays lossless; animated too; 16383 pixels a side
GIF      8            1 bit one   no           animated too; 256 colours a frame
BMP      8            no    one   dpi          transparency is laid on white
======== ============ ===== ===== ============ =================================================

AVIF, JPEG 2000 and, with the extra `heic`, HEIC are read, at 8 bits (JPEG 2000 in grey: 16); their copies are PNG.
XMP and IPTC blocks and thumbnails are not copied: they may describe or show the grey picture.
"""

import warnings
from collections.abc import Callable, Iterable, Iterator
from itertools import zip_longest
from pathlib import Path

import numpy as np
from PIL import Image, ImageChops
from PIL.TiffImagePlugin import AppendingTiffWriter

from colorlib._atomic import already_there, atomic, written_by_python
from colorlib.deep import write_png, write_tiff_page
from colorlib.document import Document, read_document
from colorlib.icc import srgb_profile
from colorlib.opening import eight_bits, on_white

__all__ = ["FORMATS", "WRITABLE", "Document", "output_suffix", "read_document", "write_document"]

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
        The original's suffix as it is spelt when it fits the format; ".png" when nothing writes its format.

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
) -> None:
    """Write the coloured pages of a document, with what `Document` says must be kept; whole or not at all.

    Parameters
    ----------
    document : Document
        From `read_document`.
    pages : iterable of ndarray
        One (H, W, 3) sRGB for each page of the document and of its size, uint8 or uint16. A generator will do: the
        pages of a TIFF are written one by one.
    path : str or Path
        The file to write; its suffix names the format. Missing folders are made. PNG and TIFF keep 16 bits; the
        others get 8. Where there is no alpha, transparency is laid on white.
    replace : bool
        Whether a file that is there is replaced.
    approve : callable, optional
        Is given the complete file while it has a temporary name; what it raises keeps the file from being there.

    Raises
    ------
    FileExistsError
        If the file is already there, also when it appeared meanwhile, and is not to be replaced.
    ValueError
        If the suffix is unknown, the format cannot hold the pages or their size, or the pages do not fit the document.
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
        raise ValueError(f"{path}: {document.path} has {count} {what}, {kind} holds one: choose the format tiff")
    if path.exists() and not replace:
        raise already_there(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with atomic(path, replace) as temporary:
            _WRITERS[kind](document, _joined(document, pages, path, _LONGEST.get(kind, 2**31 - 1)), temporary)
            if approve:
                approve(temporary)
    except OSError as error:  # not every one of them names the file
        if isinstance(error, FileExistsError) and error.errno is None:  # our own, which does
            raise
        failure = OSError(f"{path} cannot be written ({error.strerror or error}): make room or choose another folder")
        failure.errno = error.errno
        raise failure from error


def _joined(document: Document, pages: Iterable[np.ndarray], path: Path, longest: int) -> Iterator[np.ndarray]:
    """The coloured pages, each with its alpha behind as a fourth channel."""
    for pixels, original, alpha in zip_longest(pages, document.pages, document.alphas):
        shapes = [None if values is None else values.shape for values in (pixels, original)]
        if None in shapes or shapes[0] != (*shapes[1][:2], 3) or pixels.dtype not in (np.uint8, np.uint16):
            raise ValueError(f"{path}: a coloured page of shape {shapes[0]} does not fit the original's {shapes[1]}")
        if max(shapes[1][:2]) > longest:
            raise ValueError(
                f"{path}: this format holds {longest} pixels a side at most: choose the format png or tiff"
            )
        if alpha is not None and alpha.dtype != pixels.dtype:
            alpha = eight_bits(alpha) if pixels.dtype == np.uint8 else alpha * np.uint16(257)
        yield pixels if alpha is None else np.dstack([pixels, alpha])


def _image(pixels: np.ndarray) -> Image.Image:
    """An 8-bit picture, RGB or RGBA."""
    return Image.fromarray(eight_bits(pixels))


def _options(document: Document) -> dict[str, object]:
    """What every format is told, as far as it is known: EXIF, resolution, profile."""
    profile = srgb_profile() if document.has_profile else None
    options = {"exif": document.exif, "dpi": document.dpi, "icc_profile": profile}
    return {name: value for name, value in options.items() if value}


def _write_jpeg(document: Document, pages: Iterator[np.ndarray], path: Path) -> None:
    """Colour at full resolution (4:4:4), which is the point here."""
    options = _options(document)
    if len(document.exif) > 65533:
        warnings.warn(f"{document.path}: its EXIF data is too long for a JPEG and not copied", stacklevel=2)
        del options["exif"]
    for page in pages:
        with written_by_python(path) as file:
            on_white(_image(page)).save(file, "JPEG", quality=document.quality, subsampling=0, **options)


def _write_bmp(document: Document, pages: Iterator[np.ndarray], path: Path) -> None:
    for page in pages:
        with written_by_python(path) as file:
            on_white(_image(page)).save(file, "BMP", **_options(document))


def _write_png(document: Document, pages: Iterator[np.ndarray], path: Path) -> None:
    options = _options(document)
    if document.durations is not None:
        first, *others = map(_image, pages)
        timing = {"duration": document.durations, "loop": document.plays}
        with written_by_python(path) as file:
            first.save(file, "PNG", save_all=True, append_images=others, **timing, **options)
        return
    for page in pages:
        if page.dtype == np.uint16:
            with path.open("wb") as file:
                write_png(file, page, document.exif, document.dpi, options.get("icc_profile"))
        else:
            with written_by_python(path) as file:
                _image(page).save(file, "PNG", **options)


def _write_webp(document: Document, pages: Iterator[np.ndarray], path: Path) -> None:
    options = {"lossless": document.lossless, "quality": document.quality, **_options(document)}
    first, *others = map(_image, pages)
    if document.durations is not None:
        timing = {"duration": [round(duration) for duration in document.durations], "loop": document.plays}
        options |= {"save_all": True, "append_images": others, **timing}
    with written_by_python(path) as file:
        first.save(file, "WEBP", **options)


def _write_gif(document: Document, pages: Iterator[np.ndarray], path: Path) -> None:
    """Each frame with a palette of its own; what is less than half opaque becomes fully transparent."""
    frames, clear = [], any(alpha is not None for alpha in document.alphas)
    for page in pages:
        rgb = Image.fromarray(eight_bits(page[..., :3]))
        frame = rgb.quantize(palette=rgb.quantize(255 if clear else 256))
        if page.shape[2] == 4:
            solid = Image.fromarray(eight_bits(page[..., 3]) >= 128)
            frame.paste(255, mask=ImageChops.invert(solid.convert("L")))
        frames.append(frame)
    options = {"transparency": 255, "disposal": 2} if clear else {}
    if document.durations is not None:
        options |= {"duration": document.durations} | (
            {} if document.plays == 1 else {"loop": max(document.plays - 1, 0)}
        )
    with written_by_python(path) as file:
        frames[0].save(file, "GIF", save_all=True, append_images=frames[1:], optimize=False, **options)


def _write_tiff(document: Document, pages: Iterator[np.ndarray], path: Path) -> None:
    """Every page repeats what is known of the document."""
    options, exif = _options(document), Image.Exif()
    exif.load(document.exif)
    tags = {}
    for tag, value in exif.items():
        directory = exif.get_ifd(tag) if tag in (0x8769, 0x8825) else None
        # Captions are bytes, as in `Document.exif`: Pillow would make accented letters question marks.
        tags[tag] = directory or (value.encode("latin-1") if isinstance(value, str) else value)
    if document.dpi:
        tags |= {282: document.dpi[0], 283: document.dpi[1], 296: 2}
    if "icc_profile" in options:
        tags[34675] = options["icc_profile"]
    with AppendingTiffWriter(path, True) as file:
        for page in pages:
            write_tiff_page(file, page, tags)
            file.newFrame()


_WRITERS = {
    "JPEG": _write_jpeg,
    "PNG": _write_png,
    "TIFF": _write_tiff,
    "WEBP": _write_webp,
    "GIF": _write_gif,
    "BMP": _write_bmp,
}
