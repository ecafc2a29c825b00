"""What `images.what_is_kept` promises."""

import struct
from io import BytesIO

import numpy as np
import pytest
import tifffile
from PIL import Image

from colorlib.images.write import WRITABLE
from helpers.formats import ALPHA, DEEP, DEEP_RGB, GREY, RGB, H, W, difference, recolor


class TestWhatIsKept:
    """From file to coloured file in the same format."""

    @pytest.mark.parametrize("suffix", ["jpg", "jpeg", "png", "tif", "TIFF", "webp", "bmp"])
    @pytest.mark.parametrize("source", [GREY, RGB], ids=["grey", "rgb"])
    def test_pixels_and_resolution(self, tmp_path, suffix, source):
        Image.fromarray(source).save(tmp_path / f"a.{suffix}", dpi=(300, 150), quality=95, lossless=True)
        document, painted, back = recolor(tmp_path / f"a.{suffix}", tmp_path / "new/folder" / f"a.{suffix}")
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
        _, painted, back = recolor(tmp_path / "a.tif", tmp_path / f"out.{suffix}")
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
        _, painted, back = recolor(tmp_path / "a.png", tmp_path / "a.bmp")
        assert np.abs(back.pages[0] - painted[0] / 257).max() <= 0.51

    @pytest.mark.parametrize("suffix", ["png", "tif", "webp"])
    def test_alpha(self, tmp_path, suffix):
        Image.fromarray(np.dstack([GREY, np.maximum(ALPHA, 1)]), "LA").save(tmp_path / "a.png")
        _, painted, back = recolor(tmp_path / "a.png", tmp_path / f"out.{suffix}")
        assert np.array_equal(back.alphas[0], np.maximum(ALPHA, 1))
        solid = ALPHA > 60
        assert difference(back.pages[0][solid], painted[0][solid]) <= (30 if suffix == "webp" else 0)

    @pytest.mark.parametrize("suffix", ["jpg", "bmp"])
    def test_without_alpha_transparency_lies_on_white(self, tmp_path, suffix):
        Image.new("LA", (32, 32), (10, 0)).save(tmp_path / "a.png")
        _, _, back = recolor(tmp_path / "a.png", tmp_path / f"out.{suffix}")
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
        recolor(tmp_path / f"a.{source}", tmp_path / "out" / f"a.{target}")
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
        recolor(tmp_path / "a.jpg", tmp_path / "b.jpg")
        assert small not in (tmp_path / "b.jpg").read_bytes()
        kept = Image.open(tmp_path / "b.jpg").getexif()
        assert kept[0x010F] == "Box"
        assert not kept.get_ifd(1)

    @pytest.mark.parametrize(("given", "expected"), [(30, 90), (75, 90), (93, 93), (96, 96), (100, 98)])
    def test_quality_follows_a_jpeg_within_reason(self, tmp_path, given, expected):
        Image.fromarray(RGB).save(tmp_path / "a.jpg", quality=given)
        document, _, back = recolor(tmp_path / "a.jpg", tmp_path / "b.jpg")
        assert document.quality == back.quality == expected
        with Image.open(tmp_path / "b.jpg") as image:
            assert [layer[1:3] for layer in image.layer] == [(1, 1)] * 3  # 4:4:4

    def test_lossless_webp_stays_lossless_and_lossy_stays_small(self, tmp_path):
        noise = np.random.default_rng(0).integers(0, 256, (H, W, 3), dtype=np.uint8)
        for lossless in (True, False):
            Image.fromarray(noise).save(tmp_path / f"{lossless}.webp", lossless=lossless, quality=80)
            document, painted, back = recolor(tmp_path / f"{lossless}.webp", tmp_path / f"out {lossless}.webp")
            assert document.lossless == back.lossless == lossless
            assert (difference(back.pages[0], painted[0]) == 0) == lossless
