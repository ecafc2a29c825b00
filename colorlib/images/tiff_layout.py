"""What the numbers of a TIFF page mean, by its own tags; what is not listed is refused.

============ ================================================================================
tag          what is read
============ ================================================================================
photometric  WhiteIsZero, BlackIsZero, RGB, palette, CMYK (8, 16 bits), YCbCr (8 bits, by JPEG
             or with whole chroma), CIELab (8 bits)
bits, format whole numbers of 1 to 16 and of 32 bits (palettes: to 8); signed ones when their
             range is said or they are 16-bit numbers in 32; floating point of 16, 32 and 64 bits
compression  none, LZW, Deflate, PackBits, LZMA, Zstandard; JPEG and, in 1 bit, the fax codes
             by Pillow
predictor    none, horizontal (8, 16, 32, 64 bits), floating point
layout       strips or tiles, channels together or in planes, both byte orders, BigTIFF
more         alpha, multiplied into the colours or not; other channels are left out with a note
============ ================================================================================
"""

from dataclasses import dataclass
from math import ceil

from colorlib.images.limits import RefusedError
from colorlib.images.tiff_tags import Directory

__all__ = ["FAX", "JPEG", "Layout", "layout_of"]

WHITE_IS_ZERO, BLACK_IS_ZERO, RGB, PALETTE, CMYK, YCBCR, LAB = 0, 1, 2, 3, 5, 6, 8
_COLORS = {WHITE_IS_ZERO: 1, BLACK_IS_ZERO: 1, RGB: 3, PALETTE: 1, CMYK: 4, YCBCR: 3, LAB: 3}
_STRANGE = {
    4: "a mask",
    9: "ICCLab",
    10: "ITULab",
    32803: "raw camera data",
    34892: "raw camera data",
}
_STRANGE |= {32844: "LogL", 32845: "LogLuv", 51177: "a depth map"}
FAX, JPEG = (2, 3, 4), (7,)
_PACKED = {
    1: "none",
    5: "LZW",
    8: "Deflate",
    32946: "Deflate",
    32773: "PackBits",
    34925: "LZMA",
    50000: "Zstandard",
}
# 4 is "we do not know": whole numbers, as every reader takes it
_FORMATS = {1: "u", 2: "i", 3: "f", 4: "u"}


@dataclass(frozen=True)
class Layout:
    """How one page lies in the file, and what its numbers mean."""

    width: int
    height: int
    photometric: int
    samples: int  # a pixel
    bits: int  # a sample
    kind: str  # "u", "i" or "f"
    planes: bool
    compression: int
    predictor: int
    bits_reversed: bool
    rows: int  # of a strip or tile
    columns: int
    tiled: bool
    offsets: tuple[int, ...]
    lengths: tuple[int, ...]
    alpha: int | None  # which sample
    multiplied: bool  # alpha into the colours
    left_out: int  # samples without a meaning
    lowest: float | None  # the range that the tags give
    highest: float | None
    palette: tuple[int, ...]

    @property
    def colors(self) -> int:
        """How many samples are not extra ones."""
        return _COLORS[self.photometric]

    @property
    def by_pillow(self) -> bool:
        """Whether the compression is one of pictures, not of bytes."""
        return self.compression in FAX + JPEG

    @property
    def bytes_a_pixel(self) -> float:
        """What reading and colouring such a page takes, all copies together."""
        sample_bytes = 2 if self.bits > 8 else 1
        read = (
            self.samples
            * (self.bits / 8 + sample_bytes)
            * (2 if self.kind == "f" or self.bits == 32 else 1)
        )
        colors = 1 if self.colors == 1 else 3
        return read + 2 * sample_bytes * colors + 7 * sample_bytes


def layout_of(page: Directory) -> Layout:
    """Say how a page is to be read.

    Raises
    ------
    RefusedError
        When it is not in the table above: names what it has, and says what to do.
    ValueError
        When its tags contradict each other.
    """
    width, height = page.value(256), page.value(257)
    if not 0 < width < 2**31 or not 0 < height < 2**31:
        raise ValueError(f"it claims {width} x {height} pixels")
    photometric = page.value(262, -1)
    if photometric == -1:
        raise _refused("does not say what its numbers mean (no PhotometricInterpretation)")
    if photometric not in _COLORS:
        raise _refused(f"holds {_STRANGE.get(photometric, f'photometric {photometric}')}")
    samples, colors = page.value(277, 1), _COLORS[photometric]
    extra = page.whole(338)
    if samples < colors or len(extra) > samples - colors or samples > 64:
        raise ValueError(
            f"its photometric {photometric} does not go with {samples} samples, {len(extra)} extra"
        )
    planes = page.value(284, 1)
    if planes not in (1, 2):
        raise ValueError(f"planar configuration {planes}")
    bits, kind = _number(page, samples)
    compression, predictor, fill = page.value(259, 1), page.value(317, 1), page.value(266, 1)
    _check_coding(
        photometric, bits, kind, planes == 2 and samples > 1, compression, predictor, fill
    )
    if photometric in (CMYK, YCBCR, LAB):
        _check_colors(page, photometric, bits, kind, compression)
    palette = page.whole(320)
    if photometric == PALETTE and (kind != "u" or bits > 8 or len(palette) != 3 << bits):
        raise ValueError(f"{len(palette)} numbers in a palette for {bits} bits")
    alphas = [colors + place for place, meaning in enumerate(extra) if meaning in (1, 2)]
    multiplied = bool(alphas) and extra[alphas[0] - colors] == 1
    if multiplied and photometric in (WHITE_IS_ZERO, PALETTE, CMYK, LAB):
        raise _refused(f"has alpha multiplied into the colours, with photometric {photometric}")
    lowest, highest = _range(page, kind)
    return Layout(
        width, height, photometric, samples, bits, kind, planes == 2 and samples > 1, compression,
        predictor, fill == 2, *_segments(page, width, height, planes == 2 and samples > 1, samples),
        alphas[0] if alphas else None, multiplied, samples - colors - bool(alphas), lowest, highest,
        palette,
    )  # fmt: skip


