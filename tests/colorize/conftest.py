"""What several test files of `colorize` share."""

import numpy as np
import pytest
from skimage import data as pictures


@pytest.fixture(scope="module")
def photograph():
    return np.ascontiguousarray(pictures.astronaut()[:300, :452])
