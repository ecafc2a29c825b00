"""What `classical.gupta2012` promises."""

import numpy as np
import pytest

from colorlib.classical import gupta, reinhard
from colorlib.classical.gupta2012 import _adjacent, _middles, correspond, superpixels, vote
from helpers.examples import error, photograph


def test_a_cascade_solved_by_hand():
    """Three candidates: the first has another texture, the second another lightness, the third is the partner."""
    ours = [np.array([[0.0]])] * 4
    theirs = [np.array([[9.0], [0], [1], [8]]), *[np.array([[0.0], [50], [1], [9]])] * 3]
    partner, cost = correspond(ours, theirs)
    # Of four candidates a third, one, passes the first step: the one with the same texture.
    assert partner.tolist() == [1]
    assert cost[0] == pytest.approx(0.8 * 50 / 15)
    with pytest.raises(ValueError, match="4 features, not 2 and 4"):
        correspond(ours[:2], theirs)


def test_the_neighbours_outvote_a_wrong_match():
    labels = np.repeat(np.repeat(np.arange(25).reshape(5, 5), 4, axis=0), 4, axis=1)
    colours = np.tile([20.0, -30.0], (25, 1))
    colours[12] = [-60, 60]
    lightness, cost = np.full(25, 50.0), np.ones(25)
    np.testing.assert_array_equal(vote(labels, lightness, colours, cost), np.tile([20.0, -30.0], (25, 1)))
    # Where the one that differs is of another lightness, it is another thing, and keeps its colour.
    lightness[12] = 95
    np.testing.assert_array_equal(vote(labels, lightness, colours, cost), colours)


def test_superpixels_cover_the_picture_and_know_their_neighbours():
    labels = superpixels(photograph("coffee")[..., 0])
    np.testing.assert_array_equal(np.unique(labels), np.arange(labels.max() + 1))
    middles = _middles(labels)
    np.testing.assert_array_equal(labels[tuple(middles.T)], np.arange(len(middles)))
    small = np.array([[0, 0, 1], [2, 2, 1], [3, 2, 1]])
    expected = [[1, 1, 1, 0], [1, 1, 1, 0], [1, 1, 1, 1], [0, 0, 1, 1]]
    np.testing.assert_array_equal(_adjacent(small).toarray(), expected)


def test_gupta_recovers_a_shifted_copy_of_its_reference():
    whole = photograph("coffee", 140)
    truth, reference = whole[:, 30:], whole[:, :-30]
    ab = gupta(truth[..., 0], reference)
    assert error(ab, truth) < 0.4 * error(np.zeros_like(ab), truth)
    assert error(ab, truth) < 0.8 * error(reinhard(truth[..., 0], reference), truth)
