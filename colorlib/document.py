"""A picture file as it is found: its pages or frames in full depth, upright, in sRGB, and what its copy must keep."""

import warnings
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from PIL import Image, JpegImagePlugin

from colorlib.deep import byte_modes, decode_as
from colorlib.icc import deep_to_srgb
from colorlib.opening import opened, plain, within_limit

__all__ = ["Document", "read_document"]

_ORIENTATION, _EXIF, _GPS = 0x0112, 0x8769, 0x8825
_COLOUR_SPACE, _WIDTH, _HEIGHT = 0xA001, 0xA002, 0xA003  # in the EXIF directory
# What a file says about the photograph, not about how its pixels are stored: names, dates, rights, ratings.
_KEPT = (269, 270, 271, 272, 282, 283, 285, 296, 305, 306, 315, 316, 18246, 18249, 33432, *range(40091, 40096))

# The luminance table that JPEG encoders scale by their quality (ITU-T T.81, table K.1), for its sum alone.
_JPEG_TABLE_SUM = 3688


_BLOCK = 4_000_000  # pixels copied at a time


@dataclass
class Document:
    """A picture file as it was found: its pages or frames, and what its coloured copy must keep.

    Parameters
    ----------
    path : Path
        The file.
    format : str
        What it is by its content: "JPEG", "PNG", "TIFF", "WEBP", "GIF", "BMP", "AVIF",
        "JPEG2000" or "HEIF".
    pages : sequence of ndarray
        Each (H, W) grey or (H, W, 3) sRGB, uint8 or uint16, upright. The pages of a TIFF are read when asked for.
    alphas : sequence of ndarray or None
        For each page its opacity, (H, W) of the same type, or None.
    exif : bytes
        EXIF data with upright orientation and without thumbnail; b"" for none.
    dpi : (float, float), optional
        Resolution across and down in dots per inch.
    has_profile : bool
        Whether the file named a colour profile; its copy then names sRGB.
    quality : int
        For JPEG and WebP.
    lossless : bool
        For WebP.
    durations : list of float, optional
        Milliseconds of each frame, when the file is an animation.
    plays : int
        How often an animation plays; 0 is for ever.
    """

    path: Path
    format: str
    pages: Sequence[np.ndarray]
    alphas: Sequence[np.ndarray | None]
    exif: bytes = b""
    dpi: tuple[float, float] | None = None
    has_profile: bool = False
    quality: int = 95
    lossless: bool = False
    durations: list[float] | None = None
    plays: int = 0


def read_document(path: str | Path) -> Document:
    """Read a picture file as it is found: every page or frame, in full depth, upright, in sRGB.

    Pictures are recognised by their content, as `opening.opened` does; grey, palette, CMYK, 16-bit and transparent
    pictures, EXIF rotation and ICC profiles are understood. A grey page stays one number a pixel.

    Parameters
    ----------
    path : str or Path

    Returns
    -------
    Document
        Animations are read at once. Of a TIFF with several pages the first is read and the others when they are
        asked for, so that a book of scans needs no more memory than a page; asking may raise what is listed here.

    Raises
    ------
    FileNotFoundError
        When there is no such file.
    ValueError
        When the file is a folder, not a picture, damaged, or larger than `opening.MAX_PIXELS`.
    MemoryError
        When it does not fit into the memory.
    """
    path = Path(path)
    with opened(path) as image:
        kind = "JPEG" if image.format == "MPO" else image.format  # the second picture of an MPO is for stereo glasses
        count = 1 if kind in ("JPEG", "HEIF") else getattr(image, "n_frames", 1)
        if kind == "HEIF" and image.n_frames > 1:
            warnings.warn(f"{path}: holds {image.n_frames} pictures, of which the main one is coloured", stacklevel=2)
        document = Document(path, kind, [], [])
        if kind == "JPEG":
            document.quality = _jpeg_quality(image)
        if kind == "WEBP":
            document.lossless = _is_lossless(path)
        if count > 1 and kind != "TIFF":
            _read_animation(document, image, count)
            _describe(document, image)
            return document
        document.pages, document.alphas = ([part] for part in _pixels(path, image))
        _describe(document, image)
    if count > 1:
        load = lru_cache(maxsize=1)(lambda index: _tiff_page(path, index))
        document.pages, document.alphas = (_OnDemand(load, part, count) for part in (0, 1))
    return document


