"""A file is what its content says: every kind of picture under any name, and no thumbnail for a photograph."""

import io
import struct
import sys
import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from colorlib.images.decode import open_rgb
from colorlib.images.kinds import NOT_READ, READ, picture_kind
from colorlib.images.read import read_document
from colorlib.settings import install_hint
from helpers.formats import icc_profile

RAMP = np.tile(np.arange(64, dtype=np.uint8)[None] * 3 + 20, (48, 1))
SAVED = {"JPEG": ".jpg", "PNG": ".png", "TIFF": ".tif", "WEBP": ".webp", "GIF": ".gif", "BMP": ".bmp"}
SAVED |= {"AVIF": ".avif", "JPEG2000": ".jp2", "HEIF": ".heic"}


def encoded(kind, pixels=RAMP, **options):
    """A picture file of a kind."""
    if kind == "HEIF":
        pytest.importorskip("pillow_heif").register_heif_opener()
    options |= {"quality": 95} if kind in ("JPEG", "WEBP", "AVIF", "HEIF") else {}
    image, file = Image.fromarray(pixels), io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def directory(order, entries, after=0):
    """One directory of a TIFF: (tag, type 3 or 4, number) each, and where the next one is."""
    body = b"".join(
        struct.pack(order + "HHI", tag, kind, 1)
        + struct.pack(order + ("HH" if kind == 3 else "I"), *([value, 0][: 5 - kind]))
        for tag, kind, value in sorted(entries)
    )
    return struct.pack(order + "H", len(entries)) + body + struct.pack(order + "I", after)


def raw(order, inner, first=()):
    """What cameras write: a small picture in front, the photograph in a directory inside it."""
    start = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(order + "I", 8)
    small = [(256, 3, 8), (257, 3, 8), (258, 3, 8), (259, 3, 1), (262, 3, 1), (277, 3, 1), (278, 3, 8), (279, 4, 64)]
    small += [(254, 4, 1), *first]
    length = len(directory(order, [*small, (273, 4, 0), (330, 4, 0)]))
    small += [(273, 4, 8 + length), (330, 4, 8 + length + 64)]
    return start + directory(order, small) + bytes(range(64)) + directory(order, inner)


def dng():
    """A TIFF that says it is a DNG; the picture in it could be read well."""
    info = {50706: bytes((1, 4, 0, 0))}
    file = io.BytesIO()
    from PIL.TiffImagePlugin import ImageFileDirectory_v2

    tags = ImageFileDirectory_v2()
    tags.tagtype[50706] = 1
    tags[50706] = info[50706]
    Image.fromarray(RAMP).save(file, "TIFF", tiffinfo=tags)
    return file.getvalue()


RAWS = {
    "dng": (dng(), "raw (DNG)"),
    "nikon": (raw("<", [(262, 3, 32803)]), "raw"),
    "big-endian": (raw(">", [(262, 3, 32803)]), "raw"),
    "linear": (raw("<", [(262, 3, 34892)]), "raw"),
    "dng, big-endian": (raw(">", [(262, 3, 1)], [(50706, 4, 0x01040000)]), "raw (DNG)"),
    "canon": (b"II*\0\x10\0\0\0CR\x02\0" + bytes(100), "raw (Canon)"),
    "canon 3": (b"\0\0\0\x18ftypcrx \0\0\0\x01crx isom" + bytes(100), "raw (Canon)"),
    "olympus": (b"IIRO\x08\0\0\0" + bytes(100), "raw (Olympus)"),
    "fujifilm": (b"FUJIFILMCCD-RAW 0201" + bytes(100), "raw (Fujifilm)"),
    "photoshop": (b"8BPS\0\x01" + bytes(100), "Photoshop"),
    "jpeg xl": (b"\xff\x0a" + bytes(100), "JPEG XL"),
    "jpeg xl, boxed": (b"\0\0\0\x0cJXL \r\n\x87\n" + bytes(100), "JPEG XL"),
    "dicom": (bytes(128) + b"DICM" + bytes(100), "DICOM"),
}
NONE = {
    "text": b"BMW and other cars, in a text that begins with BM",
    "text in tiff": b"II* is how a TIFF begins",
    "film": b"\0\0\0\x18ftypisom\0\0\x02\0isomiso2" + bytes(100),
    "film of apple": b"\0\0\0\x14ftypqt  \0\0\0\0qt  " + bytes(100),
    "sound": b"RIFF\x24\0\0\0WAVEfmt " + bytes(100),
    "program": b"%!PS-Adobe",
    "page": b"<!doctype html><img src=data:image/png>",
    "gif in name only": b"GIF8 is short for",
    "empty": b"",
}


