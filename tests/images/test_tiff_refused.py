"""TIFF files that are not read: refused by name with what to do, and never anything worse, whatever their bytes are."""

import re
import struct
import warnings

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings

from colorlib.images.decode import open_rgb
from colorlib.images.read import read_document
from helpers.tiffs import COLOURS, RAMP, stored, tiff

GREY = {"values": stored(RAMP, 8)[..., None]}
DEEP = {"values": stored(RAMP, 16)[..., None]}
REFUSED = {
    "photometric 77": {**GREY, "photometric": 77},
    "compression 34712": {**GREY, "tags": {259: ("H", [34712])}},
    "signed whole numbers": {**DEEP, "kind": 2},
    "predictor 2 with 12 bits": {"values": stored(RAMP, 12)[..., None], "bits": 12, "tags": {317: ("H", [2])}},
    "predictor 2 with compression none": {**DEEP, "tags": {317: ("H", [2])}},
    "channels of different kinds": {"values": stored(COLOURS, 8), "photometric": 2, "tags": {258: ("H", [5, 6, 5])}},
    "numbers of 64 bits": {"values": stored(RAMP, 8)[..., None].astype("u8")},
    "YCbCr that is not plain": {"values": stored(COLOURS, 8), "photometric": 6},
    "bits with photometric 8": {"values": stored(COLOURS, 16), "photometric": 8},
    "inks that are not CMYK": {
        "values": stored(np.dstack([COLOURS, RAMP]), 8),
        "photometric": 5,
        "tags": {332: ("H", [2])},
    },
    "alpha multiplied": {"values": stored(np.dstack([RAMP, RAMP]), 8), "photometric": 0, "extra": [1]},
    "fill order 2": {**GREY, "tags": {266: ("H", [2])}},
}
DAMAGED = {
    "its photometric 2 does not go with 1": {**GREY, "photometric": 2},
    "in a palette": {**GREY, "photometric": 3},
    "one of them is wrong": {**DEEP, "tags": {258: ("H", [8])}},
    "its tags say": {**GREY, "tags": {258: ("H", [16])}},
    "strips or tiles with": {**GREY, "tags": {278: ("I", [3])}},
    "its tag 262 has 2 values": {**GREY, "tags": {262: ("H", [1, 1])}},
    "its tag 259 has fractions": {**GREY, "tags": {259: ("f", [1.5])}},
    "planar configuration 3": {**GREY, "tags": {284: ("H", [3])}},
}


@pytest.mark.parametrize("why", REFUSED)
def test_layouts_that_are_refused_say_what_they_are_and_what_to_do(tmp_path, why):
    (tmp_path / "a.tif").write_bytes(tiff(REFUSED[why]))
    for reader in (read_document, open_rgb):
        with pytest.raises(ValueError, match=rf"a\.tif .*{re.escape(why)}.*: save it as a grey or RGB TIFF or PNG"):
            reader(tmp_path / "a.tif")


@pytest.mark.parametrize("why", DAMAGED)
def test_tags_that_contradict_each_other_or_the_data(tmp_path, why):
    (tmp_path / "a.tif").write_bytes(tiff(DAMAGED[why]))
    with pytest.raises(ValueError, match=rf"a\.tif cannot be read \(.*{re.escape(why)}.*\): replace it"):
        read_document(tmp_path / "a.tif")


def test_pages_in_a_circle(tmp_path):
    data = bytearray(tiff(GREY))
    start = struct.unpack("<I", data[4:8])[0]
    data[-4:] = struct.pack("<I", start)
    (tmp_path / "a.tif").write_bytes(data)
    with pytest.raises(ValueError, match="in a circle"):
        read_document(tmp_path / "a.tif")


@settings(max_examples=500, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(
    page=st.sampled_from([
        {"codec": codec, "predictor": predictor, "tile": tile, "extra": [2]}
        for codec, predictor in [("none", 1), ("LZW", 2), ("Deflate", 2), ("PackBits", 1), ("Zstandard", 1)]
        for tile in (None, (16, 16))
    ]),
    edits=st.lists(st.tuples(st.floats(0, 1), st.binary(min_size=1, max_size=4)), min_size=1, max_size=5),
    end=st.one_of(st.just(1.0), st.floats(0.1, 1)),
    order=st.sampled_from("<>"),
)  # fmt: skip
def test_mutated_files_are_pictures_or_one_line(tmp_path_factory, page, edits, end, order):
    """Most edits hit the tags, which lie at the end."""
    values = stored(np.dstack([COLOURS, RAMP]), 16)
    data = tiff(page | {"values": values, "photometric": 2}, GREY, order=order)
    for place, new in edits:
        at = len(data) - 1 - int(place**3 * (len(data) - 1))
        data = data[:at] + new + data[at + len(new) :]
    path = tmp_path_factory.getbasetemp() / "mutated.tif"
    path.write_bytes(data[: int(end * len(data))])
    with warnings.catch_warnings(), pytest.MonkeyPatch.context() as patch:
        warnings.simplefilter("ignore")
        patch.setenv("COLORLIB_MAX_GB", "0.05")
        failure = ""
        try:
            for pixels in read_document(path).pages:
                assert pixels.dtype in (np.uint8, np.uint16)
        except ValueError as error:
            failure = str(error)
    assert failure == "" or "mutated.tif" in failure
    assert "\n" not in failure
