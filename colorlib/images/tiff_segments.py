"""The strips and tiles of a TIFF page as numbers: unpacked, differences undone, in their place.

The byte codecs other than Deflate are those of libtiff, which Pillow carries. It never sees the
layout of the page: each strip or tile is handed to it as a grey picture of bytes, so that what
comes back is bytes and nothing else.
"""

import struct
import zlib
from collections.abc import Iterator
from io import BytesIO
from typing import Literal

import numpy as np
from PIL.TiffImagePlugin import TiffImageFile

from colorlib.images.limits import pillow_without_limit
from colorlib.images.tiff_layout import Layout
from colorlib.images.tiff_tags import Tags

__all__ = ["numbers"]

_BLOCK = 1_000_000  # samples unpacked at a time
_REVERSED = np.packbits(
    np.unpackbits(np.arange(256, dtype=np.uint8)[:, None], axis=1)[:, ::-1], axis=1
)[:, 0]


def numbers(tags: Tags, layout: Layout) -> np.ndarray:
    """Read the numbers of a page as they are stored.

    Parameters
    ----------
    tags : Tags
        Of the open file.
    layout : Layout
        Of a page whose compression is one of bytes.

    Returns
    -------
    ndarray
        (H, W, samples) of uint8, uint16 or uint32, their signed kin, or floating point, in this
        machine's byte order.

    Raises
    ------
    ValueError
        When a strip or tile is damaged, or its length does not go with what the tags say.
    """
    planes = layout.samples if layout.planes else 1
    together = layout.samples // planes
    stored = _dtype(layout)
    out = np.empty((layout.height, layout.width, layout.samples), stored)
    across = -(-layout.width // layout.columns)
    down = -(-layout.height // layout.rows)
    for number, (offset, length) in enumerate(zip(layout.offsets, layout.lengths, strict=True)):
        plane, place = divmod(number, across * down)
        top, left = place // across * layout.rows, place % across * layout.columns
        rows = layout.rows if layout.tiled else min(layout.rows, layout.height - top)
        height, width = min(rows, layout.height - top), min(layout.columns, layout.width - left)
        data = tags.read(offset, length)
        for first, values in _values(data, layout, rows, together, tags.order):
            values = values[: max(0, height - first)]
            where = out[top + first : top + first + len(values), left : left + width]
            where[..., plane : plane + together] = values[:, :width]
    return out


def _dtype(layout: Layout) -> np.dtype:
    size = next(size for size in (8, 16, 32, 64) if layout.bits <= size) // 8
    return np.dtype(f"{layout.kind}{size}")


def _values(
    data: bytes, layout: Layout, rows: int, together: int, order: Literal["<", ">"]
) -> Iterator[tuple[int, np.ndarray]]:
    """Read a strip or tile in blocks of rows: the first row, and (rows, columns, samples)."""
    count = layout.columns * together
    row_bytes = -(-count * layout.bits // 8)
    # 12 bits may be packed, or in 16 each
    in_sixteen = 2 * count * rows if 8 < layout.bits < 16 else 0
    stored = _bytes(data, layout, rows, row_bytes, in_sixteen)
    if layout.bits_reversed:
        stored = _REVERSED[stored]
    if in_sixteen and len(stored) == in_sixteen != rows * row_bytes:
        values = stored.view(f"{order}u2").reshape(rows, layout.columns, together)
        yield 0, _right_justified(values.astype(np.uint16), layout.bits)
        return
    stored = stored.reshape(rows, row_bytes)
    step = max(1, _BLOCK // count)
    for first in range(0, rows, step):
        block = stored[first : first + step]
        if layout.bits not in (8, 16, 32, 64):
            values = _unpacked(block, layout.bits, count)
        elif layout.predictor == 3:
            values = _floating_point_undone(block, layout, together)
        else:
            values = block.view(np.dtype(f"{layout.kind}{layout.bits // 8}").newbyteorder(order))
        values = values.reshape(len(block), layout.columns, together)
        if layout.predictor == 2:
            whole = np.dtype(f"u{values.itemsize}")
            sums = (
                values.astype(values.dtype.newbyteorder("="), copy=False)
                .view(whole)
                .cumsum(axis=1, dtype=whole)
            )
            values = sums.view(values.dtype.newbyteorder("="))
        yield first, values


def _bytes(data: bytes, layout: Layout, rows: int, row_bytes: int, in_sixteen: int) -> np.ndarray:
    """Decompress a strip or tile, to exactly as many bytes as there must be."""
    expected = rows * row_bytes
    # The last strip may be as long as the others.
    longest = max(in_sixteen, expected, layout.rows * row_bytes)
    if layout.compression in (8, 32946):
        try:
            data = zlib.decompressobj().decompress(data, 2 * longest)
        except zlib.error as error:
            raise ValueError(f"damaged Deflate data ({error})") from None
    elif layout.compression != 1:
        with pillow_without_limit(expected):
            return np.array(
                TiffImageFile(_as_grey_picture(data, layout.compression, row_bytes, rows))
            ).reshape(-1)
    found = np.frombuffer(data, np.uint8)
    if in_sixteen and len(found) == in_sixteen:
        return found
    if len(found) < expected:
        raise ValueError(f"a strip or tile has {len(found)} bytes, its tags say {expected}")
    # More is allowed to fill up the last strip, or to an even place.
    usual = {
        -(-size // even) * even
        for size in (expected, layout.rows * row_bytes)
        for even in (1, 2, 4)
    }
    if len(found) not in usual:
        raise ValueError(
            f"a strip or tile has {len(found)} bytes, its tags say {expected}: one of them is wrong"
        )
    return found[:expected]


def _as_grey_picture(data: bytes, compression: int, width: int, height: int) -> BytesIO:
    """Make a TIFF around compressed bytes, which says that each byte is a grey pixel."""
    tags = {
        256: width,
        257: height,
        258: 8,
        259: compression,
        262: 1,
        273: 8 + 2 + 9 * 12 + 4,
        277: 1,
        278: height,
    }
    tags[279] = len(data)
    entries = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in tags.items())
    return BytesIO(b"II*\0" + struct.pack("<IH", 8, len(tags)) + entries + bytes(4) + data)


def _unpacked(block: np.ndarray, bits: int, count: int) -> np.ndarray:
    """Unpack (rows, bytes) of samples of odd bits, each row from a whole byte, to (rows, count)."""
    size = 8 if bits < 8 else 16
    padded = np.zeros((len(block), count, size), np.uint8)
    padded[..., size - bits :] = np.unpackbits(block, axis=1, count=count * bits).reshape(
        len(block), count, bits
    )
    packed = np.packbits(padded.reshape(len(block), -1), axis=1)
    return packed if size == 8 else packed.view(">u2").astype(np.uint16)


def _right_justified(values: np.ndarray, bits: int) -> np.ndarray:
    """Read samples of 9 to 15 bits that are stored in 16 each, at either end."""
    if values.max(initial=0) < 1 << bits:
        return values
    if (values & ((1 << (16 - bits)) - 1)).any():
        raise ValueError(f"its tags say {bits} bits, its numbers have 16")
    return values >> (16 - bits)


def _floating_point_undone(block: np.ndarray, layout: Layout, together: int) -> np.ndarray:
    """Undo predictor 3 (Adobe, TIFF Technical Note 3): bytes of equal weight, as differences."""
    size, count = layout.bits // 8, layout.columns * together
    sums = block.reshape(len(block), -1, together).cumsum(axis=1, dtype=np.uint8)
    weights = sums.reshape(len(block), size, count).swapaxes(1, 2)
    return np.ascontiguousarray(weights).view(f">f{size}").reshape(len(block), count)
