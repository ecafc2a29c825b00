"""A picture of any of Pillow's modes, as one of the few of the rest; its profile obeyed."""

from pathlib import Path

import numpy as np
from PIL import Image

from colorlib.images.icc import lab_image_to_rgb, to_srgb
from colorlib.images.sample_range import floats_to_sixteen_bits
from colorlib.images.sixteen_bit import eight_bits

__all__ = ["as_rgb", "on_white", "plain"]


def plain(image: Image.Image, name: str | Path = "a picture") -> Image.Image:
    """Turn any picture into L, LA, RGB, RGBA or I;16 (16-bit grey), its profile obeyed.

    A grey palette becomes grey. A profile that is damaged or belongs to another kind of picture is
    ignored with a warning, as viewers do.

    Parameters
    ----------
    image : PIL.Image.Image
        Fully loaded, of any mode.
    name : str or Path
        Its file, for notes.

    Returns
    -------
    PIL.Image.Image
        In sRGB, or in grey with the tone curve of sRGB. I;16 has the byte order of this machine.
    """
    profile = image.info.get("icc_profile") or b""
    clear = "A" in image.getbands() or "a" in image.getbands() or "transparency" in image.info
    if image.mode == "CMYK":
        return to_srgb(image, profile, name) or image.convert("RGB")
    if image.mode == "LAB":
        return lab_image_to_rgb(image)
    if image.mode == "F":
        image = Image.fromarray(floats_to_sixteen_bits(name, np.asarray(image)))
    elif image.mode.startswith("I"):
        image = Image.fromarray(np.asarray(image).clip(0, 65535).astype(np.uint16))
    elif image.mode in ("P", "PA"):
        image = (
            image.convert("RGBA" if clear else "RGB")
            if _has_colors(image)
            else image.convert("LA" if clear else "L")
        )
    elif image.mode in ("1", "L", "LA", "La"):
        image = image.convert("LA" if clear else "L")
    else:
        image = image.convert("RGBA" if clear else "RGB")
    return to_srgb(image, profile, name) or image


def as_rgb(image: Image.Image, name: str | Path = "a picture") -> Image.Image:
    """Turn any picture into RGB: 16 bits scaled, laid on white, its profile obeyed.

    Parameters
    ----------
    image : PIL.Image.Image
        Fully loaded, of any mode.
    name : str or Path
        Its file, for notes.

    Returns
    -------
    PIL.Image.Image
        Mode RGB, sRGB.
    """
    image = plain(image, name)
    if image.mode == "I;16":
        # convert() would clip 16-bit greys at 255 instead of scaling them.
        image = Image.fromarray(eight_bits(np.asarray(image)))
    return on_white(image)


def on_white(image: Image.Image) -> Image.Image:
    """Turn an 8-bit picture, with or without alpha, into RGB: transparency is laid on white."""
    if "A" in image.getbands():
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
    return image if image.mode == "RGB" else image.convert("RGB")


def _has_colors(image: Image.Image) -> bool:
    """Whether the palette of a picture holds anything but greys."""
    palette = np.array(image.getpalette("RGB"), np.uint8).reshape(-1, 3)
    return bool((palette != palette[:, :1]).any())
