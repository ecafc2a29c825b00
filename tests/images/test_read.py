"""What `images.read` promises."""

import struct
import zlib
from contextlib import nullcontext

import numpy as np
import pytest
import tifffile
from PIL import Image, TiffImagePlugin

from colorlib.images.read import read_document
from helpers.formats import ALPHA, DEEP, DEEP_RGB, GREY, RGB, H, W, difference, png, recolor


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
        cases = [
            ("unit", DEEP / 65535, nullcontext()),
            ("bytes", DEEP / 257, pytest.warns(UserWarning, match="numbers are taken to count to 255")),
            ("integers", DEEP.astype(np.int32), pytest.warns(UserWarning, match="are taken to count to 65535")),
        ]
        for name, values, warned in cases:
            values = values.astype(np.float32) if values.dtype == float else values
            Image.fromarray(values).save(tmp_path / f"{name}.tif")
            with warned:
                page = read_document(tmp_path / f"{name}.tif").pages[0]
            assert page.dtype == np.uint16
            assert np.abs(page.astype(int) - DEEP).max() <= 1, name

    def test_a_false_suffix_does_not_matter(self, tmp_path):
        Image.fromarray(GREY).save(tmp_path / "a.png")
        (tmp_path / "a.png").rename(tmp_path / "a.jpg")
        document, painted, back = recolor(tmp_path / "a.jpg", tmp_path / "out" / "a.jpg")
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
        document, _, back = recolor(tmp_path / kind, tmp_path / "out" / kind)
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


def test_the_reader_and_pillow_agree_about_the_writer(tmp_path):
    """Sanity of the hand-written TIFF pages: Pillow, which has another reader than tifffile, sees the same."""
    tifffile.imwrite(tmp_path / "a.tif", DEEP_RGB, photometric="rgb")
    recolor(tmp_path / "a.tif", tmp_path / "b.tif")
    with Image.open(tmp_path / "b.tif") as image:
        assert isinstance(image, TiffImagePlugin.TiffImageFile)
        assert difference(np.asarray(image), DEEP_RGB >> 8) == 0
