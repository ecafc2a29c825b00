"""Hints: what a person knows about a picture's colours pulls the network's prediction.

A hint is a few points of known colour, or another photograph whose colours are right. The
prediction stays the base in both cases. Points say how wrong it is in some places, and the
correction spreads as scribbles do; a reference says which colours there should be, and the
prediction is moved to their statistics.
"""

from __future__ import annotations

from collections.abc import Sequence
from operator import index
from typing import NamedTuple

import cv2
import numpy as np
from PIL import ImageColor

from colorlib.classical.levin2004 import propagate
from colorlib.classical.linear_transport import monge_kantorovich
from colorlib.classical.reference import COLORLESS
from colorlib.color.fast import lab_of_pixels

__all__ = ["Point", "follow_points", "follow_reference"]

# Of the picture's side: over this length of even lightness a propagated correction falls to 1/e.
REACH = 0.2
# A hint counts until the propagated correction has fallen to about e^-3 of that at the point.
FADE = 3.0
ALIKE = 25.0  # CIE units: what differs more in lightness from the point is probably another thing
GRAIN = 0.7  # pixels: the blur that takes the walls out of grain
DAB = 0.01  # of the picture's side: radius of the dab that a point stands for
# CIE units: the lightness by which a pixel of the dab may differ from its middle.
SAME_LIGHTNESS = 10.0
# What a reference may do to the spread of the colours: more makes them garish, and wrong.
GAIN = (0.5, 1.5)
LIGHTNESS_BAND = 8  # CIE units of lightness that count as alike between a picture and its reference
# A band that holds a smaller part of the pixels leans on the colour of the whole picture.
PRIOR = 0.02


class Point(NamedTuple):
    """A place in a picture and the colour it has.

    The colour gives hue and chroma. Its lightness plays no part: the picture has its own.

    Parameters
    ----------
    x, y : float
        In [0, 1]: the part of the width from the left, and of the height from the top.
    color : str or tuple of int
        ``"#rrggbb"`` or a name that CSS knows, ``"tomato"``; or sRGB, three numbers in 0 ... 255.

    Examples
    --------
    >>> Point.parse("0.4,0.7,#c03020")
    Point(x=0.4, y=0.7, color='#c03020')
    """

    x: float
    y: float
    color: tuple[int, int, int] | str

    @classmethod
    def parse(cls, text: str) -> Point:
        """Read a point as it is typed: ``x,y,colour``.

        Parameters
        ----------
        text : str
            Such as ``"0.4,0.7,#c03020"``.

        Raises
        ------
        ValueError
            If there are not two numbers in [0, 1] and a colour.
        """
        parts = [part.strip() for part in text.split(",", 2)]
        try:
            point = cls(float(parts[0]), float(parts[1]), parts[2])
        except (IndexError, ValueError):
            raise ValueError(
                f"a point is x,y,colour, such as 0.4,0.7,#c03020, not {text!r}"
            ) from None
        point.pixel(1, 1)
        point.ab()
        return point

    def pixel(self, height: int, width: int) -> tuple[int, int]:
        """Return the row and the column of the point in a picture of this size.

        Parameters
        ----------
        height, width : int
            In pixels.

        Returns
        -------
        tuple of int
            Row and column; the far ends, 1.0, are in the last of them.

        Raises
        ------
        ValueError
            If x or y is outside [0, 1].
        """
        if not (0 <= self.x <= 1 and 0 <= self.y <= 1):
            raise ValueError(
                "x and y of a point are parts of width and height, from 0 to 1, "
                f"not {self.x}, {self.y}"
            )
        return min(int(self.y * height), height - 1), min(int(self.x * width), width - 1)

    def ab(self) -> tuple[float, float]:
        """Return the a and b of the colour.

        Returns
        -------
        tuple of float
            CIE units.

        Raises
        ------
        ValueError
            If the colour is none.
        """
        try:
            rgb = (
                ImageColor.getrgb(self.color) if isinstance(self.color, str) else tuple(self.color)
            )
            # index() refuses floats: (0.8, 0.2, 0.1) is meant for another scale and would be black
            # here.
            if len(rgb) != 3 or not all(0 <= index(value) <= 255 for value in rgb):
                raise ValueError
        except (TypeError, ValueError):
            what = 'give "#rrggbb", a name such as "tomato", or three whole numbers from 0 to 255'
            raise ValueError(f"{self.color!r} is no colour: {what}") from None
        _, a, b = lab_of_pixels(np.array([[rgb]], np.uint8)).ravel().tolist()
        return a, b


