"""What a result is called: as its original, truly, and as no other."""

from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from PIL import Image

from colorlib.album.naming import result_names
from colorlib.images.decode import opened
from colorlib.images.kinds import READ
from colorlib.images.read import read_document
from colorlib.images.write import WRITABLE, output_suffix, write_document


def encoded(kind):
    """A small picture file of a kind."""
    if kind == "HEIF":
        pytest.importorskip("pillow_heif").register_heif_opener()
    file = BytesIO()
    Image.fromarray(np.full((48, 64), 90, np.uint8)).save(file, kind)
    return file.getvalue()


@pytest.mark.parametrize(
    ("name", "kind", "format", "expected"),
    [
        ("photo.jfif", "JPEG", None, "photo.jfif"),
        ("photo.JPE", "JPEG", None, "photo.JPE"),
        ("photo.HEIC", "JPEG", None, "photo.HEIC.jpg"),
        ("photo.HEIC", "HEIF", None, "photo.HEIC.png"),
        ("photo.avif", "AVIF", None, "photo.avif.png"),
        ("photo.jp2", "JPEG2000", None, "photo.jp2.png"),
        ("photo.jp2", "JPEG2000", "tiff", "photo.jp2.tif"),
        ("scan", "TIFF", None, "scan.tif"),
        ("Anna 12.5.1950", "JPEG", None, "Anna 12.5.1950.jpg"),
        ("a.dat", "WEBP", None, "a.dat.webp"),
        ("a.dat", "WEBP", "jpeg", "a.dat.jpg"),
        ("a.b.png", "PNG", "jpeg", "a.b.jpg"),
        ("a.png", "JPEG", None, "a.png"),
        ("photo.dng", "raw (DNG)", "png", "photo.dng.png"),
        ("photo.heic", None, None, "photo.heic.png"),
        ("sub.jpg/scan", "PNG", None, "sub.jpg/scan.png"),
    ],
)
def test_what_a_result_is_called(name, kind, format, expected):
    assert result_names({Path(name): kind}, format)[Path(name)].as_posix() == expected


NAMES = st.text(st.characters(codec="utf-8", exclude_characters="/\0"), min_size=1, max_size=12)
NAME = st.one_of(NAMES, st.builds(str.__add__, NAMES, st.sampled_from([*WRITABLE, ".HEIC", ".jfif", "", ".", ".1950"])))


NAME = NAME.filter(lambda name: name not in (".", ".."))
KINDS = [*READ, None, "raw (DNG)"]


@given(NAME, st.sampled_from(KINDS))
def test_the_name_of_a_result_begins_with_the_original_s_and_tells_the_format(name, kind):
    (result,) = result_names({Path(name): kind}).values()
    assert result.name.startswith(name)
    assert result.suffix.lower() in WRITABLE
    assert result.suffix.lower() != ".tif" or kind == "TIFF" or name.lower().endswith(".tif")


@given(st.dictionaries(st.lists(NAME, min_size=1, max_size=2).map(lambda parts: Path(*parts)), st.sampled_from(KINDS)))
@example({Path(name): "JPEG" for name in ("a", "a.jpg", "a.jpg.jpg", "a.jfif", "a.jpe", "a.heic", "a.JPG")})
def test_no_two_photographs_get_the_same_result(photographs):
    results = result_names(photographs)
    assert list(results) == list(photographs)
    assert len(set(results.values())) == len(photographs)
    assert all(result == name for name, result in results.items() if name.suffix.lower() in WRITABLE)


def test_a_name_gets_a_suffix_more_when_another_photograph_has_it():
    names = {Path(name): "JPEG" for name in ("sub/scan", "sub/scan.jpg", "scan", "scan.png")}
    expected = ["sub/scan.jpg.jpg", "sub/scan.jpg", "scan.jpg", "scan.png"]
    assert [result.as_posix() for result in result_names(names).values()] == expected
    twins = {Path(name): "JPEG" for name in ("IMG_1", "IMG_1.JPG", "Cafe\u0301", "caf\xe9.jpg")}
    expected = ["IMG_1.jpg.jpg", "IMG_1.JPG", "Cafe\u0301.jpg.jpg", "caf\xe9.jpg"]
    assert [result.as_posix() for result in result_names(twins).values()] == expected
    with pytest.raises(ValueError, match="unknown format 'gif'"):
        result_names(names, "gif")


@pytest.mark.parametrize("kind", READ)
@pytest.mark.parametrize("name", ["photo", "photo.HEIC", "photo.jfif", "photo.avif", "photo.png"])
def test_what_the_name_says_is_what_is_in_the_result(kind, name, tmp_path):
    (tmp_path / name).write_bytes(encoded(kind))
    document = read_document(tmp_path / name)
    target = tmp_path / "out" / result_names({Path(name): kind})[Path(name)]
    write_document(document, [np.dstack([np.full((48, 64), value, np.uint8) for value in (200, 50, 50)])], target)
    with opened(target) as image:
        assert image.format == WRITABLE[target.suffix.lower()]
        assert np.abs(np.asarray(image.convert("RGB"), int) - (200, 50, 50)).max() < 8
    assert output_suffix(target) == target.suffix
