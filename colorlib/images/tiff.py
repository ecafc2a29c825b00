"""TIFF files page by page, by their own tags; `images.tiff_layout` lists what is read."""

import weakref
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image
from PIL.TiffImagePlugin import TiffImageFile

from colorlib.images import tiff_layout
from colorlib.images.limits import check_memory, check_pages, pillow_without_limit
from colorlib.images.notes import note
from colorlib.images.sample_range import full_depth
from colorlib.images.tiff_layout import Layout, layout_of
from colorlib.images.tiff_segments import numbers
from colorlib.images.tiff_tags import Directory, Tags

__all__ = ["TiffFile", "TiffPage"]

_REDUCED, _MASK = 1, 4  # bits of NewSubfileType
_PILLOW_MODES = {
    "1": "L",
    "L": "L",
    "LA": "LA",
    "RGB": "RGB",
    "RGBA": "RGBA",
    "RGBX": "RGBA",
    "YCbCr": "RGB",
}


@dataclass(frozen=True)
class TiffPage:
    """A page as it lies in the file, before its profile is obeyed and it is turned upright."""

    values: np.ndarray  # (H, W), (H, W, 3) or (H, W, 4), uint8 or uint16
    mode: str  # "L", "RGB", "CMYK" or "LAB"
    alpha: np.ndarray | None  # (H, W) of the same type
    tags: Directory
    orientation: int

    @property
    def profile(self) -> bytes:
        """The ICC profile; b"" for none."""
        found = self.tags.tags.get(34675, b"")
        return found if isinstance(found, bytes) else bytes(self.tags.whole(34675))

    @property
    def dpi(self) -> tuple[float, float] | None:
        """Resolution across and down in dots per inch, None when the page does not say."""
        across, down = ((self.tags.values(tag) or (0,))[0] for tag in (282, 283))
        units: dict[float, float] = {2: 1.0, 3: 2.54}
        unit = units.get((self.tags.values(296, (2,)) or (2,))[0])
        return (across * unit, down * unit) if unit and across and down else None


