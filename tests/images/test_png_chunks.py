"""What a PNG says beside its pixels: gamma as browsers have it, chunks of any size, 16-bit grey with alpha."""

import struct
import time
import zlib

import numpy as np
import pytest

from colorlib.images.decode import open_rgb
from colorlib.images.notes import collected
from colorlib.images.read import read_document
from helpers.formats import DEEP, GREY, GREY_18, RGB, icc_profile, png

H, W = GREY.shape


def file_of(path, pixels, *chunks, behind=()):
    """A PNG of these pixels with chunks before and behind them."""
    channels = pixels.shape[2] if pixels.ndim == 3 else 1
    rows = pixels.astype(pixels.dtype.newbyteorder(">")).tobytes()
    stride = len(rows) // len(pixels)
    rows = b"".join(b"\0" + rows[i : i + stride] for i in range(0, len(rows), stride))
    kind = {1: 0, 2: 4, 3: 2, 4: 6}[channels]
    header = struct.pack(">IIBBBBB", pixels.shape[1], pixels.shape[0], 8 * pixels.itemsize, kind, 0, 0, 0)
    path.write_bytes(png(header, *chunks, (b"IDAT", zlib.compress(rows)), *behind))
    return path


def read(path):
    """The only page, and the notes."""
    with collected() as notes:
        return read_document(path).pages[0], notes


def profile_chunk(profile):
    return b"iCCP", b"scanner\0\0" + zlib.compress(profile)


def gamma_chunk(gamma):
    return b"gAMA", struct.pack(">I", round(gamma * 100000))


def srgb_of(light):
    return np.where(light <= 0.0031308, 12.92 * light, 1.055 * np.maximum(light, 1e-9) ** (1 / 2.4) - 0.055)


@pytest.mark.parametrize("pixels", [GREY, RGB, DEEP, np.dstack([GREY, GREY]), np.dstack([DEEP] * 3)])
class TestGamma:
    def test_it_is_obeyed(self, tmp_path, pixels):
        full = np.iinfo(pixels.dtype).max
        shown = pixels[..., 0] if pixels.ndim == 3 and pixels.shape[2] == 2 else pixels
        for gamma in (1.0, 0.55556, 1 / 3):
            page, notes = read(file_of(tmp_path / f"{gamma}.png", pixels, gamma_chunk(gamma)))
            assert page.dtype == pixels.dtype
            assert np.abs(page / full - srgb_of((shown / full) ** (1 / gamma))).max() < 2.5 / 255
            assert notes == []

    def test_that_of_srgb_and_that_which_something_better_overrules(self, tmp_path, pixels):
        shown = pixels[..., 0] if pixels.ndim == 3 and pixels.shape[2] == 2 else pixels
        primaries = (b"cHRM", struct.pack(">8I", 31270, 32900, 64000, 33000, 30000, 60000, 15000, 6000))
        for chunks in (
            [gamma_chunk(0.45455)],
            [gamma_chunk(0.45455), primaries],
            [gamma_chunk(1.0), (b"sRGB", b"\0")],
            [primaries],
        ):
            page, _ = read(file_of(tmp_path / "a.png", pixels, *chunks))
            assert np.array_equal(page, shown)

    def test_nonsense_is_ignored_aloud(self, tmp_path, pixels):
        shown = pixels[..., 0] if pixels.ndim == 3 and pixels.shape[2] == 2 else pixels
        page, notes = read(file_of(tmp_path / "a.png", pixels, gamma_chunk(0)))
        assert np.array_equal(page, shown)
        assert "gAMA" in notes[0]
        page, notes = read(file_of(tmp_path / "b.png", pixels, gamma_chunk(0.45455), (b"cHRM", bytes(32))))
        assert np.array_equal(page, shown)
        assert "cHRM" in notes[0]


def test_other_primaries(tmp_path):
    """Those of Adobe RGB: pure green leaves sRGB, greys stay."""
    primaries = (b"cHRM", struct.pack(">8I", 31270, 32900, 64000, 33000, 21000, 71000, 15000, 6000))
    pixels = np.array([[[100, 100, 100], [100, 180, 100]]], np.uint8)
    page, _ = read(file_of(tmp_path / "a.png", pixels, gamma_chunk(0.45455), primaries))
    assert np.abs(page[0, 0].astype(int) - 100).max() <= 1
    assert page[0, 1, 0] < 60


@pytest.mark.parametrize("pixels", [GREY, DEEP, RGB])
def test_large_chunks_are_read_or_skipped(tmp_path, pixels):
    """A scanner's profile of 2 MB counts; texts that long do not matter; both may come together."""
    large = icc_profile(1.0)
    large = (len(large) + 2_000_000).to_bytes(4) + large[4:] + np.random.default_rng(0).bytes(2_000_000)
    small, _ = read(file_of(tmp_path / "small.png", pixels, profile_chunk(icc_profile(1.0))))
    xmp = (b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + b"x" * 3_000_000)
    packed = (b"zTXt", b"Notes\0\0" + zlib.compress(bytes(80_000_000)))
    packed_xmp = (b"iTXt", b"XML:com.adobe.xmp\0\1\0\0\0" + zlib.compress(b"x" * 3_000_000))
    many = [(b"tEXt", b"Part\0" + b"y" * 900_000)] * 80
    path = file_of(tmp_path / "a.png", pixels, profile_chunk(large), xmp, packed, behind=(packed_xmp, packed, *many))
    start = time.process_time()
    page, notes = read(path)
    assert time.process_time() - start < 10
    assert np.array_equal(page, small)
    assert sorted({note.split("'")[1] for note in notes}) == ["Notes", "Part"]
    with pytest.warns(UserWarning, match="its text '(Notes|Part)' is longer than 1 MB and is not copied"):
        assert open_rgb(path).size == (W, H)


def test_a_profile_beyond_all_bounds(tmp_path):
    page, notes = read(file_of(tmp_path / "a.png", RGB, profile_chunk(bytes(100_000_000))))
    assert np.array_equal(page, RGB)
    assert "longer than 32 MB" in notes[0]


@pytest.mark.parametrize("profile", [GREY_18, icc_profile(1.8)])
def test_sixteen_bit_grey_with_alpha_and_a_profile(tmp_path, profile):
    path = file_of(tmp_path / "a.png", np.dstack([DEEP, DEEP[::-1]]), profile_chunk(profile))
    with collected() as notes:
        document = read_document(path)
    assert notes == []
    assert np.abs(document.pages[0] / 65535 - srgb_of((DEEP / 65535) ** 1.8)).max() < 1.5 / 255
    assert np.array_equal(document.alphas[0], DEEP[::-1])


def test_another_colour_space_is_said(tmp_path):
    _, notes = read(file_of(tmp_path / "a.png", RGB, (b"cICP", b"\x09\x10\x00\x01")))
    assert "cICP" in notes[0]
    _, notes = read(file_of(tmp_path / "b.png", RGB, (b"cICP", b"\x01\x0d\x00\x01")))
    assert notes == []
