"""What `colorize.pale` promises: a result without colour is not passed over in silence."""

import numpy as np
import pytest

from colorlib.colorize.pale import colored_page, mean_chroma
from colorlib.images.notes import collected

PAGE = np.full((40, 60), 128, np.uint8)


class BySize:
    """Gives a page chroma that depends on the size at which it is looked at."""

    saturation = 1.0

    def __init__(self, size, **chroma):
        self.sizes, self.strength, self.asked = [size], chroma, []

    def __call__(self, page, **hints):
        self.asked.append((self.sizes[0], hints))
        blue = round(page[0, 0] - self.strength.get(f"at{self.sizes[0]}", 0))
        return np.dstack([page, page, np.full_like(page, blue)])


def test_mean_chroma_is_that_of_cie_lab():
    assert mean_chroma(np.dstack([PAGE] * 3)) == pytest.approx(0, abs=0.01)
    assert mean_chroma(np.full((9, 9, 3), (255, 0, 0), np.uint8)) == pytest.approx(104.55, abs=0.1)
    assert mean_chroma(np.full((9, 900, 3), (65535, 0, 0), np.uint16)) == pytest.approx(104.55, abs=0.1)


def test_a_pale_result_names_the_size_that_gives_more():
    colorizer = BySize(160, at160=1, at96=4, at256=40)
    with collected() as notes:
        result = colored_page(PAGE, colorizer, points=[])
    assert np.array_equal(result, BySize(160, at160=1)(PAGE))
    assert [size for size, _ in colorizer.asked] == [160, 96, 256]
    assert all(hints == {"points": []} for _, hints in colorizer.asked)
    assert colorizer.sizes == [160]
    (told,) = notes
    assert told.startswith("hardly anything was coloured (mean chroma 0.")
    assert "--size 256 gives 2" in told


def test_nothing_helps():
    with collected() as notes:
        colored_page(PAGE, BySize(160))
    assert notes == [
        "hardly anything was coloured (mean chroma 0.0): other sizes give no more; --weights vivid or --point may"
    ]


def test_a_coloured_result_is_looked_at_once():
    colorizer = BySize(160, at160=60)
    with collected() as notes:
        colored_page(PAGE, colorizer)
    assert notes == []
    assert len(colorizer.asked) == 1


def test_grey_on_request_is_no_surprise():
    colorizer = BySize(160)
    colorizer.saturation = 0
    with collected() as notes:
        colored_page(PAGE, colorizer)
    assert notes == []
