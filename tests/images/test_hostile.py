"""What `images.hostile` promises."""

import struct
import warnings
import zlib
from io import BytesIO

import hypothesis.strategies as st
import numpy as np
import pytest
import tifffile
from hypothesis import HealthCheck, given, settings
from PIL import Image

from colorlib.images.decode import open_rgb
from colorlib.images.read import read_document
from helpers.formats import ADOBE, DEEP_RGB, GREY, GREY_18, RGB, H, W, difference, png, recolor


class TestHostile:
    """Nothing that a file can be ends in anything but a document or an error that names it."""

    @pytest.mark.parametrize("size", [(1, 1), (1, 20000), (20000, 1), (3, 2)])
    @pytest.mark.parametrize("suffix", ["jpg", "png", "tif", "bmp", "gif"])
    def test_odd_sizes(self, tmp_path, suffix, size):
        Image.new("L", size, 90).save(tmp_path / f"a.{suffix}")
        _, painted, back = recolor(tmp_path / f"a.{suffix}", tmp_path / f"b.{suffix}")
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
            document, painted, back = recolor(tmp_path / f"a.{suffix}", tmp_path / f"b.{suffix}")
        assert difference(document.pages[0], GREY) < 12
        assert difference(back.pages[0], painted[0]) < 12

    def test_exif_too_long_for_a_jpeg(self, tmp_path):
        exif = Image.Exif()
        exif[0x010E] = "x" * 70000
        Image.fromarray(GREY).save(tmp_path / "a.png", exif=exif)
        with pytest.warns(UserWarning, match=r"a\.png: its EXIF data is too long for a JPEG"):
            recolor(tmp_path / "a.png", tmp_path / "b.jpg")


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
