"""Which photographs there are: folders, packages, archives, splits, greys and broken files."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from colorlib.data.scan import scan_photographs
from colorlib.data.sources import (
    mixed_photographs,
    package_photographs,
    package_split,
    split_photographs,
    training_photographs,
)
from helpers.photos import save


class TestPackages:
    def test_shipped_photographs_exist_and_have_colour(self):
        photographs = package_photographs()
        assert {"astronaut", "chelsea", "china", "coffee", "flower", "grace_hopper", "rocket"} <= set(photographs)
        assert list(photographs) == sorted(photographs)
        scan = scan_photographs(list(photographs.values()))
        assert len(scan.color) == len(photographs)

    def test_split_by_photograph(self):
        train, valid = package_split()
        assert len(train) >= 5
        assert len(valid) >= 2
        assert not set(train) & set(valid), "a validation photograph was a training photograph"
        assert set(train) | set(valid) == set(package_photographs().values())
        # The stereo pair is one photograph: its right half would be a copy of the left.
        assert sum("motorcycle" in path.name for path in train + valid) == 1


class TestSplit:
    def test_the_papers_numbers(self):
        paths = [Path(f"{i:05d}.jpg") for i in range(20_000)]
        train, test = split_photographs(paths)
        assert (len(train), len(test)) == (8000, 2000)
        # Frozen: another order on another machine or in another version would be another experiment.
        assert [path.stem for path in train[:3] + test[:3]] == ["05117", "06573", "18851", "01958", "12948", "05594"]

    @given(st.permutations([Path(f"{i}.jpg") for i in range(30)]), st.integers(0, 2**31))
    def test_order_of_the_file_system_does_not_matter(self, paths, seed):
        train, test = split_photographs(paths, 20, 10, seed)
        assert (train, test) == split_photographs(sorted(paths), 20, 10, seed)
        assert not set(train) & set(test)
        assert len(set(train + test)) == 30

    def test_too_few(self):
        with pytest.raises(ValueError, match=r"3 photographs are too few for 8000 \+ 2000"):
            split_photographs([Path("a"), Path("b"), Path("c")])
        with pytest.raises(ValueError, match="1 photographs are too few"):
            split_photographs([Path("a"), Path("a")], 1, 1)  # the same one cannot be on both sides


class TestTrainingPhotographs:
    def test_package(self):
        assert training_photographs("package") == package_split()

    def test_train_and_val_folders_are_taken_at_their_word(self, tmp_path):
        inside = [save(tmp_path / "train" / f"dogs/{i}.jpg") for i in range(3)]
        outside = [save(tmp_path / "val" / f"dogs/{i}.jpg") for i in range(2)]
        save(tmp_path / "train/dogs/grey.jpg", (90, 90, 90))
        said = []
        assert training_photographs(tmp_path, report=said.append) == (inside, outside)
        assert "3 in colour, 1 grey" in said[0]

    def test_a_plain_folder_is_split(self, tmp_path):
        paths = {save(tmp_path / f"{i}.jpg") for i in range(10)}
        train, valid = training_photographs(str(tmp_path), report=lambda _: None)
        assert (len(train), len(valid)) == (8, 2)
        assert set(train) | set(valid) == paths
        assert (train, valid) == training_photographs(tmp_path, report=lambda _: None)

    def test_nothing_to_learn_from(self, tmp_path):
        save(tmp_path / "grey.jpg", (90, 90, 90))
        with pytest.raises(ValueError, match="no colour photographs in"):
            training_photographs(tmp_path, report=lambda _: None)
        save(tmp_path / "colour.jpg")
        with pytest.raises(ValueError, match="one colour photograph: at least two"):
            training_photographs(tmp_path, report=lambda _: None)
        with pytest.raises(FileNotFoundError, match="elsewhere does not exist"):
            training_photographs(tmp_path / "elsewhere")


class TestMixtures:
    def test_collections_are_listed_as_often_as_asked(self, tmp_path):
        cats = [save(tmp_path / f"cats/train/{i}.jpg") for i in range(2)]
        dogs = [save(tmp_path / f"dogs/train/{i}.jpg") for i in range(3)]
        save(tmp_path / "cats/train/grey.jpg", (90, 90, 90))
        unseen = [save(tmp_path / "cats/val/9.jpg"), save(tmp_path / "dogs/valid/9.jpg", (90, 90, 90))]
        save(tmp_path / "dogs/valid/8.jpg")
        save(tmp_path / "birds/train/0.jpg")  # not asked for
        said = []
        train, valid = mixed_photographs(tmp_path, {"cats": 3, "dogs": 1}, report=said.append)
        assert sorted(train) == sorted([*cats * 3, *dogs])
        assert set(unseen) <= set(valid)
        assert len(valid) == 3, "each validation photograph once; grey ones are welcome there"
        assert any("2 in colour, 1 grey" in line for line in said)

    def test_a_missing_or_empty_collection_is_named(self, tmp_path):
        save(tmp_path / "cats/train/0.jpg")
        with pytest.raises(FileNotFoundError, match=r"dogs.* does not exist"):
            mixed_photographs(tmp_path, {"cats": 1, "dogs": 1}, report=lambda _: None)
        (tmp_path / "dogs/train").mkdir(parents=True)
        with pytest.raises(ValueError, match=r"no photographs in .*dogs"):
            mixed_photographs(tmp_path, {"dogs": 1}, report=lambda _: None)
        save(tmp_path / "dogs/train/0.jpg", (90, 90, 90))
        with pytest.raises(ValueError, match=r"no colour photographs in .*dogs"):
            mixed_photographs(tmp_path, {"dogs": 1}, report=lambda _: None)
