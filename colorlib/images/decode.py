"""A picture file, opened as it is meant to be seen: known by its content, bounded, in sRGB."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from PIL import (
    AvifImagePlugin,
    BmpImagePlugin,
    GifImagePlugin,
    Image,
    ImageOps,
    JpegImagePlugin,
    WebPImagePlugin,
)
from PIL.ImageFile import ImageFile

from colorlib.images.jpeg2000 import open_jpeg_2000
from colorlib.images.kinds import READ, picture_kind
from colorlib.images.limits import RefusedError, check_memory, check_pages, pillow_without_limit
from colorlib.images.modes import as_rgb
from colorlib.images.png_chunks import open_png
from colorlib.images.sixteen_bit import byte_modes, eight_bits
from colorlib.images.tiff import TiffFile, TiffPage
from colorlib.settings import install_hint

__all__ = [
    "errors_named",
    "kind_of",
    "memory_needed",
    "open_rgb",
    "opened",
    "opened_twice",
    "within_limits",
]

# What reads a file of each kind. Nothing else is tried: Pillow also knows formats that run
# programs.
_READERS: dict[str, Callable[[BinaryIO], ImageFile]] = {
    "JPEG": JpegImagePlugin.jpeg_factory,
    "WEBP": WebPImagePlugin.WebPImageFile,
    "GIF": GifImagePlugin.GifImageFile,
    "BMP": BmpImagePlugin.BmpImageFile,
    "AVIF": AvifImagePlugin.AvifImageFile,
    "JPEG2000": open_jpeg_2000,
}
# What reading and colouring takes in bytes a pixel, all copies together, by Pillow's mode; 15 for
# the others.
_BYTES = {"1": 9, "L": 9, "LA": 17, "RGBA": 19, "PA": 19, "I;16": 20, "I": 24, "F": 24}
_SIXTEEN_BIT_BYTES = {"LA": 34, "RGBA": 34, "RGB": 30}  # of 16-bit PNGs, which are decoded twice


class _UnreadableError(ValueError):
    """A message that already names the file and says what to do."""


@contextmanager
def errors_named(path: str | Path) -> Iterator[None]:
    """Turn what goes wrong with a picture file into an error that names it and what to do.

    Raises
    ------
    FileNotFoundError, ValueError, MemoryError
        As `opened`.
    """
    try:
        yield
    except _UnreadableError:
        raise
    except RefusedError as error:
        raise _UnreadableError(f"{path} {error}") from None
    except FileNotFoundError:
        raise FileNotFoundError(f"{path} does not exist") from None
    except OSError as error:  # also a folder with a picture's name, and a file that may not be read
        raise unreadable(path, error.strerror or str(error)) from error
    except MemoryError:
        raise MemoryError(
            f"{path} does not fit into the memory: scale it down or split its pages"
        ) from None
    except (
        Exception
    ) as error:  # what a damaged file makes a decoder raise depends on where the damage is
        raise unreadable(path, str(error) or type(error).__name__) from error


@contextmanager
def opened(path: str | Path) -> Iterator[Image.Image]:
    """Open a picture file; what goes wrong, also in the block, becomes an error that names it.

    JPEG, PNG, TIFF, WebP, GIF, BMP, AVIF, JPEG 2000 and, with the extra `heic`, HEIC are recognised
    by their content, whatever the file is called. Raw photographs of cameras are refused, though
    they are TIFF files. Pillow's guard against small files that claim a giant picture is replaced
    by that of `colorlib.images.limits`, for this file only.

    Returns
    -------
    context manager giving a PIL.Image.Image
        Its header is read, its pixels are not; but of a TIFF the first page is decoded, at 8 bits
        if it has colours.

    Raises
    ------
    FileNotFoundError
        When there is no such file.
    ValueError
        When the file is a folder, may not be read, is not a picture, is damaged, or is larger than
        the limits.
    MemoryError
        When the picture does not fit into the memory.
    """
    # Pillow gets a file, not a name: it would map a TIFF of that name into memory, where it
    # mistakes width for height when the picture is to be turned, and where a file that another
    # program shortens is a crash.
    with errors_named(path), open(path, "rb") as file:
        if kind_of(path, file) == "TIFF":
            yield _first_page(TiffFile(path).page(0))
            return
        with _within_memory(path, file) as image:
            yield image


@contextmanager
def opened_twice(path: str | Path) -> Iterator[tuple[ImageFile, Callable[[], ImageFile]]]:
    """Open a picture file that is no TIFF, as `opened`, with what opens this file once more.

    Even if another one has its name by then.
    """
    with errors_named(path), open(path, "rb") as file:

        def again() -> ImageFile:
            file.seek(0)
            return _pillow_image(path, file)

        with _within_memory(path, file) as image:
            yield image, again


@contextmanager
def _within_memory(path: str | Path, file: BinaryIO) -> Iterator[ImageFile]:
    with _pillow_image(path, file) as image:
        check_memory(*image.size, _bytes_a_pixel(image))
        with pillow_without_limit(image.width * image.height):
            yield image


def unreadable(path: str | Path, why: str) -> ValueError:
    """Make the error for a file that cannot be used: it names it, says why and what to do."""
    return _UnreadableError(
        f"{path} cannot be read ({why}): replace it or take it out of the folder"
    )


def within_limits(image: Image.Image, frames: int) -> None:
    """Raise RefusedError when an animation, all of whose frames are held, exceeds the limits."""
    check_pages(frames, "frames")
    check_memory(*image.size, _bytes_a_pixel(image), frames)


def memory_needed(path: str | Path) -> float:
    """Say how much memory reading and colouring a picture file takes, from its header.

    Returns
    -------
    float
        Bytes, for what is held at one time: a page of a TIFF (its first), all frames of an
        animation.

    Raises
    ------
    FileNotFoundError, ValueError, MemoryError
        As `opened`.
    """
    with errors_named(path), open(path, "rb") as file:
        if kind_of(path, file) == "TIFF":
            return TiffFile(path).memory()
        with _pillow_image(path, file) as image:
            frames = 1 if image.format in ("JPEG", "MPO") else getattr(image, "n_frames", 1)
            return image.width * image.height * _bytes_a_pixel(image) * frames


def _bytes_a_pixel(image: Image.Image) -> float:
    return _SIXTEEN_BIT_BYTES[image.mode] if byte_modes(image) else _BYTES.get(image.mode, 15)


def _first_page(page: TiffPage) -> Image.Image:
    """Give a page of a TIFF as Pillow has it; profile and orientation are still to be obeyed."""
    values = page.values if page.mode == "L" and page.alpha is None else eight_bits(page.values)
    image = Image.fromarray(values, page.mode if page.mode in ("CMYK", "LAB") else None)
    if page.alpha is not None and page.mode in ("L", "RGB"):
        image.putalpha(Image.fromarray(eight_bits(page.alpha)))
    exif = Image.Exif()
    exif[0x0112] = page.orientation
    image.info = {"icc_profile": page.profile, "exif": exif.tobytes()}
    image.format = "TIFF"
    return image


def open_rgb(path: str | Path, shorter_side: int | None = None) -> Image.Image:
    """Read one photograph as it is meant to be seen.

    The rotation a camera wrote into the EXIF data is applied, an embedded colour profile is
    converted to sRGB, and whatever the file holds (grey, palette, transparency on white, CMYK,
    16-bit grey) becomes 8-bit RGB.

    Parameters
    ----------
    shorter_side : int, optional
        A hint in pixels: a JPEG may be decoded at a half, a quarter or an eighth of its size as
        long as its shorter side stays at least this long, which is much cheaper. Without it the
        photograph has its full size.

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
        return as_rgb(ImageOps.exif_transpose(image), path)


def kind_of(path: str | Path, file: BinaryIO) -> str:
    """Tell what kind of picture a file is, by its content; an error for what is not read here."""
    kind = picture_kind(file, path)
    if kind in READ:
        return kind
    if kind:
        raise _UnreadableError(f"{path}: {kind} files are not read here: convert it to TIFF or PNG")
    raise unreadable(path, "not a picture file" if file.read(1) else "the file is empty")


def _pillow_image(path: str | Path, file: BinaryIO) -> ImageFile:
    """Open anything but a TIFF, by its content; nothing is decoded."""
    kind = kind_of(path, file)
    if kind == "PNG":
        return open_png(path, file)
    return (_heif_reader(path) if kind == "HEIF" else _READERS[kind])(file)


def _heif_reader(path: str | Path) -> Callable[[BinaryIO], ImageFile]:
    """Return what reads the photographs of many a telephone."""
    try:
        from pillow_heif import HeifImageFile
    except ImportError:
        raise _UnreadableError(
            f"{path}: HEIC photographs need an extra: {install_hint('heic')}"
        ) from None
    return HeifImageFile