def follow_points(L: np.ndarray, ab: np.ndarray, points: Sequence[Point]) -> np.ndarray:
    """Correct a prediction to have the wanted colours at some points; what belongs to them follows.

    The difference between the wanted colour and the prediction spreads from each point along
    similar lightness, as Levin's scribbles do, but losing a little at each step. Where it arrives
    strongly and the lightness is near that of the point, it is added in full. Beyond an edge, in
    another lightness and far away (in even lightness half of it is left at about a third of the
    picture's side) the prediction stays as it was. Between points, the nearer one counts more, and
    the one whose lightness is nearer. Time and memory grow slowly with the points: meant for up to
    a hundred.

    Parameters
    ----------
    L : ndarray, (H, W), float32
        Lightness in [0, 100].
    ab : ndarray, (H, W, 2), float32
        The prediction, in CIE units.
    points : sequence of Point
        At least one. Of two in the same pixel the later counts.

    Returns
    -------
    ndarray, (H, W, 2), float32
        In CIE units, equal to the wanted colour at each point. Colours may be such as no screen
        shows at their lightness: see `fit_gamut`.

    Raises
    ------
    ValueError
        If there is no point, a point lies outside the picture or has no colour, or the shapes do
        not fit.

    References
    ----------
    Levin et al. 2004 (`propagate`); Zhang et al. 2017, section 3 (points that correct a network);
    Crane et al. 2013 (the logarithm of what diffuses is a distance).
    """
    _check(L, ab)
    points = [Point(*point) for point in points]
    if not points:
        raise ValueError("no points: give at least one, such as Point(0.4, 0.7, '#c03020')")
    prediction = ab.astype(np.float64)
    lightness = cv2.GaussianBlur(L.astype(np.float64), (7, 7), GRAIN, borderType=cv2.BORDER_REFLECT)
    height, width = lightness.shape
    side = np.sqrt(height * width)
    rows, columns = np.ogrid[:height, :width]
    wanted = {point.pixel(height, width): point.ab() for point in points}
    middles = tuple(np.array(list(wanted)).T)
    marked = np.zeros((height, width), dtype=bool)
    # A channel for each point: 1 in its dab, 0 in those of others.
    values = np.zeros((height, width, len(wanted)))
    for channel, (row, column) in enumerate(wanted):
        dab = (rows - row) ** 2 + (columns - column) ** 2 <= max(1, DAB * side) ** 2
        dab &= abs(lightness - lightness[row, column]) < SAME_LIGHTNESS
        # Where two dabs meet, the first keeps its own.
        dab &= ~marked | (rows == row) & (columns == column)
        marked |= dab
        values[dab] = np.arange(len(wanted)) == channel
    presence = np.maximum(
        propagate(lightness, marked, values, pull=(0.61 / (REACH * side)) ** 2), 1e-30
    )
    likeness = np.exp(-(((lightness[..., None] - lightness[middles]) / ALIKE) ** 2) / 2)
    # All points fade alike, so their shares do not: near one of them, or in its lightness, it
    # decides alone.
    shares = presence * likeness
    shares /= shares.sum(axis=-1, keepdims=True)
    correction = shares @ (np.array(list(wanted.values())) - prediction[middles])
    distance = -np.log(presence.sum(axis=-1).clip(max=1)) / FADE
    strength = np.exp(-(distance**4)) * (shares * likeness).sum(axis=-1)
    return (prediction + strength[..., None] * correction).astype(np.float32)


