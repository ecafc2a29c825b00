"""A picture file as it is found: pages in full depth, upright, in sRGB, and what copies keep."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

import numpy as np
from PIL import Image
from PIL.ImageFile import ImageFile
from PIL.JpegImagePlugin import JpegImageFile

from colorlib.images.decode import errors_named, kind_of, opened_twice, within_limits
from colorlib.images.description import Description, describe, describe_tiff_page, exif_of
from colorlib.images.icc import sixteen_bit_to_srgb
from colorlib.images.modes import plain
from colorlib.images.notes import note
from colorlib.images.on_demand import OnDemand
from colorlib.images.sixteen_bit import byte_modes, decode_as, eight_bits
from colorlib.images.tiff import TiffFile

__all__ = ["Document", "read_document"]

# The luminance table that JPEG encoders scale by their quality (ITU-T T.81, table K.1), for its sum
# alone.
_JPEG_TABLE_SUM = 3688
_ORIENTATION = 0x0112  # the EXIF tag
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
        Each (H, W) grey or (H, W, 3) sRGB, uint8 or uint16, upright. The pages of a TIFF are read
        when asked for.
    alphas : sequence of ndarray or None
        For each page its opacity, (H, W) of the same type, or None.
    descriptions : sequence of Description
        What each page says about the photograph: caption, resolution, whether it has a profile.
        Frames share one.
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
    descriptions: Sequence[Description] = field(default_factory=lambda: [Description()])
    quality: int = 95
    lossless: bool = False
    durations: list[float] | None = None
    plays: int = 0

    @property
    def description(self) -> Description:
        """What the first page says, which is what formats with one page keep."""
        return self.descriptions[0]

    @property
    def exif(self) -> bytes:
        """EXIF data of the first page."""
        return self.description.exif

    @property
    def dpi(self) -> tuple[float, float] | None:
        """Resolution of the first page, across and down in dots per inch."""
        return self.description.dpi


def read_document(path: str | Path) -> Document:
    """Read a picture file as it is found: every page or frame, in full depth, upright, in sRGB.

    Pictures are recognised by their content, as `images.opened` does; grey, palette, CMYK, 16-bit
    and transparent pictures, EXIF rotation and ICC profiles are understood. A grey page stays one
    number a pixel.

    Returns
    -------
    Document
        Animations are read at once. Of a TIFF with several pages the first is read and the others
        when they are asked for, so that a book of scans needs no more memory than a page; asking
        may raise what is listed here.

    Raises
    ------
    FileNotFoundError
        When there is no such file.
    ValueError
        When the file is a folder, not a picture, damaged, of a kind that is not read, or exceeds
        `colorlib.images.limits`.
    MemoryError
        When it does not fit into the memory.
    """
    path = Path(path)
    with errors_named(path):
        with path.open("rb") as file:
            kind = kind_of(path, file)
        if kind == "TIFF":
            return _tiff_document(path)
    with opened_twice(path) as (image, again):
        count = getattr(image, "n_frames", 1)
        if kind == "HEIF" and count > 1:
            note(path, f"holds {count} pictures, of which the main one is coloured")
        # the second picture of a JPEG is for stereo glasses
        if count > 1 and kind not in ("JPEG", "HEIF"):
            document = _animation(path, kind, image, count)
        else:
            pixels, alpha = _pixels(path, image, again)
            document = Document(path, kind, [pixels], [alpha])
        if isinstance(image, JpegImageFile):
            document.quality = _jpeg_quality(image)
        if kind == "WEBP":
            document.lossless = _is_lossless(path)
        document.descriptions = [describe(path, image, document.pages[0].shape)]
    return document


def _tiff_document(path: Path) -> Document:
    """Open a TIFF, whose pages are read when they are asked for, the first one now."""
    file = TiffFile(path)

    @lru_cache(maxsize=1)
    def load(index: int) -> tuple[np.ndarray, np.ndarray | None, Description]:
        with errors_named(path):
            return _tiff_page(file, index)

    pixels, alpha, about = load(0)
    if (count := len(file)) == 1:
        return Document(path, "TIFF", [pixels], [alpha], [about])
    return Document(
        path,
        "TIFF",
        OnDemand(lambda index: load(index)[0], count),
        OnDemand(lambda index: load(index)[1], count),
        OnDemand(lambda index: load(index)[2], count),
    )


def _tiff_page(file: TiffFile, index: int) -> tuple[np.ndarray, np.ndarray | None, Description]:
    """Read a page of a TIFF: pixels in full depth, upright, in sRGB, alpha, and what it says."""
    page = file.page(index)
    pixels, alpha = page.values, page.alpha
    if page.mode in ("CMYK", "LAB") or (page.profile and pixels.dtype == np.uint8):
        if pixels.dtype == np.uint16:
            note(file.path, "its inks of 16 bits are read at 8 bits")
        image = Image.fromarray(eight_bits(pixels), page.mode)
        image.info["icc_profile"] = page.profile
        pixels = np.asarray(plain(image, file.path))
        alpha = None if alpha is None else eight_bits(alpha)
    elif page.profile:
        pixels = sixteen_bit_to_srgb(pixels, page.profile, file.path)
    pixels = _upright(pixels, page.orientation)
    alpha = None if alpha is None else _upright(alpha, page.orientation)
    return pixels, alpha, describe_tiff_page(file, page, pixels.shape)


def _pixels(
    path: Path, image: ImageFile, again: Callable[[], ImageFile] | None
) -> tuple[np.ndarray, np.ndarray | None]:
    """Read the page in view: pixels, in full depth if the file can be opened again, and alpha."""
    modes = byte_modes(image)
    if modes and again:
        pixels, alpha = _sixteen_bits(path, image, again, modes)
    else:
        image.load()
        pixels, alpha = _split(_array(plain(image, path)))
        clear = image.info.get("transparency")
        if (
            pixels.dtype == np.uint16 and clear is not None
        ):  # this grey of a PNG means "nothing here"
            alpha = (np.asarray(image) != clear) * np.uint16(65535)
    orientation = exif_of(path, image).get(_ORIENTATION, 1)
    return _upright(pixels, orientation), None if alpha is None else _upright(alpha, orientation)


def _sixteen_bits(
    path: Path, image: ImageFile, again: Callable[[], ImageFile], modes: tuple[str, str]
) -> tuple[np.ndarray, np.ndarray | None]:
    """Read the pixels and the alpha of a picture that Pillow would read at 8 bits."""
    decode_as(image, modes[0])
    values = _array(image)
    # its pixels are copied: they make room for the second decoding
    image.im = Image.new(image.mode, (1, 1)).im
    if modes[0] == modes[1]:
        values = values.view(">u2").astype(np.uint16)
    else:
        values = values.astype(np.uint16)
        values <<= 8
        other = again()
        decode_as(other, modes[1])
        values |= _array(other)
    pixels, alpha = _split(values)
    if (clear := image.info.get("transparency")) is not None:
        alpha = (pixels != np.array(clear)).any(axis=-1) * np.uint16(65535)
    if profile := image.info.get("icc_profile"):
        pixels = sixteen_bit_to_srgb(pixels, profile, path)
    return pixels, alpha


def _array(image: Image.Image) -> np.ndarray:
    """Copy a loaded picture's numbers in blocks: Pillow would make two more copies of all."""
    rows = max(1, _BLOCK // image.width)
    blocks = (
        image.crop((0, top, image.width, min(top + rows, image.height)))
        for top in range(0, image.height, rows)
    )
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


def _animation(path: Path, kind: str, image: ImageFile, count: int) -> Document:
    """Read an animation's frames as they are shown; grey, where a decoder made greys colours."""
    within_limits(image, count)
    if byte_modes(image):
        note(path, "its frames of 16 bits are read at 8 bits")
    loop: int | None = image.info.get("loop")
    # How a file says "n times" differs: a GIF counts repetitions, and plays once when it says
    # nothing.
    plays = (loop or 0) + 1 if kind == "GIF" and loop != 0 else loop or 0
    pages: list[np.ndarray] = []
    alphas: list[np.ndarray | None] = []
    durations: list[float] = []
    for index in range(1 if image.info.get("default_image") else 0, count):
        image.seek(index)
        pixels, alpha = _pixels(path, image, None)
        if pixels.ndim == 3 and (pixels == pixels[..., :1]).all():
            pixels = pixels[..., 0].copy()
        pages.append(pixels)
        alphas.append(alpha)
        durations.append(float(image.info.get("duration", 0)))
    return Document(path, kind, pages, alphas, durations=durations, plays=plays)


def _jpeg_quality(image: JpegImageFile) -> int:
    """Tell a JPEG's quality from the sum of its luminance table, kept between 90 and 98."""
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
