"""Scribbles in a film: through time, the third axis, a colour reaches the other frames.

A pixel has its eight neighbours in its own frame, and one in the next: at the same place, or where
the scene's motion carried it. The equations are those of a picture. They no longer lie on a flat
grid, so the exact solver of `dissection` does not fit; here an algebraic multigrid finds coarser
versions of the system by itself, and conjugate gradients do the rest. Meant for short clips: some
ten frames of some ten thousand pixels.
"""

import numpy as np
from scipy.sparse import block_diag, coo_array, csr_matrix, diags_array

from colorlib.classical.affinity import LEAST, SHARPNESS, VISIBLE, graph, likeness
from colorlib.classical.scribbles import checked_scribbles

__all__ = ["propagate_film"]

TOLERANCE = 1e-10  # of the right side: walls between regions make larger ones look solved too early
ROUNDS = 500


def propagate_film(
    L: np.ndarray, marked: np.ndarray, values: np.ndarray, flow: np.ndarray | None = None
) -> np.ndarray:
    """Spread values from the marked pixels of some frames to all pixels of all frames.

    Parameters
    ----------
    L : ndarray, (T, H, W)
        Lightness of the frames, in [0, 100], without a cut between them.
    marked : ndarray of bool, (T, H, W)
        Where the values are known; one marked pixel in one frame is enough.
    values : ndarray, (T, H, W, channels)
        a and b, for instance. Only the marked pixels are looked at.
    flow : ndarray, (T - 1, H, W, 2), optional
        For each frame but the last, how many pixels down and to the right each of its pixels moves
        until the next frame. A pixel that leaves the picture has no neighbour there. Without it,
        nothing moves.

    Returns
    -------
    ndarray, (T, H, W, channels)
        float32.

    Raises
    ------
    ValueError
        If nothing is marked, shapes do not fit, or a number is not finite.
    RuntimeError
        If the solver does not come to an end.

    References
    ----------
    Levin et al. 2004, section 2 (neighbours in space and time); Ruge and Stueben 1987 (algebraic
    multigrid).
    """
    L, marked, values = checked_scribbles(L, marked, values, "T, H, W")
    weights = (block_diag([graph(likeness(frame)) for frame in L]) + _through_time(L, flow)).tocsr()
    degree = diags_array(weights.sum(axis=1))
    free = ~marked.ravel()
    result = np.where(marked[..., None], values, 0.0).reshape(L.size, -1)
    if free.any():
        right = (weights @ result)[free]
        result[free] = _solved(csr_matrix((degree - weights).tocsr()[free][:, free]), right)
    return result.reshape(values.shape).astype(np.float32)


def _through_time(L: np.ndarray, flow: np.ndarray | None) -> coo_array:
    """Weigh each pixel against its place in the next frame; symmetric, (pixels, pixels)."""
    frames, height, width = L.shape
    if flow is None:
        flow = np.zeros((frames - 1, height, width, 2))
    flow = np.asarray(flow, dtype=np.float64)
    if flow.shape != (frames - 1, height, width, 2):
        raise ValueError(
            "flow must be (T - 1, H, W, 2), here "
            f"{(frames - 1, height, width, 2)}, not {flow.shape}"
        )
    if not np.isfinite(flow).all():
        raise ValueError("flow must be finite numbers of pixels")
    t, y, x = np.mgrid[: frames - 1, :height, :width]
    to_y, to_x = y + np.rint(flow[..., 0]).astype(int), x + np.rint(flow[..., 1]).astype(int)
    inside = (to_y >= 0) & (to_y < height) & (to_x >= 0) & (to_x < width)
    index = np.arange(L.size).reshape(L.shape)
    first, second = index[:-1][inside], index[t[inside] + 1, to_y[inside], to_x[inside]]
    squared = (L.ravel()[first] - L.ravel()[second]) ** 2 / (SHARPNESS * VISIBLE**2)
    weight = np.maximum(np.exp(-squared), LEAST)
    both = (np.concatenate([first, second]), np.concatenate([second, first]))
    return coo_array((np.tile(weight, 2), both), shape=(L.size, L.size))


def _solved(system: csr_matrix, right: np.ndarray) -> np.ndarray:
    """Conjugate gradients with an algebraic multigrid, one channel after the other."""
    from pyamg import ruge_stuben_solver

    multigrid = ruge_stuben_solver(system)
    result = np.empty_like(right)
    for channel, wanted in enumerate(right.T):
        result[:, channel], trouble = multigrid.solve(
            wanted, tol=TOLERANCE, maxiter=ROUNDS, accel="cg", return_info=True
        )
        if trouble:
            raise RuntimeError(
                f"the film's equations were not solved in {ROUNDS} rounds: take a shorter clip"
            )
    return result
