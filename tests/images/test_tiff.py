"""A TIFF's own tags say what its numbers mean: every layout is read right, or refused by name."""

import hypothesis.strategies as st
import numpy as np
import pytest
import tifffile
from hypothesis import HealthCheck, assume, given, settings
from PIL import Image

from colorlib.images.decode import open_rgb
from colorlib.images.notes import collected
from colorlib.images.read import read_document
from colorlib.images.write import write_document
from helpers.tiffs import CODECS, COLOURS, RAMP, H, W, stored, tiff


def read(path, data):
    """The first page of a file of these bytes, from 0 to 1, its alpha, and what was noted."""
    path.write_bytes(data)
    with collected() as notes:
        document = read_document(path)
    page, alpha = document.pages[0], document.alphas[0]
    full = np.iinfo(page.dtype).max
    return page / full, None if alpha is None else alpha / full, notes


CODEC = st.sampled_from(["none", "none", *CODECS])


@st.composite
def layouts(draw):
    """Arguments of `tiff` for one page, what it shows, its alpha, and how exactly."""
    photometric = draw(st.sampled_from([0, 1, 2]))
    kind = draw(st.sampled_from(["u", "u", "f"]))
    bits = draw(st.sampled_from([16, 32, 64] if kind == "f" else [1, 2, 4, 8, 10, 12, 14, 16, 32]))
    codec = draw(CODEC)
    choices = [1] if codec in ("none", "PackBits") or bits not in (8, 16, 32, 64) else [1, 2] + [3] * (kind == "f")
    alpha = draw(st.sampled_from([None, None, 2, *([1] if photometric and bits >= 8 else [])]))
    colours = COLOURS if photometric == 2 else RAMP[..., None]
    opacity = 0.25 + 0.75 * RAMP[:, ::-1]
    shown = colours
    if photometric == 0:
        colours = 1 - colours
    if alpha == 1:
        colours = colours * opacity[..., None]
    unknown = draw(st.booleans())  # one more channel, without a meaning
    channels = [colours] + ([opacity[..., None]] if alpha else []) + ([RAMP.T[:1, :1] * np.ones((H, W, 1))] * unknown)
    exact = max(1 / (2**bits - 1), 2.0**-10 if (kind, bits) == ("f", 16) else 1 / 65535)
    tile = draw(st.sampled_from([None, None, (16, 16), (32, 16)]))
    planes = draw(st.booleans()) or bits == 1
    page = {
        "values": stored(np.concatenate(channels, axis=2), bits, kind),
        "bits": bits,
        "kind": {"u": 1, "f": 3}[kind],
        "photometric": photometric,
        "planes": planes,
        "tile": tile,
        "rows": draw(st.sampled_from([1, 5, H, 100])),
        "predictor": draw(st.sampled_from(choices)),
        "codec": codec,
        "extra": ([alpha] if alpha else []) + [0] * unknown,
    }
    file = {"order": draw(st.sampled_from("<>")), "big": draw(st.booleans())}
    return page, file, shown, opacity if alpha else None, exact * (6 if alpha == 1 else 1)


