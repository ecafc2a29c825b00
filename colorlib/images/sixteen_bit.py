"""Pictures of 16 bits a channel: from PNG, which Pillow reads at 8 bits, to PNG and TIFF.

Pillow's decoders unpack such a picture by keeping one byte of each sample, and they can be asked
for either byte: decoded once for the high bytes and once for the low ones, nothing is lost,
whatever the compression.
"""

import zlib
from typing import BinaryIO

import numpy as np
from PIL import Image
from PIL.ImageFile import ImageFile
from PIL.PngImagePlugin import PngInfo
from PIL.TiffImagePlugin import ImageFileDirectory_v2

__all__ = ["byte_modes", "decode_as", "eight_bits", "write_png", "write_tiff_page"]

_ROWS = 64  # coded at a time, and in one strip of a TIFF
_EFFORT = 2  # of zlib: 6, its default, takes five times as long for a tenth less


def byte_modes(image: Image.Image) -> tuple[str, str] | None:
    """Say how to decode high and low bytes, or None when Pillow reads in full depth.

    Parameters
    ----------
    image : PIL.Image.Image
        Opened, not yet loaded.

    Returns
    -------
    (str, str) or None
        Pillow's names ("raw modes") for the two. A grey picture with alpha has one: its samples'
        bytes then come as the four channels high, low, high alpha, low alpha.
    """
    if image.format != "PNG" or not isinstance(image, ImageFile):
        return None
    modes = {args[0] if isinstance(args := tile.args, tuple) else args for tile in image.tile}
    kind, _, order = str(modes.pop()).partition(";") if len(modes) == 1 else ("", "", "")
    if (kind, order) == ("LA", "16B"):
        return "RGBA", "RGBA"
    return (f"{kind};16B", f"{kind};16L") if kind in ("RGB", "RGBA") and order == "16B" else None


def decode_as(image: ImageFile, mode: str) -> None:
    """Load an opened picture's pixels with one of `byte_modes`."""
    image.tile = [
        tile._replace(args=(mode, *tile.args[1:]) if isinstance(tile.args, tuple) else mode)
        for tile in image.tile
    ]
    image.load()


def eight_bits(values: np.ndarray) -> np.ndarray:
    """Round uint16 values, full scale 65535, to uint8; uint8 comes back as it is."""
    return (
        values
        if values.dtype == np.uint8
        else ((values.astype(np.uint32) + 128) // 257).astype(np.uint8)
    )


def write_png(
    file: BinaryIO,
    pixels: np.ndarray,
    exif: bytes,
    dpi: tuple[float, float] | None,
    profile: bytes | None,
    texts: PngInfo,
) -> None:
    """Write a 16-bit colour picture as PNG (ISO/IEC 15948), rows as differences.

    Parameters
    ----------
    pixels : ndarray
        (H, W, 3) or, with alpha, (H, W, 4) uint16.
    exif : bytes
        EXIF data; b"" for none.
    dpi : (float, float) or None
        Resolution across and down in dots per inch.
    profile : bytes or None
        ICC profile.
    texts : PIL.PngImagePlugin.PngInfo
        Text chunks.
    """

    def chunk(name: bytes, data: bytes) -> None:
        file.write(len(data).to_bytes(4) + name + data + zlib.crc32(name + data).to_bytes(4))

    height, width, channels = pixels.shape
    file.write(b"\x89PNG\r\n\x1a\n")
    chunk(
        b"IHDR",
        width.to_bytes(4) + height.to_bytes(4) + bytes([16, 6 if channels == 4 else 2, 0, 0, 0]),
    )
    if profile:
        chunk(b"iCCP", b"ICC Profile\0\0" + zlib.compress(profile))
    if dpi:
        chunk(b"pHYs", b"".join(round(d / 0.0254).to_bytes(4) for d in dpi) + b"\x01")
    for name, data, *_ in texts.chunks:
        chunk(name, data)
    if exif:
        chunk(b"eXIf", exif.removeprefix(b"Exif\0\0"))
    deflate = zlib.compressobj(_EFFORT)
    above = np.zeros((1, width * channels * 2), np.uint8)
    for top in range(0, height, _ROWS):
        rows = (
            pixels[top : top + _ROWS]
            .astype(">u2", order="C")
            .view(np.uint8)
            .reshape(-1, above.shape[1])
        )
        differences = rows - np.concatenate([above, rows[:-1]])
        above = rows[-1:]
        filtered = np.insert(
            differences, 0, 2, axis=1
        )  # each row begins with the number of the filter "Up"
        chunk(b"IDAT", deflate.compress(filtered.tobytes()))
    chunk(b"IDAT", deflate.flush())
    chunk(b"IEND", b"")


def write_tiff_page(file: BinaryIO, pixels: np.ndarray, tags: dict[int, object]) -> None:
    """Write one colour page as TIFF (revision 6.0), deflated in strips with horizontal differences.

    Parameters
    ----------
    file : binary file
        A `PIL.TiffImagePlugin.AppendingTiffWriter`, at the start of a new page.
    pixels : ndarray
        (H, W, 3) or, with alpha, (H, W, 4), uint8 or uint16.
    tags : dict
        What else to say about the page: TIFF tag number to value; an EXIF directory is a dict.
    """
    height, width, channels = pixels.shape
    strips = []
    for top in range(0, height, _ROWS):
        strip = pixels[top : top + _ROWS].astype(pixels.dtype.newbyteorder("<"), order="C")
        strip[:, 1:] -= strip[:, :-1].copy()
        strips.append(zlib.compress(strip.tobytes(), _EFFORT))
    lengths = [len(strip) for strip in strips]
    page = ImageFileDirectory_v2(prefix=b"II")
    for tag, value in tags.items():
        page[tag] = value
    page[256], page[257], page[258], page[277] = (
        width,
        height,
        (8 * pixels.itemsize,) * channels,
        channels,
    )
    # deflate, horizontal differences, RGB, channels together
    page[259], page[317], page[262], page[284] = 8, 2, 2, 1
    if channels == 4:
        page[338] = 2  # alpha, not multiplied into the colours
    page.tagtype[273] = page.tagtype[279] = 4  # 32 bits
    page[278], page[279] = _ROWS, tuple(lengths)
    # where the strips lie, counted from the end of the tags
    page[273] = tuple(np.cumsum([0, *lengths[:-1]]).tolist())
    page.save(file)
    for compressed in strips:
        file.write(compressed)
