"""Files as they are found: every kind is read, written and read again, and a hostile one is refused by name."""

import struct
import warnings
import zlib
from functools import partial
from io import BytesIO

import hypothesis.strategies as st
import numpy as np
import pytest
import tifffile
from hypothesis import HealthCheck, given, settings
from PIL import Image, ImageCms, TiffImagePlugin

from colorlib import document as document_module
from colorlib import formats
from colorlib.formats import WRITABLE, output_suffix, read_document, write_document
from colorlib.opening import open_rgb

H, W = 40, 60
GREY = (np.add.outer(np.arange(H) * 3, np.arange(W) * 2)).astype(np.uint8)
RGB = np.dstack([GREY, GREY // 2, 255 - GREY])
ALPHA = (np.add.outer(np.arange(H), np.arange(W)) * 2).astype(np.uint8)
DEEP = (np.add.outer(np.arange(H) * 1201, np.arange(W) * 307) % 65536).astype(np.uint16)
DEEP_RGB = np.dstack([DEEP, DEEP // 3, DEEP[::-1]])
TINT = np.array([1.0, 0.8, 0.6])


def paint(document):
    """A stand-in for a colorizer: greys become orange, colours stay."""
    for page in document.pages:
        yield page if page.ndim == 3 else (page[..., None] * TINT).astype(page.dtype)


def recolour(source, target):
    """Read, paint and write a file; return what was read, the painted pages, and what was written."""
    document = read_document(source)
    painted = list(paint(document))
    write_document(document, painted, target)
    assert [file.name for file in target.parent.iterdir() if ".part" in file.name] == []
    return document, painted, read_document(target)


def difference(a, b):
    """The largest difference of two pictures; a grey one counts as R = G = B."""
    a, b = (x if x.ndim == 3 else np.dstack([x, x, x]) for x in (a, b))
    return np.abs(a.astype(int) - b.astype(int)).max()


def png(header, *chunks):
    """A PNG file made by hand, for what Pillow does not write."""
    chunks = [(b"IHDR", header), *chunks, (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data)) for name, data in chunks
    )


def icc_profile(gamma, space=b"RGB "):
    """An ICC profile of version 2 with the primaries of Adobe RGB, or a grey one; D50, made by hand."""

    def fixed(*numbers):
        return b"".join(struct.pack(">i", round(number * 65536)) for number in numbers)

    curve = b"curv\0\0\0\0" + struct.pack(">IH", 1, round(gamma * 256)) + b"\0\0"
    white = b"XYZ \0\0\0\0" + fixed(0.9642, 1.0, 0.8249)
    # Adobe RGB (1998), annex B.2: the columns adapted to D50.
    columns = ((0.60974, 0.31111, 0.01947), (0.20528, 0.62567, 0.06087), (0.14919, 0.06322, 0.74457))
    text = b"desc\0\0\0\0" + struct.pack(">I", 5) + b"test\0" + bytes(78)
    tags = [(b"desc", text), (b"wtpt", white), (b"cprt", b"text\0\0\0\0free\0\0\0\0")]
    if space == b"GRAY":
        tags.append((b"kTRC", curve))
    else:
        for name, column in zip(b"rgb", columns, strict=True):
            tags += [(bytes([name]) + b"XYZ", b"XYZ \0\0\0\0" + fixed(*column)), (bytes([name]) + b"TRC", curve)]
    table, data = struct.pack(">I", len(tags)), b""
    start = 128 + 4 + 12 * len(tags)
    for name, content in tags:
        content += bytes(-len(content) % 4)
        table += name + struct.pack(">II", start + len(data), len(content))
        data += content
    head = struct.pack(">I4sI4s4s4s", start + len(data), b"test", 0x02100000, b"mntr", space, b"XYZ ")
    head += struct.pack(">6H", 2000, 1, 1, 0, 0, 0) + b"acsp" + bytes(28) + fixed(0.9642, 1.0, 0.8249)
    return head.ljust(128, b"\0") + table + data


ADOBE, GREY_18 = icc_profile(2.2), icc_profile(1.8, space=b"GRAY")


class TestWhatIsRead:
    """Each kind of file, against the pixels it was made from."""

    @pytest.mark.parametrize("suffix", ["png", "tif", "bmp"])
    @pytest.mark.parametrize(
        ("mode", "expected"),
        [("1", (GREY > 99) * np.uint8(255)), ("L", GREY), ("RGB", RGB)],
    )
    def test_lossless_files(self, tmp_path, suffix, mode, expected):
        image = Image.fromarray(expected)
        image.convert(mode, dither=Image.Dither.NONE).save(tmp_path / f"a.{suffix}")
        document = read_document(tmp_path / f"a.{suffix}")
        assert document.pages[0].dtype == np.uint8
        assert np.array_equal(document.pages[0], expected)
        assert document.alphas == [None]

    @pytest.mark.parametrize("suffix", ["png", "tif", "webp"])
    def test_alpha(self, tmp_path, suffix):
        both = np.dstack([RGB, np.maximum(ALPHA, 1)])
        Image.fromarray(both).save(tmp_path / f"a.{suffix}", lossless=True)
        document = read_document(tmp_path / f"a.{suffix}")
        assert np.array_equal(document.pages[0], RGB)
        assert np.array_equal(document.alphas[0], both[..., 3])

    @pytest.mark.parametrize("suffix", ["png", "tif"])
    def test_grey_with_alpha(self, tmp_path, suffix):
        Image.fromarray(np.dstack([GREY, ALPHA]), "LA").save(tmp_path / f"a.{suffix}")
        document = read_document(tmp_path / f"a.{suffix}")
        assert np.array_equal(document.pages[0], GREY)
        assert np.array_equal(document.alphas[0], ALPHA)

    @pytest.mark.parametrize("suffix", ["png", "gif", "tif", "bmp"])
    def test_palettes(self, tmp_path, suffix):
        coloured = Image.fromarray(RGB).quantize(50)
        coloured.save(tmp_path / f"colour.{suffix}")
        assert np.array_equal(
            read_document(tmp_path / f"colour.{suffix}").pages[0], np.asarray(coloured.convert("RGB"))
        )
        grey = Image.fromarray(255 - GREY)
        grey.putpalette(np.repeat(np.arange(256)[::-1], 3).astype(np.uint8).tobytes())
        grey.save(tmp_path / f"grey.{suffix}")
        assert np.array_equal(read_document(tmp_path / f"grey.{suffix}").pages[0], GREY)

    def test_transparent_colours_of_a_png(self, tmp_path):
        for name, image, transparency in [
            ("palette", Image.fromarray(RGB).quantize(8), 3),
            ("grey", Image.fromarray(GREY), 60),
            ("rgb", Image.fromarray(RGB), tuple(map(int, RGB[3, 4]))),
            ("deep", Image.fromarray(DEEP), int(DEEP[5, 6])),
        ]:
            image.save(tmp_path / f"{name}.png", transparency=transparency)
            document = read_document(tmp_path / f"{name}.png")
            full = 65535 if name == "deep" else 255
            value = np.asarray(image)
            hidden = (value == np.array(transparency)).reshape(H, W, -1).all(axis=-1)
            assert hidden.any()
            assert np.array_equal(document.alphas[0], np.where(hidden, 0, full)), name
            assert document.pages[0].dtype == (np.uint16 if name == "deep" else np.uint8)

    @pytest.mark.parametrize("suffix", ["png", "tif"])
    def test_sixteen_bit_grey(self, tmp_path, suffix):
        Image.fromarray(DEEP).save(tmp_path / f"a.{suffix}")
        page = read_document(tmp_path / f"a.{suffix}").pages[0]
        assert page.dtype == np.uint16
        assert np.array_equal(page, DEEP)

    @pytest.mark.parametrize("byteorder", ["<", ">"])
    @pytest.mark.parametrize("compression", [None, "zlib"])
    @pytest.mark.parametrize("pixels", [DEEP, DEEP_RGB, np.dstack([DEEP_RGB, DEEP])], ids=["grey", "rgb", "rgba"])
    def test_sixteen_bit_tiff_of_other_software(self, tmp_path, byteorder, compression, pixels):
        tifffile.imwrite(
            tmp_path / "a.tif",
            pixels,
            byteorder=byteorder,
            compression=compression,
            predictor=compression == "zlib" or None,
            photometric="minisblack" if pixels.ndim == 2 else "rgb",
            extrasamples=["unassalpha"] if pixels.shape[2:] == (4,) else None,
            rowsperstrip=16,
        )
        document = read_document(tmp_path / "a.tif")
        assert document.pages[0].dtype == np.uint16
        assert np.array_equal(document.pages[0], pixels[..., :3] if pixels.ndim == 3 else pixels)
        if pixels.shape[2:] == (4,):
            assert np.array_equal(document.alphas[0], DEEP)

    @pytest.mark.parametrize(("kind", "channels"), [(2, 3), (4, 2), (6, 4)])
    def test_sixteen_bit_colour_and_alpha_png(self, tmp_path, kind, channels):
        pixels = np.dstack([DEEP_RGB, DEEP])[..., 4 - channels :]
        rows = np.insert(pixels.astype(">u2").view(np.uint8).reshape(H, -1), 0, 0, axis=1)
        header = struct.pack(">IIBBBBB", W, H, 16, kind, 0, 0, 0)
        (tmp_path / "a.png").write_bytes(png(header, (b"IDAT", zlib.compress(rows.tobytes()))))
        document = read_document(tmp_path / "a.png")
        assert document.pages[0].dtype == np.uint16
        expected = pixels if channels == 3 else pixels[..., :-1].squeeze()
        assert np.array_equal(document.pages[0], expected)
        assert (document.alphas[0] is None) == (channels == 3)
        if channels != 3:
            assert np.array_equal(document.alphas[0], DEEP)

    @pytest.mark.parametrize("suffix", ["jpg", "tif"])
    def test_cmyk(self, tmp_path, suffix):
        Image.fromarray(RGB).resize((64, 64)).convert("CMYK").save(tmp_path / f"a.{suffix}", quality=98)
        page = read_document(tmp_path / f"a.{suffix}").pages[0]
        assert difference(page, np.asarray(Image.fromarray(RGB).resize((64, 64)))) < 12

    def test_floating_point_and_32_bit_tiff(self, tmp_path):
        for name, values in [("unit", DEEP / 65535), ("bytes", DEEP / 257), ("integers", DEEP.astype(np.int32))]:
            values = values.astype(np.float32) if values.dtype == float else values
            Image.fromarray(values).save(tmp_path / f"{name}.tif")
            page = read_document(tmp_path / f"{name}.tif").pages[0]
            assert page.dtype == np.uint16
            assert np.abs(page.astype(int) - DEEP).max() <= 1, name

    def test_a_false_suffix_does_not_matter(self, tmp_path):
        Image.fromarray(GREY).save(tmp_path / "a.png")
        (tmp_path / "a.png").rename(tmp_path / "a.jpg")
        document, painted, back = recolour(tmp_path / "a.jpg", tmp_path / "out" / "a.jpg")
        assert (document.format, back.format) == ("PNG", "JPEG")
        assert difference(back.pages[0], painted[0]) < 12

    @pytest.mark.parametrize("orientation", range(1, 9))
    @pytest.mark.parametrize(
        "kind", ["a.jpg", "a.png", "a.tif", "grey.tif", "deflate.tif", "deep.tif", "deep.png", "a.webp"]
    )
    def test_exif_rotation(self, tmp_path, kind, orientation):
        exif = Image.Exif()
        exif[0x0112] = orientation
        options = {"exif": exif} | ({"quality": 98} if kind == "a.jpg" else {"lossless": True})
        if kind == "deep.tif":
            tags = [(274, 3, 1, orientation)]
            tifffile.imwrite(tmp_path / kind, DEEP_RGB, photometric="rgb", extratags=tags)
        elif kind == "deflate.tif":
            Image.fromarray(RGB).save(tmp_path / kind, compression="tiff_adobe_deflate", **options)
        else:
            source = {"deep.png": DEEP, "grey.tif": GREY}.get(kind, RGB)
            Image.fromarray(source).save(tmp_path / kind, **options)
        document, _, back = recolour(tmp_path / kind, tmp_path / "out" / kind)
        # What the EXIF standard says of the first row and the first column of the file.
        source = {"deep.tif": DEEP_RGB, "deep.png": DEEP, "grey.tif": GREY}.get(kind, RGB)
        upright = {
            1: source,
            2: source[:, ::-1],
            3: source[::-1, ::-1],
            4: source[::-1],
            5: source.swapaxes(0, 1),
            6: np.rot90(source, -1),
            7: np.rot90(source.swapaxes(0, 1), 2),
            8: np.rot90(source),
        }[orientation]
        assert difference(document.pages[0], upright) < (12 if kind == "a.jpg" else 1)
        assert back.pages[0].shape[:2] == upright.shape[:2]
        assert Image.open(tmp_path / "out" / kind).getexif().get(0x0112, 1) == 1


class TestProfiles:
    """Embedded ICC profiles become sRGB; the copy never carries the old one."""

    def test_adobe_rgb(self, tmp_path):
        Image.fromarray(RGB).save(tmp_path / "a.png", icc_profile=ADOBE)
        page = read_document(tmp_path / "a.png").pages[0].astype(int)
        linear = np.array([[0.60974, 0.20528, 0.14919], [0.31111, 0.62567, 0.06322], [0.01947, 0.06087, 0.74457]])
        to_srgb = np.array([[3.1338561, -1.6168667, -0.4906146], [-0.9787684, 1.9161415, 0.033454]])
        to_srgb = np.vstack([to_srgb, [0.0719453, -0.2289914, 1.4052427]])  # from D50, Lindbloom
        light = ((RGB / 255) ** 2.2) @ linear.T @ to_srgb.T
        light = light.clip(0, 1)
        expected = np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055) * 255
        assert np.abs(page - expected).max() < 3
        assert difference(page, RGB) > 20

    def test_sixteen_bits_go_the_same_way_more_finely(self, tmp_path):
        Image.fromarray(RGB).save(tmp_path / "a.png", icc_profile=ADOBE)
        coarse = read_document(tmp_path / "a.png").pages[0]
        tags = [(34675, 7, len(ADOBE), ADOBE)]
        tifffile.imwrite(tmp_path / "deep.tif", RGB * np.uint16(257), photometric="rgb", extratags=tags)
        fine = read_document(tmp_path / "deep.tif").pages[0]
        assert fine.dtype == np.uint16
        assert np.abs(fine / 257 - coarse)[RGB.min(axis=-1) > 20].max() < 1.5
        assert np.abs(fine / 257 - coarse).max() < 4  # where colours leave sRGB
        assert len(np.unique(fine)) > 300

    @pytest.mark.parametrize("mode", ["L", "LA", "I;16"])
    def test_grey_profiles(self, tmp_path, mode):
        values = DEEP if mode == "I;16" else GREY
        image = Image.fromarray(values)
        image = image.convert("LA") if mode == "LA" else image
        image.save(tmp_path / "a.png", icc_profile=GREY_18)
        document = read_document(tmp_path / "a.png")
        full = 65535 if mode == "I;16" else 255
        light = (values / full) ** 1.8
        expected = np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)
        assert document.pages[0].dtype == values.dtype
        assert np.abs(document.pages[0] / full - expected).max() < 1.5 / 255
        write_document(document, list(paint(document)), tmp_path / "b.png")
        assert (
            ImageCms.ImageCmsProfile(BytesIO(Image.open(tmp_path / "b.png").info["icc_profile"])).profile.xcolor_space
            == "RGB "
        )

    def test_a_grey_picture_with_an_icc_profile(self, tmp_path):
        Image.fromarray(GREY).save(tmp_path / "a.jpg", icc_profile=ADOBE, quality=98)
        page = read_document(tmp_path / "a.jpg").pages[0]
        assert page.ndim == 2
        assert 0 < difference(page, GREY) < 12

    @pytest.mark.parametrize("profile", [b"garbage" * 50, ADOBE[:200], GREY_18, bytes(3000)])
    @pytest.mark.parametrize("kind", ["a.png", "a.jpg", "deep.tif"])
    def test_broken_and_wrong_profiles_are_ignored_aloud(self, tmp_path, kind, profile):
        if kind == "deep.tif":
            tags = [(34675, 7, len(profile), profile)]
            tifffile.imwrite(tmp_path / kind, DEEP_RGB, photometric="rgb", extratags=tags)
        else:
            Image.fromarray(RGB).save(tmp_path / kind, icc_profile=profile, quality=98)
        with pytest.warns(UserWarning, match=f"{kind}: its colour profile"):
            page = read_document(tmp_path / kind).pages[0]
        assert difference(page, DEEP_RGB if kind == "deep.tif" else RGB) < (12 if kind == "a.jpg" else 1)

    @pytest.mark.parametrize("suffix", ["jpg", "png", "tif", "webp"])
    def test_the_copy_says_srgb_when_the_original_said_something(self, tmp_path, suffix):
        Image.fromarray(GREY).save(tmp_path / f"with.{suffix}", icc_profile=ADOBE)
        Image.fromarray(GREY).save(tmp_path / f"without.{suffix}")
        for name in ("with", "without"):
            recolour(tmp_path / f"{name}.{suffix}", tmp_path / "out" / f"{name}.{suffix}")
            found = Image.open(tmp_path / "out" / f"{name}.{suffix}").info.get("icc_profile")
            assert ("sRGB".encode("utf-16-be") in found) if name == "with" else not found

    def test_equal_pictures_become_equal_files(self, tmp_path):
        Image.fromarray(GREY).save(tmp_path / "a.jpg", icc_profile=ADOBE)
        for name in ("b.jpg", "c.jpg"):
            recolour(tmp_path / "a.jpg", tmp_path / name)
        assert (tmp_path / "b.jpg").read_bytes() == (tmp_path / "c.jpg").read_bytes()


class TestWhatIsKept:
    """From file to coloured file in the same format."""

    @pytest.mark.parametrize("suffix", ["jpg", "jpeg", "png", "tif", "TIFF", "webp", "bmp"])
    @pytest.mark.parametrize("source", [GREY, RGB], ids=["grey", "rgb"])
    def test_pixels_and_resolution(self, tmp_path, suffix, source):
        Image.fromarray(source).save(tmp_path / f"a.{suffix}", dpi=(300, 150), quality=95, lossless=True)
        document, painted, back = recolour(tmp_path / f"a.{suffix}", tmp_path / "new/folder" / f"a.{suffix}")
        assert back.format == document.format == WRITABLE["." + suffix.lower()]
        assert difference(back.pages[0], painted[0]) <= (12 if suffix.startswith("jp") else 0)
        if suffix == "webp":
            assert back.dpi is None
        else:
            assert back.dpi == pytest.approx((300, 150), abs=0.02)

    @pytest.mark.parametrize("suffix", ["png", "tif"])
    @pytest.mark.parametrize("pixels", [DEEP, DEEP_RGB, np.dstack([DEEP_RGB, DEEP])], ids=["grey", "rgb", "rgba"])
    def test_sixteen_bits(self, tmp_path, suffix, pixels):
        tifffile.imwrite(
            tmp_path / "a.tif",
            pixels,
            photometric="minisblack" if pixels.ndim == 2 else "rgb",
            extrasamples=["unassalpha"] if pixels.shape[2:] == (4,) else None,
            resolution=(300, 150),
            resolutionunit="INCH",
            extratags=[(272, 2, 0, "Old Camera", True)],
        )
        _, painted, back = recolour(tmp_path / "a.tif", tmp_path / f"out.{suffix}")
        assert back.pages[0].dtype == np.uint16
        assert np.array_equal(back.pages[0], painted[0])
        assert back.dpi == pytest.approx((300, 150), abs=0.02)
        assert (back.alphas[0] is None) == (pixels.shape[2:] != (4,))
        assert Image.open(tmp_path / f"out.{suffix}").getexif()[272] == "Old Camera"
        if back.alphas[0] is not None:
            assert np.array_equal(back.alphas[0], DEEP)
        if suffix == "tif":  # as other software sees it
            assert np.array_equal(tifffile.imread(tmp_path / "out.tif")[..., :3], painted[0])

    def test_sixteen_bits_that_end_as_eight_are_rounded(self, tmp_path):
        Image.fromarray(DEEP).save(tmp_path / "a.png")
        _, painted, back = recolour(tmp_path / "a.png", tmp_path / "a.bmp")
        assert np.abs(back.pages[0] - painted[0] / 257).max() <= 0.51

    @pytest.mark.parametrize("suffix", ["png", "tif", "webp"])
    def test_alpha(self, tmp_path, suffix):
        Image.fromarray(np.dstack([GREY, np.maximum(ALPHA, 1)]), "LA").save(tmp_path / "a.png")
        _, painted, back = recolour(tmp_path / "a.png", tmp_path / f"out.{suffix}")
        assert np.array_equal(back.alphas[0], np.maximum(ALPHA, 1))
        solid = ALPHA > 60
        assert difference(back.pages[0][solid], painted[0][solid]) <= (30 if suffix == "webp" else 0)

    @pytest.mark.parametrize("suffix", ["jpg", "bmp"])
    def test_without_alpha_transparency_lies_on_white(self, tmp_path, suffix):
        Image.new("LA", (32, 32), (10, 0)).save(tmp_path / "a.png")
        _, _, back = recolour(tmp_path / "a.png", tmp_path / f"out.{suffix}")
        assert back.pages[0].min() >= 254

    @pytest.mark.parametrize(
        ("source", "target"),
        [("jpg", "jpg"), ("png", "png"), ("tif", "tif"), ("webp", "webp"), ("jpg", "tif"), ("tif", "jpg")],
    )
    def test_exif(self, tmp_path, source, target):
        exif = Image.Exif()
        exif[0x0112], exif[0x010F], exif[0x013B] = 6, "Leica", "Ada"
        exif[0x010E] = "grandmother, Gdańsk".encode()
        exif[0x8769] = {0x9003: "1936:05:01 12:00:00", 0xA002: W, 0xA003: H, 0xA001: 65535}
        exif[0x8825] = {1: "N", 2: (52.0, 13.0, 1.5)}
        Image.fromarray(GREY).save(tmp_path / f"a.{source}", exif=exif.tobytes())
        recolour(tmp_path / f"a.{source}", tmp_path / "out" / f"a.{target}")
        found = Image.open(tmp_path / "out" / f"a.{target}")
        found.load()
        kept = found.getexif()
        assert kept.get(0x0112, 1) == 1
        assert (kept[0x010F], kept[0x013B]) == ("Leica", "Ada")
        if source != "tif":  # Pillow wrote question marks when it made this one
            assert kept[0x010E].encode("latin-1").decode() == "grandmother, Gdańsk"
        camera = kept.get_ifd(0x8769)
        assert camera[0x9003] == "1936:05:01 12:00:00"
        assert (camera[0xA002], camera[0xA003], camera[0xA001]) == (H, W, 1)
        assert kept.get_ifd(0x8825)[1] == "N"
        assert [float(x) for x in kept.get_ifd(0x8825)[2]] == [52.0, 13.0, 1.5]

    def test_the_grey_thumbnail_is_removed(self, tmp_path):
        """A little TIFF of two directories, the second with a JPEG, as cameras write it."""
        thumbnail = BytesIO()
        Image.fromarray(GREY).save(thumbnail, "JPEG")
        small = thumbnail.getvalue()
        make = struct.pack("<HHI4s", 0x010F, 2, 4, b"Box\0")
        second = 8 + 2 + 12 + 4
        ifd1 = struct.pack("<HHHII", 2, 0x0201, 4, 1, second + 2 + 24 + 4) + struct.pack(
            "<HHII", 0x0202, 4, 1, len(small)
        )
        data = (
            b"Exif\0\0II*\0\x08\0\0\0"
            + struct.pack("<H", 1)
            + make
            + struct.pack("<I", second)
            + ifd1
            + bytes(4)
            + small
        )
        Image.fromarray(GREY).save(tmp_path / "a.jpg", exif=data)
        assert small in (tmp_path / "a.jpg").read_bytes()
        recolour(tmp_path / "a.jpg", tmp_path / "b.jpg")
        assert small not in (tmp_path / "b.jpg").read_bytes()
        kept = Image.open(tmp_path / "b.jpg").getexif()
        assert kept[0x010F] == "Box"
        assert not kept.get_ifd(1)

    @pytest.mark.parametrize(("given", "expected"), [(30, 90), (75, 90), (93, 93), (96, 96), (100, 98)])
    def test_quality_follows_a_jpeg_within_reason(self, tmp_path, given, expected):
        Image.fromarray(RGB).save(tmp_path / "a.jpg", quality=given)
        document, _, back = recolour(tmp_path / "a.jpg", tmp_path / "b.jpg")
        assert document.quality == back.quality == expected
        with Image.open(tmp_path / "b.jpg") as image:
            assert [layer[1:3] for layer in image.layer] == [(1, 1)] * 3  # 4:4:4

    def test_lossless_webp_stays_lossless_and_lossy_stays_small(self, tmp_path):
        noise = np.random.default_rng(0).integers(0, 256, (H, W, 3), dtype=np.uint8)
        for lossless in (True, False):
            Image.fromarray(noise).save(tmp_path / f"{lossless}.webp", lossless=lossless, quality=80)
            document, painted, back = recolour(tmp_path / f"{lossless}.webp", tmp_path / f"out {lossless}.webp")
            assert document.lossless == back.lossless == lossless
            assert (difference(back.pages[0], painted[0]) == 0) == lossless


class TestSeveralPages:
    """Multi-page TIFF and animations."""

    @pytest.mark.parametrize("deep", [False, True])
    def test_tiff_pages(self, tmp_path, deep):
        pages = [DEEP[:30], DEEP_RGB, DEEP.T] if deep else [GREY[:30], RGB, GREY.T]
        with tifffile.TiffWriter(tmp_path / "a.tif") as file:
            for page in pages:
                kind = "minisblack" if page.ndim == 2 else "rgb"
                file.write(page, photometric=kind, compression="zlib", resolution=(600, 600), resolutionunit="INCH")
        document, painted, back = recolour(tmp_path / "a.tif", tmp_path / "b.tif")
        assert len(document.pages) == len(back.pages) == 3
        assert back.dpi == (600, 600)
        for i, page in enumerate(pages):
            assert np.array_equal(document.pages[i], page)
            assert np.array_equal(back.pages[i], painted[i])
        with tifffile.TiffFile(tmp_path / "b.tif") as seen:
            assert [page.shape for page in seen.pages] == [(30, W, 3), (H, W, 3), (W, H, 3)]
            assert all(
                np.array_equal(page.asarray(), colours) for page, colours in zip(seen.pages, painted, strict=True)
            )

    def test_tiff_pages_are_read_one_by_one_and_written_from_a_generator(self, tmp_path, monkeypatch):
        first, *others = [Image.fromarray(np.roll(GREY, i)) for i in range(4)]
        first.save(tmp_path / "a.tif", save_all=True, append_images=others)
        loads, real = [], document_module._tiff_page
        monkeypatch.setattr(document_module, "_tiff_page", lambda file, i: loads.append(i) or real(file, i))
        document = read_document(tmp_path / "a.tif")
        assert loads == [0]
        write_document(document, paint(document), tmp_path / "b.tif")
        assert np.array_equal(read_document(tmp_path / "b.tif").pages[-1][..., 0], np.roll(GREY, 3))
        assert len(loads) <= 6  # each page once, and the last again
        with pytest.raises(IndexError):
            document.pages[4]

    @pytest.mark.parametrize("suffix", ["jpg", "png", "webp", "gif", "bmp"])
    def test_pages_that_a_format_cannot_hold(self, tmp_path, suffix):
        Image.fromarray(GREY).save(tmp_path / "a.tif", save_all=True, append_images=[Image.fromarray(RGB)])
        document = read_document(tmp_path / "a.tif")
        with pytest.raises(
            ValueError, match=rf"out\.{suffix}: .*a\.tif has 2 pages, .* holds one: choose the format tiff"
        ):
            write_document(document, paint(document), tmp_path / f"out.{suffix}")
        assert not (tmp_path / f"out.{suffix}").exists()

    @pytest.mark.parametrize("plays", [0, 1, 3])
    @pytest.mark.parametrize(("source", "target"), [("gif", "gif"), ("gif", "webp"), ("png", "png"), ("webp", "webp")])
    def test_animations(self, tmp_path, source, target, plays):
        frames = [Image.fromarray(np.roll(GREY, 7 * i, axis=1)) for i in range(5)]
        loop = {"loop": plays} if source != "gif" else {} if plays == 1 else {"loop": max(plays - 1, 0)}
        durations = [40, 50, 60, 70, 500]
        frames[0].save(
            tmp_path / f"a.{source}", save_all=True, append_images=frames[1:], duration=durations, lossless=True, **loop
        )
        document, painted, back = recolour(tmp_path / f"a.{source}", tmp_path / f"out.{target}")
        assert [page.shape for page in document.pages] == [(H, W)] * 5
        assert document.durations == back.durations == durations
        assert document.plays == back.plays == plays
        for i in range(5):
            assert difference(document.pages[i], np.asarray(frames[i])) == 0
            # 256 colours a frame, or a lossy codec
            assert np.abs(back.pages[i].astype(int) - painted[i]).mean() < (5 if target != "png" else 0.01)

    def test_a_transparent_gif(self, tmp_path):
        frames = []
        for i in range(3):
            frame = Image.fromarray(np.dstack([GREY // 2, (np.roll(ALPHA, 9 * i) > 90) * np.uint8(255)]), "LA")
            frames.append(frame.convert("RGBA"))
        frames[0].save(tmp_path / "a.gif", save_all=True, append_images=frames[1:], duration=100, disposal=2, loop=0)
        document, painted, back = recolour(tmp_path / "a.gif", tmp_path / "b.gif")
        for i, frame in enumerate(frames):
            solid = np.asarray(frame)[..., 3] > 0
            assert np.array_equal(document.alphas[i] > 0, solid)
            assert np.array_equal(back.alphas[i] > 0, solid)
            colours = back.pages[i] if back.pages[i].ndim == 3 else np.dstack([back.pages[i]] * 3)
            assert np.abs(colours.astype(int) - painted[i])[solid].mean() < 5

    def test_a_still_gif_has_no_durations(self, tmp_path):
        Image.fromarray(GREY).save(tmp_path / "a.gif")
        document, painted, back = recolour(tmp_path / "a.gif", tmp_path / "b.gif")
        assert document.durations is back.durations is None
        assert np.abs(back.pages[0].astype(int) - painted[0]).mean() < 5
        assert recolour(tmp_path / "a.gif", tmp_path / "b.jpg")[2].format == "JPEG"

    def test_an_animation_does_not_fit_into_a_jpeg(self, tmp_path):
        Image.fromarray(GREY).save(tmp_path / "a.gif", save_all=True, append_images=[Image.fromarray(255 - GREY)])
        document = read_document(tmp_path / "a.gif")
        with pytest.raises(ValueError, match="has 2 frames, JPEG holds one"):
            write_document(document, paint(document), tmp_path / "a.jpg")


class TestSuffixes:
    @pytest.mark.parametrize(
        ("name", "format", "expected"),
        [
            ("a.JPG", None, ".JPG"),
            ("a.gif", None, ".gif"),
            ("a.jp2", None, ".png"),
            ("noname", None, ".png"),
            ("a.png", "jpeg", ".jpg"),
            ("a.JPEG", "jpeg", ".JPEG"),
            ("a.TIFF", "tiff", ".TIFF"),
            ("a.jpg", "tiff", ".tif"),
            ("a.gif", "webp", ".webp"),
            ("a.b.bmp", "png", ".png"),
        ],
    )
    def test_suffix_of_the_copy(self, name, format, expected):
        assert output_suffix(name, format) == expected

    def test_unknown_format(self):
        with pytest.raises(ValueError, match=r"unknown format 'jp2'; there are jpeg, png, tiff, webp"):
            output_suffix("a.jpg", "jp2")


class TestWriting:
    """Whole or not at all."""

    @pytest.fixture
    def document(self, tmp_path):
        Image.fromarray(GREY).save(tmp_path / "a.png")
        return read_document(tmp_path / "a.png")

    def test_nothing_is_overwritten(self, tmp_path, document):
        before = (tmp_path / "a.png").read_bytes()
        with pytest.raises(FileExistsError, match=r"a\.png: already there"):
            write_document(document, paint(document), tmp_path / "a.png")
        assert (tmp_path / "a.png").read_bytes() == before

    @pytest.mark.parametrize("suffix", sorted(WRITABLE))
    @pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt(), MemoryError()])
    def test_an_interrupted_write_leaves_nothing(self, tmp_path, document, monkeypatch, suffix, error):
        def half(self, path, *args, **options):
            if not hasattr(path, "write"):
                path.write_bytes(b"half a pict")
            raise error

        monkeypatch.setattr(Image.Image, "save", half)
        monkeypatch.setattr(formats, "write_tiff_page", partial(half, None))
        with pytest.raises(type(error)) as caught:
            write_document(document, paint(document), tmp_path / "out" / f"b{suffix}")
        if isinstance(error, OSError):
            assert f"b{suffix}" in str(caught.value)
            assert "No space left" in str(caught.value)
            assert caught.value.errno == 28
        assert list((tmp_path / "out").iterdir()) == []

    def test_a_page_that_fails_leaves_nothing(self, tmp_path):
        Image.fromarray(GREY).save(tmp_path / "a.tif", save_all=True, append_images=[Image.fromarray(GREY)])
        document = read_document(tmp_path / "a.tif")

        def pages():
            yield RGB
            raise ValueError("a.tif is damaged on page 2")

        with pytest.raises(ValueError, match="page 2"):
            write_document(document, pages(), tmp_path / "out/b.tif")
        assert list((tmp_path / "out").iterdir()) == []

    def test_pages_that_do_not_fit_the_document(self, tmp_path, document):
        for pages in ([], [RGB, RGB], [RGB[:9]], [GREY], [RGB.astype(np.float32)]):
            with pytest.raises(ValueError, match=r"b\.png: a coloured page"):
                write_document(document, pages, tmp_path / "b.png")
        with pytest.raises(ValueError, match=r"b\.xyz: cannot save '\.xyz'"):
            write_document(document, [RGB], tmp_path / "b.xyz")
        assert [file.name for file in tmp_path.iterdir()] == ["a.png"]

    def test_sides_that_a_format_cannot_hold(self, tmp_path):
        Image.new("L", (1, 20000), 90).save(tmp_path / "tall.png")
        document = read_document(tmp_path / "tall.png")
        with pytest.raises(ValueError, match=r"b\.webp: .* 16383 pixels"):
            write_document(document, paint(document), tmp_path / "b.webp")

    def test_a_folder_that_cannot_be_made(self, tmp_path, document):
        (tmp_path / "file").write_text("in the way")
        with pytest.raises(OSError, match=r"b\.png cannot be written"):
            write_document(document, paint(document), tmp_path / "file/b.png")


class TestHostile:
    """Nothing that a file can be ends in anything but a document or an error that names it."""

    @pytest.mark.parametrize("size", [(1, 1), (1, 20000), (20000, 1), (3, 2)])
    @pytest.mark.parametrize("suffix", ["jpg", "png", "tif", "bmp", "gif"])
    def test_odd_sizes(self, tmp_path, suffix, size):
        Image.new("L", size, 90).save(tmp_path / f"a.{suffix}")
        _, painted, back = recolour(tmp_path / f"a.{suffix}", tmp_path / f"b.{suffix}")
        assert back.pages[0].shape[:2] == size[::-1]
        assert difference(back.pages[0], painted[0]) <= 4

    def test_a_bomb_names_the_limit(self, tmp_path):
        header = struct.pack(">IIBBBBB", 50000, 50000, 1, 0, 0, 0, 0)
        data = zlib.compress(bytes(50000 * 6251 // 100))
        (tmp_path / "bomb.png").write_bytes(png(header, (b"IDAT", data)))
        for read in (read_document, open_rgb):
            with pytest.raises(
                ValueError, match=r"bomb\.png claims 50000 x 50000 .* the limit is 4.5: .*COLORLIB_MAX_GB"
            ):
                read(tmp_path / "bomb.png")

    def test_a_bomb_of_many_frames_or_behind_the_first_page(self, tmp_path, monkeypatch):
        frames = [Image.fromarray(np.roll(GREY, i)) for i in range(5)]
        frames[0].save(tmp_path / "a.gif", save_all=True, append_images=frames[1:])
        Image.fromarray(GREY[:9]).save(tmp_path / "a.tif", save_all=True, append_images=[Image.new("L", (400, 400))])
        monkeypatch.setenv("COLORLIB_MAX_GB", str(3 * H * W * 9 / 1e9))
        with pytest.raises(ValueError, match=r"a\.gif claims 60 x 40 pixels in 5 frames"):
            read_document(tmp_path / "a.gif")
        document = read_document(tmp_path / "a.tif")
        with pytest.raises(ValueError, match=r"a\.tif claims 400 x 400 pixels"):
            document.pages[1]

    @pytest.mark.parametrize("suffix", ["png", "tif"])
    def test_a_scan_above_pillows_limit_is_read_and_the_limit_stays(self, tmp_path, monkeypatch, suffix):
        Image.fromarray(GREY).save(tmp_path / f"a.{suffix}", compression="tiff_adobe_deflate")
        monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 500)
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            assert np.array_equal(read_document(tmp_path / f"a.{suffix}").pages[0], GREY)
            assert open_rgb(tmp_path / f"a.{suffix}").size == (W, H)
        assert Image.MAX_IMAGE_PIXELS == 500

    def test_no_files(self, tmp_path):
        (tmp_path / "folder.jpg").mkdir()
        (tmp_path / "empty.jpg").touch()
        (tmp_path / "text.jpg").write_text("dear aunt")
        (tmp_path / "program.jpg").write_bytes(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n")
        for name, why in [
            ("folder.jpg", "Is a directory"),
            ("empty.jpg", "the file is empty"),
            ("text.jpg", "not a picture file"),
            ("program.jpg", "not a picture file"),
        ]:
            with pytest.raises(ValueError, match=rf"{name} cannot be read \({why}\): replace it"):
                read_document(tmp_path / name)
        with pytest.raises(FileNotFoundError, match=r"gone\.jpg does not exist"):
            read_document(tmp_path / "gone.jpg")

    @pytest.mark.parametrize("part", [0.2, 0.5, 0.9])
    @pytest.mark.parametrize("kind", ["a.jpg", "a.png", "a.tif", "lzw.tif", "deep.tif", "a.webp", "a.bmp", "a.gif"])
    def test_half_a_file_is_no_picture(self, tmp_path, kind, part):
        pixels = np.random.default_rng(0).integers(0, 256, (200, 200), dtype=np.uint8)
        if kind == "deep.tif":
            tifffile.imwrite(tmp_path / kind, np.dstack([pixels] * 3).astype(np.uint16) * 199, photometric="rgb")
        else:
            options = {"compression": "tiff_lzw"} if kind == "lzw.tif" else {}
            Image.fromarray(pixels).save(tmp_path / kind, **options)
        data = (tmp_path / kind).read_bytes()
        (tmp_path / kind).write_bytes(data[: int(len(data) * part)])
        with pytest.raises(ValueError, match=f"{kind} cannot be read"):
            read_document(tmp_path / kind)

    @pytest.mark.parametrize("suffix", ["jpg", "png", "webp"])
    @pytest.mark.parametrize(
        "block",
        [
            b"Exif\0\0",
            b"Exif\0\0garbage",
            b"Exif\0\0II*\0\x08\0\0\0" + b"\xff" * 500,
            b"Exif\0\0II*\0\x08\0\0\0" + struct.pack("<HHHII", 1, 0x8769, 4, 1, 8) + bytes(4),  # a directory in itself
            b"Exif\0\0MM\0*\0\0\0\x08" + struct.pack(">HHHII", 1, 0x0112, 3, 1, 99 << 16) + bytes(4),
            b"Exif\0\0MM\0*\0\0\0\x08" + struct.pack(">HHHII", 1, 0x0112, 2, 4, 0x41424300) + bytes(4),
            b"Exif\0\0MM\0*\0\0\0\x08" + struct.pack(">HHHII", 1, 0x011A, 5, 1, 26) + bytes(4) + bytes(8),
        ],
    )
    def test_absurd_exif(self, tmp_path, suffix, block):
        image = Image.fromarray(GREY)
        image.save(tmp_path / f"a.{suffix}", exif=block, quality=98, lossless=True)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            document, painted, back = recolour(tmp_path / f"a.{suffix}", tmp_path / f"b.{suffix}")
        assert difference(document.pages[0], GREY) < 12
        assert difference(back.pages[0], painted[0]) < 12

    def test_exif_too_long_for_a_jpeg(self, tmp_path):
        exif = Image.Exif()
        exif[0x010E] = "x" * 70000
        Image.fromarray(GREY).save(tmp_path / "a.png", exif=exif)
        with pytest.warns(UserWarning, match=r"a\.png: its EXIF data is too long for a JPEG"):
            recolour(tmp_path / "a.png", tmp_path / "b.jpg")


def samples():
    """A small file of every kind, as bytes."""
    first, second = Image.fromarray(GREY[:12, :16]), Image.fromarray(GREY[12:24, :16])
    deep = np.ascontiguousarray(DEEP_RGB[:12, :16])
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = 6, "Leica"
    exif[0x8769] = {0x9003: "1936:05:01 12:00:00"}
    exif = exif.tobytes()
    several = {"save_all": True, "append_images": [second]}
    for name, image, format, options in [
        ("grey.jpg", first, "JPEG", {"exif": exif, "dpi": (300, 300), "icc_profile": ADOBE}),
        ("colour.jpg", Image.fromarray(RGB[:12, :16]), "JPEG", {"progressive": True}),
        ("cmyk.jpg", first.convert("CMYK"), "JPEG", {}),
        ("grey.png", first, "PNG", {"exif": exif, "dpi": (300, 300), "icc_profile": GREY_18}),
        ("palette.png", first.quantize(9), "PNG", {"transparency": 2}),
        ("animated.png", first, "PNG", several),
        ("grey.tif", first, "TIFF", several | {"exif": exif}),
        ("lzw.tif", first, "TIFF", {"compression": "tiff_lzw"}),
        ("fax.tif", first.convert("1"), "TIFF", {"compression": "group4"}),
        ("lossy.webp", first, "WEBP", {"exif": exif, "icc_profile": ADOBE}),
        ("animated.webp", first, "WEBP", several | {"lossless": True}),
        ("animated.gif", first, "GIF", several | {"duration": 50, "loop": 0}),
        ("grey.bmp", first, "BMP", {}),
    ]:
        buffer = BytesIO()
        image.save(buffer, format, **options)
        yield name, buffer.getvalue()
    buffer = BytesIO()
    tifffile.imwrite(buffer, np.stack([deep, deep]), photometric="rgb", compression="zlib")
    yield "deep.tif", buffer.getvalue()
    rows = np.insert(deep.astype(">u2").view(np.uint8).reshape(12, -1), 0, 0, axis=1)
    data = zlib.compress(rows.tobytes())
    yield "deep.png", png(struct.pack(">IIBBBBB", 16, 12, 16, 2, 0, 0, 0), (b"IDAT", data))


SAMPLES = list(samples())


def with_good_checksums(data):
    """A PNG whose chunks have been tampered with, made to pass: a decoder then sees what is in them."""
    fixed, at = data[:8], 8
    while at + 12 <= len(data) and (length := int.from_bytes(data[at : at + 4])) <= len(data) - at - 12:
        body = data[at + 4 : at + 8 + length]
        fixed += data[at : at + 4] + body + zlib.crc32(body).to_bytes(4)
        at += 12 + length
    return fixed + data[at:]


@settings(max_examples=600, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(
    sample=st.sampled_from(SAMPLES),
    edits=st.lists(st.tuples(st.floats(0, 1), st.binary(min_size=1, max_size=4)), max_size=4),
    end=st.one_of(st.just(1.0), st.floats(0, 1)),
)
def test_no_mutated_file_does_anything_but_fail_by_name(tmp_path_factory, sample, edits, end):
    name, data = sample
    for place, new in edits:
        at = int(place * len(data))
        data = data[:at] + new + data[at + len(new) :]
    data = data[: int(end * len(data))]
    path = tmp_path_factory.getbasetemp() / f"fuzz {name}"
    path.write_bytes(with_good_checksums(data) if name.endswith(".png") else data)
    failure, pages = "", []
    with warnings.catch_warnings(), pytest.MonkeyPatch.context() as patch:
        warnings.simplefilter("ignore")
        patch.setenv("COLORLIB_MAX_GB", "0.015")
        try:
            document = read_document(path)
            pages = list(zip(document.pages, document.alphas, strict=True))
        except (ValueError, MemoryError) as error:
            failure = str(error)
    assert pages or str(path) in failure
    for page, alpha in pages:
        assert page.dtype in (np.uint8, np.uint16)
        assert page.ndim == 2 or page.shape[2] == 3
        assert alpha is None or (alpha.shape, alpha.dtype) == (page.shape[:2], page.dtype)


def test_the_reader_and_pillow_agree_about_the_writer(tmp_path):
    """Sanity of the hand-written TIFF pages: Pillow, which has another reader than tifffile, sees the same."""
    tifffile.imwrite(tmp_path / "a.tif", DEEP_RGB, photometric="rgb")
    recolour(tmp_path / "a.tif", tmp_path / "b.tif")
    with Image.open(tmp_path / "b.tif") as image:
        assert isinstance(image, TiffImagePlugin.TiffImageFile)
        assert difference(np.asarray(image), DEEP_RGB >> 8) == 0
