"""What every colouring by example begins with: a grey picture, and a photograph in colour.

All methods of this family have the same signature, ``method(L, reference_lab) -> ab``. Positions in
the two pictures have nothing to do with each other, so a reference may have any size. What links
them is lightness, and photographs are exposed differently: each method first gives the reference
the mean and the deviation of the grey picture's lightness (Welsh et al. 2002). Its colours stay as
they are.
"""

import cv2
import numpy as np
from numpy.typing import ArrayLike

__all__ = ["COLORLESS", "checked_reference", "texture"]

COLORLESS = 1.0  # mean chroma in CIE units below which a reference is grey: less than an eye sees
ONE_COLOR = 0.5  # deviation of a and b together, in CIE units, below which there is only one colour
WINDOW = 5  # pixels: the side of the neighbourhood whose deviation is a pixel's texture


def checked_reference(L: ArrayLike, reference_lab: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    """Return the grey picture and the reference, exposed like it, or a clear error.

    Parameters
    ----------
    L : array_like, (H, W)
        Lightness in [0, 100].
    reference_lab : array_like, (H2, W2, 3)
        A photograph in colour, CIE Lab, of any size.

    Returns
    -------
    L : ndarray, (H, W)
        float64.
    reference_lab : ndarray, (H2, W2, 3)
        float64. Its lightness has the mean and the deviation of L; a and b are untouched.

    Raises
    ------
    ValueError
        If a shape is wrong, a number is not finite, or the reference is grey or has one colour
        only.

    References
    ----------
    Welsh et al. 2002 (the lightnesses are made comparable).
    """
    L, reference = np.asarray(L, dtype=np.float64), np.array(reference_lab, dtype=np.float64)
    if L.ndim != 2 or 0 in L.shape:
        raise ValueError(f"L must be (H, W), not {L.shape}")
    if reference.ndim != 3 or reference.shape[-1] != 3 or 0 in reference.shape:
        raise ValueError(f"reference_lab must be (H, W, 3) in CIE Lab, not {reference.shape}")
    for name, picture in (("L", L), ("reference_lab", reference)):
        if not np.isfinite(picture).all():
            raise ValueError(
                f"{name} holds numbers that are not finite: fill or cut away pixels without a value"
            )
    if np.hypot(reference[..., 1], reference[..., 2]).mean() < COLORLESS:
        raise ValueError("the reference has no colour: give a photograph in colour")
    if np.hypot(*reference[..., 1:].std(axis=(0, 1))) < ONE_COLOR:
        raise ValueError("the reference has one colour only: give a photograph with at least two")
    spread = reference[..., 0].std()
    gain = L.std() / spread if spread > 0 else 1.0
    reference[..., 0] = (reference[..., 0] - reference[..., 0].mean()) * gain + L.mean()
    return L, reference


def texture(L: np.ndarray) -> np.ndarray:
    """Measure how rough each pixel's surroundings are: the deviation of L in 5 x 5 pixels.

    Parameters
    ----------
    L : ndarray, (H, W)
        Lightness in [0, 100].

    Returns
    -------
    ndarray, (H, W)
        In units of lightness, at least 0.

    References
    ----------
    Welsh et al. 2002 (the neighbourhood statistics).
    """
    mean, squares = (
        cv2.blur(x, (WINDOW, WINDOW), borderType=cv2.BORDER_REFLECT) for x in (L, L**2)
    )
    return np.sqrt(np.maximum(squares - mean**2, 0))
