"""What a picture file says of the photograph: caption, when and by whom, resolution, texts."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from PIL import Image, JpegImagePlugin, PngImagePlugin

from colorlib.images.notes import note
from colorlib.images.png_chunks import texts_of
from colorlib.images.tiff import TiffFile, TiffPage
from colorlib.images.tiff_tags import TEXTS
from colorlib.images.xmp import kept_xmp

__all__ = ["Description", "describe", "describe_tiff_page", "exif_of", "in_one_text"]

_ORIENTATION, _EXIF, _GPS, _XMP = 0x0112, 0x8769, 0x8825, 0x02BC
_COLOR_SPACE, _WIDTH, _HEIGHT = 0xA001, 0xA002, 0xA003  # in the EXIF directory
# What a file says about the photograph, not about how its pixels are stored: names, dates, rights,
# ratings.
_KEPT = (
    269,
    270,
    271,
    272,
    282,
    283,
    285,
    296,
    305,
    306,
    315,
    316,
    18246,
    18249,
    33432,
    *range(40091, 40096),
)
_COMMENT = "Comment"  # the keyword of a PNG's text that JPEG and GIF have without one


@dataclass(frozen=True)
class Description:
    """What a picture, or a page of it, says about the photograph.

    Parameters
    ----------
    exif : bytes
        EXIF data with upright orientation and without thumbnail; b"" for none.
    dpi : (float, float), optional
        Resolution across and down in dots per inch.
    has_profile : bool
        Whether it named a colour profile; its copy then names sRGB.
    texts : dict of str to str
        Texts of a PNG by keyword, or the comment of a JPEG or GIF as "Comment". Bytes that are no
        UTF-8 are kept as Python's surrogates.
    xmp : dict of str to str
        Dates and rating in its XMP, from `xmp.kept_xmp`.
    packet : bytes
        XMP for the copy, from `label.Label`; b"" for none.
    """

    exif: bytes = b""
    dpi: tuple[float, float] | None = None
    has_profile: bool = False
    texts: Mapping[str, str] = field(default_factory=dict)
    xmp: Mapping[str, str] = field(default_factory=dict)
    packet: bytes = b""


def describe(path: str | Path, image: Image.Image, shape: tuple[int, ...]) -> Description:
    """Read what a loaded picture says.

    Parameters
    ----------
    path : str or Path
        Its file, for notes.
    image : PIL.Image.Image
        From `images.opened`.
    shape : (int, int, ...)
        Of its upright pixels, height first.
    """
    exif = _kept_exif(path, exif_of(path, image), shape)
    has_profile = bool(image.info.get("icc_profile"))
    return Description(
        exif,
        _dpi(image.info.get("dpi")),
        has_profile,
        _texts(image),
        kept_xmp(image.info.get("xmp")),
    )


def describe_tiff_page(file: TiffFile, page: TiffPage, shape: tuple[int, ...]) -> Description:
    """Read what a page of a TIFF says, as `describe`."""
    exif = Image.Exif()
    exif.endian, exif.bigtiff = file.order, file.big
    try:
        if file.big and file.order == ">":  # Pillow does not read these
            exif.endian, exif.bigtiff = "<", False
            texts = {
                tag: text for tag in TEXTS if isinstance(text := page.tags.tags.get(tag), bytes)
            }
            exif.update({tag: text.rstrip(b"\0") for tag, text in texts.items()})
        else:
            exif.load_from_fp(file.file, page.tags.offset)
        packet = exif.get(_XMP)
    except Exception as error:
        note(file.path, f"its EXIF data is damaged and not copied ({error})")
        exif, packet = Image.Exif(), None
    xmp = kept_xmp(packet if isinstance(packet, bytes) else None)
    return Description(
        _kept_exif(file.path, exif, shape), _dpi(page.dpi), bool(page.profile), xmp=xmp
    )


def exif_of(path: str | Path, image: Image.Image) -> Image.Exif:
    """Return the EXIF data of a loaded picture; empty when damaged beyond reading."""
    try:
        return image.getexif()
    except Exception as error:
        note(path, f"its EXIF data is damaged and ignored ({error})")
        return Image.Exif()


def in_one_text(texts: Mapping[str, str]) -> bytes:
    """Join texts for formats that hold one: a comment as it is, others with keywords."""
    if list(texts) == [_COMMENT]:
        return texts[_COMMENT].encode("utf-8", "surrogateescape")
    return "\n".join(f"{key}: {text}" for key, text in texts.items()).encode(
        "utf-8", "surrogateescape"
    )


def _texts(image: Image.Image) -> dict[str, str]:
    """Read the texts of a PNG, the comments of a JPEG or GIF."""
    if isinstance(image, PngImagePlugin.PngImageFile):
        return texts_of(image)
    comment = image.info.get("comment", b"") if image.format == "GIF" else b""
    if isinstance(image, JpegImagePlugin.JpegImageFile):
        comment = b"\n".join(data for marker, data in image.applist if marker == "COM")
    if isinstance(comment, str):
        comment = comment.encode()
    comment = comment.strip(b"\0 ")
    return {_COMMENT: comment.decode("utf-8", "surrogateescape")} if comment else {}


def _dpi(found: tuple[float, ...] | None) -> tuple[float, float] | None:
    """Return dots per inch across and down, when they are possible ones."""
    if found is None:
        return None
    with suppress(TypeError, ValueError, ZeroDivisionError, OverflowError):
        across, down = (float(value) for value in found)
        if 1 < across <= 65535 and 1 < down <= 65535:  # 1 is what a file says that does not know
            return across, down
    return None


def _kept_exif(path: str | Path, found: Image.Exif, shape: tuple[int, ...]) -> bytes:
    """Return what is copied of EXIF data, and true of an upright copy in sRGB."""
    kept = Image.Exif()
    try:
        for tag in _KEPT:
            if tag in found:
                # EXIF has no accented letters, but captions have: their bytes are copied as they
                # are.
                kept[tag] = (
                    found[tag].encode("latin-1") if isinstance(found[tag], str) else found[tag]
                )
        for tag in (_EXIF, _GPS):
            if directory := dict(found.get_ifd(tag)):
                kept[tag] = directory
        if camera := kept.get(_EXIF):
            height, width = shape[:2]
            camera |= {
                key: value for key, value in ((_WIDTH, width), (_HEIGHT, height)) if key in camera
            }
            camera[_COLOR_SPACE] = 1  # sRGB
        if len(kept):
            kept[_ORIENTATION] = 1
            return kept.tobytes()
    except Exception as error:  # whatever strange values do to Pillow, the picture itself is fine
        note(path, f"its EXIF data is damaged and not copied ({error})")
    return b""
