"""Colour profiles (ICC.1): what a file's numbers mean, made sRGB by Pillow's LittleCMS."""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from io import BytesIO
from itertools import product
from pathlib import Path

import numpy as np
from PIL import Image, ImageCms

from colorlib.images.notes import note

__all__ = [
    "is_srgb",
    "lab_image_to_rgb",
    "matrix_profile",
    "sixteen_bit_to_srgb",
    "srgb_profile",
    "to_srgb",
]

_BRADFORD = np.array(
    [[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]]
)
_D50 = np.array([0.9642, 1.0, 0.8249])
_ROWS = 64  # of a 16-bit picture, converted at a time


@lru_cache(maxsize=1)
def srgb_profile() -> bytes:
    """Return Pillow's sRGB profile without its time: equal pictures are equal files."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    return profile[:24] + bytes(12) + profile[36:]


def to_srgb(image: Image.Image, profile: bytes, name: str | Path) -> Image.Image | None:
    """Convert a picture to sRGB; greys stay grey.

    Parameters
    ----------
    image : PIL.Image.Image
        Mode L, LA, RGB, RGBA, CMYK or I;16.
    profile : bytes
        ICC profile; b"" for none.
    name : str or Path
        The file, for a warning.

    Returns
    -------
    PIL.Image.Image or None
        None when there is nothing to convert: without a profile, with one that changes no colour by
        more than 1 of 255, whatever its name is, and, with a note, when it is damaged or belongs to
        another kind of picture.
    """
    try:
        if not profile or (
            image.mode != "CMYK" and is_srgb(profile, image.mode in ("RGB", "RGBA"))
        ):
            return None
        if image.mode in ("RGB", "RGBA", "CMYK"):
            to = "RGB" if image.mode == "CMYK" else image.mode
            return ImageCms.applyTransform(image, _transform(profile, image.mode, to))
        return _with_grey_curve(image, _grey_curve(profile))
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        note(name, "its colour profile does not fit or is damaged; it is ignored")
        return None


@lru_cache(maxsize=16)
def is_srgb(profile: bytes, colors: bool = True) -> bool:
    """Tell whether a profile means sRGB by what it does to colours and greys, not by its name.

    Parameters
    ----------
    profile : bytes
        ICC profile.
    colors : bool
        Whether it is a colour picture's; that of a grey one only has to keep greys.

    Raises
    ------
    ImageCms.PyCMSError, OSError, ValueError, TypeError
        When the profile is damaged or belongs to another kind of picture.
    """
    if profile[128:] == srgb_profile()[128:]:
        return True
    greys = np.arange(256)
    if not colors:
        return bool(np.abs(_grey_curve(profile) - greys).max() <= 1)
    lattice = np.stack(np.meshgrid(*[np.arange(0, 256, 51)] * 3), axis=-1).reshape(-1, 3)
    before = np.concatenate([lattice, np.stack([greys] * 3, axis=-1)]).astype(np.uint8)[None]
    after = np.asarray(
        ImageCms.applyTransform(Image.fromarray(before), _transform(profile, "RGB", "RGB"))
    )
    return bool(np.abs(after.astype(int) - before).max() <= 1)


def sixteen_bit_to_srgb(pixels: np.ndarray, profile: bytes, name: str | Path) -> np.ndarray:
    """Convert 16-bit greys or colours from an ICC profile to sRGB.

    Colours go through a table of 96 x 96 x 96, denser in the dark, where linear profiles are steep;
    it is read linearly.

    Parameters
    ----------
    pixels : ndarray
        (H, W) or (H, W, 3) uint16.
    profile : bytes
        ICC profile. One that does not fit is ignored with a note, as in `to_srgb`.
    name : str or Path
        The file, for the note.

    Returns
    -------
    ndarray
        Of the same shape, uint16, sRGB.
    """
    if pixels.ndim == 2:
        converted = to_srgb(Image.fromarray(pixels), profile, name)
        return pixels if converted is None else np.asarray(converted)
    steps = _steps()
    blue, green, red = np.meshgrid(steps, steps, steps, indexing="ij")
    table = Image.fromarray(np.stack([red, green, blue], axis=-1).reshape(len(steps), -1, 3))
    if (converted := to_srgb(table, profile, name)) is None:
        return pixels
    lattice = np.asarray(converted, dtype=np.float32).reshape(-1, 3)
    places = np.interp(np.arange(65536) / 257, steps, np.arange(len(steps))).astype(np.float32)
    out = np.empty_like(pixels)
    for top in range(0, len(pixels), _ROWS):
        rows = _between(lattice, len(steps), places[pixels[top : top + _ROWS]])
        out[top : top + _ROWS] = rows * np.float32(257) + np.float32(0.5)
    return out


def _between(lattice: np.ndarray, side: int, places: np.ndarray) -> np.ndarray:
    """Interpolate colours at (h, W, 3) in a lattice (side ** 3, 3), blue first."""
    below = np.minimum(places.astype(np.int32), side - 2)
    above = places - below
    first = below @ np.array([1, side, side * side], np.int32)
    total = np.zeros(places.shape, np.float32)
    for corner in product((0, 1), repeat=3):
        share = np.prod(np.where(corner, above, 1 - above), axis=-1, keepdims=True)
        total += share * lattice[first + (corner[0] + side * corner[1] + side * side * corner[2])]
    return total


def _steps() -> np.ndarray:
    """(96,) uint8 from 0 to 255: every number in the dark, every third in the light."""
    return np.concatenate([np.arange(15), np.arange(15, 256, 3)]).astype(np.uint8)


def lab_image_to_rgb(image: Image.Image) -> Image.Image:
    """Convert a picture of Pillow's mode LAB, which TIFF knows, to sRGB."""
    converted = ImageCms.applyTransform(image, _transform(b"", "LAB", "RGB"))
    return converted  # type: ignore[return-value]  # Pillow's None is for pictures changed in place


