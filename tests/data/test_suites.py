"""Fixed lists of photographs: the same on every machine, and clear about what is missing."""

import pytest

from colorlib.data import sources, suites
from helpers.photos import save


def test_every_manifest_can_be_read_and_says_what_to_do():
    assert suites.suite_names() == ["coco-paper", "coco-stuff-val5k", "imagenet-val5k", "imagenette", "package"]
    for name in ("coco-stuff-val5k", "imagenet-val5k"):
        with pytest.raises(FileNotFoundError, match=rf"{name} needs --photographs FOLDER: unpack .* there"):
            suites.load_suite(name)
    with pytest.raises(ValueError, match="no such suite and no such folder; choose one of coco-paper"):
        suites.load_suite("imagenets")


def test_the_package_suite_needs_nothing(tmp_path):
    suite = suites.load_suite("package")
    assert suite.photographs == sources.package_photographs()
    assert suites.load_suite("package", size=64).size == 64
    with pytest.raises(ValueError, match="leave out --photographs"):
        suites.load_suite("package", tmp_path)


def test_the_first_five_thousand_of_imagenet_and_no_other(tmp_path):
    first, last = (tmp_path / f"ILSVRC2012_val_{number:08d}.JPEG" for number in (1, 5001))
    for path in (first, last):
        path.touch()
    with pytest.raises(FileNotFoundError, match=r"val_00000002\.JPEG is missing, and 4998 more of 5000"):
        suites.load_suite("imagenet-val5k", tmp_path)
    for number in range(2, 5001):
        (tmp_path / f"ILSVRC2012_val_{number:08d}.JPEG").touch()
    found = suites.load_suite("imagenet-val5k", tmp_path)
    assert list(found.photographs)[::4999] == ["ILSVRC2012_val_00000001", "ILSVRC2012_val_00005000"]
    assert (len(found.photographs), found.size) == (5000, 256)


def test_the_papers_two_thousand_are_those_that_nobody_trains_on(tmp_path):
    for number in range(10_003):
        (tmp_path / f"{number:05d}.jpg").touch()
    found = suites.load_suite("coco-paper", tmp_path)
    train, test = sources.split_photographs(sorted(tmp_path.iterdir()))
    assert set(found.photographs.values()) == set(test)
    assert set(train).isdisjoint(found.photographs.values())
    assert len(found.photographs) == 2000


def test_a_number_that_differs_is_refused(tmp_path):
    save(tmp_path / "one.jpg")
    with pytest.raises(ValueError, match="holds 1 photographs, but --suite coco-stuff-val5k has 5000"):
        suites.load_suite("coco-stuff-val5k", tmp_path)
    found = suites.load_suite(str(tmp_path))
    assert found.photographs == {"one": tmp_path / "one.jpg"}
    assert (found.name, found.size) == (tmp_path.name, 256)
