"""How steady are a film's colours? Measured beside how right: a grey film is perfectly steady.

Flicker is what changes from frame to frame and should not. Three measures, which see different
things:

* The *warping error* follows each pixel along a motion that is known and looks whether its colour
  stayed the same. It is the strictest, and needs exact flow.
* The *colour distribution consistency* (CDC) compares the histograms of frames that are 1, 2 and 4
  apart. It needs neither flow nor truth, but a film that pans has changing histograms too, so the
  truth's own value stands beside it: a film with less than that is not better, it is paler or
  smeared.
* The *spectrum* of the mean chroma over time says how fast it changes. Scenes change slowly; what
  happens more than a few times a second is flicker.

References
----------
Lai, W.-S. et al. (2018). Learning blind video temporal consistency. ECCV.
Liu, Y. et al. (2021). Temporally consistent video colorization with deep feature propagation and
self-regularization learning. arXiv:2110.04562.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from scipy.signal import periodogram
from scipy.signal.windows import hann
from scipy.spatial.distance import jensenshannon

from colorlib.color.display import displayed_bytes
from colorlib.color.fast import integer_lightness, lab_of_pixels
from colorlib.film.optical_flow import fetch

__all__ = ["chroma", "color_consistency", "flicker_spectrum", "steadiness", "warping_error"]

LAGS = (1, 2, 4)  # frames (Liu 2021)
TILES = 4  # tiles a side over which chroma is averaged for the spectrum
FAST = 0.25  # of the frame rate: what changes faster is flicker


def chroma(frames: np.ndarray) -> np.ndarray:
    """Return the a and b of each frame of a film.

    Parameters
    ----------
    frames : ndarray, (N, H, W, 3), uint8
        sRGB.

    Returns
    -------
    ndarray, (N, H, W, 2), float32
        In CIE units.

    Raises
    ------
    ValueError
        If the frames are of another kind.
    """
    _check(frames)
    return np.stack([lab_of_pixels(frame)[..., 1:] for frame in frames])


def warping_error(ab: np.ndarray, flow: np.ndarray, visible: np.ndarray) -> float:
    """Measure how much colours change from one frame to the next, along known motion.

    Parameters
    ----------
    ab : ndarray, (N, H, W, 2), float32
        From `chroma`.
    flow : ndarray, (N, H, W, 2), float32
        Where each pixel was in the frame before, as in `film.Clip`.
    visible : ndarray, (N, H, W), bool
        Whether it was there at all; other pixels do not count, nor does a frame without any.

    Returns
    -------
    float
        Mean distance in the ab plane, in CIE units, over all pixels that count. The truth's own is
        not quite 0: fetching between pixels blurs a little.

    Raises
    ------
    ValueError
        If the shapes do not fit, or no pixel counts.

    References
    ----------
    Lai et al. 2018, section 4.2 (E_warp, there on RGB with estimated flow).
    """
    if ab.shape != flow.shape or ab.shape[:3] != visible.shape or ab.shape[3:] != (2,):
        raise ValueError(
            f"ab, flow and visible do not fit: {ab.shape}, {flow.shape}, {visible.shape}"
        )
    distances = [
        np.linalg.norm(ab[t] - fetch(ab[t - 1], flow[t]), axis=-1)[visible[t]]
        for t in range(1, len(ab))
        if visible[t].any()
    ]
    if not distances:
        raise ValueError(
            "no pixel is visible in the frame before: give a film of at least two frames and no cut"
        )
    return float(np.concatenate(distances).mean())


def color_consistency(frames: np.ndarray, lags: Sequence[int] = LAGS) -> float:
    """Measure how far the colour histograms of near frames lie apart (CDC).

    Parameters
    ----------
    frames : ndarray, (N, H, W, 3), uint8
        sRGB, more frames than the largest lag.
    lags : sequence of int
        Distances in frames; the mean over them is returned.

    Returns
    -------
    float
        Mean Jensen-Shannon divergence (natural logarithm) between the 256-bin histograms of each of
        R, G and B: 0 for a still, at most log 2.

    Raises
    ------
    ValueError
        If the frames are of another kind or too few.

    References
    ----------
    Liu et al. 2021, section 3.4 (CDC).
    """
    _check(frames)
    if not lags or min(lags) < 1 or len(frames) <= max(lags):
        raise ValueError(
            f"lags {list(lags)} need a film of more frames than the largest, this has {len(frames)}"
        )
    planes = frames.transpose(0, 3, 1, 2).reshape(len(frames), 3, -1)  # (N, 3, H W)
    counts = [[np.bincount(plane, minlength=256) for plane in frame] for frame in planes]
    shares = np.stack(counts) / planes.shape[2]  # (N, 3, 256)
    apart = [jensenshannon(shares[:-lag], shares[lag:], axis=-1) ** 2 for lag in lags]
    return float(np.mean([distances.mean() for distances in apart]))


def flicker_spectrum(ab: np.ndarray, rate: float = 24.0) -> tuple[np.ndarray, np.ndarray]:
    """Measure how fast the mean chroma changes: its power at each frequency.

    Parameters
    ----------
    ab : ndarray, (N, H, W, 2), float32
        From `chroma`, at least 8 frames of at least 4 by 4 pixels, without a cut.
    rate : float
        Frames a second.

    Returns
    -------
    frequency : ndarray, (N // 2,)
        In hertz, above 0 up to half the rate.
    power : ndarray, (N // 2,)
        In CIE units squared: of the mean chroma of each of 4 by 4 tiles, summed over a and b and
        averaged over the tiles. The line from the first to the last frame is taken away first; what
        changes steadily is no flicker.

    Raises
    ------
    ValueError
        If there are too few frames or pixels.
    """
    count, height, width = ab.shape[:3]
    if count < 8 or min(height, width) < TILES:
        raise ValueError(
            f"a spectrum needs at least 8 frames of {TILES} x {TILES} pixels, not {ab.shape[:3]}"
        )
    rows, columns = height // TILES * TILES, width // TILES * TILES
    tiles = ab[:, :rows, :columns].reshape(count, TILES, rows // TILES, TILES, columns // TILES, 2)
    tiles = tiles.mean(axis=(2, 4)).reshape(count, -1, 2).astype(np.float64)
    tiles -= tiles[0] + np.linspace(0, 1, count)[:, None, None] * (tiles[-1] - tiles[0])
    # A Hann window without its two zeros: without it the slow changes would leak into the fast
    # ones.
    frequency, density = periodogram(
        tiles, rate, hann(count + 2, sym=True)[1:-1], return_onesided=False, axis=0
    )
    positive = slice(1, count // 2 + 1)  # the negative ones hold as much
    power = 2 * density[positive] * rate / count
    return abs(frequency[positive]), power.sum(axis=2).mean(axis=1)


def steadiness(
    films: Mapping[str, np.ndarray], truth: np.ndarray, flow: np.ndarray, visible: np.ndarray
) -> pd.DataFrame:
    """Measure how steady and how right colourings of a film are, beside grey and the truth.

    Parameters
    ----------
    films : mapping of str to ndarray, (N, H, W, 3), uint8
        sRGB.
    truth : ndarray, (N, H, W, 3), uint8
        The film in its true colours.
    flow, visible : ndarray
        As for `warping_error`.

    Returns
    -------
    pandas.DataFrame
        A row for each film, for ``grey`` and for ``truth``; columns ``ab_error`` (mean absolute
        error of a and b, CIE units), ``warping_error`` (CIE units), ``cdc`` and ``fast`` (the part
        of the rate's upper half in the spectrum, in CIE units: its square root).

    Raises
    ------
    ValueError
        As the measures.
    """
    right = chroma(truth)
    rows = {}
    for name, frames in {**films, "grey": _greyed(truth), "truth": truth}.items():
        ab = chroma(frames)
        frequency, power = flicker_spectrum(ab, 1.0)
        rows[name] = {
            "ab_error": float(np.abs(ab - right).mean()),
            "warping_error": warping_error(ab, flow, visible),
            "cdc": color_consistency(frames),
            "fast": float(np.sqrt(power[frequency > FAST].sum())),
        }
    return pd.DataFrame(rows).T


def _greyed(frames: np.ndarray) -> np.ndarray:
    """Take the colours out of a film: the same lightness, to the nearest 8-bit grey."""
    greys = []
    for frame in frames:
        L = integer_lightness(frame)
        greys.append(displayed_bytes(L, np.zeros_like(L), np.zeros_like(L)))
    return np.stack(greys)


def _check(frames: np.ndarray) -> None:
    """Refuse what is not the frames of a film."""
    if frames.ndim != 4 or frames.shape[3:] != (3,) or frames.dtype != np.uint8 or not frames.size:
        raise ValueError(
            f"frames must be uint8, (N, H, W, 3), not {frames.dtype} of {frames.shape}"
        )