@lru_cache(maxsize=8)
def _transform(profile: bytes, mode: str, to: str) -> ImageCms.ImageCmsTransform:
    """Return the transform from a profile (b"": CIE Lab) to sRGB, costlier to build than apply."""
    source = (
        ImageCms.ImageCmsProfile(BytesIO(profile)) if profile else ImageCms.createProfile("LAB")
    )
    return ImageCms.buildTransform(source, ImageCms.createProfile("sRGB"), mode, to)


@lru_cache(maxsize=8)
def _grey_curve(profile: bytes) -> np.ndarray:
    """Return what a profile's greys 0...255 are in sRGB, (256,) float; also of an RGB profile."""
    ramp = Image.fromarray(np.arange(256, dtype=np.uint8)[None])
    space = ImageCms.ImageCmsProfile(BytesIO(profile)).profile.xcolor_space.strip()
    mode = "L" if space == "GRAY" else "RGB"
    converted = ImageCms.applyTransform(ramp.convert(mode), _transform(profile, mode, "RGB"))
    return np.asarray(converted)[0, :, 1].astype(int)


def _with_grey_curve(image: Image.Image, curve: np.ndarray) -> Image.Image:
    """Send the greys of an L, LA or I;16 picture through a curve of 256 points; alpha stays."""
    if image.mode == "I;16":
        table = np.interp(np.arange(65536) / 257, np.arange(256), curve * 257.0)
        return Image.fromarray((table + 0.5).astype(np.uint16)[np.asarray(image)])
    bands = image.split()
    return Image.merge(image.mode, (bands[0].point(curve.tolist()), *bands[1:]))


def matrix_profile(gamma: float | None, primaries: Sequence[float]) -> bytes:
    """Make an ICC profile (version 4) of a gamma and of primaries.

    Parameters
    ----------
    gamma : float or None
        Light is the number to this power; None for the curve of sRGB.
    primaries : sequence of float
        x and y of white, red, green and blue (CIE 1931).

    Raises
    ------
    numpy.linalg.LinAlgError, ValueError
        When the primaries lie on a line or cannot make the white.
    """
    # XYZ of the primaries, each as strong as it takes for their sum to be the white.
    x, y = np.array(primaries, float).reshape(4, 2).T
    if not (y > 0).all():
        raise ValueError("a primary without light")
    white, *lights = np.stack([x / y, np.ones(4), (1 - x - y) / y], axis=1)
    columns = np.array(lights).T
    columns = columns * np.linalg.solve(columns, white)
    # A profile speaks of D50: Bradford's adaptation moves the white there, and the primaries along.
    adapt = np.linalg.inv(_BRADFORD) @ np.diag(_BRADFORD @ _D50 / (_BRADFORD @ white)) @ _BRADFORD
    columns = adapt @ columns
    if not np.isfinite(columns).all() or np.abs(columns).max() > 10:
        raise ValueError("impossible primaries")

    def fixed(numbers: Iterable[float]) -> bytes:
        return b"".join(round(number * 65536).to_bytes(4, signed=True) for number in numbers)

    # The curve of each channel: a power, or that of sRGB (parametric curves 0 and 3).
    kind, numbers = (
        (0, (gamma,)) if gamma else (3, (2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045))
    )
    curve = b"para" + bytes(4) + kind.to_bytes(2) + bytes(2) + fixed(numbers)
    text = (
        b"mluc"
        + bytes(4)
        + (1).to_bytes(4)
        + (12).to_bytes(4)
        + b"enUS"
        + (8).to_bytes(4)
        + (28).to_bytes(4)
    )
    text += "gAMA".encode("utf-16-be")
    tags = {b"desc": text, b"cprt": text, b"wtpt": b"XYZ " + bytes(4) + fixed(_D50)}
    for color, column in zip("rgb", columns.T, strict=True):
        tags |= {
            f"{color}XYZ".encode(): b"XYZ " + bytes(4) + fixed(column),
            f"{color}TRC".encode(): curve,
        }
    # The file: a head of 128 bytes, a table of where each tag lies, and the tags.
    table, data, start = len(tags).to_bytes(4), b"", 132 + 12 * len(tags)
    for tag, content in tags.items():
        table += tag + (start + len(data)).to_bytes(4) + len(content).to_bytes(4)
        data += content + bytes(-len(content) % 4)
    head = (start + len(data)).to_bytes(4) + bytes(4) + b"\x04\x20\0\0mntrRGB XYZ "
    head += bytes(12) + b"acsp" + bytes(28) + fixed(_D50)
    return head.ljust(128, b"\0") + table + data
