"""Colour spaces on batches of pictures: sRGB, CIE Lab, and the scale that the networks see.

A grey photograph records how light a scene was and nothing else. To colour it we want a space in
which lightness is one number, already known, and the colour is what remains to be guessed. CIE Lab
is such a space. Everything in the package passes through this module and its twin for arrays,
`color.fast`.

Colour spaces
-------------
* sRGB : what a JPEG stores and a screen shows. Three numbers in [0, 1], bent by a curve (often
  called gamma) so that 8 bits are spent where the eye sees steps [1]_. An sRGB value of 0.5 is
  about 21 % of the light of 1.0.
* Linear RGB : the same three primaries with the curve undone, so that numbers add up as light does.
* XYZ (CIE 1931, 2 degree observer) : a 3x3 matrix away from linear RGB. Y is luminance, the part of
  the light that the eye counts as brightness: about 21 % red, 72 % green, 7 % blue.
* Lab (CIE 1976) [2]_ : XYZ divided by the white point D65, passed through a cube root (a straight
  line near black), then combined into L* (0 black, 100 white), a* (green to red) and b* (blue to
  yellow). Equal steps look about equally large [3]_. Within sRGB, a runs from -86 to 98 and b from
  -108 to 94.
* Network scale : L / 50 - 1 in [-1, 1] and ab / 110 in about [-1, 1], the two blocks of numbers
  between which a colorizer is a function: the first is given, the second is guessed [4]_.

Three consequences are used all over the package:

* L* depends on Y alone. Replacing a and b leaves the lightness of every pixel as it was: the
  details of the photograph cannot be damaged by a bad guess of its colour.
* a = b = 0 is grey. Chroma is the distance from it, sqrt(a^2 + b^2), and hue is the angle.
* Not every (L, a, b) can be shown: the displayable ones form the sRGB gamut, wide at medium
  lightness and a single point at black and at white. Clipping an impossible colour in RGB changes
  its L; `fit_gamut` does not.

The constants are those of scikit-image's ``colorconv``, to which both conversions are equal over
all 16.7 million 8-bit colours. Its matrix and its white point were rounded separately, so a grey is
off the axis by less than 0.01 unit of a and b.

References
----------
.. [1] IEC 61966-2-1:1999, Multimedia systems and equipment: colour measurement and management, part
   2-1: sRGB.
.. [2] CIE 15:2004, Colorimetry, 3rd edition, section 8.2.1.
.. [3] G. Sharma (ed.), Digital Color Imaging Handbook, CRC Press, 2003, chapter 1.
.. [4] R. D. Gunnam et al., A deep learning-based approach for colorization of grayscale images and
   videos, IJFANS 11 (12), 2022, "Problem Identification".
"""

from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor

from colorlib.color.constants import RGB_FROM_WHITE, WHITE_FROM_RGB
from colorlib.color.curves import lab_curve, lab_curve_inverse, linear_to_rgb, rgb_to_linear

__all__ = [
    "checked_picture",
    "grey_rgb",
    "lab_to_linear_rgb",
    "lab_to_rgb",
    "lightness",
    "rgb_to_lab",
]

CHUNK = 65_536  # pixels that a CPU converts at once: the temporaries then stay in its cache


def rgb_to_lab(rgb: Tensor) -> Tensor:
    """Convert sRGB pictures to CIE Lab.

    Equal to ``skimage.color.rgb2lab`` within 1e-3 for every 8-bit colour, in float32.
    Differentiable, with finite gradients everywhere (black included). The work is done pixel by
    pixel without matrix products, so neither autocast nor TF32 can make it coarse; float16 and
    bfloat16 are computed in float32.

    Parameters
    ----------
    rgb : Tensor, (B, 3, H, W) or (3, H, W)
        sRGB in [0, 1], floating point, any device. Values slightly outside are continued smoothly.

    Returns
    -------
    Tensor, same shape
        L in [0, 100], a and b in about [-110, 110]. float64 stays float64, anything else becomes
        float32.

    Raises
    ------
    ValueError
        When the tensor has not 3 channels in its third dimension from the end, or holds integers.

    References
    ----------
    CIE 15:2004, section 8.2.1; IEC 61966-2-1.

    Examples
    --------
    >>> red = torch.tensor([1.0, 0.0, 0.0]).view(1, 3, 1, 1)
    >>> [round(value, 1) for value in rgb_to_lab(red).flatten().tolist()]
    [53.2, 80.1, 67.2]
    """
    return _in_chunks(_rgb_to_lab, checked_picture(rgb, 3, "rgb"))


def lab_to_rgb(lab: Tensor, clip: bool = True) -> Tensor:
    """Convert CIE Lab pictures to sRGB.

    With ``clip`` (for looking at) the result is that of ``skimage.color.lab2rgb`` within 1e-4;
    impossible colours end on the border of [0, 1], where their gradient is zero. Without it the
    conversion is the exact inverse of `rgb_to_lab`, also outside the gamut, and its gradient is
    never zero.

    Parameters
    ----------
    lab : Tensor, (B, 3, H, W) or (3, H, W)
        L in [0, 100], a and b in CIE units, floating point, any device.
    clip : bool
        Limit the result to [0, 1].

    Returns
    -------
    Tensor, same shape
        sRGB; in [0, 1] when clipped. float64 stays float64, anything else becomes float32.

    Raises
    ------
    ValueError
        When the tensor has not 3 channels in its third dimension from the end, or holds integers.

    References
    ----------
    CIE 15:2004, section 8.2.1 (inverse); IEC 61966-2-1.

    Examples
    --------
    >>> middle_grey = torch.tensor([50.0, 0.0, 0.0]).view(1, 3, 1, 1)
    >>> [round(value, 3) for value in lab_to_rgb(middle_grey).flatten().tolist()]
    [0.466, 0.466, 0.466]
    """
    return _in_chunks(partial(_lab_to_rgb, clip=clip), checked_picture(lab, 3, "lab"))