@settings(max_examples=400, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(layouts())
def test_every_layout_shows_the_ramp_it_was_made_from(tmp_path_factory, layout):
    page, file, shown, opacity, exact = layout
    pixels, alpha, notes = read(tmp_path_factory.getbasetemp() / "layout.tif", tiff(page, **file))
    pixels = pixels if pixels.ndim == 3 else pixels[..., None]
    assert pixels.shape == shown.shape
    assert np.abs(pixels - shown).max() <= exact + 1e-9
    assert (alpha is None) == (opacity is None)
    if alpha is not None:
        assert np.abs(alpha - opacity).max() <= exact + 1e-9
    left_out = [note for note in notes if "channel" in note]
    assert len(left_out) == (0 in page["extra"])


@settings(max_examples=150, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(
    st.sampled_from(["uint8", "uint16", "uint32", "float16", "float32", "float64", "int16", "bool"]),
    st.sampled_from(["minisblack", "miniswhite", "rgb"]),
    st.sampled_from(["contig", "separate"]),
    st.sampled_from([None, "zlib", "packbits", "lzma"]),
    st.booleans(),
    st.sampled_from([None, (16, 32)]),
    st.sampled_from("<>"),
    st.booleans(),
    st.sampled_from([None, "unassalpha", "assocalpha", "unspecified"]),
)
def test_what_other_software_writes(
    tmp_path_factory, dtype, photometric, planar, compression, predictor, tile, order, big, extra
):
    """By tifffile: the ramp within rounding, or refused by name."""
    assume(photometric == "rgb" or extra is None)
    path = tmp_path_factory.getbasetemp() / "other.tif"
    values = np.concatenate([COLOURS, np.ones((H, W, 1))], axis=2) if photometric == "rgb" else RAMP
    values = values if extra else values[..., :3] if values.ndim == 3 else values
    if photometric == "miniswhite":
        values = 1 - values
    full = 1 if dtype.startswith("float") else 1 if dtype == "bool" else np.iinfo(dtype).max
    values = np.round(values * full).astype(dtype) if full > 1 or dtype == "bool" else values.astype(dtype)
    if photometric == "rgb" and planar == "separate":
        values = np.moveaxis(values, 2, 0)
    options = {"predictor": predictor} if compression in ("zlib", "lzma") and dtype not in ("bool", "float16") else {}
    try:
        tifffile.imwrite(
            path, values, photometric=photometric, planarconfig=planar if photometric == "rgb" else None,
            compression=compression, tile=tile, byteorder=order, bigtiff=big,
            extrasamples=[extra] if extra else None, metadata=None, **options,
        )  # fmt: skip
    except (ValueError, NotImplementedError, KeyError, RuntimeError, ImportError):
        assume(False)  # it cannot write that without a codec that is not installed
    if dtype == "int16" or (dtype == "bool" and values.shape[-1] in (3, 4)):
        with pytest.raises(ValueError, match=r"other\.tif has (signed whole numbers|1 bit a sample with several)"):
            read_document(path)
        return
    with collected():
        page = read_document(path).pages[0]
    shown = COLOURS if photometric == "rgb" else RAMP
    assert page.shape == shown.shape
    assert np.abs(page / np.iinfo(page.dtype).max - shown).max() <= (0.5 if dtype == "bool" else 0.004) + 1e-9


class TestPhotometric:
    """What is white, and in which colours."""

    @pytest.mark.parametrize("bits", [1, 2, 4, 8, 12, 16])
    @pytest.mark.parametrize("order", "<>")
    def test_white_is_zero_becomes_a_normal_picture(self, tmp_path, bits, order):
        page = {"values": stored(1 - RAMP, bits)[..., None], "bits": bits, "photometric": 0}
        pixels, _, notes = read(tmp_path / "a.tif", tiff(page, order=order))
        assert np.abs(pixels - RAMP).max() <= 1 / (2**bits - 1)
        assert notes == []
        document = read_document(tmp_path / "a.tif")
        write_document(document, (np.dstack([page] * 3) for page in document.pages), tmp_path / "b.tif")
        with tifffile.TiffFile(tmp_path / "b.tif") as seen:
            assert seen.pages[0].photometric == tifffile.PHOTOMETRIC.RGB
            assert np.array_equal(seen.asarray()[..., 0], document.pages[0])
        eight = np.asarray(open_rgb(tmp_path / "a.tif"))[..., 1] / 255
        assert np.abs(eight - RAMP).max() <= 1 / (2 ** min(bits, 8) - 1)

    @pytest.mark.parametrize("bits", [1, 2, 4, 8])
    def test_palettes(self, tmp_path, bits):
        wheel = np.random.default_rng(0).integers(0, 256, (3, 2**bits))
        index = stored(RAMP, bits)
        page = {"values": index[..., None], "bits": bits, "photometric": 3}
        page["tags"] = {320: ("H", (wheel * 257).ravel().tolist())}
        pixels, _, _ = read(tmp_path / "a.tif", tiff(page))
        assert np.array_equal(np.round(pixels * 255), wheel.T[index])
        page["tags"] = {320: ("H", (wheel << 8).ravel().tolist())}
        assert np.array_equal(np.round(read(tmp_path / "b.tif", tiff(page))[0] * 255), wheel.T[index])

    @pytest.mark.parametrize("bits", [8, 16])
    @pytest.mark.parametrize("planes", [False, True])
    def test_inks(self, tmp_path, bits, planes):
        inks = np.dstack([1 - COLOURS, np.zeros((H, W))])
        page = {"values": stored(inks, bits), "photometric": 5, "planes": planes}
        pixels, _, notes = read(tmp_path / "a.tif", tiff(page))
        assert np.abs(pixels - COLOURS).max() < 0.01
        assert [note for note in notes if "inks of 16 bits" in note] == notes
        assert len(notes) == (bits == 16)

    def test_ycbcr_with_whole_chroma(self, tmp_path):
        eight = stored(COLOURS, 8)
        values = np.asarray(Image.fromarray(eight).convert("YCbCr"))
        page = {"values": values, "photometric": 6, "tags": {530: ("H", [1, 1])}}
        assert np.abs(read(tmp_path / "a.tif", tiff(page))[0] - COLOURS).max() < 0.016

    def test_cielab(self, tmp_path):
        """Signed a and b; the middle greys of a ramp of L."""
        L = stored(RAMP, 8)
        page = {"values": np.dstack([L, L * 0, L * 0]), "photometric": 8}
        pixels, _, _ = read(tmp_path / "a.tif", tiff(page))
        light = np.where(RAMP * 100 > 8, ((RAMP * 100 + 16) / 116) ** 3, RAMP * 100 / 903.3)
        expected = np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)
        assert np.abs(pixels - expected[..., None]).max() < 0.02

    @pytest.mark.parametrize("mode", ["L", "RGB", "CMYK"])
    def test_jpeg_inside(self, tmp_path, mode):
        image = Image.fromarray(stored(COLOURS, 8)).resize((64, 48), Image.Resampling.BICUBIC).convert(mode)
        image.save(tmp_path / "a.tif", compression="jpeg", quality=98)
        expected = np.asarray(image if mode == "L" else image.convert("RGB"))
        assert np.abs(read_document(tmp_path / "a.tif").pages[0].astype(int) - expected).max() < 14

    @pytest.mark.parametrize("codec", ["group3", "group4", "tiff_ccitt"])
    def test_faxes(self, tmp_path, codec):
        image = Image.fromarray(RAMP > 0.5)
        image.save(tmp_path / "a.tif", compression=codec)
        assert np.array_equal(read_document(tmp_path / "a.tif").pages[0], np.asarray(image) * 255)

    @pytest.mark.parametrize("orientation", range(1, 9))
    @pytest.mark.parametrize("compression", ["jpeg", "tiff_lzw", "raw"])
    def test_turned(self, tmp_path, compression, orientation):
        image = Image.fromarray(stored(RAMP**2, 8)).resize((64, 32))
        options = {"quality": 98} if compression == "jpeg" else {}
        image.save(tmp_path / "a.tif", compression=compression, tiffinfo={274: orientation}, **options)
        turns = {2: [0], 3: [3], 4: [1], 5: [5], 6: [4], 7: [6], 8: [2]}.get(orientation, [])
        for turn in turns:
            image = image.transpose(Image.Transpose(turn))
        for pixels in (read_document(tmp_path / "a.tif").pages[0], np.asarray(open_rgb(tmp_path / "a.tif"))[..., 0]):
            assert np.abs(pixels.astype(int) - np.asarray(image)).max() < 12
