"""One photograph, read as it is meant to be seen: as a PIL picture, or quickly as a tensor."""

import zlib
from functools import lru_cache
from io import BytesIO
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageCms, ImageOps
from torch import Tensor

try:
    from torchvision.io import ImageReadMode, decode_jpeg
except ImportError:  # torchvision means to hand its decoders over to torchcodec: Pillow does as well, a little slower
    decode_jpeg = None

__all__ = ["as_rgb", "open_rgb", "read_rgb"]

# What a damaged file makes Pillow raise, depending on the format and on where the damage is.
_UNREADABLE = (OSError, SyntaxError, ValueError, EOFError, zlib.error, Image.DecompressionBombError)

_JPEG = b"\xff\xd8\xff"
# Larger JPEGs are worth decoding at a fraction of their size, which only Pillow does.
_SMALL_FILE = 250_000


@lru_cache(maxsize=8)
def _to_srgb(profile: bytes) -> ImageCms.ImageCmsTransform:
    """The transform from an embedded ICC profile to sRGB; building one costs more than applying it."""
    embedded = ImageCms.ImageCmsProfile(BytesIO(profile))
    return ImageCms.buildTransform(embedded, ImageCms.createProfile("sRGB"), "RGB", "RGB")


def as_rgb(image: Image.Image) -> Image.Image:
    """Turn a picture of any mode into RGB: 16-bit greys scaled, transparency laid on white, a colour profile obeyed.

    Parameters
    ----------
    image : PIL.Image.Image
        Fully loaded, of any mode.

    Returns
    -------
    PIL.Image.Image
        Mode RGB, sRGB.
    """
    if image.mode.startswith("I"):
        # convert() would clip 16-bit greys at 255 instead of scaling them.
        image = Image.fromarray((np.asarray(image).clip(0, 65535) / 257 + 0.5).astype(np.uint8))
    if "A" in image.getbands() or "transparency" in image.info:
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
    profile = image.info.get("icc_profile") if image.mode == "RGB" else None
    if profile and b"sRGB" not in profile:
        try:
            return ImageCms.applyTransform(image, _to_srgb(profile)) or image
        except (ImageCms.PyCMSError, OSError):
            return image  # a damaged profile says nothing: take the numbers as sRGB, as viewers do
    return image if image.mode == "RGB" else image.convert("RGB")


def open_rgb(path: str | Path, shorter_side: int | None = None) -> Image.Image:
    """Read one photograph as it is meant to be seen.

    The rotation a camera wrote into the EXIF data is applied, an embedded colour profile is converted to sRGB, and
    whatever the file holds (grey, palette, transparency on white, CMYK, 16-bit grey) becomes 8-bit RGB.

    Parameters
    ----------
    path : str or Path
    shorter_side : int, optional
        A hint in pixels: a JPEG may be decoded at a half, a quarter or an eighth of its size as long as its shorter
        side stays at least this long, which is much cheaper. Without it the photograph has its full size.

    Returns
    -------
    PIL.Image.Image
        Mode RGB, sRGB, fully loaded.

    Raises
    ------
    FileNotFoundError
        When there is no such file.
    ValueError
        When the file is not a photograph or is damaged; the message names it.
    """
    try:
        with Image.open(path) as image:
            if shorter_side is not None:
                shrink = min(1.0, shorter_side / min(image.size))
                image.draft("RGB", (int(image.width * shrink + 1), int(image.height * shrink + 1)))
            image.load()
            return as_rgb(ImageOps.exif_transpose(image))
    except FileNotFoundError:
        raise FileNotFoundError(f"{path} does not exist") from None
    except _UNREADABLE as error:
        kind = "not a picture file" if isinstance(error, Image.UnidentifiedImageError) else str(error)
        raise ValueError(f"{path} cannot be read ({kind}): replace it or take it out of the folder") from error


def read_rgb(path: str | Path, shorter_side: int | None = None) -> Tensor:
    """Read one photograph as a tensor; the same photograph as `open_rgb`, in less time when it is a plain JPEG.

    Parameters
    ----------
    path : str or Path
    shorter_side : int, optional
        As in `open_rgb`.

    Returns
    -------
    Tensor
        (3, H, W) uint8, sRGB.

    Raises
    ------
    FileNotFoundError, ValueError
        As in `open_rgb`.
    """
    data = Path(path).read_bytes() if Path(path).is_file() else b""
    plain = data.startswith(_JPEG) and (b"ICC_PROFILE" not in data or b"sRGB" in data)
    if decode_jpeg and plain and len(data) <= _SMALL_FILE:
        try:
            return decode_jpeg(
                torch.frombuffer(bytearray(data), dtype=torch.uint8),
                mode=ImageReadMode.RGB,
                apply_exif_orientation=True,
            )
        except RuntimeError:
            pass  # damaged or unusual: Pillow reads it, or says what is wrong with it
    return torch.from_numpy(np.array(open_rgb(path, shorter_side))).permute(2, 0, 1)
