"""A picture file, opened as it is meant to be seen: recognised by its content, bounded in size, its colours in sRGB."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache, partial
from pathlib import Path
from typing import BinaryIO

import numpy as np
import torch
from PIL import (
    AvifImagePlugin,
    BmpImagePlugin,
    GifImagePlugin,
    Image,
    ImageOps,
    JpegImagePlugin,
    PngImagePlugin,
    TiffImagePlugin,
    WebPImagePlugin,
)
from torch import Tensor

from colorlib.extras import install_hint
from colorlib.icc import lab_to_rgb, to_srgb
from colorlib.jpeg2000 import open_jpeg_2000
from colorlib.kinds import picture_kind

__all__ = ["MAX_PIXELS", "as_rgb", "open_rgb", "opened", "plain", "read_rgb"]

# A scan of 100 megapixels is honest; a small file that claims more than this many would fill the memory.
MAX_PIXELS = 300_000_000

# What reads a file of each kind. Nothing else is tried: Pillow also knows formats that run programs.
_READERS = {
    "JPEG": JpegImagePlugin.jpeg_factory,
    "PNG": PngImagePlugin.PngImageFile,
    "TIFF": TiffImagePlugin.TiffImageFile,
    "WEBP": WebPImagePlugin.WebPImageFile,
    "GIF": GifImagePlugin.GifImageFile,
    "BMP": BmpImagePlugin.BmpImageFile,
    "AVIF": AvifImagePlugin.AvifImageFile,
    "JPEG2000": open_jpeg_2000,
}

# Larger JPEGs are worth decoding at a fraction of their size, which only Pillow does.
_SMALL_FILE = 250_000

_one_giant = threading.Lock()


class _UnreadableError(ValueError):
    """A message that already names the file and says what to do."""


@contextmanager
def opened(path: str | Path) -> Iterator[Image.Image]:
    """Open a picture file; whatever goes wrong, here or while the block decodes it, becomes an error that names it.

    JPEG, PNG, TIFF, WebP, GIF, BMP, AVIF, JPEG 2000 and, with the extra `heic`, HEIC are recognised by their content,
    whatever the file is called. Raw photographs of cameras are refused, though they are TIFF files. Pillow's guard
    against small files that claim a giant picture is replaced by `MAX_PIXELS`, for this file only.

    Parameters
    ----------
    path : str or Path

    Returns
    -------
    context manager giving a PIL.Image.Image
        Its header is read, its pixels are not. Call `within_limit` again after a `seek`: pages differ in size.

    Raises
    ------
    FileNotFoundError
        When there is no such file.
    ValueError
        When the file is a folder, may not be read, is not a picture, is damaged, or claims more than `MAX_PIXELS`.
    MemoryError
        When the picture does not fit into the memory.
    """
    try:
        # Pillow gets a file, not a name: it would map a TIFF of that name into memory, where it mistakes width for
        # height when the picture is to be turned, and where a file that another program shortens is a crash.
        with open(path, "rb") as file, _reader(path, file)(file) as image:
            image.path = path
            within_limit(image)
            with _pillow_without_limit(image):
                yield image
    except _UnreadableError:
        raise
    except FileNotFoundError:
        raise FileNotFoundError(f"{path} does not exist") from None
    except OSError as error:  # also a folder with a picture's name, and a file that may not be read
        raise unreadable(path, error.strerror or str(error)) from error
    except MemoryError:
        raise MemoryError(f"{path} does not fit into the memory: scale it down or split its pages") from None
    except Exception as error:  # what a damaged file makes a decoder raise depends on where the damage is
        raise unreadable(path, str(error) or type(error).__name__) from error


def unreadable(path: str | Path, why: str) -> ValueError:
    """The error for a file that cannot be used: names it, says why and what to do."""
    return _UnreadableError(f"{path} cannot be read ({why}): replace it or take it out of the folder")


def within_limit(image: Image.Image, frames: int = 1) -> None:
    """Raise ValueError when a picture, or all frames of an animation together, have more than `MAX_PIXELS` pixels."""
    width, height = image.size
    if width * height * frames > MAX_PIXELS:
        claim = f"{width} x {height} pixels" + (f" in {frames} frames" if frames > 1 else "")
        raise _UnreadableError(
            f"{image.path} claims {claim}; the limit is {MAX_PIXELS // 1_000_000} megapixels: "
            "scale it down or take it out of the folder"
        )


def plain(image: Image.Image) -> Image.Image:
    """Turn a picture of any mode into L, LA, RGB, RGBA or I;16 (16-bit grey); its colour profile is obeyed.

    A grey palette becomes grey. A profile that is damaged or belongs to another kind of picture is ignored with a
    warning, as viewers do.

    Parameters
    ----------
    image : PIL.Image.Image
        Fully loaded, of any mode.

    Returns
    -------
    PIL.Image.Image
        In sRGB, or in grey with the tone curve of sRGB. I;16 has the byte order of this machine.
    """
    profile = image.info.get("icc_profile") or b""
    name = getattr(image, "path", "a picture")
    clear = "A" in image.getbands() or "a" in image.getbands() or "transparency" in image.info
    if image.mode == "CMYK":
        return to_srgb(image, profile, name) or image.convert("RGB")
    if image.mode == "LAB":
        return lab_to_rgb(image)
    if image.mode.startswith("I") or image.mode == "F":
        image = Image.fromarray(_sixteen_bits(np.asarray(image)))
    elif image.mode in ("P", "PA"):
        image = (
            image.convert("RGBA" if clear else "RGB") if _has_colours(image) else image.convert("LA" if clear else "L")
        )
    elif image.mode in ("1", "L", "LA", "La"):
        image = image.convert("LA" if clear else "L")
    else:
        image = image.convert("RGBA" if clear else "RGB")
    return to_srgb(image, profile, name) or image


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
    image = plain(image)
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


def eight_bits(values: np.ndarray) -> np.ndarray:
    """Round uint16 values, full scale 65535, to uint8; uint8 comes back as it is."""
    return values if values.dtype == np.uint8 else ((values.astype(np.uint32) + 128) // 257).astype(np.uint8)


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
    with opened(path) as image:
        if shorter_side is not None:
            shrink = min(1.0, shorter_side / min(image.size))
            image.draft("RGB", (int(image.width * shrink + 1), int(image.height * shrink + 1)))
        image.load()
        return as_rgb(ImageOps.exif_transpose(image))


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
    plain_jpeg = data.startswith(b"\xff\xd8\xff") and (b"ICC_PROFILE" not in data or b"sRGB" in data)
    if plain_jpeg and len(data) <= _SMALL_FILE and (decode := _decode_jpeg()):
        try:
            return decode(torch.frombuffer(bytearray(data), dtype=torch.uint8), apply_exif_orientation=True)
        except RuntimeError:
            pass  # damaged or unusual: Pillow reads it, or says what is wrong with it
    return torch.from_numpy(np.array(open_rgb(path, shorter_side))).permute(2, 0, 1)


@lru_cache(maxsize=1)
def _decode_jpeg() -> Callable[..., Tensor] | None:
    """torchvision's decoder, when first needed: the command line starts without torchvision."""
    try:
        from torchvision.io import ImageReadMode, decode_jpeg
    except ImportError:  # it means to hand its decoders over to torchcodec: Pillow does as well, a little slower
        return None
    return partial(decode_jpeg, mode=ImageReadMode.RGB)


