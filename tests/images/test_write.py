"""Files as they are found: every kind is read, written and read again, and a hostile one is refused by name."""

from functools import partial

import numpy as np
import pytest
from PIL import Image

from colorlib.images import writers
from colorlib.images.read import read_document
from colorlib.images.write import WRITABLE, output_suffix, write_document
from helpers.formats import GREY, RGB, paint


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
        monkeypatch.setattr(writers, "write_tiff_page", partial(half, None))
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
