"""What `data.scan` promises."""

import random

import numpy as np
from PIL import Image

from colorlib.data.scan import scan_photographs
from colorlib.images.folder import find_photographs
from helpers.photos import save, truncate


class TestScan:
    def test_grey_and_broken_are_counted_and_named(self, tmp_path):
        colour = save(tmp_path / "colour.jpg")
        grey = save(tmp_path / "grey.png", (200, 200, 200))
        noise = np.random.default_rng(0).normal(128, 30, (60, 90, 1)).repeat(3, 2).clip(0, 255).astype(np.uint8)
        noise[..., 2] += 1  # a JPEG's grey is not exactly grey
        Image.fromarray(noise).save(tmp_path / "noise.jpg", quality=50)
        cut = truncate(save(tmp_path / "cut.jpg"))
        (tmp_path / "text.jpg").write_text("no picture")
        scan = scan_photographs(find_photographs(tmp_path), workers=2)
        assert scan.color == [colour]
        assert scan.grey == [grey, tmp_path / "noise.jpg"]
        assert [path for path, _ in scan.broken] == [cut, tmp_path / "text.jpg"]
        assert scan.summary().startswith("1 in colour, 2 grey (not for training), 2 broken (skipped)")
        assert "cut.jpg" in scan.summary()
        assert "text.jpg" in scan.summary()

    def test_one_coloured_corner_is_enough(self, tmp_path):
        pixels = np.full((200, 300, 3), 128, np.uint8)
        pixels[:30, :30] = (180, 90, 90)
        Image.fromarray(pixels).save(tmp_path / "corner.png")
        assert scan_photographs([tmp_path / "corner.png"]).color

    def test_one_stray_pixel_is_not(self, tmp_path):
        pixels = np.full((600, 900, 3), 128, np.uint8)
        pixels[0, 0] = (255, 0, 0)
        Image.fromarray(pixels).save(tmp_path / "stray.png")
        assert scan_photographs([tmp_path / "stray.png"]).grey

    def test_order_is_kept_with_any_number_of_threads(self, tmp_path):
        paths = [save(tmp_path / f"{i}.jpg") for i in range(12)]
        random.Random(0).shuffle(paths)
        assert scan_photographs(paths, workers=4).color == paths
