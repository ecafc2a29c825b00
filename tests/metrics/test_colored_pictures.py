"""Pictures that something else coloured: matched by name, their sizes reconciled, and both said."""

import pytest
import torch
from PIL import Image

from colorlib.metrics.assessment import middle_square
from colorlib.metrics.colored_pictures import ColoredPictures, match_results
from helpers.photos import save


@pytest.fixture
def folders(tmp_path):
    for name in ("a.jpg", "below/b.png", "alone.png"):
        save(tmp_path / "truth" / name, size=(90, 60))
    save(tmp_path / "made" / "a.png", size=(45, 30))
    save(tmp_path / "made" / "below/b.webp", size=(90, 60))
    save(tmp_path / "made" / "stranger.png")
    return tmp_path / "truth", tmp_path / "made"


def test_names_match_whatever_the_suffix_and_the_rest_is_said(folders):
    truth, made = folders
    pairs, notes = match_results(truth, made)
    assert pairs == {
        "a": (truth / "a.jpg", made / "a.png"),
        "below/b": (truth / "below/b.png", made / "below/b.webp"),
    }
    said = "\n".join(notes)
    assert f"no picture of that name in {truth}: stranger" in said
    assert f"no picture of that name in {made}: alone" in said
    assert "1 of 2 results have another size" in said
    assert "a is 45 x 30 pixels and its original 90 x 60" in said


def test_results_are_read_at_the_size_of_the_suite(folders):
    truth, made = folders
    files = {name: pair[1] for name, pair in match_results(truth, made)[0].items()}
    found = ColoredPictures(files, 24)(torch.zeros(2, 3, 24, 24, dtype=torch.uint8), ["below/b", "a"])
    assert found.equal(torch.stack([middle_square(files[name], 24) for name in ("below/b", "a")]))


def test_another_shape_and_no_match_are_refused(folders, tmp_path):
    truth, made = folders
    save(made / "alone.png", size=(60, 60))
    with pytest.raises(ValueError, match=r"alone.png is 60 x 60 .* 90 x 60, another shape"):
        match_results(truth, made)
    Image.new("RGB", (9, 9)).save(tmp_path / "other.png")
    (tmp_path / "others").mkdir()
    save(tmp_path / "others" / "x.png")
    with pytest.raises(ValueError, match="has the name of one in"):
        match_results(truth, tmp_path / "others")
