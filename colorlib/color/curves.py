"""The curves of sRGB and of CIE Lab on tensors, each with its inverse.

Their gradients are finite everywhere. Each curve is a power above a joint and a line below it. Both
are computed for every pixel and added, each held at the joint where it does not apply. A `where` of
the two is slower, and its gradient at 0 is NaN: the power's infinite derivative there, times the
zero of not being chosen. The line and the power meet within 4e-7. In-place steps (the trailing _)
touch only temporaries made on the same line.
"""

from torch import Tensor

__all__ = ["lab_curve", "lab_curve_inverse", "linear_to_rgb", "rgb_to_linear"]


def _power(base: Tensor, exponent: float) -> Tensor:
    """Raise a positive base to a power; on a CPU logarithm and exponential beat pow."""
    return base.log().mul_(exponent).exp_()


def rgb_to_linear(rgb: Tensor) -> Tensor:
    """Undo the sRGB curve (IEC 61966-2-1): sRGB to linear light, element by element.

    Parameters
    ----------
    rgb : Tensor
        Floating point, of any shape. Values below 0 are continued in a straight line.

    Returns
    -------
    Tensor, same shape
        1 is the white of the screen.
    """
    above = _power(rgb.clamp(min=0.04045).add_(0.055).div_(1.055), 2.4)
    return above.add((rgb - 0.04045).clamp_(max=0), alpha=1 / 12.92)


def linear_to_rgb(linear: Tensor) -> Tensor:
    """Apply the sRGB curve (IEC 61966-2-1): linear light to sRGB, element by element, 1 to 1.

    Parameters
    ----------
    linear : Tensor
        Floating point, of any shape. Values below 0 are continued in a straight line.

    Returns
    -------
    Tensor, same shape
        sRGB.
    """
    above = _power(linear.clamp(min=0.0031308), 1 / 2.4).mul(1.055).sub_(0.055)
    return above.add_((linear - 0.0031308).clamp_(max=0), alpha=12.92)


def lab_curve(t: Tensor) -> Tensor:
    """Take CIE's cube root of X, Y or Z as a part of white's, with a straight line near zero.

    Parameters
    ----------
    t : Tensor
        Floating point, of any shape.

    Returns
    -------
    Tensor, same shape
        For Y it is (L + 16) / 116.

    References
    ----------
    CIE 15:2004, section 8.2.1.
    """
    above = _power(t.clamp(min=0.008856), 1 / 3)
    return above.add((t - 0.008856).clamp_(max=0), alpha=7.787)


def lab_curve_inverse(t: Tensor) -> Tensor:
    """Undo the cube root of CIE Lab: (L + 16) / 116 to Y, and likewise X and Z, as parts of white.

    Parameters
    ----------
    t : Tensor
        Floating point, of any shape.

    Returns
    -------
    Tensor, same shape

    References
    ----------
    CIE 15:2004, section 8.2.1 (inverse).
    """
    held = t.clamp(min=0.2068966)
    return (held * held).mul(held).add_((t - 0.2068966).clamp_(max=0), alpha=1 / 7.787)
