"""A photograph that changes or vanishes while a network learns from it is an error that names it."""

import os
import warnings

import numpy as np
import pytest
from fastai.callback.core import Callback
from PIL import Image

from colorlib.data.loaders import dataloaders
from colorlib.data.unchanged import SourceChangedError, Unchanged, contents_hash
from colorlib.experiments.keeping import KeepResults
from colorlib.experiments.recipe import Data, Phase, Recipe
from colorlib.experiments.run import run_recipe
from colorlib.models.unet import UNet
from colorlib.training.learner import ColorizationLearner


@pytest.fixture
def album(tmp_path):
    (tmp_path / "album").mkdir()
    for i in range(10):
        pixels = np.random.default_rng(i).integers(0, 256, (24, 24, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(tmp_path / "album" / f"{i}.png")
    return sorted((tmp_path / "album").iterdir())


def overwrite(path):
    Image.new("RGB", (40, 40), "red").save(path)


def break_in_place(path):
    path.write_bytes(b"half")


def touch(path):
    """Other contents of the same length."""
    content, status = path.read_bytes(), path.stat()
    path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns + 10**6))


HARM = [(overwrite, "changed"), (break_in_place, "changed"), (touch, "changed"), (os.remove, "vanished")]


class Harm(Callback):
    """Do something to a file after the first epoch."""

    order = 90

    def __init__(self, what, path):
        super().__init__()
        self.what, self.path = what, path

    def after_epoch(self):
        if self.path.exists() and self.epoch == 0:
            self.what(self.path)


@pytest.mark.parametrize(
    ("harm", "word", "half", "workers", "crops"),
    [
        *((*harm, "train", 0, 1) for harm in HARM),
        *((*harm, *where) for harm in HARM[::3] for where in [("train", 2, 1), ("train", 0, 3), ("valid", 0, 1)]),
    ],
)
def test_it_is_named_in_one_line(album, harm, word, half, workers, crops):
    dls = dataloaders(album[:8], album[8:], 16, 4, crops=crops, workers=workers, device="cpu")
    learn = ColorizationLearner(dls, UNet(downs=3, filters=4))
    victim = album[3] if half == "train" else album[9]
    learn.add_cb(Harm(harm, victim))
    with learn.no_bar(), learn.no_logging(), pytest.raises(SourceChangedError) as error:
        learn.fit(3)
    assert str(error.value).startswith(f"{victim} {word} during the training: put it back")
    assert "\n" not in str(error.value)
    assert len(learn.history) == 1


def test_a_file_that_was_broken_from_the_start_is_skipped_as_ever(album):
    album[3].write_bytes(b"half")
    os.remove(album[4])
    dls = dataloaders(album[:8], album[8:], 16, 2, workers=0, device="cpu")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        assert sum(len(L) for L, _ in dls.train) == 6
    assert {"3.png", "4.png"} <= {word for one in caught for word in str(one.message).replace("/", " ").split()}
    overwrite(album[4])
    with pytest.raises(SourceChangedError, match=r"4\.png appeared during the training"):
        list(dls.train)


@pytest.mark.parametrize(("harm", "word"), HARM)
def test_a_run_leaves_no_record_of_photographs_that_are_not_there(album, tmp_path, monkeypatch, harm, word):
    recipe = Recipe(
        title="tiny",
        name="tiny",
        phase=[Phase(epochs=1, trains="generator")],
        generator={"kind": "unet", "downs": 3, "filters": 4},
        data=Data(photographs=str(album[0].parent), size=16, batch_size=4),
    )
    save, done = KeepResults.save, []

    def and_then_harm(self):
        save(self)
        done.append(self.learn.dls.valid_ds.paths[0])
        harm(done[0])

    monkeypatch.setattr(KeepResults, "save", and_then_harm)
    with pytest.raises(SourceChangedError, match=rf"{word} during the training"):
        run_recipe(recipe, tmp_path / "out")
    assert done
    assert (tmp_path / "out" / "checkpoint.pt").exists()
    assert not (tmp_path / "out" / "record.json").exists()


def test_the_hash_of_a_list_is_of_names_contents_and_order(album, tmp_path):
    first = contents_hash(album)
    assert contents_hash(album[::-1]) != first
    assert contents_hash(album[:-1]) != first
    assert contents_hash([*album, album[0]]) != first
    touch(album[2])
    second = contents_hash(album)
    assert second != first
    away = tmp_path / "away" / "album"
    away.parent.mkdir()
    album[0].parent.rename(away)
    assert contents_hash(sorted(away.iterdir())) == second
    (away / "0.png").rename(away / "00.png")
    assert contents_hash(sorted(away.iterdir())) != second


def test_a_file_that_stays_is_nothing_to_mention(album):
    noted = Unchanged(album)
    for path in album:
        path.read_bytes()
    noted.check_all()
