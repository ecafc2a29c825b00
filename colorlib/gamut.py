"""Which colours a screen can show: at every lightness a slice of the ab plane, and no more."""

import torch
from torch import Tensor

from colorlib.color import lab_to_linear_rgb


def in_gamut(lab: Tensor, tolerance: float = 1e-3) -> Tensor:
    """Which pixels a screen can show: all three sRGB values within [0, 1], give or take the tolerance.

    Parameters
    ----------
    lab : Tensor, (B, 3, H, W) or (3, H, W)
        CIE Lab, floating point.
    tolerance : float
        In sRGB units; the default is a quarter of an 8-bit step. At least 1e-4, because white itself is off by that.

    Returns
    -------
    Tensor of bool, (B, 1, H, W) or (1, H, W)

    Raises
    ------
    ValueError
        When the tensor has not 3 channels in its third dimension from the end, or holds integers.
    """
    linear = lab_to_linear_rgb(lab)
    # The sRGB curve is monotone: bounds on the linear values say the same and need no power of every pixel.
    low = -tolerance / 12.92
    high = ((1 + tolerance + 0.055) / 1.055) ** 2.4
    return ((linear >= low) & (linear <= high)).all(dim=-3, keepdim=True)


def gamut_mask(L: float, step: float = 1.0, extent: float = 110) -> tuple[Tensor, Tensor, Tensor]:
    """The slice of the sRGB gamut at one lightness: which ab can be shown.

    Parameters
    ----------
    L : float
        L* in [0, 100].
    step : float
        Distance of the grid points, in CIE units.
    extent : float
        The grid reaches from -extent to extent in a and in b.

    Returns
    -------
    a_values, b_values : Tensor, (N,)
        The grid, ascending, symmetric about 0, which it contains.
    mask : Tensor of bool, (N, N)
        ``mask[i, j]`` tells whether (L, a_values[j], b_values[i]) is displayable: rows are b, columns are a, as
        ``imshow(mask, origin="lower")`` wants it.

    Raises
    ------
    ValueError
        When L is outside [0, 100], or step or extent is not positive.
    """
    if not 0 <= L <= 100:
        raise ValueError(f"L must be in [0, 100], not {L}")
    if step <= 0 or extent <= 0:
        raise ValueError(f"step and extent must be positive, not {step} and {extent}")
    count = int(extent / step + 1e-6)
    values = torch.arange(-count, count + 1, dtype=torch.float32) * step
    b, a = torch.meshgrid(values, values, indexing="ij")
    lab = torch.stack([torch.full_like(a, float(L)), a, b])
    return values, values.clone(), in_gamut(lab)[0]


def fit_gamut(lab: Tensor, tolerance: float = 1e-3) -> Tensor:
    """Make every colour displayable by taking away chroma, at its own lightness and hue.

    Displayable colours are returned as they are. Of the others, ab is multiplied by the largest factor below 1 (by
    bisection, to one part in 65,536) that brings them inside. Clipping in RGB, by contrast, moves L and hue as well.
    The gradient passes through ab times the factor; the factor itself counts as a constant.

    Parameters
    ----------
    lab : Tensor, (B, 3, H, W) or (3, H, W)
        CIE Lab, floating point. L outside [0, 100] is limited to it: no colour of such an L exists.
    tolerance : float
        What counts as displayable, as in `in_gamut`.

    Returns
    -------
    Tensor, same shape
        CIE Lab, inside the gamut.

    Raises
    ------
    ValueError
        When the tensor has not 3 channels in its third dimension from the end, or holds integers.
    """
    L, ab = lab[..., :1, :, :].clamp(0, 100), lab[..., 1:, :, :]
    with torch.no_grad():
        outside = ~in_gamut(torch.cat([L, ab], dim=-3), tolerance).squeeze(-3)
        colour = torch.stack([L.squeeze(-3)[outside], *(c[outside] for c in ab.unbind(-3))])[:, None]  # (3, 1, N)
        low = torch.zeros_like(colour[0])
        high = torch.ones_like(low)
        for _ in range(16):
            middle = (low + high) / 2
            # Half the tolerance: rounding must not put the result outside again.
            fits = in_gamut(torch.cat([colour[:1], colour[1:] * middle]), tolerance / 2)[0]
            low, high = torch.where(fits, middle, low), torch.where(fits, high, middle)
        factor = torch.ones_like(L.squeeze(-3))
        factor[outside] = low[0]
    return torch.cat([L, ab * factor.unsqueeze(-3)], dim=-3)