def follow_reference(L: np.ndarray, ab: np.ndarray, reference_lab: np.ndarray) -> np.ndarray:
    """Pull a prediction towards the colours of another photograph.

    In each band of lightness the mean colour becomes that of the reference in the same band, so
    that shadows take after its shadows and lights after its lights. What remains of each pixel, its
    difference from that mean, gets the covariance of the reference's remainders by the least
    possible movement, within bounds: a reference may make the colours half as strong or half as
    strong again, not more.

    Parameters
    ----------
    L : ndarray, (H, W), float32
        Lightness in [0, 100].
    ab : ndarray, (H, W, 2), float32
        The prediction, in CIE units.
    reference_lab : ndarray, (H2, W2, 3), float32
        A photograph in colour, CIE Lab, of any size: best of a similar scene, in similar light.

    Returns
    -------
    ndarray, (H, W, 2), float32
        In CIE units.

    Raises
    ------
    ValueError
        If the reference has no colour, or the shapes do not fit.

    References
    ----------
    Welsh et al. 2002 (colours are looked up by lightness); Pitie and Kokaram 2007 (the map of the
    remainders).
    """
    _check(L, ab)
    if reference_lab.ndim != 3 or reference_lab.shape[2] != 3 or 0 in reference_lab.shape:
        raise ValueError(f"the reference must be (H, W, 3), not {reference_lab.shape}")
    reference = reference_lab.reshape(-1, 3).astype(np.float64)
    if not np.isfinite(reference).all():
        raise ValueError("the reference holds numbers that are not finite")
    if np.hypot(reference[:, 1], reference[:, 2]).mean() < COLORLESS:
        raise ValueError("the reference has no colour: give a photograph in colour, or none")
    lightness, prediction = L.reshape(-1).astype(np.float64), ab.reshape(-1, 2).astype(np.float64)
    own, theirs = (
        _mean_colors(lightness, prediction),
        _mean_colors(reference[:, 0], reference[:, 1:]),
    )
    remainder = prediction - _at(lightness, own)
    wanted = reference[:, 1:] - _at(reference[:, 0], theirs)
    gains, axes = np.linalg.eigh(
        monge_kantorovich(np.cov(remainder.T, ddof=0), np.cov(wanted.T, ddof=0))
    )
    result = remainder @ (axes * gains.clip(*GAIN)) @ axes.T + _at(lightness, theirs)
    return result.reshape(ab.shape).astype(np.float32)


def _mean_colors(lightness: np.ndarray, colors: np.ndarray) -> np.ndarray:
    """Return the mean colour (101, 2) around each whole number of lightness."""
    step = lightness.round().clip(0, 100).astype(int)
    count = np.bincount(step, minlength=101) / len(step)
    total = np.stack(
        [np.bincount(step, channel, minlength=101) for channel in colors.T], axis=1
    ) / len(step)
    # A Gaussian of deviation LIGHTNESS_BAND and height 1, so that the counts stay parts of the
    # picture.
    apart = np.subtract.outer(np.arange(101), np.arange(101))
    bell = np.exp(-((apart / LIGHTNESS_BAND) ** 2) / 2)
    count, total = bell @ count, bell @ total
    return (total + PRIOR * colors.mean(axis=0)) / (count[:, None] + PRIOR)


def _at(lightness: np.ndarray, colors: np.ndarray) -> np.ndarray:
    """Look a table of colours (101, 2) up at each lightness, between its whole numbers too."""
    return np.stack([np.interp(lightness, np.arange(101), channel) for channel in colors.T], axis=1)


def _check(L: np.ndarray, ab: np.ndarray) -> None:
    """Refuse anything but one picture."""
    if L.ndim != 2 or ab.shape != (*L.shape, 2) or 0 in L.shape:
        raise ValueError(
            f"hints are for one picture, (H, W) and (H, W, 2), not {L.shape}, {ab.shape}"
        )
