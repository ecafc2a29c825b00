"""Chroma enlarged along the edges of the lightness: colour that ends where things end.

A network predicts colour for a small picture. Enlarged smoothly, the colour of a coat runs over its outline by a pixel
of the small picture, which is twenty of the large one. But where the coat ends is no secret: the full-resolution L*
shows it. In a small window colour mostly follows lightness in a straight line, ab = slope * L + offset: on an edge
both change together. The slope is learnt on the small picture, where both are known, and applied to the large one.
"""

import torch
from torch import Tensor
from torch.nn import functional as F

__all__ = ["Enlargement", "enlarge", "resize", "slope_and_rest"]

RADIUS = 1  # of the window in which colour follows lightness, in small pixels
EPSILON = 50.0  # variance of L, CIE units squared, above which an edge is believed: smaller ones may be grain


class Enlargement:
    """The small colours of a batch, ready to be read at any rows of the full-resolution picture.

    What is enlarged (bicubically) is not ab itself but the slope and what remains, ab - slope * L; at full resolution
    they are joined again with the L* that is known there. Where slope is 0, as on constant lightness, that is the
    bicubic enlargement of ab; and a picture that needs no enlargement keeps its ab as it is.

    Parameters
    ----------
    L : Tensor, (B, 1, h, w)
        L* in [0, 100] as the network saw it.
    ab : Tensor, (B, 2, h, w)
        a and b in CIE units.
    height, width : int
        Of the full-resolution picture, in pixels.

    References
    ----------
    He, Sun and Tang 2010, equations 5 and 6 (the slope); He and Sun 2015 (found on the small picture). Aiazzi et al.
    2006 add the detail to the plain enlargement, as is done here; the guided filter, which smooths first, was worse
    than bicubic on photographs.
    """

    def __init__(self, L: Tensor, ab: Tensor, height: int, width: int) -> None:
        small = torch.cat(slope_and_rest(L, ab), dim=1)
        self.down = _weights(L.shape[-2], height, L.device)
        # Enlarging is a product with a matrix, which is several times quicker than interpolate. Across is done now.
        self.columns = small @ _weights(L.shape[-1], width, L.device).T

    def rows(self, rows: slice, L: Tensor) -> Tensor:
        """Read some rows of the full-resolution picture.

        Parameters
        ----------
        rows : slice
        L : Tensor, (B, 1, number of rows, W)
            L* in [0, 100] of these rows, at full resolution.

        Returns
        -------
        Tensor, (B, 2, number of rows, W)
            a and b in CIE units.
        """
        weights = self.down[rows]
        used = weights.any(dim=0).nonzero()  # few: a row lies between two or four of the small ones
        near = slice(int(used[0]), int(used[-1]) + 1)
        slope, rest = (weights[:, near] @ self.columns[:, :, near]).chunk(2, dim=1)
        return torch.addcmul(rest, slope, L)


def enlarge(small_L: Tensor, ab: Tensor, L: Tensor) -> Tensor:
    """Enlarge the colours of a batch along the edges of its full-resolution lightness, all rows at once.

    Parameters
    ----------
    small_L : Tensor, (B, 1, h, w)
        L* in [0, 100] as the network saw it.
    ab : Tensor, (B, 2, h, w)
        a and b in CIE units.
    L : Tensor, (B, 1, H, W)
        L* in [0, 100] at full resolution.

    Returns
    -------
    Tensor, (B, 2, H, W)
        a and b in CIE units; see `Enlargement`.
    """
    return Enlargement(small_L, ab, *L.shape[-2:]).rows(slice(None), L)


def slope_and_rest(L: Tensor, ab: Tensor) -> tuple[Tensor, Tensor]:
    """Split small colours into what follows the lightness and what does not: ``ab = slope * L + rest``.

    Parameters
    ----------
    L : Tensor, (B, 1, h, w)
        L* in [0, 100].
    ab : Tensor, (B, 2, h, w)
        a and b in CIE units.

    Returns
    -------
    slope, rest : Tensor, (B, 2, h, w)
        What `Enlargement` enlarges.
    """
    slope = _mean(_slope(L, ab))
    return slope, ab - slope * L


def resize(x: Tensor, height: int, width: int) -> Tensor:
    """Resize a batch bicubically, averaging over what is left out when it shrinks.

    Parameters
    ----------
    x : Tensor, (B, C, h, w)
    height, width : int
        In pixels.

    Returns
    -------
    Tensor, (B, C, height, width)
    """
    if x.shape[-2:] == (height, width):
        return x
    return F.interpolate(x, size=(height, width), mode="bicubic", align_corners=False, antialias=True)


def _slope(L: Tensor, ab: Tensor) -> Tensor:
    """How much a and b rise with L around each pixel: their covariance over the variance, held back where it is small.

    The means are taken off first: of numbers near 100, differences of squares would be inexact.
    """
    L = L - L.mean(dim=(2, 3), keepdim=True)
    mean = _mean(L)
    variance = _mean(L * L) - mean * mean
    covariance = _mean(L * ab) - mean * _mean(ab)
    return covariance / (variance.clamp(min=0) + EPSILON)


def _mean(x: Tensor) -> Tensor:
    """The mean over the window around each pixel, of what lies inside the picture.

    Sums of shifted pictures: a pooling layer does the same at a third of the speed.
    """
    for dim in (-1, -2):
        side = x.shape[dim]
        total, count = x.clone(), torch.ones(side, device=x.device)
        for step in range(1, min(RADIUS, side - 1) + 1):
            for to, of in ((step, 0), (0, step)):
                total.narrow(dim, to, side - step).add_(x.narrow(dim, of, side - step))
                count[to : to + side - step] += 1
        x = total.div_(count if dim == -1 else count[:, None])
    return x


def _weights(small: int, large: int, device: torch.device) -> Tensor:
    """The matrix (large, small) that resizes a column of pixels: what resizing makes of the unit vectors."""
    return resize(torch.eye(small, device=device)[None, None], large, small)[0, 0]
