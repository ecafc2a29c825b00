"""Random albums: names and kinds of files as they are found, each picture with its mark."""

from __future__ import annotations

import io
import unicodedata
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from hypothesis import strategies as st
from marks import Mark, read_mark, read_tint, stamp
from PIL import Image, ImageOps, ImageSequence

PAGES = {"tiff3": 3, "gif2": 2, "webp2": 2}


def _saved(*pages: np.ndarray, format: str, mode: str | None = None, **options: object) -> bytes:
    """The bytes of a picture file."""
    images = [Image.fromarray(page) for page in pages]
    images = [image.convert(mode) if mode else image for image in images]
    more = {"save_all": True, "append_images": images[1:]} if len(images) > 1 else {}
    file = io.BytesIO()
    images[0].save(file, format, **more, **options)
    return file.getvalue()


def _turned(page: np.ndarray) -> bytes:
    """A JPEG that says that it lies on its side."""
    exif = Image.Exif()
    exif[0x0112] = 6
    return _saved(np.rot90(page), format="JPEG", exif=exif)


def _zipped(page: np.ndarray) -> bytes:
    """An archive with a picture in it."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("a.png", _saved(page, format="PNG"))
    return file.getvalue()


Writer = Callable[..., bytes]
# Each kind: the suffix of its name, and its bytes from its pages.
GOOD: dict[str, tuple[str, Writer]] = {
    "jpeg": (".jpg", lambda page: _saved(page, format="JPEG")),
    "jpeg-upper": (".JPG", lambda page: _saved(page, format="JPEG", mode="RGB")),
    "jpeg-progressive": (".jpeg", lambda page: _saved(page, format="JPEG", progressive=True, quality=60)),
    "jpeg-turned": (".jpg", _turned),
    "png": (".png", lambda page: _saved(page, format="PNG")),
    "png16": (".png", lambda page: _saved(page.astype(np.uint16) * 257, format="PNG")),
    "png-palette": (".png", lambda page: _saved(page, format="PNG", mode="P")),
    "png-rgb": (".png", lambda page: _saved(page, format="PNG", mode="RGB")),
    "png-alpha": (".png", lambda page: _saved(page, format="PNG", mode="LA")),
    "tiff": (".tif", lambda page: _saved(page, format="TIFF", compression="tiff_lzw")),
    "tiff16": (".tiff", lambda page: _saved(page.astype(np.uint16) * 257, format="TIFF")),
    "tiff3": (".tif", lambda *pages: _saved(*pages, format="TIFF")),
    "gif": (".gif", lambda page: _saved(page, format="GIF")),
    "gif2": (".gif", lambda *pages: _saved(*pages, format="GIF", duration=80)),
    "bmp": (".bmp", lambda page: _saved(page, format="BMP")),
    "webp": (".webp", lambda page: _saved(page, format="WEBP", mode="RGB")),
    "webp2": (".webp", lambda *pages: _saved(*pages, format="WEBP", mode="RGB", duration=80)),
    "jpeg-named-png": (".png", lambda page: _saved(page, format="JPEG")),
    "png-named-jpeg": (".jpg", lambda page: _saved(page, format="PNG")),
    "tiff-named-jpeg": (".JPG", lambda page: _saved(page, format="TIFF")),
    "png-without-suffix": ("", lambda page: _saved(page, format="PNG")),
}
BROKEN: dict[str, tuple[str, Writer]] = {
    "empty": (".jpg", lambda _: b""),
    "text": (".png", lambda _: b"This is no picture.\n" * 9),
    "zip": (".tif", _zipped),
    "cut-jpeg": (".jpg", lambda page: _saved(page, format="JPEG")[:-200]),
    "cut-png": (".png", lambda page: _saved(page, format="PNG")[:120]),
}
OTHER: dict[str, tuple[str, Writer]] = {"notes": (".txt", lambda _: b"a letter\n")}
KINDS = GOOD | BROKEN | OTHER

LONG = "Photographs of the estate, third box, page "
STARTS = [
    "", "a", LONG, LONG * 4 + "and so on for two hundred letters ", "\u00e9t\u00e9 ", "e\u0301te\u0301 ",
    "-", "--out=", "=1+", "@", "two\nlines", "bell\x07", "\x1b[31m", "\U0001f600", " ", "[red]", ":cat:",
    "%s", "'\"`$(", "a.b.", ".", "\u202e", "a..", "~", "#",
]  # fmt: skip
ENDS = ["", "", "", " ", ".", "x" * 30, "\u00df", "[/]", ".jpg", ";", "\n"]
FOLDERS = ["", "", "", "deep", "deep/er", "Deep", "=folder", "b\u00f6se"]


@dataclass(frozen=True)
class Source:
    """One file of an album: below which of the two folders, its name there, and what is in it.

    Its name holds a token that no other picture's name holds, so that it can be found in what the command says.
    """

    folder: str
    name: str
    kind: str
    picture: int
    version: int = 0

    @property
    def token(self) -> str:
        """What only this name holds."""
        return f"q{self.picture:03}z"

    @property
    def hidden(self) -> bool:
        """Whether the file is one of those that are counted and left alone."""
        return self.name.rpartition("/")[2].startswith(".")

    @property
    def pages(self) -> list[Mark]:
        """The marks of its pages."""
        return [Mark(self.picture, self.version, page) for page in range(PAGES.get(self.kind, 1))]

    def write(self, root: Path) -> None:
        """Write the file."""
        path = root / self.folder / self.name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(KINDS[self.kind][1](*map(stamp, self.pages)))

    def changed(self) -> Source:
        """The same photograph, scanned anew."""
        return replace(self, version=self.version + 1)

    def twin(self, how: str) -> Source:
        """A file of other content whose name some file systems hold to be the same."""
        folder, name = self.name.rpartition("/")[::2]
        other = {"case": name.swapcase(), "form": unicodedata.normalize("NFD", name)}[how]
        if other == name:
            other = unicodedata.normalize("NFC", name)
        return replace(self, name=f"{folder}/{other}" if folder else other, version=self.version + 16)


def named(picture: int, folder: str, start: str, end: str, kind: str) -> Source:
    """A source of some name and kind."""
    token = f"q{picture:03}z"
    stem = start.encode()[:200].decode(errors="ignore") + token + end
    return Source("x", f"{folder}/{stem}{KINDS[kind][0]}".lstrip("/"), kind, picture)


KIND = st.one_of(st.sampled_from(sorted(GOOD)), st.sampled_from(sorted(KINDS)))
BATCH = st.tuples(
    st.sampled_from(FOLDERS), st.sampled_from(STARTS), st.sampled_from(ENDS), st.lists(KIND, min_size=1, max_size=8)
)


@dataclass
class Result:
    """A file among the results, as far as it can be read: the marks of its pages, and who coloured them."""

    marks: list[Mark | None] = field(default_factory=list)
    tints: list[tuple[str, float] | None] = field(default_factory=list)

    def is_of(self, source: Source, tint: str, strength: float) -> bool:
        """Whether it is of this source, whole, with these settings."""
        return self.marks == source.pages and all(is_tint(each, tint, strength) for each in self.tints)


def is_tint(found: tuple[str, float] | None, tint: str, strength: float) -> bool:
    """Whether a colour is that of some weights at some saturation."""
    return found is not None and found[0] == tint and abs(found[1] - strength) < 0.15


def read_result(path: Path) -> Result:
    """Read a file among the results; one that cannot be read has no marks."""
    result = Result()
    try:
        with Image.open(path) as image:
            for page in ImageSequence.Iterator(image):
                rgb = np.asarray(ImageOps.exif_transpose(page).convert("RGB"))
                result.marks.append(read_mark(rgb))
                result.tints.append(read_tint(rgb))
    except (OSError, SyntaxError, ValueError):
        return Result()
    return result
