"""Which number of a TIFF is white: the tags say so, or what is assumed is noted."""

import numpy as np
import pytest

from colorlib.images.notes import collected
from colorlib.images.read import read_document
from helpers.tiffs import COLOURS, RAMP, H, W, stored, tiff


def read(path, page, **file):
    """The first page of a file of one page, from 0 to 1, and what was noted."""
    path.write_bytes(tiff(page, **file))
    with collected() as notes:
        pixels = read_document(path).pages[0]
    return pixels / np.iinfo(pixels.dtype).max, notes


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize("bits", [10, 12, 14])
class TestTwelveBitsInSixteen:
    def test_by_their_depth_packed_or_not(self, tmp_path, bits, order):
        values = stored(RAMP, bits)[..., None]
        packed, _ = read(tmp_path / "a.tif", {"values": values, "bits": bits}, order=order)
        assert np.abs(packed - RAMP).max() <= 1 / 2**bits
        depth = {258: ("H", [bits])}
        for codec in ("none", "Deflate"):
            loose, notes = read(tmp_path / "b.tif", {"values": values, "tags": depth, "codec": codec}, order=order)
            assert np.array_equal(loose, packed)
            left, _ = read(
                tmp_path / "c.tif", {"values": values << (16 - bits), "tags": depth, "codec": codec}, order=order
            )
            assert np.array_equal(left, packed)
            assert notes == []

    def test_by_the_largest_sample_that_the_tags_name(self, tmp_path, bits, order):
        values = stored(COLOURS, bits)
        page = {"values": values, "photometric": 2, "tags": {281: ("H", [2**bits - 1] * 3)}}
        pixels, notes = read(tmp_path / "a.tif", page, order=order)
        assert np.abs(pixels - COLOURS).max() <= 1 / 2**bits
        assert notes == []

    def test_without_a_tag_they_stay_dark_and_it_is_said(self, tmp_path, bits, order):
        values = stored(RAMP, bits)[..., None]
        pixels, notes = read(tmp_path / "a.tif", {"values": values}, order=order)
        assert np.array_equal(pixels * 65535, values[..., 0])
        assert len(notes) == 1
        assert f"looks like {bits} bits stored in 16" in notes[0]


def test_a_statistic_is_no_white(tmp_path):
    """TIFF 6.0: MaxSampleValue is the largest that occurs."""
    values = stored(RAMP * 0.8, 16)[..., None]
    plain, notes = read(tmp_path / "a.tif", {"values": values})
    assert notes == []
    for largest in (int(values.max()), 60000, 65535):
        pixels, notes = read(tmp_path / "b.tif", {"values": values, "tags": {281: ("H", [largest])}})
        assert np.array_equal(pixels, plain)
        assert notes == []


def test_a_largest_sample_that_is_exceeded_is_ignored_aloud(tmp_path):
    pixels, notes = read(tmp_path / "a.tif", {"values": stored(RAMP, 16)[..., None], "tags": {281: ("H", [4095])}})
    assert np.abs(pixels - RAMP).max() < 1e-4
    assert ["MaxSampleValue is 4095" in note for note in notes] == [True]


def count_to(full, path, bits, photometric):
    """Look at floating-point numbers whose white is `full`."""
    values = stored(RAMP * full, bits, "f")[..., None]
    pixels, notes = read(path, {"values": values, "kind": 3, "photometric": photometric})
    assert np.abs(pixels - (RAMP if photometric else 1 - RAMP)).max() < 1e-3
    assert notes == ([] if full == 1 else [f"its floating-point numbers are taken to count to {full}"])


@pytest.mark.parametrize("bits", [32, 64])  # a number of 16 bits ends below that
@pytest.mark.parametrize("photometric", [0, 1])
def test_the_white_of_16_bits(tmp_path, bits, photometric):
    count_to(65535, tmp_path / "a.tif", bits, photometric)


@pytest.mark.parametrize("bits", [16, 32, 64])
@pytest.mark.parametrize("photometric", [0, 1])
class TestFloats:
    @pytest.mark.parametrize("over", [1.0, 1.01, 1.5, 3.0])
    def test_some_overshoot(self, tmp_path, bits, photometric, over):
        """A few bright pixels above 1 do not make the picture black."""
        values = RAMP.copy()
        values[0, :20], values[1, :20] = over, -0.2
        shown = values if photometric else 1 - values
        pixels, notes = read(
            tmp_path / "a.tif",
            {"values": stored(values, bits, "f")[..., None], "kind": 3, "photometric": photometric},
        )
        assert np.abs(pixels - shown.clip(0, 1)).max() < 1e-3
        assert ["lie outside" in note for note in notes] == [True]

    @pytest.mark.parametrize("full", [1, 255])
    def test_other_whites(self, tmp_path, bits, photometric, full):
        count_to(full, tmp_path / "a.tif", bits, photometric)

    def test_no_white_that_fits(self, tmp_path, bits, photometric):
        page = {"values": stored(RAMP * 10, bits, "f")[..., None], "kind": 3, "photometric": photometric}
        with pytest.raises(ValueError, match=r"a\.tif has floating-point numbers that count neither"):
            read(tmp_path / "a.tif", page)

    def test_what_is_not_finite(self, tmp_path, bits, photometric):
        values = RAMP.copy()
        values[0, :3] = np.nan, np.inf, -np.inf
        pixels, notes = read(
            tmp_path / "a.tif",
            {"values": stored(values, bits, "f")[..., None], "kind": 3, "photometric": photometric},
        )
        assert np.abs(pixels - (RAMP if photometric else 1 - RAMP))[1:].max() < 1e-3
        assert ["not finite" in note for note in notes] == [True]


class TestLongWholeNumbers:
    def test_their_own_range(self, tmp_path):
        pixels, notes = read(tmp_path / "a.tif", {"values": stored(RAMP, 32)[..., None]})
        assert np.abs(pixels - RAMP).max() < 1e-4
        assert notes == []

    @pytest.mark.parametrize("kind", [1, 2])
    def test_sixteen_bits_in_thirty_two(self, tmp_path, kind):
        values = stored(RAMP, 16)[..., None].astype(np.int32 if kind == 2 else np.uint32)
        pixels, notes = read(tmp_path / "a.tif", {"values": values, "kind": kind})
        assert np.abs(pixels - RAMP).max() < 1e-4
        assert ["count to 65535" in note for note in notes] == [True]

    @pytest.mark.parametrize("size", [1, 2, 4])
    def test_signed_ones_with_a_range(self, tmp_path, size):
        top = 2 ** (8 * size - 1)
        values = np.round(RAMP * (2 * top - 1) - top).astype(f"i{size}")[..., None]
        code = {1: "h", 2: "h", 4: "i"}[size]
        page = {"values": values, "kind": 2, "tags": {340: (code, [-top]), 341: (code, [top - 1])}}
        assert np.abs(read(tmp_path / "a.tif", page)[0] - RAMP).max() <= 2 / 2 ** min(8 * size, 16)


def test_black_stays_black(tmp_path):
    """No note is made of a picture that has no number at all above 0."""
    for values, kind in [(np.zeros((H, W, 1), np.uint16), 1), (np.zeros((H, W, 1), np.float32), 3)]:
        pixels, notes = read(tmp_path / "a.tif", {"values": values, "kind": kind})
        assert not pixels.any()
        assert notes == []