class _OnDemand(Sequence):
    """The pages of a TIFF, or their alphas, each read when it is asked for; the last one is remembered."""

    def __init__(self, load: Callable[[int], tuple], part: int, count: int) -> None:
        self.load, self.part, self.indices = load, part, range(count)

    def __len__(self) -> int:
        return len(self.indices)

    def __getitem__(self, index: int) -> np.ndarray | None:
        return self.load(self.indices[index])[self.part]


def _tiff_page(path: Path, index: int) -> tuple[np.ndarray, np.ndarray | None]:
    """One page of a TIFF and its alpha."""
    with opened(path) as image:
        image.seek(index)
        within_limit(image)
        return _pixels(path, image, index)


def _pixels(path: Path, image: Image.Image, index: int = 0) -> tuple[np.ndarray, np.ndarray | None]:
    """The page of an opened file that is in view: its pixels in full depth, upright, in sRGB, and its alpha."""
    modes = byte_modes(image)
    if modes:
        pixels, alpha = _sixteen_bits(path, image, index, modes)
    else:
        image.load()
        pixels, alpha = _split(_array(plain(image)))
        clear = image.info.get("transparency")
        if pixels.dtype == np.uint16 and clear is not None:  # this grey of a PNG means "nothing here"
            alpha = (np.asarray(image) != clear) * np.uint16(65535)
    orientation = _exif(image).get(_ORIENTATION, 1)
    return _upright(pixels, orientation), None if alpha is None else _upright(alpha, orientation)


def _sixteen_bits(
    path: Path, image: Image.Image, index: int, modes: tuple[str, str]
) -> tuple[np.ndarray, np.ndarray | None]:
    """The pixels and the alpha of a picture that Pillow would read at 8 bits."""
    decode_as(image, modes[0])
    values = _array(image)
    image.im = Image.new(image.mode, (1, 1)).im  # its pixels are copied: they make room for the second decoding
    if modes[0] == modes[1]:
        values = values.view(">u2").astype(np.uint16)
    else:
        values = values.astype(np.uint16)
        values <<= 8
        with opened(path) as again:
            again.seek(index)
            decode_as(again, modes[1])
            values |= _array(again)
    pixels, alpha = _split(values)
    if (clear := image.info.get("transparency")) is not None:
        alpha = (pixels != np.array(clear)).any(axis=-1) * np.uint16(65535)
    if profile := image.info.get("icc_profile"):
        pixels = deep_to_srgb(pixels, profile, path)
    return pixels, alpha


