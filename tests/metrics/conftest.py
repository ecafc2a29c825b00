"""What several test files of `metrics` share."""

import pytest
from torch import Tensor

from colorlib.metrics import frechet as frechet_room
from helpers.metrics import crops


@pytest.fixture(scope="module")
def truth() -> Tensor:
    return crops(6)


@pytest.fixture(scope="module")
def frechet() -> frechet_room.FrechetDistance:
    return frechet_room.FrechetDistance()
