"""Combs: a frame that is woven of two moments, though nothing in its file says so.

Where something moves, every second row is from another moment: each row differs from both its
neighbours in the same direction, while these two, from one moment, agree. Stripes in the picture do
the same, but not where it moves only, and few are exactly one row wide; frames that stand still
have none.
"""

from collections.abc import Sequence

import numpy as np

__all__ = ["comb_share", "seem_combed"]

STEP = 12.0  # grey values of 255 by which rows must differ
LEAST = 0.004  # share of a frame that must be combed
TIMES = 3.0  # as much as there are combs across, which only texture makes


def comb_share(grey: np.ndarray) -> float:
    """Return the share of a frame that lies in a comb of rows, less what texture explains.

    Parameters
    ----------
    grey : ndarray, (H, W), uint8

    Returns
    -------
    float
        From 0 to 1.
    """
    down, across = _combed(grey), _combed(grey.T)
    return down if down > TIMES * across else 0.0


def seem_combed(shares: Sequence[float]) -> bool:
    """Return whether a film that calls itself progressive is interlaced.

    Parameters
    ----------
    shares : sequence of float
        The `comb_share` of frames from several places of the film.

    Returns
    -------
    bool
        True when a quarter of them is combed: those in which something moves.
    """
    return sum(share > LEAST for share in shares) >= max(1, len(shares) / 4)


def _combed(grey: np.ndarray) -> float:
    """Return the share of pixels that stand out between agreeing rows, four rows long."""
    if grey.shape[0] < 8:
        return 0.0
    rows = grey.astype(np.int16)
    above, below = rows[1:-1] - rows[:-2], rows[1:-1] - rows[2:]
    out = np.where(
        (above > STEP) & (below > STEP), 1, np.where((above < -STEP) & (below < -STEP), -1, 0)
    )
    out[np.abs(rows[:-2] - rows[2:]) > STEP] = 0
    # Light, dark, light: the teeth of a comb alternate. A thin line is one tooth.
    teeth = (out[:-2] * out[1:-1] < 0) & (out[1:-1] * out[2:] < 0)
    return float(teeth.mean())