def lab_to_linear_rgb(lab: Tensor) -> Tensor:
    """Convert CIE Lab to linear RGB, unclipped: light itself, before the sRGB curve.

    Impossible colours leave [0, 1].

    Parameters
    ----------
    lab : Tensor, (B, 3, H, W) or (3, H, W)
        CIE Lab, floating point.

    Returns
    -------
    Tensor, same shape
        Linear RGB; 1 is the white of the screen.

    Raises
    ------
    ValueError
        When the tensor has not 3 channels in its third dimension from the end, or holds integers.
    """
    return _linear_rgb(checked_picture(lab, 3, "lab"))


def lightness(rgb: Tensor) -> Tensor:
    """L* of a photograph: the grey input of every colorizer in this package.

    It is the first channel of `rgb_to_lab` at a third of the work. It is not the red channel, not
    the average of the channels, and not 8-bit grey scaled: those are other functions of the scene
    (chapter 1 measures how different).

    Parameters
    ----------
    rgb : Tensor, (B, 3, H, W) or (3, H, W)
        sRGB in [0, 1], floating point.

    Returns
    -------
    Tensor, (B, 1, H, W) or (1, H, W)
        L* in [0, 100].

    Raises
    ------
    ValueError
        When the tensor has not 3 channels in its third dimension from the end, or holds integers.

    References
    ----------
    CIE 15:2004, section 8.2.1.
    """
    luminance = _mix(WHITE_FROM_RGB[1], rgb_to_linear(checked_picture(rgb, 3, "rgb")).unbind(-3))
    return (116 * lab_curve(luminance) - 16).unsqueeze(-3)


def grey_rgb(L: Tensor) -> Tensor:
    """Return the grey picture of a lightness: the same L*, with a = b = 0.

    Parameters
    ----------
    L : Tensor, (B, 1, H, W) or (1, H, W)
        L* in [0, 100], floating point.

    Returns
    -------
    Tensor, (B, 3, H, W) or (3, H, W)
        sRGB in [0, 1], three equal channels (within 1e-4).

    Raises
    ------
    ValueError
        When L has not 1 channel in its third dimension from the end, or holds integers.
    """
    L = checked_picture(L, 1, "L")
    return lab_to_rgb(torch.cat([L, torch.zeros_like(L), torch.zeros_like(L)], dim=-3))


def checked_picture(picture: Tensor, channels: int, name: str) -> Tensor:
    """Return a tensor in float32 or float64, or say what is wrong with it.

    Parameters
    ----------
    picture : Tensor, (..., channels, H, W)
    channels : int
    name : str
        What the message calls it.

    Returns
    -------
    Tensor, same shape

    Raises
    ------
    ValueError
        When the tensor has another shape, or holds integers.
    """
    if picture.ndim < 3 or picture.shape[-3] != channels:
        wanted, shape = f"(B, {channels}, H, W) or ({channels}, H, W)", tuple(picture.shape)
        raise ValueError(f"{name} must be {wanted}, not {shape}: channels first")
    if not picture.is_floating_point():
        advice = "convert it first, 8-bit RGB by / 255"
        raise ValueError(f"{name} must be floating point, not {picture.dtype}: {advice}")
    return picture if picture.dtype == torch.float64 else picture.float()


def _in_chunks(convert: Callable[[Tensor], Tensor], pictures: Tensor) -> Tensor:
    """Convert a batch at once on an accelerator, a few pictures at a time for a CPU's cache."""
    if pictures.ndim != 4 or pictures.device.type != "cpu":
        return convert(pictures)
    few = max(1, CHUNK // max(1, pictures.shape[-2] * pictures.shape[-1]))
    return torch.cat([convert(chunk) for chunk in pictures.split(few)])


def _rgb_to_lab(rgb: Tensor) -> Tensor:
    """Go the whole way from sRGB to Lab."""
    linear = rgb_to_linear(rgb).unbind(-3)
    white_xyz = torch.stack([_mix(row, linear) for row in WHITE_FROM_RGB], dim=-3)
    x, y, z = lab_curve(white_xyz).unbind(-3)
    return torch.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], dim=-3)


def _lab_to_rgb(lab: Tensor, clip: bool) -> Tensor:
    """Go the whole way from Lab to sRGB."""
    rgb = linear_to_rgb(_linear_rgb(lab, clip_z=clip))
    return rgb.clamp(0, 1) if clip else rgb


def _linear_rgb(lab: Tensor, clip_z: bool = False) -> Tensor:
    """Lab to linear RGB, unclipped; clip_z repeats scikit-image's limit on impossible yellows."""
    L, a, b = lab.unbind(-3)
    y = (L + 16) / 116
    x = torch.add(y, a, alpha=1 / 500)
    z = torch.sub(y, b, alpha=1 / 200)
    roots = torch.stack([x, y, z.clamp(min=0) if clip_z else z], dim=-3)
    white_xyz = lab_curve_inverse(roots).unbind(-3)
    return torch.stack([_mix(row, white_xyz) for row in RGB_FROM_WHITE], dim=-3)


def _mix(row: tuple[float, ...], channels: tuple[Tensor, ...]) -> Tensor:
    """One row of a 3x3 matrix times three channels."""
    return (channels[0] * row[0]).add_(channels[1], alpha=row[1]).add_(channels[2], alpha=row[2])