def _refused(why: str) -> RefusedError:
    return RefusedError(
        f"{why}, which is not read: save it as a grey or RGB TIFF or PNG of 8 or 16 bits"
    )


def _number(page: Directory, samples: int) -> tuple[int, str]:
    """Bits of a sample, and whether they are a whole number, a signed one or floating point."""
    bits, formats = page.whole(258, (1,)), page.whole(339, (1,))
    if len(bits) == 1:
        bits *= samples  # as many write it
    if len(bits) != samples or len(formats) not in (1, samples):
        raise ValueError(f"{len(bits)} bit depths and {len(formats)} formats for {samples} samples")
    if len(set(bits)) > 1 or len(set(formats)) > 1:
        raise _refused("has channels of different kinds")
    kind = _FORMATS.get(formats[0])
    if (
        kind is None
        or (kind == "f" and bits[0] not in (16, 32, 64))
        or not (1 <= bits[0] <= 16 or bits[0] in (32, 64))
    ):
        raise _refused(f"has {bits[0]} bits a sample in format {formats[0]}")
    if bits[0] == 1 and samples > 1 and page.value(284, 1) == 1:  # written in two ways
        raise _refused("has 1 bit a sample with several together")
    if kind != "f" and bits[0] == 64:
        raise _refused("has whole numbers of 64 bits")
    said = page.values(340) and page.values(341)
    if kind == "i" and (bits[0] not in (8, 16, 32) or not (said or bits[0] == 32)):
        raise _refused(
            f"has signed whole numbers of {bits[0]} bits without a range "
            "(SMinSampleValue, SMaxSampleValue)"
        )
    return bits[0], kind


def _check_coding(
    photometric: int,
    bits: int,
    kind: str,
    planes: bool,
    compression: int,
    predictor: int,
    fill: int,
) -> None:
    """Refuse what no decoder here is known to read."""
    if compression not in (*_PACKED, *FAX, *JPEG):
        raise _refused(f"has compression {compression}")
    if compression in FAX and (bits != 1 or photometric not in (WHITE_IS_ZERO, BLACK_IS_ZERO)):
        raise ValueError(f"a fax of {bits} bits, photometric {photometric}")
    if compression in JPEG and (bits != 8 or planes or photometric in (PALETTE, LAB)):
        raise _refused(
            f"has JPEG data of {bits} bits{' in planes' if planes else ''}, "
            f"photometric {photometric}"
        )
    whole = bits in (8, 16, 32, 64)
    if (
        predictor not in (1, 2, 3)
        or (predictor == 2 and not whole)
        or (predictor == 3 and kind != "f")
    ):
        raise _refused(f"has predictor {predictor} with {bits} bits")
    if predictor != 1 and compression in (1, 32773):  # some readers obey it there, others do not
        raise _refused(f"has predictor {predictor} with compression {_PACKED[compression]}")
    if fill not in (1, 2) or (
        fill == 2 and compression not in FAX and not (bits == 1 and compression == 1)
    ):
        raise _refused(f"has fill order {fill}")


def _check_colors(
    page: Directory, photometric: int, bits: int, kind: str, compression: int
) -> None:
    """Refuse the variants of CMYK, YCbCr and CIELab that are rare."""
    if kind != "u" or bits not in ((8, 16) if photometric == CMYK else (8,)):
        raise _refused(f"has {bits} bits with photometric {photometric}")
    if photometric == CMYK and page.value(332, 1) != 1:
        raise _refused("has inks that are not CMYK")
    if photometric == YCBCR and compression not in JPEG:
        usual = [round(value, 3) for value in page.values(529, (0.299, 0.587, 0.114))] == [
            0.299,
            0.587,
            0.114,
        ]
        wide = page.values(532, (0, 255, 128, 255, 128, 255)) == (0, 255, 128, 255, 128, 255)
        if page.values(530, (2, 2)) != (1, 1) or not usual or not wide:
            raise _refused("has YCbCr that is not plain")


def _range(page: Directory, kind: str) -> tuple[float | None, float | None]:
    """Read the lowest and the highest sample that the tags name; all channels must agree."""
    tags = (280, 281) if kind == "u" else (340, 341)
    found = [set(page.values(tag)) for tag in tags]
    lowest, highest = (values.pop() if len(values) == 1 else None for values in found)
    return lowest, highest


def _segments(
    page: Directory, width: int, height: int, planes: bool, samples: int
) -> tuple[int, int, bool, tuple[int, ...], tuple[int, ...]]:
    """Read the size of strips or tiles, which of the two, where they lie and their lengths."""
    tiled = bool(page.values(322) or page.values(324))
    rows = page.value(323) if tiled else min(page.value(278, height), height)
    columns = page.value(322) if tiled else width
    if not 0 < rows < 2**31 or not 0 < columns < 2**31:
        raise ValueError(f"strips or tiles of {columns} x {rows} pixels")
    offsets, lengths = (
        (page.whole(324), page.whole(325)) if tiled else (page.whole(273), page.whole(279))
    )
    if tiled and not offsets:
        offsets, lengths = page.whole(273), page.whole(279)  # some software has them there
    count = ceil(height / rows) * ceil(width / columns) * (samples if planes else 1)
    if len(offsets) != count or len(lengths) != count:
        raise ValueError(
            f"{len(offsets)} strips or tiles with {len(lengths)} lengths where {count} are needed"
        )
    return rows, columns, tiled, offsets, lengths
