"""What several test files share: formats."""

import struct
import zlib

import numpy as np

from colorlib.images.read import read_document
from colorlib.images.write import write_document

H, W = 40, 60
GREY = (np.add.outer(np.arange(H) * 3, np.arange(W) * 2)).astype(np.uint8)
RGB = np.dstack([GREY, GREY // 2, 255 - GREY])
ALPHA = (np.add.outer(np.arange(H), np.arange(W)) * 2).astype(np.uint8)
DEEP = (np.add.outer(np.arange(H) * 1201, np.arange(W) * 307) % 65536).astype(np.uint16)
DEEP_RGB = np.dstack([DEEP, DEEP // 3, DEEP[::-1]])
TINT = np.array([1.0, 0.8, 0.6])


def paint(document):
    """A stand-in for a colorizer: greys become orange, colours stay."""
    for page in document.pages:
        yield page if page.ndim == 3 else (page[..., None] * TINT).astype(page.dtype)


def recolor(source, target):
    """Read, paint and write a file; return what was read, the painted pages, and what was written."""
    document = read_document(source)
    painted = list(paint(document))
    write_document(document, painted, target)
    assert [file.name for file in target.parent.iterdir() if ".part" in file.name] == []
    return document, painted, read_document(target)


def difference(a, b):
    """The largest difference of two pictures; a grey one counts as R = G = B."""
    a, b = (x if x.ndim == 3 else np.dstack([x, x, x]) for x in (a, b))
    return np.abs(a.astype(int) - b.astype(int)).max()


def png(header, *chunks):
    """A PNG file made by hand, for what Pillow does not write."""
    chunks = [(b"IHDR", header), *chunks, (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data)) for name, data in chunks
    )


def icc_profile(gamma, space=b"RGB "):
    """An ICC profile of version 2 with the primaries of Adobe RGB, or a grey one; D50, made by hand."""

    def fixed(*numbers):
        return b"".join(struct.pack(">i", round(number * 65536)) for number in numbers)

    curve = b"curv\0\0\0\0" + struct.pack(">IH", 1, round(gamma * 256)) + b"\0\0"
    white = b"XYZ \0\0\0\0" + fixed(0.9642, 1.0, 0.8249)
    # Adobe RGB (1998), annex B.2: the columns adapted to D50.
    columns = ((0.60974, 0.31111, 0.01947), (0.20528, 0.62567, 0.06087), (0.14919, 0.06322, 0.74457))
    text = b"desc\0\0\0\0" + struct.pack(">I", 5) + b"test\0" + bytes(78)
    tags = [(b"desc", text), (b"wtpt", white), (b"cprt", b"text\0\0\0\0free\0\0\0\0")]
    if space == b"GRAY":
        tags.append((b"kTRC", curve))
    else:
        for name, column in zip(b"rgb", columns, strict=True):
            tags += [(bytes([name]) + b"XYZ", b"XYZ \0\0\0\0" + fixed(*column)), (bytes([name]) + b"TRC", curve)]
    table, data = struct.pack(">I", len(tags)), b""
    start = 128 + 4 + 12 * len(tags)
    for name, content in tags:
        content += bytes(-len(content) % 4)
        table += name + struct.pack(">II", start + len(data), len(content))
        data += content
    head = struct.pack(">I4sI4s4s4s", start + len(data), b"test", 0x02100000, b"mntr", space, b"XYZ ")
    head += struct.pack(">6H", 2000, 1, 1, 0, 0, 0) + b"acsp" + bytes(28) + fixed(0.9642, 1.0, 0.8249)
    return head.ljust(128, b"\0") + table + data


ADOBE, GREY_18 = icc_profile(2.2), icc_profile(1.8, space=b"GRAY")