def _array(image: Image.Image) -> np.ndarray:
    """The numbers of a loaded picture, copied in blocks: Pillow would make two more copies of all of them."""
    rows = max(1, _BLOCK // image.width)
    blocks = (image.crop((0, top, image.width, min(top + rows, image.height))) for top in range(0, image.height, rows))
    first = np.asarray(next(blocks))
    values = np.empty((image.height, *first.shape[1:]), first.dtype)
    values[: len(first)] = first
    for number, block in enumerate(blocks, 1):
        values[number * rows : (number + 1) * rows] = np.asarray(block)
    return values


def _split(values: np.ndarray) -> tuple[np.ndarray, np.ndarray | None]:
    """(H, W), (H, W, 3), or these with an alpha channel behind, as pixels and alpha."""
    if values.ndim == 2 or values.shape[2] == 3:
        return values, None
    pixels = values[..., 0] if values.shape[2] == 2 else values[..., :3]
    return np.ascontiguousarray(pixels), np.ascontiguousarray(values[..., -1])


def _upright(values: np.ndarray, orientation: int) -> np.ndarray:
    """Undo an EXIF orientation, 1 to 8."""
    if orientation in (5, 6, 7, 8):
        values = values.swapaxes(0, 1)
    if orientation in (3, 4, 7, 8):
        values = values[::-1]
    if orientation in (2, 3, 6, 7):
        values = values[:, ::-1]
    return np.ascontiguousarray(values)


def _read_animation(document: Document, image: Image.Image, count: int) -> None:
    """All frames of an animation, as they are shown; grey again when a decoder made greys into colours."""
    within_limit(image, count)
    loop = image.info.get("loop")
    # How a file says "n times" differs: a GIF counts repetitions, and plays once when it says nothing.
    document.plays = loop if document.format != "GIF" or loop == 0 else (loop or 0) + 1
    document.durations = []
    for index in range(1 if image.info.get("default_image") else 0, count):
        image.seek(index)
        pixels, alpha = _pixels(document.path, image, index)
        if pixels.ndim == 3 and (pixels == pixels[..., :1]).all():
            pixels = pixels[..., 0].copy()
        document.pages.append(pixels)
        document.alphas.append(alpha)
        document.durations.append(float(image.info.get("duration", 0)))


def _describe(document: Document, image: Image.Image) -> None:
    """What a loaded picture says about the photograph: EXIF, resolution, whether colours are managed."""
    document.has_profile = bool(image.info.get("icc_profile"))
    dpi = image.info.get("dpi")
    with suppress(TypeError, ValueError, ZeroDivisionError, OverflowError):
        across, down = (float(value) for value in dpi)
        if 1 < across <= 65535 and 1 < down <= 65535:  # 1 is what a file says that does not know
            document.dpi = (across, down)
    found, kept = _exif(image), Image.Exif()
    try:
        for tag in _KEPT:
            if tag in found:
                # EXIF has no accented letters, but captions have: their bytes are copied as they are.
                kept[tag] = found[tag].encode("latin-1") if isinstance(found[tag], str) else found[tag]
        for tag in (_EXIF, _GPS):
            if directory := dict(found.get_ifd(tag)):
                kept[tag] = directory
        if camera := kept.get(_EXIF):
            height, width = document.pages[0].shape[:2]
            camera |= {key: value for key, value in ((_WIDTH, width), (_HEIGHT, height)) if key in camera}
            camera[_COLOUR_SPACE] = 1  # sRGB
        if len(kept):
            kept[_ORIENTATION] = 1
            document.exif = kept.tobytes()
    except Exception as error:  # whatever strange values do to Pillow, the picture itself is fine
        warnings.warn(f"{document.path}: its EXIF data is damaged and not copied ({error})", stacklevel=3)


def _exif(image: Image.Image) -> Image.Exif:
    """The EXIF data of a loaded picture; empty when damaged beyond reading."""
    try:
        return image.getexif()
    except Exception as error:
        warnings.warn(f"{image.path}: its EXIF data is damaged and ignored ({error})", stacklevel=3)
        return Image.Exif()


def _jpeg_quality(image: JpegImagePlugin.JpegImageFile) -> int:
    """The quality a JPEG was saved with, from the sum of its luminance table, kept between 90 and 98."""
    percent = 100 * sum(image.quantization.get(0, [])) / _JPEG_TABLE_SUM
    quality = 100 - percent / 2 if percent <= 100 else 5000 / percent
    return round(min(max(quality, 90), 98))


def _is_lossless(path: Path) -> bool:
    """Whether the first picture in a WebP file is stored without loss (chunk VP8L)."""
    with path.open("rb") as file:
        file.seek(12)
        while len(head := file.read(8)) == 8:
            if head[:4] in (b"VP8 ", b"VP8L"):
                return head[:4] == b"VP8L"
            length = int.from_bytes(head[4:], "little")
            # A frame of an animation holds chunks of its own, behind 16 bytes.
            file.seek(16 if head[:4] == b"ANMF" else length + length % 2, 1)
    return False