class TiffFile:
    """An open TIFF file; each page is found at once, whatever its number.

    Parameters
    ----------
    path : str or Path
        Opened once and read until this object is gone: a file of the same name that replaces it
        meanwhile is not read.

    Raises
    ------
    RefusedError
        When it has too many pages.
    ValueError
        When its directories are damaged.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = path
        file = open(path, "rb")  # noqa: SIM115 (closed with the object)
        self.close = weakref.finalize(self, file.close)
        self.tags = Tags(file)
        self.big, self.order, self.file = self.tags.big, self.tags.order, file
        self._by_pillow: TiffImageFile | None = None
        pages: list[tuple[int, int]] = []  # number and offset
        others: list[tuple[int, int]] = []
        inside = False
        for number, page in enumerate(self.tags.walk()):
            (others if _is_no_page(page) else pages).append((number, page.offset))
            check_pages(max(len(pages), len(others)))
            inside |= bool(page.values(330))
        if not pages and (not others or inside):
            raise ValueError("it has no page of full size, perhaps it is raw camera data")
        if pages and others:
            note(path, f"{len(others)} thumbnail(s) or mask(s) inside it are left out")
        self._pages = pages or others

    def __len__(self) -> int:
        return len(self._pages)

    def memory(self, index: int = 0) -> float:
        """Return the bytes that reading and colouring a page takes."""
        layout = layout_of(self.tags.directory(self._pages[index][1]))
        return layout.width * layout.height * layout.bytes_a_pixel

    def page(self, index: int) -> TiffPage:
        """Read a page.

        Parameters
        ----------
        index : int
            Thumbnails and masks do not count.

        Raises
        ------
        RefusedError, ValueError
            When it has a layout that is not read, is too large, or is damaged.
        """
        number, offset = self._pages[index]
        directory = self.tags.directory(offset)
        layout = layout_of(directory)
        check_memory(layout.width, layout.height, layout.bytes_a_pixel)
        check_memory(layout.columns, layout.rows, layout.bits * layout.samples / 8)
        orientation = (directory.whole(274, (1,)) or (1,))[0]
        if layout.left_out:
            note(
                self.path,
                f"{layout.left_out} channel(s) whose meaning its tags do not say are left out",
            )
        if layout.by_pillow:
            values, alpha = self._decoded_by_pillow(number, layout)
            mode = (
                "CMYK"
                if layout.photometric == tiff_layout.CMYK
                else "L"
                if values.ndim == 2
                else "RGB"
            )
            return TiffPage(values, mode, alpha, directory, 1)  # which turns it as well
        values, mode, alpha = self._decoded(layout)
        return TiffPage(values, mode, alpha, directory, orientation)

    def _decoded(self, layout: Layout) -> tuple[np.ndarray, str, np.ndarray | None]:
        """Decode a page: pixels of full scale, their mode, and alpha."""
        stored = numbers(self.tags, layout)
        colors = stored[..., : layout.colors]
        alpha = None if layout.alpha is None else stored[..., layout.alpha]
        if layout.photometric == tiff_layout.PALETTE:
            values = _palette(layout)[colors[..., 0]]
            alpha = None if alpha is None else full_depth(self.path, alpha, layout)
            return values, "L" if values.ndim == 2 else "RGB", alpha
        pixels = full_depth(self.path, colors, layout)
        alpha = None if alpha is None else full_depth(self.path, alpha, layout, alpha=True)
        if layout.multiplied and alpha is not None:
            _divide(pixels, alpha)
        if layout.photometric == tiff_layout.WHITE_IS_ZERO:
            np.invert(pixels, out=pixels)
        if layout.colors == 1:
            return pixels[..., 0], "L", alpha
        if layout.photometric == tiff_layout.YCBCR:
            return np.asarray(Image.fromarray(pixels, "YCbCr").convert("RGB")), "RGB", alpha
        return (
            pixels,
            {tiff_layout.CMYK: "CMYK", tiff_layout.LAB: "LAB"}.get(layout.photometric, "RGB"),
            alpha,
        )

    def _decoded_by_pillow(
        self, number: int, layout: Layout
    ) -> tuple[np.ndarray, np.ndarray | None]:
        """Decode JPEG or fax data; what Pillow makes of it must be what the tags say."""
        with pillow_without_limit(layout.width * layout.height):
            if self._by_pillow is None:
                self.file.seek(0)
                self._by_pillow = TiffImageFile(self.file)
            image = self._by_pillow
            image.seek(number)
            image.load()
        expected = {1: ("1", "L", "LA"), 3: ("RGB", "RGBA", "RGBX", "YCbCr"), 4: ("CMYK",)}[
            layout.colors
        ]
        sizes = ((layout.width, layout.height), (layout.height, layout.width))
        if image.size not in sizes or image.mode not in expected:
            raise ValueError(f"its tags and its data disagree: {image.mode}, {image.size}")
        values = np.array(
            image if image.mode == "CMYK" else image.convert(_PILLOW_MODES[image.mode])
        )
        if image.mode in ("LA", "RGBA", "RGBX"):
            alpha = values[..., -1].copy() if layout.alpha is not None else None
            values = values[..., 0].copy() if image.mode == "LA" else values[..., :3].copy()
            return values, alpha
        return values, None


def _is_no_page(page: Directory) -> bool:
    """Whether a directory is a smaller copy of another, or a mask."""
    new, old, photometric = ((page.whole(tag) or (0,))[0] for tag in (254, 255, 262))
    return bool(new & (_REDUCED | _MASK)) or old == 2 or photometric == 4


def _palette(layout: Layout) -> np.ndarray:
    """(colours,) or (colours, 3) uint8; a grey palette is grey."""
    colors: np.ndarray = np.array(layout.palette, np.uint16).reshape(3, -1).T
    if colors.max() > 255:  # otherwise old software wrote bytes
        colors = colors // 257 if (colors % 257 == 0).all() else colors >> 8
    colors = colors.astype(np.uint8)
    return colors if (colors != colors[:, :1]).any() else colors[:, 0]


def _divide(pixels: np.ndarray, alpha: np.ndarray) -> None:
    """Take alpha out of the colours, in place; where nothing is opaque they stay."""
    full = np.iinfo(pixels.dtype).max
    for row, opacity in zip(pixels, alpha, strict=True):
        divisor = np.where(opacity == 0, full, opacity).astype(np.float64)[:, None]
        row[:] = np.minimum(row * (full / divisor) + 0.5, full)
