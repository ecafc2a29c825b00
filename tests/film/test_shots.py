"""What `film.shots` promises."""

import numpy as np

from colorlib.data.sources import package_photographs
from colorlib.film.shots import with_cuts
from colorlib.film.synthetic import camera_clip, joined
from helpers.steady import FRAME


def test_cuts_are_found_and_nothing_else(clip, two_shots):
    def cuts(frames):
        return [i for i, (_, cut) in enumerate(with_cuts(frames, lambda frame: frame)) if cut]

    assert cuts(clip.grey) == [0]
    assert cuts(two_shots.grey) == [0, 10]
    slow = joined(*(camera_clip(package_photographs()[name], "pan", 25, FRAME) for name in ("chelsea", "coffee"))).grey
    assert cuts(slow[24:]) == [0, 1], "right after the beginning"
    assert cuts(slow[:26]) == [0, 25], "right before the end"
    assert cuts(np.concatenate([two_shots.grey] * 3)) == [0, 10, 20, 30, 40, 50]
    assert cuts(clip.grey[:1]) == [0]
    assert cuts(clip.grey[:0]) == []
    fast = np.stack([np.roll(clip.grey[0], 12 * t, axis=1) for t in range(12)])
    assert cuts(fast) == [0], "a fast camera is no cut"


def test_cuts_of_a_faded_film_are_found(two_shots, clip):
    """A tenth of the contrast, with some noise."""

    def cuts(frames):
        return [i for i, (_, cut) in enumerate(with_cuts(frames, lambda frame: frame)) if cut]

    def faded(frames):
        noise = np.random.default_rng(0).normal(0, 0.5, frames.shape)
        return (120 + (frames.astype(float) - 120) * 0.1 + noise).round().astype(np.uint8)

    assert cuts(faded(np.concatenate([two_shots.grey] * 3))) == [0, 10, 20, 30, 40, 50]
    assert cuts(faded(clip.grey)) == [0]
    assert cuts(np.full((12, 40, 40), 7, np.uint8)) == [0], "nothing to see"