def kind_of(data, name="x"):
    return picture_kind(io.BytesIO(data), name)


@pytest.mark.parametrize("kind", READ)
def test_every_kind_is_known_under_any_name(kind, tmp_path):
    data = encoded(kind)
    for name in ("x", "x.HEIC", "x.dat", "x.jpg", "x.tif", "x.mp4", "a\x1b.=", *SAVED.values()):
        assert kind_of(data, name) == kind
        (tmp_path / name).write_bytes(data)
        document = read_document(tmp_path / name)
        assert document.format == kind
        page = document.pages[0].astype(int)
        assert np.abs((page if page.ndim == 2 else page[..., 1]) - RAMP).mean() < 3
        assert np.abs(np.asarray(open_rgb(tmp_path / name), int) - RAMP[..., None]).mean() < 3


@pytest.mark.parametrize("name", RAWS)
def test_what_is_not_read_is_named_and_never_coloured_by_its_thumbnail(name, tmp_path):
    data, kind = RAWS[name]
    assert kind not in READ
    for file in ("x", "x.tif", "x.jpg", "x.dng"):
        known = kind_of(data, file)
        assert known not in READ
        (tmp_path / file).write_bytes(data)
        with pytest.raises(ValueError, match=rf"{file}: .* files are not read here: convert it to TIFF or PNG"):
            read_document(tmp_path / file)
    assert kind_of(data) == kind


def test_a_tiff_with_the_name_of_a_raw_photograph_is_one_and_a_jpeg_is_none():
    assert kind_of(encoded("TIFF"), "x.NEF") == "raw (NEF)"
    assert kind_of(encoded("TIFF"), "x.dng") == "raw (DNG)"
    assert kind_of(encoded("JPEG"), "x.NEF") == "JPEG"
    assert kind_of(encoded("TIFF"), "x.raw") == "TIFF"


@pytest.mark.parametrize("options", [{}, {"compression": "tiff_lzw"}, {"big_tiff": True}, {"save_all": True}])
def test_scans_are_no_raw_photographs(options):
    if "save_all" in options:
        options["append_images"] = [Image.fromarray(RAMP)] * 100
    for pixels in (RAMP, RAMP.astype(np.uint16) * 257, np.dstack([RAMP] * 3)):
        assert kind_of(encoded("TIFF", pixels, **options)) == "TIFF"


@pytest.mark.parametrize("name", NONE)
def test_what_is_no_picture(name):
    assert kind_of(NONE[name]) is None


@given(
    st.binary(max_size=400),
    st.sampled_from([b"II*\0", b"MM\0*", b"II+\0\x08\0\0\0", b"MM\0+\0\x08\0\0", b"\0\0\0\x40ftyp"]),
)
def test_no_content_is_an_error_and_the_file_is_put_back(data, start):
    file = io.BytesIO(start + data)
    kind = picture_kind(file, "x")
    assert file.tell() == 0
    assert kind is None or kind in READ or kind in {"raw", "raw (DNG)", "raw (Canon)", *NOT_READ.values()}


def test_directories_in_a_circle_end():
    assert kind_of(b"II*\0\x08\0\0\0" + directory("<", [(330, 4, 8)], 8)) == "TIFF"
    assert kind_of(b"MM\0*\0\0\0\x08" + directory(">", [(330, 4, 2**32 - 1)], 8)) == "TIFF"


# --- HEIC and AVIF ---


def test_without_the_extra_heic_says_what_to_install(tmp_path, monkeypatch):
    (tmp_path / "a.heic").write_bytes(b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(100))
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    with pytest.raises(
        ValueError, match=r"a\.heic: HEIC photographs need an extra: pip install 'colorlib-book\[heic\] @"
    ):
        read_document(tmp_path / "a.heic")


def test_a_hint_names_the_address_of_the_package(monkeypatch):
    import importlib.metadata

    address = dict(entry.split(", ") for entry in importlib.metadata.metadata("colorlib-book").get_all("Project-URL"))
    assert install_hint("heic") == f"pip install 'colorlib-book[heic] @ git+{address['Repository']}'"

    def missing(name):
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(importlib.metadata, "metadata", missing)
    assert "pip install" not in install_hint("heic")


