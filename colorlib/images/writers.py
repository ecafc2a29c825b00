"""One writer a format: what a file of it is made of. `images.write` says what each keeps."""

from collections.abc import Callable, Iterator
from dataclasses import replace as replaced
from pathlib import Path
from typing import TypedDict

import numpy as np
from PIL import Image, ImageChops
from PIL.TiffImagePlugin import AppendingTiffWriter

from colorlib._atomic import written_by_python
from colorlib.images.description import Description, in_one_text
from colorlib.images.icc import srgb_profile
from colorlib.images.modes import on_white
from colorlib.images.notes import note
from colorlib.images.png_chunks import text_chunks
from colorlib.images.read import Document
from colorlib.images.sixteen_bit import eight_bits, write_png, write_tiff_page

_CAPTION = 0x010E  # the EXIF tag


def _image(pixels: np.ndarray) -> Image.Image:
    return Image.fromarray(eight_bits(pixels))


class _Options(TypedDict, total=False):
    """What every format is told, as far as it is known."""

    exif: bytes
    dpi: tuple[float, float]
    icc_profile: bytes
    xmp: bytes


def _options(about: Description) -> _Options:
    options: _Options = {}
    if about.exif:
        options["exif"] = about.exif
    if about.dpi:
        options["dpi"] = about.dpi
    if about.has_profile:
        options["icc_profile"] = srgb_profile()
    if about.packet:
        options["xmp"] = about.packet
    return options


def _comment(document: Document, longest: int | None = None) -> dict[str, bytes]:
    """Join the texts of a document to the one comment that JPEG and GIF hold."""
    text = in_one_text(document.description.texts)
    if longest is not None and len(text) > longest:
        _texts_lost(document)
        return {}
    return {"comment": text} if text else {}


def _texts_lost(document: Document) -> None:
    """Say that the texts are not copied, if there are any."""
    if texts := document.description.texts:
        note(
            document.path,
            f"its texts ({', '.join(texts)}) are not copied: "
            "the result's format does not hold them",
        )


def _with_caption(document: Document) -> Description:
    """Put the texts of a document into the caption of its EXIF data unless it has one."""
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
    options, comment = _options(document.description), _comment(document, 65533)
    if len(document.description.exif) > 65533:
        note(document.path, "its EXIF data is too long for a JPEG and not copied")
        del options["exif"]
    for page in pages:
        with written_by_python(path) as file:
            on_white(_image(page)).save(
                file, "JPEG", quality=document.quality, subsampling=0, **comment, **options
            )


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
            first.save(
                file, "PNG", save_all=True, append_images=others, pnginfo=texts, **timing, **options
            )
        return
    for page in pages:
        if page.dtype == np.uint16:
            with path.open("wb") as file:
                write_png(
                    file,
                    page,
                    options.get("exif", b""),
                    options.get("dpi"),
                    options.get("icc_profile"),
                    texts,
                )
        else:
            with written_by_python(path) as file:
                _image(page).save(file, "PNG", pnginfo=texts, **options)


def _write_webp(document: Document, pages: Iterator[np.ndarray], path: Path) -> None:
    options: dict[str, object] = {
        "lossless": document.lossless,
        "quality": document.quality,
        **_options(_with_caption(document)),
    }
    first, *others = map(_image, pages)
    if document.durations is not None:
        timing = {
            "duration": [round(duration) for duration in document.durations],
            "loop": document.plays,
        }
        options |= {"save_all": True, "append_images": others, **timing}
    with written_by_python(path) as file:
        first.save(file, "WEBP", **options)


def _write_gif(document: Document, pages: Iterator[np.ndarray], path: Path) -> None:
    """Give each frame a palette of its own; what is less than half opaque is transparent."""
    frames, clear = [], any(alpha is not None for alpha in document.alphas)
    for page in pages:
        rgb = Image.fromarray(eight_bits(page[..., :3]))
        frame = rgb.quantize(palette=rgb.quantize(255 if clear else 256))
        if page.shape[2] == 4:
            solid = Image.fromarray(eight_bits(page[..., 3]) >= 128)
            frame.paste(255, mask=ImageChops.invert(solid.convert("L")))
        frames.append(frame)
    options: dict[str, object] = {"transparency": 255, "disposal": 2} if clear else {}
    options |= _comment(document)
    if document.durations is not None:
        options["duration"] = document.durations
        if document.plays != 1:
            options["loop"] = max(document.plays - 1, 0)
    with written_by_python(path) as file:
        frames[0].save(
            file, "GIF", save_all=True, append_images=frames[1:], optimize=False, **options
        )


def _write_tiff(document: Document, pages: Iterator[np.ndarray], path: Path) -> None:
    """Each page says what its original says; frames of an animation all say the same."""
    first = _with_caption(document)
    with _Pages(path, True) as file:
        for number, page in enumerate(pages):
            shared = number == 0 or document.durations is not None
            write_tiff_page(file, page, _tags(first if shared else document.descriptions[number]))
            file.newFrame()


class _Pages(AppendingTiffWriter):
    """Pillow's writer, which walks over all earlier pages, made to go on from the last one."""

    _last: int | None = None

    def skipIFDs(self) -> None:
        if self._last is not None:
            self.f.seek(self._last)
        super().skipIFDs()
        self._last = self.whereToWriteNewIFDOffset


def _tags(about: Description) -> dict[int, object]:
    options, exif = _options(about), Image.Exif()
    exif.load(about.exif)
    tags: dict[int, object] = {}
    for tag, value in exif.items():
        directory = exif.get_ifd(tag) if tag in (0x8769, 0x8825) else None
        # Captions are bytes, as in `Description.exif`: Pillow would make accented letters question
        # marks.
        tags[tag] = directory or (value.encode("latin-1") if isinstance(value, str) else value)
    if about.dpi:
        tags |= {282: about.dpi[0], 283: about.dpi[1], 296: 2}
    if "icc_profile" in options:
        tags[34675] = options["icc_profile"]
    if "xmp" in options:
        tags[700] = options["xmp"]
    return tags


WRITERS: dict[str, Callable[[Document, Iterator[np.ndarray], Path], None]] = {
    "JPEG": _write_jpeg,
    "PNG": _write_png,
    "TIFF": _write_tiff,
    "WEBP": _write_webp,
    "GIF": _write_gif,
    "BMP": _write_bmp,
}
