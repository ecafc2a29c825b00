"""TIFF files made by hand, of every layout that the format has, from pixels that are known."""

import struct
import zlib
from io import BytesIO

import numpy as np
from PIL import Image

H, W = 21, 34
RAMP = np.add.outer(np.arange(H) / (H - 1), np.arange(W) / (W - 1)) / 2  # 0 to 1
COLOURS = np.dstack([RAMP, RAMP[::-1], RAMP**2])
CODECS = {"none": 1, "LZW": 5, "Deflate": 8, "old Deflate": 32946, "PackBits": 32773, "LZMA": 34925, "Zstandard": 50000}
_PILLOW = {"LZW": "tiff_lzw", "PackBits": "packbits", "LZMA": "lzma", "Zstandard": "zstd"}
_TYPES = {"H": 3, "I": 4, "s": 2, "B": 1, "f": 11, "d": 12, "r": 5, "x": 7, "h": 8, "i": 9, "Q": 16}


def packed(rows, bits):
    """(rows, numbers) of whole numbers as bytes, `bits` each, every row beginning with a byte."""
    digits = rows.astype(np.uint64)[..., None] >> np.arange(bits - 1, -1, -1).astype(np.uint64) & np.uint64(1)
    return np.packbits(digits.reshape(len(rows), -1).astype(np.uint8), axis=1).tobytes()


def coded(data, row, codec):
    """Bytes in one of `CODECS`; libtiff makes what Python cannot, of rows of `row` bytes."""
    if codec == "none":
        return data
    if "Deflate" in codec:
        return zlib.compress(data)
    image, file = Image.fromarray(np.frombuffer(data, np.uint8).reshape(-1, row)), BytesIO()
    image.save(file, "TIFF", compression=_PILLOW[codec], tiffinfo={278: image.height}, strip_size=len(data) + 1)
    with Image.open(file) as saved:
        (start,), (length,) = saved.tag_v2[273], saved.tag_v2[279]
    return file.getvalue()[start : start + length]


def differences(values, predictor):
    """(rows, columns, samples) as bytes: as they are, or as differences of predictor 2 or 3."""
    if predictor == 1:
        return values.tobytes()
    if predictor == 2:
        order, size = values.dtype.str[0].replace("|", "="), values.itemsize
        whole = values.astype(values.dtype.newbyteorder("=")).view(f"u{size}")
        out = whole.copy()
        out[:, 1:] -= whole[:, :-1]
        return out.astype(f"{order}u{size}").tobytes()
    rows, columns, samples = values.shape
    weights = values.astype(values.dtype.newbyteorder(">")).view(np.uint8).reshape(rows, columns * samples, -1)
    flat = np.ascontiguousarray(weights.swapaxes(1, 2)).reshape(rows, -1, samples)
    out = flat.copy()
    out[:, 1:] -= flat[:, :-1]
    return out.tobytes()


def segments(values, bits, order, planes, tile, rows, predictor, codec):
    """The strips or tiles of (H, W, samples), coded."""
    height, width, samples = values.shape
    parts = [values[..., i : i + 1] for i in range(samples)] if planes else [values]
    down, across = tile or (rows, width)
    for part in parts:
        for top in range(0, height, down):
            for left in range(0, width, across):
                block = part[top : top + down, left : left + across]
                if tile:
                    gap = (down - block.shape[0], across - block.shape[1])
                    block = np.pad(block, ((0, gap[0]), (0, gap[1]), (0, 0)), mode="edge")
                if bits in (8, 16, 32, 64):
                    data = differences(np.ascontiguousarray(block.astype(block.dtype.newbyteorder(order))), predictor)
                else:
                    data = packed(block.reshape(len(block), -1), bits)
                yield coded(data, len(data) // len(block), codec)


def tiff(
    *pages,
    order="<",
    big=False,
    **shared,
):
    """A TIFF file as bytes; each page is a dict of arguments of `page_of`, with those that all pages share."""
    word, prefix = ("Q", b"+\0\x08\0\0\0") if big else ("I", b"*\0")
    if order == ">":
        prefix = b"\0+\0\x08\0\0" if big else b"\0*"
    start = {"<": b"II", ">": b"MM"}[order] + prefix
    file = bytearray(start + bytes(8 if big else 4))
    pointer = len(start)
    for arguments in pages:
        file += bytes(-len(file) % 16)
        tags, parts = page_of(order=order, **(shared | arguments))
        places = []
        for part in parts:
            places.append(len(file))
            file += part
        at, lengths = (324, 325) if 322 in tags else (273, 279)
        tags = {at: ("I", places), lengths: ("I", [len(part) for part in parts])} | tags
        entries = b""
        for tag, (kind, values) in sorted(tags.items()):
            if kind in "sx":
                data, count = values, len(values)
            elif kind == "r":
                data, count = struct.pack(f"{order}{2 * len(values)}I", *(v for f in values for v in f)), len(values)
            else:
                data, count = struct.pack(f"{order}{len(values)}{kind}", *values), len(values)
            inline = 8 if big else 4
            if len(data) > inline:
                place = len(file)
                file += data + bytes(-len(data) % 2)
                data = struct.pack(order + word, place)
            entries += struct.pack(f"{order}HH{word}", tag, _TYPES[kind], count) + data.ljust(inline, b"\0")
        file += bytes(-len(file) % 2)
        file[pointer : pointer + (8 if big else 4)] = struct.pack(order + word, len(file))
        file += struct.pack(order + ("Q" if big else "H"), len(tags)) + entries
        pointer = len(file)
        file += bytes(8 if big else 4)
    return bytes(file)


def page_of(
    values,
    order="<",
    bits=None,
    photometric=1,
    kind=1,
    planes=False,
    tile=None,
    rows=7,
    predictor=1,
    codec="none",
    extra=(),
    tags=None,
):
    """The tags of a page of (H, W, samples), and its strips or tiles."""
    height, width, samples = values.shape
    bits = bits or 8 * values.itemsize
    parts = list(segments(values, bits, order, planes, tile, rows, predictor, codec))
    found = {256: ("I", [width]), 257: ("I", [height]), 258: ("H", [bits] * samples), 259: ("H", [CODECS[codec]])}
    found |= {262: ("H", [photometric]), 277: ("H", [samples]), 284: ("H", [2 if planes else 1])}
    found |= {317: ("H", [predictor])} if predictor != 1 else {}
    found |= {322: ("I", [tile[1]]), 323: ("I", [tile[0]])} if tile else {278: ("I", [rows])}
    found |= {338: ("H", list(extra))} if extra else {}
    found |= {339: ("H", [kind] * samples)} if kind != 1 else {}
    return found | (tags or {}), parts


def stored(values, bits, kind="u"):
    """Numbers from 0 to 1 as a file stores them."""
    if kind == "f":
        return values.astype(f"f{bits // 8}")
    return np.round(values * (2**bits - 1)).astype(
        f"u{8 if bits > 32 else next(n for n in (1, 2, 4) if bits <= 8 * n)}"
    )
