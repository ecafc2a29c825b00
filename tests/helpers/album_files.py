"""Albums for tests: small files of every kind, a run over them, and how many there are."""

import io
import os
from pathlib import Path

import numpy as np
from PIL import Image

from colorlib.album.run import AlbumColorizer, Report, plan, run

PAGE = Image.fromarray(np.tile(np.arange(24, dtype=np.uint8) * 8, (16, 1)))


def picture(kind="JPEG"):
    file = io.BytesIO()
    PAGE.save(file, kind)
    return file.getvalue()


JPEG, PNG, TIFF, AVIF, JP2 = map(picture, ("JPEG", "PNG", "TIFF", "AVIF", "JPEG2000"))
DNG = b"II*\0\x08\0\0\0\x01\0" + b"\x12\xc6\x01\0\x04\0\0\0\x01\x04\0\0" + bytes(4)
HEIC = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(100)
CONTENTS = {
    "jpeg": JPEG,
    "png": PNG,
    "tiff": TIFF,
    "avif": AVIF,
    "jp2": JP2,
    "dng": DNG,
    "psd": b"8BPS\0\1" + bytes(60),
}
CONTENTS |= {"text": b"some words", "empty": b"", "cut": JPEG[:200], "film": b"\0\0\0\x18ftypisom" + bytes(40)}


def grow(folder, files):
    """Write files, {name: content}."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return folder


def red(page):
    top = np.iinfo(page.dtype).max
    return np.full((*page.shape[:2], 3), (top * 4 // 5, top // 8, top // 8), page.dtype)


def go(inputs, out, **options):
    """Plan and run; return the report."""
    report = Report()
    jobs = plan(inputs, out, left_out=report.left_out, **options)
    for _ in run(AlbumColorizer(red, out, thumbnails=False), jobs, report):
        pass
    return report


def regular(*folders):
    """How many regular files there are below, links not followed."""
    return sum(
        not (Path(root) / name).is_symlink() and (Path(root) / name).is_file()
        for folder in folders
        for root, _, names in os.walk(folder)
        for name in names
    )
