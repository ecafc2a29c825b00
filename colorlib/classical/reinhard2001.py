"""Colour transfer by mean and standard deviation (Reinhard et al. 2001)."""

import numpy as np
from numpy.typing import ArrayLike

from colorlib.classical.linear_transport import checked_sets
from colorlib.classical.reference import checked_reference

__all__ = ["match_mean_deviation", "reinhard"]


def match_mean_deviation(source: ArrayLike, target: ArrayLike) -> np.ndarray:
    """Give each channel of the source the mean and the standard deviation of the target's.

    The channels are moved and stretched one by one. That is right when they are independent, which
    is why the authors first turn RGB into a space where those of natural photographs nearly are.

    Parameters
    ----------
    source : array_like, (n, channels)
        Colours to change.
    target : array_like, (m, channels)
        Colours to resemble.

    Returns
    -------
    ndarray, (n, channels)
        float64. A channel of the source without any spread only gets the mean: there is nothing to
        stretch.

    Raises
    ------
    ValueError
        If a set is empty, not two-dimensional or not finite, or if the channels differ in number.

    References
    ----------
    Reinhard et al. 2001, "Statistics and color correction", equations (10) and (11).

    Examples
    --------
    >>> match_mean_deviation([[0.0], [2.0]], [[10.0], [30.0]]).ravel().tolist()
    [10.0, 30.0]
    """
    source, target = checked_sets(source, target)
    spread = source.std(axis=0)
    gain = np.divide(target.std(axis=0), spread, out=np.ones_like(spread), where=spread > 0)
    return (source - source.mean(axis=0)) * gain + target.mean(axis=0)


def reinhard(L: ArrayLike, reference_lab: ArrayLike) -> np.ndarray:
    """Colour a grey picture so that a and b have the mean and the deviation of a reference's.

    A grey picture's own a and b have no spread that could be stretched. What it has is lightness,
    so lightness is stretched to be a, and again to be b; where the reference's a falls as its
    lightness rises, turned round. Dark pixels get the colour at one end of a line in the ab plane
    and light pixels that at the other end.

    From L (H, W) in [0, 100] and a CIE Lab photograph (H2, W2, 3) of any size: a and b (H, W, 2) in
    CIE units, float32. Of an even L, the mean colour of the reference. Raises ValueError as
    `checked_reference` does.

    References
    ----------
    Reinhard et al. 2001, "Statistics and color correction", equations (10) and (11). Their input is
    in colour; that lightness takes the place of its colours, with the sign of the reference's
    correlation, is our addition.
    """
    L, reference = checked_reference(L, reference_lab)
    lightness, colors = reference[..., 0].ravel(), reference[..., 1:].reshape(-1, 2)
    together = (lightness - lightness.mean()) @ (colors - colors.mean(axis=0))
    source = L.reshape(-1, 1) * np.where(together < 0, -1, 1)
    return match_mean_deviation(source, colors).reshape(*L.shape, 2).astype(np.float32)
