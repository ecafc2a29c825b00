"""What a file says in words and in profiles: each page its own, kept where the result's format can hold it, or told."""

import numpy as np
import pytest
from PIL import Image, PngImagePlugin

from colorlib.images.decode import open_rgb
from colorlib.images.icc import srgb_profile
from colorlib.images.notes import collected
from colorlib.images.read import read_document
from colorlib.images.tensors import read_rgb
from colorlib.images.write import write_document
from helpers.formats import ADOBE, DEEP, DEEP_RGB, GREY, GREY_18, RGB, icc_profile
from helpers.tiffs import tiff

TEXTS = {"Title": "Hochzeit", "Author": "Anna Müller", "Description": "vor der Kirche, Żnin", "Comment": "c" * 300}


def coloured(source, target):
    """Read and write a file without a network; return the notes."""
    with collected() as notes:
        document = read_document(source)
        pages = (page if page.ndim == 3 else np.dstack([page] * 3) for page in document.pages)
        write_document(document, pages, target)
    return notes


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize("big", [False, True])
def test_each_page_has_its_own_caption_name_resolution_and_profile(tmp_path, order, big):
    linear = icc_profile(1.0)
    pages = []
    for name, dpi, profile in [("Anna", 300, None), ("Bert", 72, linear), ("Zoë", 600, ADOBE)]:
        tags = {270: ("s", name.encode("latin-1") + b"\0"), 285: ("s", f"P-{dpi}".encode() + b"\0")}
        tags |= {282: ("r", [(dpi, 1)]), 283: ("r", [(2 * dpi, 1)]), 296: ("H", [2])}
        tags |= {34675: ("x", profile)} if profile else {}
        pages.append({"values": GREY[..., None], "tags": tags})
    (tmp_path / "a.tif").write_bytes(tiff(*pages, order=order, big=big))
    assert coloured(tmp_path / "a.tif", tmp_path / "b.tif") == []
    with Image.open(tmp_path / "b.tif") as image:
        found = []
        for index in range(image.n_frames):
            image.seek(index)
            tags = image.tag_v2
            found.append((tags[270], tags[285], tags[282], tags[283], 34675 in tags))
        image.seek(1)
        grey = np.asarray(image)[..., 0]
    assert found == [
        ("Anna", "P-300", 300, 600, False),
        ("Bert", "P-72", 72, 144, True),
        ("Zoë", "P-600", 600, 1200, True),
    ]
    assert grey[GREY == 130].min() >= 188  # a linear 130


@pytest.mark.parametrize("deep", [False, True])
def test_texts_of_a_png_are_kept(tmp_path, deep):
    chunks = PngImagePlugin.PngInfo()
    for number, (keyword, text) in enumerate(TEXTS.items()):
        chunks.add_text(keyword, text, zip=number % 2 == 1)
    chunks.add_itxt("XML:com.adobe.xmp", "<xmp/>")
    Image.fromarray(DEEP if deep else GREY).save(tmp_path / "a.png", pnginfo=chunks)
    assert coloured(tmp_path / "a.png", tmp_path / "b.png") == []
    with Image.open(tmp_path / "b.png") as image:
        image.load()
        assert image.text == TEXTS
    for suffix in ("jpg", "gif", "tif", "webp"):
        assert coloured(tmp_path / "a.png", tmp_path / f"b.{suffix}") == []
        with Image.open(tmp_path / f"b.{suffix}") as image:
            text = image.getexif()[270] if suffix in ("tif", "webp") else image.info["comment"]
        text = text.encode("latin-1") if isinstance(text, str) else text
        assert "Author: Anna Müller\nDescription: vor der Kirche, Żnin" in text.decode()
    (note,) = coloured(tmp_path / "a.png", tmp_path / "b.bmp")
    assert note.startswith("its texts (Title, Author, Description, Comment) are not copied")


@pytest.mark.parametrize("comment", ["Käthe, 1936".encode(), "Käthe, 1936".encode("latin-1"), b"x" * 5000])
@pytest.mark.parametrize("suffix", ["jpg", "gif"])
def test_comments_are_kept_to_the_byte(tmp_path, suffix, comment):
    Image.fromarray(GREY).save(tmp_path / f"a.{suffix}", comment=comment)
    for target in ("b.jpg", "b.gif"):
        assert coloured(tmp_path / f"a.{suffix}", tmp_path / target) == []
        with Image.open(tmp_path / target) as image:
            assert image.info["comment"] == comment
    coloured(tmp_path / f"a.{suffix}", tmp_path / "b.png")
    with Image.open(tmp_path / "b.png") as image:
        image.load()
        kept = image.text["Comment"]
    assert kept.startswith("x" if comment[:1] == b"x" else "Käthe")


