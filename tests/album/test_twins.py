"""Names that one file system takes for two and another for one are refused before anything is written."""

import pytest
from PIL import Image

from colorlib.album.run import AlbumColorizer, plan
from colorlib.album.twins import folded

PAIRS = [
    ("a.jpg", "A.jpg"),
    ("a.jpg", "a.JPG"),
    ("caf\u00e9.jpg", "cafe\u0301.jpg"),
    ("CAF\u00c9.jpg", "cafe\u0301.jpg"),
    ("Stra\u00dfe.png", "STRASSE.png"),
    ("Sea/a.jpg", "sea/a.jpg"),
    ("\u1e9b\u0323.jpg", "\u1e9b\u0323.JPG"),
]


def make(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("L", (24, 16), 100).save(path)
    return path


@pytest.fixture(autouse=True)
def _exact(tmp_path):
    (tmp_path / "probe").touch()
    if (tmp_path / "PROBE").exists():
        pytest.skip("this file system takes them for one")


@pytest.mark.parametrize("pair", PAIRS)
def test_twins_among_the_photographs(tmp_path, pair):
    one, two = (make(tmp_path / "album" / name) for name in pair)
    with pytest.raises(ValueError, match=r"would become .* which are one name on many disks") as told:
        plan([tmp_path / "album"], tmp_path / "out")
    assert str(one) in str(told.value)
    assert str(two) in str(told.value)
    assert not (tmp_path / "out").exists()
    assert [len(plan([path], tmp_path / "out")) for path in (one, two)] == [1, 1]


@pytest.mark.parametrize("pair", PAIRS)
def test_a_twin_of_a_file_that_is_there(tmp_path, pair):
    make(tmp_path / "out" / pair[0])
    make(tmp_path / "album" / pair[1])
    with pytest.raises(ValueError, match=r"would lie beside .* which is the same name on many disks"):
        plan([tmp_path / "album"], tmp_path / "out")


def test_the_same_photograph_by_two_names_is_two(tmp_path):
    make(tmp_path / "album/a.jpg")
    (tmp_path / "album/A.jpg").symlink_to(tmp_path / "album/a.jpg")
    with pytest.raises(ValueError, match="one name on many disks"):
        plan([tmp_path / "album"], tmp_path / "out")


def test_what_only_looks_alike_is_taken(tmp_path):
    for name in ("a.jpg", "b.jpg", "sub/a.jpg", "\u0430.jpg", "a .jpg"):
        make(tmp_path / "album" / name)
    jobs = plan([tmp_path / "album"], tmp_path / "out")
    assert len(jobs) == 5
    for job in jobs:
        assert (
            AlbumColorizer(lambda page: page.repeat(3).reshape(*page.shape, 3), tmp_path / "out")(job).status == "done"
        )
    assert len(plan([tmp_path / "album"], tmp_path / "out")) == 5


@pytest.mark.parametrize("pair", PAIRS)
def test_folding_twice_is_folding_once(pair):
    assert folded(folded(pair[0])) == folded(pair[0]) == folded(pair[1])
