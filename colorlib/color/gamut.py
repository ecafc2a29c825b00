"""Which colours a screen can show: at every lightness a slice of the ab plane, and no more."""

import torch
from torch import Tensor

from colorlib.color.constants import RGB_FROM_WHITE, TOLERANCE
from colorlib.color.curves import lab_curve_inverse
from colorlib.color.lab import lab_to_linear_rgb


def in_gamut(lab: Tensor, tolerance: float = TOLERANCE) -> Tensor:
    """Tell which pixels a screen can show: those whose three sRGB values are within [0, 1].

    Parameters
    ----------
    lab : Tensor, (B, 3, H, W) or (3, H, W)
        CIE Lab, floating point.
    tolerance : float
        How far outside a value may be, in sRGB units; the default is a quarter of an 8-bit step. At
        least 1e-4, because white itself is off by that.

    Returns
    -------
    Tensor of bool, (B, 1, H, W) or (1, H, W)

    Raises
    ------
    ValueError
        When the tensor has not 3 channels in its third dimension from the end, or holds integers.
    """
    return ~outside_gamut(lab_to_linear_rgb(lab), tolerance)


def gamut_mask(L: float, step: float = 1.0, extent: float = 110) -> tuple[Tensor, Tensor, Tensor]:
    """Mark the slice of the sRGB gamut at one lightness: which ab can be shown.

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
        ``mask[i, j]`` tells whether (L, a_values[j], b_values[i]) is displayable: rows are b,
        columns are a, as ``imshow(mask, origin="lower")`` wants it.

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


def fit_gamut(lab: Tensor, tolerance: float = TOLERANCE) -> Tensor:
    """Make every colour displayable by taking away chroma, at its own lightness and hue.

    Displayable colours are returned as they are. Of the others, ab is multiplied by the largest
    factor below 1 (by bisection, to one part in 65,536) that brings them inside. Clipping in RGB,
    by contrast, moves L and hue as well. The gradient passes through ab times the factor; the
    factor itself counts as a constant.

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
        limited = torch.cat([L, ab], dim=-3)
        outside = outside_gamut(lab_to_linear_rgb(limited), tolerance).squeeze(-3)
        factor = torch.ones_like(L.squeeze(-3))
        if outside.any():
            factor[outside] = largest_factor(picked(limited, outside), tolerance)
    return torch.cat([L, ab * factor.unsqueeze(-3)], dim=-3)


def picked(lab: Tensor, where: Tensor) -> Tensor:
    """Pick the pixels (3, N) of Lab pictures under a mask (..., H, W)."""
    return torch.stack([channel[where] for channel in lab.unbind(-3)])


def largest_factor(lab: Tensor, tolerance: float) -> Tensor:
    """Find by bisection the factor (N,) that makes impossible ab (3, N) just possible.

    Written with few operations on few tensors: in a large picture, converted band by band, N is
    often small.
    """
    L, a, b = lab
    grey = (L + 16) / 116
    chroma = torch.stack([a / 500, torch.zeros_like(a), b / -200])
    matrix = lab.new_tensor(RGB_FROM_WHITE)
    low, high = torch.zeros_like(L), torch.ones_like(L)
    for _ in range(16):
        middle = (low + high) / 2
        linear = matrix @ lab_curve_inverse(torch.addcmul(grey, chroma, middle))
        # Half the tolerance: rounding must not put the result outside again.
        outside = _excess(linear[:, None], tolerance / 2)[0, 0] > 0
        low, high = torch.where(outside, low, middle), torch.where(outside, middle, high)
    return low


def outside_gamut(linear: Tensor, tolerance: float) -> Tensor:
    """Which pixels (..., 1, H, W) of linear RGB a screen cannot show."""
    return _excess(linear, tolerance) > 0


def _excess(linear: Tensor, tolerance: float) -> Tensor:
    """How far pixels (..., 1, H, W) of linear RGB are outside of a screen's; negative inside."""
    # The sRGB curve is monotone: bounds on the linear values say the same and need no power of
    # every pixel.
    low = -tolerance / 12.92
    high = ((1 + tolerance + 0.055) / 1.055) ** 2.4
    return torch.maximum(
        linear.amax(dim=-3, keepdim=True) - high, low - linear.amin(dim=-3, keepdim=True)
    )
