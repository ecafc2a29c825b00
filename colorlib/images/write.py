"""Picture files as they are found, read and written again in colour: pages, depth, alpha, EXIF, resolution.

What each format keeps, when a file is written in the format it was read from:

======== ============ ===== ===== ============ =================================================
format   bits         alpha pages EXIF and dpi notes
======== ============ ===== ===== ============ =================================================
JPEG     8            no    one   yes          quality as estimated from the input, 90 to 98; 4:4:4; comment
PNG      8 and 16     yes   one   yes          texts, such as Title and Author; animated too, at 8 bits
TIFF     8 and 16     yes   all   each page    deflated; captions and names of pages
WebP     8            yes   one   EXIF         lossless stays lossless; animated too; 16383 pixels a side
GIF      8            1 bit one   no           comment; animated too; 256 colours a frame
BMP      8            no    one   dpi          transparency is laid on white
======== ============ ===== ===== ============ =================================================

AVIF, JPEG 2000 and, with the extra `heic`, HEIC are read, at 8 bits (JPEG 2000 in grey: 16); their copies are PNG.
Of XMP the dates and the rating are copied; the rest of it, IPTC blocks and thumbnails are not: they may describe or
show the grey picture. With a `Label` the copy says that its colours are predicted. Texts go to another format as its
comment or caption, or the report says that they are lost.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace as replaced
from itertools import zip_longest
from pathlib import Path

import numpy as np
from PIL import Image, ImageChops
from PIL.TiffImagePlugin import AppendingTiffWriter

from colorlib._atomic import already_there, atomic, written_by_python
from colorlib.images.description import Description, in_one_text
from colorlib.images.icc import srgb_profile
from colorlib.images.label import Label, Labelled
from colorlib.images.modes import on_white
from colorlib.images.notes import note
from colorlib.images.png_chunks import text_chunks
from colorlib.images.read import Document
from colorlib.images.sixteen_bit import eight_bits, write_png, write_tiff_page

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
_CAPTION = 0x010E  # the EXIF tag
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
    label: Label | None = None,
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
    label : Label, optional
        What the file says about its colours, and shows beside them.

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
    joined = _joined(document, pages, path, _LONGEST.get(kind, 2**31 - 1), label)
    if label:
        document = replaced(document, descriptions=Labelled(document.descriptions, label, kind, document.path))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with atomic(path, replace) as temporary:
            _WRITERS[kind](document, joined, temporary)
            if approve:
                approve(temporary)
    except OSError as error:  # not every one of them names the file
        if isinstance(error, FileExistsError) and error.errno is None:  # our own, which does
            raise
        failure = OSError(f"{path} cannot be written ({error.strerror or error}): make room or choose another folder")
        failure.errno = error.errno
        raise failure from error


def _joined(
    document: Document, pages: Iterable[np.ndarray], path: Path, longest: int, label: Label | None
) -> Iterator[np.ndarray]:
    """The coloured pages, each with its alpha behind as a fourth channel, and what a label shows beside them."""
    for pixels, original, alpha in zip_longest(pages, document.pages, document.alphas):
        shapes = [None if values is None else values.shape for values in (pixels, original)]
        if None in shapes or shapes[0] != (*shapes[1][:2], 3) or pixels.dtype not in (np.uint8, np.uint16):
            raise ValueError(f"{path}: a coloured page of shape {shapes[0]} does not fit the original's {shapes[1]}")
        if label:
            pixels, alpha = label.shown(pixels, original, alpha)
        if max(pixels.shape[:2]) > longest:
            raise ValueError(
                f"{path}: this format holds {longest} pixels a side at most: choose the format png or tiff"
            )
        if alpha is not None and alpha.dtype != pixels.dtype:
            alpha = eight_bits(alpha) if pixels.dtype == np.uint8 else alpha * np.uint16(257)
        yield pixels if alpha is None else np.dstack([pixels, alpha])


def _image(pixels: np.ndarray) -> Image.Image:
    """An 8-bit picture, RGB or RGBA."""
    return Image.fromarray(eight_bits(pixels))


def _options(about: Description) -> dict[str, object]:
    """What every format is told, as far as it is known: EXIF, resolution, profile, XMP."""
    profile = srgb_profile() if about.has_profile else None
    options = {"exif": about.exif, "dpi": about.dpi, "icc_profile": profile, "xmp": about.packet}
    return {name: value for name, value in options.items() if value}


def _comment(document: Document, longest: int | None = None) -> dict[str, bytes]:
    """The texts of a document as the one comment that JPEG and GIF hold."""
    text = in_one_text(document.description.texts)
    if longest is not None and len(text) > longest:
        _texts_lost(document)
        return {}
    return {"comment": text} if text else {}


def _texts_lost(document: Document) -> None:
    """Say that the texts are not copied, if there are any."""
    if texts := document.description.texts:
        note(document.path, f"its texts ({', '.join(texts)}) are not copied: the result's format does not hold them")


def _with_caption(document: Document) -> Description:
    """What a document says, its texts as the caption of its EXIF data unless it has one."""
    about, exif = document.description, Image.Exif()
    if not about.texts:
        return about
    exif.load(about.exif)
    if _CAPTION in exif:
        _texts_lost(document)
        return about
    exif[_CAPTION] = in_one_text(about.texts)
    return replaced(about, exif=exif.tobytes())


def _write_jpeg(document: Document, pages: Iterator[np.ndarray], path: Path) -> None:
    """Colour at full resolution (4:4:4), which is the point here."""
    options = _options(document.description) | _comment(document, 65533)
    if len(document.description.exif) > 65533:
        note(document.path, "its EXIF data is too long for a JPEG and not copied")
        del options["exif"]
    for page in pages:
        with written_by_python(path) as file:
            on_white(_image(page)).save(file, "JPEG", quality=document.quality, subsampling=0, **options)


def _write_bmp(document: Document, pages: Iterator[np.ndarray], path: Path) -> None:
    _texts_lost(document)
    for page in pages:
        with written_by_python(path) as file:
            on_white(_image(page)).save(file, "BMP", **_options(document.description))


def _write_png(document: Document, pages: Iterator[np.ndarray], path: Path) -> None:
    options, texts = (
        _options(document.description),
        text_chunks(document.description.texts, document.description.packet),
    )
    if document.durations is not None:
        first, *others = map(_image, pages)
        timing = {"duration": document.durations, "loop": document.plays}
        with written_by_python(path) as file:
            first.save(file, "PNG", save_all=True, append_images=others, pnginfo=texts, **timing, **options)
        return
    for page in pages:
        if page.dtype == np.uint16:
            with path.open("wb") as file:
                write_png(file, page, options.get("exif", b""), options.get("dpi"), options.get("icc_profile"), texts)
        else:
            with written_by_python(path) as file:
                _image(page).save(file, "PNG", pnginfo=texts, **options)


def _write_webp(document: Document, pages: Iterator[np.ndarray], path: Path) -> None:
    options = {"lossless": document.lossless, "quality": document.quality, **_options(_with_caption(document))}
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
    options = ({"transparency": 255, "disposal": 2} if clear else {}) | _comment(document)
    if document.durations is not None:
        options |= {"duration": document.durations} | (
            {} if document.plays == 1 else {"loop": max(document.plays - 1, 0)}
        )
    with written_by_python(path) as file:
        frames[0].save(file, "GIF", save_all=True, append_images=frames[1:], optimize=False, **options)


def _write_tiff(document: Document, pages: Iterator[np.ndarray], path: Path) -> None:
    """Each page says what its original says; frames of an animation all say the same."""
    first = _with_caption(document)
    with _Pages(path, True) as file:
        for number, page in enumerate(pages):
            shared = number == 0 or document.durations is not None
            write_tiff_page(file, page, _tags(first if shared else document.descriptions[number]))
            file.newFrame()


class _Pages(AppendingTiffWriter):
    """Pillow's writer, which for each page walks over all pages before it, made to go on from the last one."""

    _last: int | None = None

    def skipIFDs(self) -> None:
        if self._last is not None:
            self.f.seek(self._last)
        super().skipIFDs()
        self._last = self.whereToWriteNewIFDOffset


def _tags(about: Description) -> dict[int, object]:
    """What a page says, as TIFF tags."""
    options, exif = _options(about), Image.Exif()
    exif.load(about.exif)
    tags = {}
    for tag, value in exif.items():
        directory = exif.get_ifd(tag) if tag in (0x8769, 0x8825) else None
        # Captions are bytes, as in `Description.exif`: Pillow would make accented letters question marks.
        tags[tag] = directory or (value.encode("latin-1") if isinstance(value, str) else value)
    if about.dpi:
        tags |= {282: about.dpi[0], 283: about.dpi[1], 296: 2}
    tags |= {tag: options[name] for tag, name in ((34675, "icc_profile"), (700, "xmp")) if name in options}
    return tags


_WRITERS = {
    "JPEG": _write_jpeg,
    "PNG": _write_png,
    "TIFF": _write_tiff,
    "WEBP": _write_webp,
    "GIF": _write_gif,
    "BMP": _write_bmp,
}
