"""Motion: known shifts are found, what is fetched arrives, and what cannot be right is not believed."""

import cv2
import numpy as np
import pytest

from colorlib.data.sources import package_photographs
from colorlib.film.optical_flow import chain, confidence, fetch, find_motion, round_trip
from colorlib.film.render import frame_lightness
from colorlib.images.decode import open_rgb


@pytest.fixture(scope="module")
def photo():
    grey = np.asarray(open_rgb(package_photographs()["chelsea"]).convert("L"))
    return cv2.GaussianBlur(grey, (0, 0), 1.0)


def window(photo, x, y, height=128, width=176):
    """A part of a photograph, at a place between pixels."""
    middle = (x + (width - 1) / 2, y + (height - 1) / 2)
    return cv2.getRectSubPix(photo, (width, height), middle)


def constant(u, v, height=128, width=176):
    return np.full((height, width, 2), (u, v), np.float32)


@pytest.mark.parametrize("shift", [(3.0, 1.5), (-2.25, 0.0), (0.0, -4.0), (0.4, 0.3)])
def test_a_known_shift_is_found(photo, shift):
    """The window moves by the shift, so what it shows was further on in the window before."""
    before, now = window(photo, 60, 60), window(photo, 60 + shift[0], 60 + shift[1])
    flow = find_motion(now, before)
    wrong = np.linalg.norm(flow - shift, axis=-1)
    assert np.median(wrong) < 0.1
    assert wrong[8:-8, 8:-8].mean() < 0.25
    assert flow.dtype == np.float32


def test_what_is_fetched_arrives(photo):
    before, now = window(photo, 60, 60), window(photo, 63, 58)
    found = fetch(before.astype(np.float32), constant(3, -2))
    assert np.abs(found - now)[4:-4, 4:-4].max() < 1.0


def test_two_motions_in_one(photo):
    """Two shifts are their sum; where the second one differs from place to place, it counts where the first leads."""
    assert np.allclose(chain(constant(2, 1), constant(-5, 3)), constant(-3, 4))
    ramp = np.zeros((20, 30, 2), np.float32)
    ramp[..., 0] = np.arange(30)
    assert np.allclose(chain(constant(4, 0, 20, 30), ramp)[:, :20, 0], 4 + np.arange(4, 24))


def test_the_way_back_ends_at_the_start(photo):
    before, now = window(photo, 60, 60), window(photo, 63, 61)
    flow, back = find_motion(now, before), find_motion(before, now)
    distance = round_trip(flow, back)
    assert np.median(distance) < 0.1
    assert np.allclose(round_trip(constant(2, 1), constant(-2, -1)), 0)
    assert np.allclose(round_trip(constant(2, 1), constant(1, 3)), 5)


def test_belief(photo):
    before, now = window(photo, 60, 60), window(photo, 72, 60)
    L, other = frame_lightness(now), frame_lightness(before)
    belief = confidence(L, other, constant(12, 0), constant(-12, 0))
    assert belief[:, :-13].mean() > 0.97
    assert (belief[:, -11:] == 0).all(), "it was outside the frame before"
    assert confidence(L, other, constant(12, 0), constant(-15, 0))[:, :-20].max() < 0.02, "the way back ends elsewhere"
    assert confidence(L, 100 - other, constant(12, 0), constant(-12, 0)).mean() < 0.3, "another lightness"


def test_something_that_covers_is_not_believed(photo):
    """A square that moves over the picture: what it uncovers was nowhere before."""
    before, now = window(photo, 60, 60), window(photo, 60, 60)
    square = window(np.flip(photo).copy(), 120, 40, 48, 48)
    before[40:88, 40:88], now[40:88, 52:100] = square, square
    flow, back = find_motion(now, before), find_motion(before, now)
    belief = confidence(frame_lightness(now), frame_lightness(before), flow, back)
    assert belief[44:84, 41:51].mean() < 0.5
    assert belief[44:84, 60:95].mean() > 0.7
    assert belief[8:120, 120:168].mean() > 0.95


def test_too_small_to_move():
    assert (find_motion(np.zeros((8, 40), np.uint8), np.ones((8, 40), np.uint8)) == 0).all()


@pytest.mark.parametrize(
    ("frame", "other"),
    [
        (np.zeros((32, 32, 3), np.uint8), np.zeros((32, 32, 3), np.uint8)),
        (np.zeros((32, 32), np.float32), np.zeros((32, 32), np.float32)),
        (np.zeros((32, 32), np.uint8), np.zeros((32, 33), np.uint8)),
    ],
)
def test_frames_of_another_kind_are_refused(frame, other):
    with pytest.raises(ValueError, match="grey uint8 frames of one size"):
        find_motion(frame, other)
