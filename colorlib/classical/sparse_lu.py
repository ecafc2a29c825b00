"""The system of `nested_dissection` by SciPy's solver: fifteen lines, to compare with."""

from collections.abc import Sequence

import numpy as np
from scipy.sparse import csc_array, diags_array
from scipy.sparse.linalg import splu

from colorlib.classical.affinity import graph

__all__ = ["solve_with_lu"]


def solve_with_lu(
    diagonal: np.ndarray, ties: Sequence[np.ndarray], right: np.ndarray
) -> np.ndarray:
    """Solve the same equations as `solve_picture`, by an LU factorization of the sparse matrix.

    Parameters
    ----------
    diagonal, ties, right
        As for `solve_picture`.

    Returns
    -------
    ndarray, (H, W, channels)
        float64.

    Examples
    --------
    Two pixels, each tied to the other with 1 and to nothing with 1 more:

    >>> one, none = np.array([[1.0, 0.0]]), np.zeros((1, 2))
    >>> right = np.array([[[3.0], [0.0]]])
    >>> solve_with_lu(np.full((1, 2), 2.0), [one, none, none, none], right).ravel().tolist()
    [2.0, 1.0]
    """
    matrix = csc_array(diags_array(diagonal.ravel()) - graph(ties))
    # The matrix is symmetric, so the order of the unknowns can be chosen by its pattern alone.
    factors = splu(matrix, permc_spec="MMD_AT_PLUS_A", options={"SymmetricMode": True})
    return factors.solve(right.reshape(-1, right.shape[-1])).reshape(right.shape)
