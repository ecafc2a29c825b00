"""Which number of a TIFF is white: its own tags say so, or what is assumed is told.

Whole numbers count to the largest that their bits hold. When MaxSampleValue is a smaller all-ones
number, such as 4095, and no sample is above it, that is white: so are 12 bits stored in 16. Other
values of that tag are the brightest pixel's (TIFF 6.0 calls it a statistic) and change nothing. Of
32 bits none of which is used above the sixteenth, 65535 is white; this is noted.

Floating point counts to 1, unless most of it exceeds 1 by far: white is the smallest of 1, 255 and
65535 that half of the numbers above 0 do not exceed, and 99 of 100 of all numbers not sixteen
times. So a sharpened picture that overshoots a little is not taken for a black one. When the two
rules name different whites the file is refused.
"""

from pathlib import Path

import numpy as np

from colorlib.images.limits import RefusedError
from colorlib.images.notes import note
from colorlib.images.tiff_layout import PALETTE, Layout

__all__ = ["floats_to_sixteen_bits", "full_depth"]

_LOOKED_AT = 1_000_000  # floating-point numbers, evenly spread
_BLOCK = 1_000_000


def full_depth(
    file: str | Path, values: np.ndarray, layout: Layout, alpha: bool = False
) -> np.ndarray:
    """Bring stored numbers to the full range of 8 or 16 bits.

    Parameters
    ----------
    file : str or Path
        For notes.
    values : ndarray
        (H, W, C) or (H, W), as they are stored.
    alpha : bool
        Whether they are opacity, which counts to 1 in floating point.

    Returns
    -------
    ndarray
        Of the same shape: uint8 for up to 8 bits, otherwise uint16.

    Raises
    ------
    RefusedError
        When floating-point numbers count neither to 1 nor to 255 nor to 65535.
    """
    low, high = 0.0, float(2**layout.bits - 1)
    if layout.kind == "f":
        named = layout.highest if not layout.lowest and layout.highest in (1, 255, 65535) else None
        high = 1.0 if alpha else _float_range(file, values, named)
    elif layout.kind == "i" and layout.lowest is not None and layout.highest is not None:
        low, high = float(layout.lowest), float(layout.highest)
        if not low < high:
            raise ValueError(f"its numbers count from {low:g} to {high:g}")
    elif layout.photometric != PALETTE:
        high = _whole_range(file, values, layout, high, alpha)
    return _scaled(values, low, high, np.dtype(np.uint8 if layout.bits <= 8 else np.uint16))


def floats_to_sixteen_bits(file: str | Path, values: np.ndarray) -> np.ndarray:
    """Bring floating-point greys that somebody else decoded to 16 bits, by the rule above.

    Parameters
    ----------
    file : str or Path
        For notes.

    Returns
    -------
    ndarray
        uint16, of the same shape.

    Raises
    ------
    RefusedError
        As `full_depth`.
    """
    return _scaled(values, 0.0, _float_range(file, values, None), np.dtype(np.uint16))


def _scaled(values: np.ndarray, low: float, high: float, kind: np.dtype) -> np.ndarray:
    """Stretch low to high to the whole range of a type; what is not finite is black or white."""
    full = np.iinfo(kind).max
    if values.dtype == kind and (low, high) == (0, full):
        return np.ascontiguousarray(values)
    out = np.empty(values.shape, kind)
    rows = max(1, _BLOCK // max(1, values[0].size))
    for top in range(0, len(values), rows):
        block = values[top : top + rows].astype(np.float64)
        block = np.nan_to_num(block, nan=low, posinf=high, neginf=low)
        out[top : top + rows] = ((block - low) * (full / (high - low)) + 0.5).clip(0, full)
    return out


def _whole_range(
    file: str | Path, values: np.ndarray, layout: Layout, full: float, alpha: bool
) -> float:
    """Find the white of whole numbers: all bits, or fewer when tags and numbers say so."""
    if layout.bits <= 8 and layout.highest in (None, full):
        return full
    brightest = int(values.max(initial=0))
    if (
        layout.bits == 32
        and brightest <= 65535
        and (layout.kind == "u" or values.min(initial=0) >= 0)
    ):
        if not alpha:
            note(
                file, "its whole numbers of 32 bits are taken to count to 65535, as none is larger"
            )
        return 65535.0
    if layout.kind == "i":
        raise RefusedError(
            "has signed whole numbers of 32 bits without a range (SMinSampleValue, "
            "SMaxSampleValue): "
            "save it as a grey or RGB TIFF or PNG of 8 or 16 bits"
        )
    named = layout.highest
    all_ones = named is not None and 0 < named < full and not int(named) & (int(named) + 1)
    if named is not None and all_ones and not layout.lowest:
        if brightest <= named:
            return named
        note(file, f"its MaxSampleValue is {named:g}, but it has brighter pixels: it is ignored")
    elif layout.bits >= 16 and not alpha and 0 < brightest.bit_length() <= layout.bits - 2:
        note(
            file,
            f"its brightest number is {brightest} of {full:.0f}: "
            f"it looks like {brightest.bit_length()} bits stored in "
            f"{layout.bits}, but no MaxSampleValue says so, and it stays as dark as it is",
        )
    return full


def _float_range(file: str | Path, values: np.ndarray, named: float | None) -> float:
    """Find the white of floating-point numbers, perhaps named by the tags; note the guess."""
    flat = values.reshape(-1)
    some = flat[:: max(1, flat.size // _LOOKED_AT)].astype(np.float64)
    strange = not np.isfinite(some).all()
    some = some[np.isfinite(some)]
    light = some[some > 0]
    middle = np.median(light) if light.size else 0.0
    high = np.quantile(some, 0.99) if some.size else 0.0
    whites = [white for white in (1.0, 255.0, 65535.0) if middle <= white and high <= 16 * white]
    white = named or next(iter(whites), 0.0)
    smaller = {255.0: 1.0, 65535.0: 255.0}
    if not named and (not white or (white > 1 and high <= 16 * smaller[white])):
        raise RefusedError(
            "has floating-point numbers that count neither to 1 nor to 255 nor to 65535 (half "
            "of them are above "
            f"{middle:g}): save it as a grey or RGB TIFF or PNG of 8 or 16 bits"
        )
    if white != 1:
        note(file, f"its floating-point numbers are taken to count to {white:g}")
    if strange:
        note(file, "it holds numbers that are not finite; they become black or white")
    outside = float(np.mean((some > white) | (some < 0))) if some.size else 0.0
    if outside > 0.001:
        note(
            file,
            f"{outside:.1%} of its floating-point numbers lie outside 0 to {white:g} "
            "and are cut off",
        )
    return white
