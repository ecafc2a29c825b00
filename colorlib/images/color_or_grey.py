"""Colour or grey: whether colours in pixels are colours, or a grey picture in one tint.

Few grey prints and films are grey in their files. They are sepia, yellowed on one side, stamped
with a date, carry the logo of a channel, and a transfer from tape adds noise and rainbows. All that
has one thing in common: the colours of the things in the picture have no part in it. So the tint is
found, as a smooth function of lightness and place, and taken away. What is left is averaged over a
neighbourhood, where noise and rainbows cancel. A picture is in colour when a good share of it is
still off the tint; or when something small, but strong, is that is no logo and no stamp.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import cv2
import numpy as np

__all__ = ["ColorShare", "judge_film", "judge_picture"]

SIDE = 96  # pixels of the copy that is looked at, its longer side
AROUND = 1.5  # of these pixels: deviation of a neighbourhood
OFF = 2.0  # CIE units
STRONG = 12.0  # CIE units; a coat of this colour in grey surroundings is enough when it is
SMALL = 0.006  # of the picture
MARGIN = 0.3  # of each side: in corners of this size are logos
STRIP = 0.2  # of each side: along the edges are dates and texts
LOGO = 0.15  # of the picture: what is larger is no logo
SIGNS = 24  # pieces of logos, dates and texts; more are stars, or lamps in the night
HUED = 12.0  # CIE units: chroma from which a tint has a hue
OPPOSED = 0.05  # of the picture: where the hue of a tint may be far from what it is elsewhere
STILL = 2.0  # CIE units that the colour of a logo changes by from frame to frame, at most
DARK = 4.0  # L* of a frame that shows nothing


@dataclass(frozen=True)
class _Measure:
    """By what is judged. A film is noisier than a print, and has less in it that is seldom."""

    # of the small copy's pixels: deviation of the neighbourhood that is averaged over
    around: float
    # CIE units from the tint, after averaging, from which on a place counts in a clean picture
    off: float
    share: float  # of the picture that must be off its tint
    nearly: float  # of a sign that must lie in a corner or along an edge


_PRINT = _Measure(1.5, 2.2, 0.06, 1.0)
_FILM = _Measure(2.5, 1.75, 0.065, 0.75)


@dataclass(frozen=True)
class ColorShare:
    """What was found.

    Parameters
    ----------
    share : float
        Of the picture that is off its one tint, from 0 to 1; of a film the median of its frames.
    frames : int
        How many pictures were looked at.
    in_color_alone : int
        How many of them are in colour, each looked at for itself.
    """

    in_color: bool
    share: float
    frames: int = 1
    in_color_alone: int = 0

    def __str__(self) -> str:
        among = (
            f" ({self.in_color_alone} of {self.frames} frames looked at)" if self.frames > 1 else ""
        )
        what = "in colour" if self.in_color else "grey"
        return f"{what}{among}: {100 * self.share:.2g} % of the picture is off one tint"


def judge_picture(pixels: np.ndarray) -> ColorShare:
    """Tell a picture in colour from a grey one, whatever its tint.

    Parameters
    ----------
    pixels : ndarray, (H, W) or (H, W, 3), uint8 or uint16
        sRGB.
    """
    return judge_film([pixels])


def judge_film(frames: Iterable[np.ndarray]) -> ColorShare:
    """Tell a film in colour from a grey one by some of its frames.

    A logo is where it is in each of them, and of the same colour. Rainbows and noise come and go.

    Parameters
    ----------
    frames : iterable of ndarray, (H, W) or (H, W, 3), uint8 or uint16
        sRGB, of one shape. No more than small copies of them are kept.

    Returns
    -------
    ColorShare
        Grey when there are none.
    """
    labs = [_small_lab(frame) for frame in frames]
    labs = [lab for lab in labs if lab[..., 0].mean() > DARK] or labs[:1]
    if not labs:
        return ColorShare(False, 0.0, 0)
    offs = [_off_tint(lab) for lab in labs]
    # a thin text on a tape is seen when noise is averaged out
    logo = _still([_blurred(off, 1) for off in offs])
    measure = _FILM if len(offs) > 1 else _PRINT
    found = [_shares(off, logo, measure) for off in offs]
    share, strong = np.median(found, axis=0)
    alone = sum(share > measure.share or strong > SMALL for share, strong in found)
    return ColorShare(
        bool(share > measure.share or strong > SMALL), float(max(share, strong)), len(labs), alone
    )


def _small_lab(pixels: np.ndarray) -> np.ndarray:
    """Return a small copy, averaged down, in CIE Lab (h, w, 3)."""
    rgb = pixels if pixels.ndim == 3 else cv2.merge([pixels] * 3)
    factor = SIDE / max(rgb.shape[:2])
    if factor < 1:
        size = [max(1, round(side * factor)) for side in rgb.shape[1::-1]]
        rgb = cv2.resize(rgb, size, interpolation=cv2.INTER_AREA)
    return cv2.cvtColor(rgb.astype(np.float32) / np.iinfo(rgb.dtype).max, cv2.COLOR_RGB2LAB)


def _off_tint(lab: np.ndarray) -> np.ndarray:
    """Take the tint away: what is left of a and b (h, w, 2).

    The tint is a cubic curve over lightness, as of sepia, plus a cast: quadratic over the place,
    and stronger or weaker in the light, as of yellowed paper. Either is of one hue, more or less:
    what goes from blue to orange is an evening.
    """
    height, width = lab.shape[:2]
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j].astype(np.float32)
    light = lab[..., 0] / 50 - 1
    tone = [np.ones_like(light), light, light**2, light**3]
    places = [x, y, x * y, x * x, y * y]
    ab = lab[..., 1:]
    for terms in ([*tone, *places, *(place * light for place in places)], tone, tone[:1]):
        tint = _fitted(np.stack(terms, axis=-1), ab)
        hued = tint[np.linalg.norm(tint, axis=-1) > HUED]
        mean = hued.sum(axis=0)
        along = hued @ mean / np.maximum(np.hypot(*hued.T) * np.hypot(*mean), 1e-9)
        if np.sum(along < 0.5) <= OPPOSED * light.size:  # 60 degrees away
            break
    return ab - tint


def _fitted(terms: np.ndarray, ab: np.ndarray) -> np.ndarray:
    """Fit a sum of terms (h, w, n) to colours (h, w, 2); the few count little (Cauchy)."""
    sparse, colors = (
        values[::2, ::2].reshape(-1, values.shape[2]).astype(np.float64) for values in (terms, ab)
    )
    weights, steady = np.ones(len(colors)), 1e-3 * len(colors) * np.eye(sparse.shape[1])
    for _ in range(6):
        weighted = sparse * weights[:, None]
        coefficients = np.linalg.solve(weighted.T @ sparse + steady, weighted.T @ colors)
        distance = np.hypot(*(colors - sparse @ coefficients).T)
        weights = 1 / (1 + (distance / max(1.5, 1.5 * np.median(distance))) ** 2)
    return terms @ coefficients.astype(np.float32)


def _still(offs: list[np.ndarray]) -> np.ndarray:
    """Where all frames are off their tints by the same: (h, w) of bool, small things only."""
    if len(offs) < 3 or len({off.shape for off in offs}) > 1:
        return np.zeros(offs[0].shape[:2], bool)
    stack = np.stack(offs)
    middle = np.median(stack, axis=0)
    moves = np.median(np.linalg.norm(stack - middle, axis=-1), axis=0)
    length = np.linalg.norm(middle, axis=-1)
    return _with_a_rim((length > 2 * OFF) & (moves < STILL + length / 8), LOGO)


def _with_a_rim(mask: np.ndarray, most: float) -> np.ndarray:
    """Widen a mask to what its blur reaches; nothing, when that is too much of the picture."""
    if mask.mean() > most:
        return np.zeros_like(mask)
    return cv2.dilate(mask.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0


def _shares(off: np.ndarray, logo: np.ndarray, measure: _Measure) -> tuple[float, float]:
    """Measure, without logos and stamps, the share that is off the tint, and strongly off."""
    noise = _noise(off)
    counted = ~(logo | _at_the_edge(off, noise, measure.nearly))
    wide, near = (_lengths(off, counted, sigma) for sigma in (measure.around, AROUND))
    least = max(measure.off, 0.55 * measure.off + 1.45 * noise)
    return float(np.mean(wide > least)), float(np.mean(near > STRONG + 2 * noise))


def _lengths(off: np.ndarray, counted: np.ndarray, sigma: float) -> np.ndarray:
    """How far the mean over a neighbourhood, of what counts, is off the tint."""
    weights = _blurred(counted.astype(np.float32), sigma)
    mean = _blurred(off * counted[..., None], sigma) / np.maximum(weights, 1e-3)[..., None]
    return np.linalg.norm(mean, axis=-1) * counted


def _blurred(values: np.ndarray, sigma: float = AROUND) -> np.ndarray:
    return cv2.GaussianBlur(values, (0, 0), sigma)


def _noise(off: np.ndarray) -> float:
    """By how much most pixels differ from their neighbourhood, in CIE units."""
    return float(np.median(np.linalg.norm(off - _blurred(off), axis=-1)))


def _at_the_edge(off: np.ndarray, noise: float, nearly: float) -> np.ndarray:
    """Find something small and strongly off the tint, in a corner or along an edge."""
    height, width = off.shape[:2]
    length = np.linalg.norm(off, axis=-1)
    mask = cv2.morphologyEx(
        (length > 5 + 2 * noise).astype(np.uint8), cv2.MORPH_CLOSE, np.ones((5, 5), np.uint8)
    )
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask)
    # from the nearer edge
    y, x = (0.5 - np.abs((np.arange(side) + 0.5) / side - 0.5) for side in (height, width))
    inner = (np.minimum(y[:, None], x) > STRIP) & (np.maximum(y[:, None], x) > MARGIN)
    near = np.bincount(labels[~inner], minlength=count)
    signs = (near >= nearly * stats[:, cv2.CC_STAT_AREA]) & (
        stats[:, cv2.CC_STAT_AREA] <= LOGO * mask.size
    )
    signs[0] = False  # what is not off the tint
    if signs.sum() > SIGNS:
        return np.zeros_like(inner)
    found = signs[labels]
    return _with_a_rim(found, 2 * LOGO)
