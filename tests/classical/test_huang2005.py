"""What `classical.huang2005` promises."""

import numpy as np
import pytest

from colorlib.classical import (
    adaptive_edges,
    marks,
    propagate,
    propagate_between_edges,
)
from colorlib.classical.affinity import graph
from colorlib.classical.huang2005 import LEAK, fenced


def soft_edge(step: float = 12.0, width: float = 4.0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Two even halves with a soft edge between them, one mark in each; the true colour changes where the light does."""
    across = np.linspace(-20, 20, 48)
    L = np.broadcast_to(50 + step / 2 * np.tanh(across / width), (32, 48)).copy()
    marked, values = marks(L.shape, [([[16, 2]], (40, 0)), ([[3, 45]], (-40, 0))])
    return L, marked, values


def test_huang_stops_the_bleeding_across_a_soft_edge():
    L, marked, values = soft_edge()
    bled, held = propagate(L, marked, values)[..., 0], propagate_between_edges(L, marked, values)[..., 0]
    truth = np.where(np.arange(48) < 24, 40.0, -40.0)
    away = np.abs(np.arange(48) - 23.5) > 4
    assert abs(bled - truth)[:, away].mean() > 10
    assert abs(held - truth)[:, away].mean() < 2
    assert abs(held[:, 10:14]).min() > 38


def test_edges_adapt_to_what_is_around():
    """The same step is an edge on an even ground, and none in the middle of a rough one."""
    rng = np.random.default_rng(0)
    L = np.full((64, 160), 50.0)
    L[:, 40:] += 6
    L[:, 80:] += rng.normal(0, 12, (64, 80))
    L[:, 120:] += 6
    edges = adaptive_edges(L)
    assert edges[4:60, 39:41].any(axis=1).all()
    assert edges[:, 119:121].any(axis=1).mean() < 0.7
    assert edges[:, 4:36].sum() == edges[:, 44:72].sum() == 0
    assert not adaptive_edges(np.full((20, 20), 30.0)).any()
    assert not adaptive_edges(np.broadcast_to(np.linspace(0, 8, 40), (40, 40))).any()


def test_a_fence_has_no_gap_at_its_corners():
    """A diagonal line of edge pixels, touching only at corners, is as tight as a straight one."""
    edges = np.eye(6, dtype=bool)
    weights = fenced([np.ones((6, 6))] * 4, edges)
    dense = graph(weights).toarray()
    above, below = np.triu_indices(6, 1), np.tril_indices(6, -1)
    crossing = dense[np.ravel_multi_index(above, (6, 6))][:, np.ravel_multi_index(below, (6, 6))]
    assert 0 < crossing.max() <= LEAK
    flipped = graph(fenced([np.ones((6, 6))] * 4, edges[:, ::-1])).toarray()
    assert flipped[0 * 6 + 4, 1 * 6 + 5] == LEAK
    assert flipped[0 * 6 + 3, 0 * 6 + 2] == 1
    with pytest.raises(ValueError, match="edges must be bool"):
        fenced([np.ones((6, 6))] * 4, edges[:5])
