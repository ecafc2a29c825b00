"""Colour profiles (ICC.1): what the numbers of a picture file mean, converted to sRGB by the LittleCMS in Pillow."""

import warnings
from functools import lru_cache
from io import BytesIO
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image, ImageCms

__all__ = ["deep_to_srgb", "lab_to_rgb", "srgb_profile", "to_srgb"]

_ROWS = 64  # of a 16-bit picture, converted at a time


@lru_cache(maxsize=1)
def srgb_profile() -> bytes:
    """Pillow's sRGB profile, without the moment it was made, so that equal pictures are equal files."""
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
        None when there is nothing to convert: without a profile, with that of sRGB, and, with a warning, when the
        profile is damaged or belongs to another kind of picture.
    """
    if not profile or b"sRGB" in profile or profile[128:] == srgb_profile()[128:]:
        return None
    try:
        if image.mode in ("RGB", "RGBA", "CMYK"):
            to = "RGB" if image.mode == "CMYK" else image.mode
            return ImageCms.applyTransform(image, _transform(profile, image.mode, to))
        return _with_grey_curve(image, _grey_curve(profile))
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        warnings.warn(f"{name}: its colour profile does not fit or is damaged; it is ignored", stacklevel=2)
        return None


def deep_to_srgb(pixels: np.ndarray, profile: bytes, name: str | Path) -> np.ndarray:
    """Convert 16-bit colours from an ICC profile to sRGB, through a table of 86 x 86 x 86 colours, read linearly.

    Parameters
    ----------
    pixels : ndarray
        (H, W, 3) uint16.
    profile : bytes
        ICC profile. One that does not fit is ignored with a warning, as in `to_srgb`.
    name : str or Path
        The file, for the warning.

    Returns
    -------
    ndarray
        (H, W, 3) uint16, sRGB.
    """
    steps = np.arange(0, 256, 3, dtype=np.uint8)
    blue, green, red = np.meshgrid(steps, steps, steps, indexing="ij")
    table = Image.fromarray(np.stack([red, green, blue], axis=-1).reshape(len(steps), -1, 3))
    if (converted := to_srgb(table, profile, name)) is None:
        return pixels
    lattice = torch.from_numpy(np.array(converted)).float().view(*blue.shape, 3).permute(3, 0, 1, 2)[None]
    out = np.empty_like(pixels)
    for top in range(0, len(pixels), _ROWS):
        places = torch.from_numpy(pixels[top : top + _ROWS].astype(np.float32))[None, None] / 32767.5 - 1
        rows = F.grid_sample(lattice, places, align_corners=True)[0, :, 0].permute(1, 2, 0)
        out[top : top + _ROWS] = (rows * 257 + 0.5).numpy()
    return out


def lab_to_rgb(image: Image.Image) -> Image.Image:
    """Convert a picture of Pillow's mode LAB, which TIFF knows, to sRGB."""
    return ImageCms.applyTransform(image, _transform("", "LAB", "RGB"))


@lru_cache(maxsize=8)
def _transform(profile: bytes | str, mode: str, to: str) -> ImageCms.ImageCmsTransform:
    """The transform from an ICC profile to sRGB; building one costs more than applying it."""
    source = ImageCms.ImageCmsProfile(BytesIO(profile)) if profile else ImageCms.createProfile("LAB")
    return ImageCms.buildTransform(source, ImageCms.createProfile("sRGB"), mode, to)


@lru_cache(maxsize=8)
def _grey_curve(profile: bytes) -> np.ndarray:
    """(256,) float: what the greys 0...255 of a profile are in sRGB; also of an RGB profile on a grey picture."""
    ramp = Image.fromarray(np.arange(256, dtype=np.uint8)[None])
    space = ImageCms.ImageCmsProfile(BytesIO(profile)).profile.xcolor_space.strip()
    mode = "L" if space == "GRAY" else "RGB"
    return np.asarray(ImageCms.applyTransform(ramp.convert(mode), _transform(profile, mode, "RGB")))[0, :, 1]


def _with_grey_curve(image: Image.Image, curve: np.ndarray) -> Image.Image:
    """Send the greys of an L, LA or I;16 picture through a curve of 256 points; alpha stays."""
    if image.mode == "I;16":
        table = np.interp(np.arange(65536) / 257, np.arange(256), curve * 257.0)
        return Image.fromarray((table + 0.5).astype(np.uint16)[np.asarray(image)])
    bands = image.split()
    return Image.merge(image.mode, (bands[0].point(curve.tolist()), *bands[1:]))
