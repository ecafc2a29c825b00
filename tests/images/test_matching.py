"""What belongs together by its name."""

import pytest

from colorlib.images.matching import pictures_by_name, same_shape
from helpers.photos import save


def test_names_are_paths_without_suffix_and_unique(tmp_path):
    for name in ("b.png", "a/b.jpg"):
        save(tmp_path / name)
    assert pictures_by_name(tmp_path) == {"a/b": tmp_path / "a/b.jpg", "b": tmp_path / "b.png"}
    save(tmp_path / "b.webp")
    with pytest.raises(ValueError, match=r"b\.png and b\.webp have one name"):
        pictures_by_name(tmp_path)


def test_shapes_are_equal_but_for_rounding():
    assert same_shape((100, 67), (300, 200))
    assert not same_shape((100, 70), (300, 200))
    assert not same_shape((67, 100), (300, 200))