@pytest.mark.parametrize("orientation", [1, 3, 6, 8])
@pytest.mark.parametrize("kind", ["AVIF", "HEIF", "JPEG"])
def test_a_photograph_that_lies_on_its_side_is_set_up_once(kind, orientation, tmp_path):
    exif = Image.Exif()
    exif[0x0112], exif[0x010E] = orientation, "Oma"
    (tmp_path / "x").write_bytes(encoded(kind, np.dstack([RAMP] * 3), exif=exif.tobytes()))
    document = read_document(tmp_path / "x")
    turned = {1: RAMP, 3: np.rot90(RAMP, 2), 6: np.rot90(RAMP, -1), 8: np.rot90(RAMP)}[orientation]
    assert np.abs(document.pages[0][..., 1].astype(int) - turned).mean() < 3
    kept = Image.Exif()
    kept.load(document.exif)
    assert (kept.get(0x0112), kept.get(0x010E)) == (1, "Oma")


def test_of_several_pictures_in_a_heic_the_main_one_is_read_and_that_is_said(tmp_path):
    pillow_heif = pytest.importorskip("pillow_heif")
    heif = pillow_heif.from_pillow(Image.fromarray(np.dstack([255 - RAMP] * 3)))
    heif.add_from_pillow(Image.fromarray(np.dstack([RAMP] * 3)))
    heif.save(tmp_path / "two.heic", quality=95, primary_index=1)
    with pytest.warns(UserWarning, match=r"two\.heic: holds 2 pictures, of which the main one is coloured"):
        document = read_document(tmp_path / "two.heic")
    assert len(document.pages) == 1
    assert np.abs(document.pages[0][..., 1].astype(int) - RAMP).mean() < 3


def test_jpeg_2000_in_grey_keeps_16_bits(tmp_path):
    deep = np.linspace(0, 65535, 48 * 64).reshape(48, 64).astype(np.uint16)
    (tmp_path / "x.jp2").write_bytes(encoded("JPEG2000", deep))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert (read_document(tmp_path / "x.jp2").pages[0] == deep).all()


def with_profile(data, profile):
    """A JPEG 2000 file whose colour specification is an ICC profile."""
    place = data.index(b"colr") - 4
    old = int.from_bytes(data[place : place + 4], "big")
    box = struct.pack(">I4sBBB", len(profile) + 11, b"colr", 2, 0, 0) + profile
    header = data.index(b"jp2h") - 4
    length = int.from_bytes(data[header : header + 4], "big") - old + len(box)
    return data[:header] + struct.pack(">I", length) + data[header + 4 : place] + box + data[place + old :]


@pytest.mark.parametrize("pixels", [RAMP, np.dstack([RAMP] * 3)], ids=["grey", "rgb"])
def test_the_profile_of_a_jpeg_2000_is_obeyed(pixels, tmp_path):
    """As that of the same picture in a PNG."""
    profile = icc_profile(1.0, *([b"GRAY"] if pixels.ndim == 2 else []))
    (tmp_path / "a.jp2").write_bytes(with_profile(encoded("JPEG2000", pixels), profile))
    Image.fromarray(pixels).save(tmp_path / "a.png", icc_profile=profile)
    jp2, png = (read_document(tmp_path / name) for name in ("a.jp2", "a.png"))
    assert (jp2.pages[0] == png.pages[0]).all()
    assert jp2.description.has_profile
    assert (jp2.pages[0].astype(int) - pixels).max() > 30
    assert np.abs(np.asarray(open_rgb(tmp_path / "a.jp2"), int) - np.asarray(open_rgb(tmp_path / "a.png"))).max() <= 1


@given(st.integers(0, 200), st.binary(max_size=30))
def test_a_damaged_jpeg_2000_is_a_clear_error_or_a_picture(tmp_path_factory, at, damage):
    data = with_profile(encoded("JPEG2000"), icc_profile(1.0, b"GRAY"))
    path = tmp_path_factory.mktemp("jp2") / "a.jp2"
    path.write_bytes(data[: 12 + at] + damage + data[12 + at + len(damage) :])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            assert read_document(path).format == "JPEG2000"
        except ValueError as error:
            assert "a.jp2" in str(error)  # noqa: PT017
