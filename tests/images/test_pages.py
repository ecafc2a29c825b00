"""What `images.pages` promises."""

import numpy as np
import pytest
import tifffile
from PIL import Image

from colorlib.images import read as document_module
from colorlib.images.read import read_document
from colorlib.images.write import write_document
from helpers.formats import ALPHA, DEEP, DEEP_RGB, GREY, RGB, H, W, difference, paint, recolor


class TestSeveralPages:
    """Multi-page TIFF and animations."""

    @pytest.mark.parametrize("deep", [False, True])
    def test_tiff_pages(self, tmp_path, deep):
        pages = [DEEP[:30], DEEP_RGB, DEEP.T] if deep else [GREY[:30], RGB, GREY.T]
        with tifffile.TiffWriter(tmp_path / "a.tif") as file:
            for page in pages:
                kind = "minisblack" if page.ndim == 2 else "rgb"
                file.write(page, photometric=kind, compression="zlib", resolution=(600, 600), resolutionunit="INCH")
        document, painted, back = recolor(tmp_path / "a.tif", tmp_path / "b.tif")
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
        document, painted, back = recolor(tmp_path / f"a.{source}", tmp_path / f"out.{target}")
        assert [page.shape for page in document.pages] == [(H, W)] * 5
        assert document.durations == back.durations == durations
        assert document.plays == back.plays == plays
        for i in range(5):
            assert difference(document.pages[i], np.asarray(frames[i])) == 0
            # 256 colours a frame, or a lossy codec
            assert np.abs(back.pages[i].astype(int) - painted[i]).mean() < (5 if target != "png" else 0.01)

    def test_an_animation_that_does_not_say_how_often_it_plays(self, tmp_path):
        frames = [Image.fromarray(RGB), Image.fromarray(RGB[::-1].copy())]
        frames[0].save(tmp_path / "a.avif", save_all=True, append_images=frames[1:], duration=100)
        document, _, back = recolor(tmp_path / "a.avif", tmp_path / "b.png")
        assert document.plays == back.plays == 0  # for ever
        assert len(back.pages) == 2

    def test_a_transparent_gif(self, tmp_path):
        frames = []
        for i in range(3):
            frame = Image.fromarray(np.dstack([GREY // 2, (np.roll(ALPHA, 9 * i) > 90) * np.uint8(255)]), "LA")
            frames.append(frame.convert("RGBA"))
        frames[0].save(tmp_path / "a.gif", save_all=True, append_images=frames[1:], duration=100, disposal=2, loop=0)
        document, painted, back = recolor(tmp_path / "a.gif", tmp_path / "b.gif")
        for i, frame in enumerate(frames):
            solid = np.asarray(frame)[..., 3] > 0
            assert np.array_equal(document.alphas[i] > 0, solid)
            assert np.array_equal(back.alphas[i] > 0, solid)
            colours = back.pages[i] if back.pages[i].ndim == 3 else np.dstack([back.pages[i]] * 3)
            assert np.abs(colours.astype(int) - painted[i])[solid].mean() < 5

    def test_a_still_gif_has_no_durations(self, tmp_path):
        Image.fromarray(GREY).save(tmp_path / "a.gif")
        document, painted, back = recolor(tmp_path / "a.gif", tmp_path / "b.gif")
        assert document.durations is back.durations is None
        assert np.abs(back.pages[0].astype(int) - painted[0]).mean() < 5
        assert recolor(tmp_path / "a.gif", tmp_path / "b.jpg")[2].format == "JPEG"

    def test_an_animation_does_not_fit_into_a_jpeg(self, tmp_path):
        Image.fromarray(GREY).save(tmp_path / "a.gif", save_all=True, append_images=[Image.fromarray(255 - GREY)])
        document = read_document(tmp_path / "a.gif")
        with pytest.raises(ValueError, match="has 2 frames, JPEG holds one"):
            write_document(document, paint(document), tmp_path / "a.jpg")