def _reader(path: str | Path, file: BinaryIO) -> Callable[[BinaryIO], Image.Image]:
    """What reads this file, by its content."""
    kind = picture_kind(file, path)
    if kind in _READERS:
        return _READERS[kind]
    if kind == "HEIF":
        return _heif_reader(path)
    if kind:
        raise _UnreadableError(f"{path}: {kind} files are not read here: convert it to TIFF or PNG")
    raise unreadable(path, "not a picture file" if file.read(1) else "the file is empty")


def _heif_reader(path: str | Path) -> Callable[[BinaryIO], Image.Image]:
    """What reads the photographs of many a telephone."""
    try:
        from pillow_heif import HeifImageFile
    except ImportError:
        raise _UnreadableError(f"{path}: HEIC photographs need an extra: {install_hint('heic')}") from None
    return HeifImageFile


@contextmanager
def _pillow_without_limit(image: Image.Image) -> Iterator[None]:
    """Lift Pillow's limit, which is the whole process's, only while a giant that passed ours is read, one at a time."""
    if image.width * image.height <= (Image.MAX_IMAGE_PIXELS or MAX_PIXELS):
        yield
        return
    with _one_giant:
        before, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, None
        try:
            yield
        finally:
            Image.MAX_IMAGE_PIXELS = before


def _has_colours(image: Image.Image) -> bool:
    """Whether the palette of a picture holds anything but greys."""
    palette = np.array(image.getpalette("RGB"), np.uint8).reshape(-1, 3)
    return bool((palette != palette[:, :1]).any())


def _sixteen_bits(values: np.ndarray) -> np.ndarray:
    """Integers are clipped to 0...65535; floating-point greys count from 0 to 1, 255 or 65535, whichever holds them."""
    if values.dtype.kind == "f":
        values = np.nan_to_num(values, posinf=0, neginf=0)
        full = next((full for full in (1, 255) if values.max() <= full), 65535)
        values = values * (65535 / full) + 0.5
    return values.clip(0, 65535).astype(np.uint16)
