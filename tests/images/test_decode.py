"""What `images.decode` promises."""

import numpy as np
import pytest
import torch
from PIL import Image, ImageCms

from colorlib.data.sources import package_photographs
from colorlib.images.decode import open_rgb
from colorlib.images.tensors import read_rgb
from helpers.photos import save, truncate


class TestOpening:
    def test_rotation_of_the_camera_is_applied(self, tmp_path):
        exif = Image.Exif()
        exif[0x0112] = 6  # the camera was held upright
        path = save(tmp_path / "upright.jpg", size=(90, 60), exif=exif)
        assert open_rgb(path).size == (60, 90)
        assert read_rgb(path).shape == (3, 90, 60)

    def test_both_readers_see_the_same_photograph(self):
        for path in package_photographs().values():
            assert torch.equal(read_rgb(path), torch.from_numpy(np.array(open_rgb(path))).permute(2, 0, 1)), path

    def test_only_a_large_file_is_decoded_small(self, tmp_path):
        small, large = save(tmp_path / "small.jpg", size=(800, 600)), tmp_path / "large.jpg"
        noise = np.random.default_rng(0).integers(0, 256, (600, 800, 3), np.uint8)
        Image.fromarray(noise).save(large, quality=95)
        assert small.stat().st_size < 250_000 < large.stat().st_size
        assert read_rgb(small, shorter_side=100).shape == (3, 600, 800)
        assert read_rgb(large, shorter_side=100).shape == (3, 150, 200)

    @pytest.mark.parametrize(
        ("mode", "suffix"), [("L", "jpg"), ("CMYK", "jpg"), ("P", "png"), ("LA", "png"), ("RGBA", "png"), ("1", "png")]
    )
    def test_every_mode_becomes_rgb(self, tmp_path, mode, suffix):
        path = tmp_path / f"picture.{suffix}"
        open_rgb(save(tmp_path / "source.png")).convert(mode).save(path)
        assert open_rgb(path).mode == "RGB"
        assert read_rgb(path).shape == (3, 60, 90)

    def test_transparency_is_laid_on_white(self, tmp_path):
        Image.new("RGBA", (4, 4), (255, 0, 0, 0)).save(tmp_path / "clear.png")
        assert open_rgb(tmp_path / "clear.png").getpixel((0, 0)) == (255, 255, 255)

    def test_sixteen_bit_grey_is_scaled_not_clipped(self, tmp_path):
        Image.fromarray(np.full((4, 4), 32896, np.uint16)).save(tmp_path / "deep.png")
        assert open_rgb(tmp_path / "deep.png").getpixel((0, 0)) == (128, 128, 128)

    def test_an_embedded_profile_is_obeyed_and_a_damaged_one_ignored(self, tmp_path):
        lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB"))  # no RGB profile: cannot be applied
        path = save(tmp_path / "odd.jpg", icc_profile=lab.tobytes())
        with pytest.warns(UserWarning, match="its colour profile does not fit or is damaged"):
            assert open_rgb(path).getpixel((80, 30))[0] > 150
        # An RGB profile with its red and green primaries exchanged, so that obeying it must show.
        srgb = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes().replace(b"sRGB", b"swap"))
        red, green = srgb.find(b"rXYZ"), srgb.find(b"gXYZ")
        srgb[red : red + 4], srgb[green : green + 4] = b"gXYZ", b"rXYZ"
        swapped = save(tmp_path / "swapped.jpg", colour=(220, 30, 30), icc_profile=bytes(srgb))
        r, g, _ = open_rgb(swapped).getpixel((80, 30))
        assert g > r + 50
        assert read_rgb(swapped)[1, 30, 80] == g

    def test_large_jpegs_are_decoded_small_but_not_too_small(self, tmp_path):
        path = save(tmp_path / "large.jpg", size=(1600, 1200))
        assert 100 <= min(open_rgb(path, shorter_side=100).size) < 200
        assert open_rgb(path, shorter_side=5000).size == (1600, 1200)

    @pytest.mark.parametrize("reader", [open_rgb, read_rgb])
    def test_damaged_and_false_files_are_named(self, tmp_path, reader):
        text = tmp_path / "letter.jpg"
        text.write_text("dear aunt")
        with pytest.raises(ValueError, match=r"letter\.jpg cannot be read \(not a picture file\)"):
            reader(text)
        for suffix in ("jpg", "png"):
            with pytest.raises(ValueError, match=rf"cut\.{suffix} cannot be read"):
                reader(truncate(save(tmp_path / f"cut.{suffix}")))
        with pytest.raises(FileNotFoundError, match="gone"):
            reader(tmp_path / "gone.jpg")