def named(profile, text):
    """A profile under another name of at most four letters."""
    return profile.replace(b"test\0", text + b"\0")


class TestProfilesByWhatTheyDo:
    """Letters in a name decide nothing; curves and primaries do."""

    @pytest.mark.parametrize("suffix", ["png", "jpg", "tif", "webp"])
    def test_a_linear_profile_that_is_called_srgb(self, tmp_path, suffix):
        for mode, value in (("RGB", (130, 130, 130)), ("L", 130)):
            image = Image.new(mode, (32, 32), value)
            image.save(tmp_path / f"a.{suffix}", icc_profile=named(icc_profile(1.0), b"sRGB"), quality=95)
            for pixels in (
                read_document(tmp_path / f"a.{suffix}").pages[0],
                np.asarray(open_rgb(tmp_path / f"a.{suffix}")),
                read_rgb(tmp_path / f"a.{suffix}").permute(1, 2, 0).numpy(),
            ):
                assert np.abs(pixels.astype(int) - 189).max() <= 3, mode

    def test_training_reads_what_everything_else_reads(self, tmp_path):
        exif = Image.Exif()
        exif[0x0131] = "sRGB workflow, ICC_PROFILE"
        image = Image.fromarray(RGB).resize((64, 64))
        for name, profile in {"a": icc_profile(1.0), "b": ADOBE, "c": srgb_profile(), "d": None}.items():
            image.save(tmp_path / f"{name}.jpg", exif=exif, icc_profile=profile, quality=95)
            difference = read_rgb(tmp_path / f"{name}.jpg").permute(1, 2, 0).numpy().astype(int) - np.asarray(
                open_rgb(tmp_path / f"{name}.jpg")
            )
            assert np.abs(difference).mean() < 1, name

    def test_srgb_under_any_name_changes_nothing(self, tmp_path):
        Image.fromarray(RGB).save(tmp_path / "a.png", icc_profile=srgb_profile().replace(b"s\0R\0G\0B", b"X\0Y\0Z\0A"))
        assert np.array_equal(read_document(tmp_path / "a.png").pages[0], RGB)

    @pytest.mark.parametrize("bits", [8, 16])
    @pytest.mark.parametrize("alpha", [False, True])
    def test_grey_profiles_of_grey_tiffs(self, tmp_path, bits, alpha):
        values = DEEP if bits == 16 else GREY
        page = {"values": np.dstack([values, values[::-1]]) if alpha else values[..., None], "extra": [2] * alpha}
        page["tags"] = {34675: ("x", GREY_18)}
        (tmp_path / "a.tif").write_bytes(tiff(page))
        document = read_document(tmp_path / "a.tif")
        light = (values / (2**bits - 1)) ** 1.8
        expected = np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)
        assert np.abs(document.pages[0] / (2**bits - 1) - expected).max() < 1.5 / 255
        if alpha:
            assert np.array_equal(document.alphas[0], values[::-1])

    def test_deep_linear_colours_keep_their_shadows(self, tmp_path):
        ramp = np.arange(65536, dtype=np.uint16).reshape(256, 256)
        page = {"values": np.dstack([ramp] * 3), "photometric": 2, "tags": {34675: ("x", icc_profile(1.0))}}
        (tmp_path / "a.tif").write_bytes(tiff(page))
        light = ramp / 65535
        expected = np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)
        assert np.abs(read_document(tmp_path / "a.tif").pages[0] / 65535 - expected[..., None]).max() < 1.5 / 255

    def test_deep_planes_with_a_profile(self, tmp_path):
        for planes in (False, True):
            page = {"values": DEEP_RGB, "photometric": 2, "planes": planes, "tags": {34675: ("x", ADOBE)}}
            (tmp_path / f"{planes}.tif").write_bytes(tiff(page))
        pages = [read_document(tmp_path / f"{planes}.tif").pages[0] for planes in (False, True)]
        assert np.array_equal(*pages)
