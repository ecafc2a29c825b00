"""What several test files of `film` share."""

import pytest

from colorlib.data.sources import package_photographs
from colorlib.film.synthetic import camera_clip, example_clips, joined
from helpers.clips import SIZE
from helpers.steady import FRAME
from helpers.video import make


@pytest.fixture(scope="module")
def clips():
    return example_clips(count=8, size=SIZE)


@pytest.fixture(scope="module")
def clip():
    return camera_clip(package_photographs()["chelsea"], "pan", 21, FRAME)


@pytest.fixture(scope="module")
def two_shots():
    photographs = package_photographs()
    return joined(*(camera_clip(photographs[name], "pan", 10, FRAME) for name in ("chelsea", "coffee")))


@pytest.fixture
def grey_film(tmp_path):
    return make(tmp_path / "grey.mkv")
