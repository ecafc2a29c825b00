"""What `images.icc` promises."""

from io import BytesIO

import numpy as np
import pytest
import tifffile
from PIL import Image, ImageCms

from colorlib.images.read import read_document
from colorlib.images.write import write_document
from helpers.formats import ADOBE, DEEP, DEEP_RGB, GREY, GREY_18, RGB, difference, paint, recolor


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
            recolor(tmp_path / f"{name}.{suffix}", tmp_path / "out" / f"{name}.{suffix}")
            found = Image.open(tmp_path / "out" / f"{name}.{suffix}").info.get("icc_profile")
            assert ("sRGB".encode("utf-16-be") in found) if name == "with" else not found

    def test_equal_pictures_become_equal_files(self, tmp_path):
        Image.fromarray(GREY).save(tmp_path / "a.jpg", icc_profile=ADOBE)
        for name in ("b.jpg", "c.jpg"):
            recolor(tmp_path / "a.jpg", tmp_path / name)
        assert (tmp_path / "b.jpg").read_bytes() == (tmp_path / "c.jpg").read_bytes()
