"""The colours of a film's frames at full size: what `colorlib.painting` does for a photograph, at the speed of a film.

A film has 24 frames a second or more, and every one has to be converted, enlarged and rounded at full size, whether
its colours were guessed or carried along. OpenCV's conversion is several times quicker than the exact one, and differs
from it by less than one 8-bit step. It clips the colours that no screen shows, which would change their lightness;
those few pixels are converted exactly, once more.
"""

import cv2
import numpy as np
import torch

from colorlib.eightbit import displayed_bytes, integer_lightness
from colorlib.enlarge import slope_and_rest
from colorlib.painting import paint

__all__ = ["paint_frame"]


def paint_frame(frame: np.ndarray, L: np.ndarray, ab: np.ndarray) -> np.ndarray:
    """Give a frame the colours that were found for its small view; its lightness stays, pixel by pixel.

    Parameters
    ----------
    frame : ndarray, (H, W) or (H, W, 3), uint8 or uint16
        sRGB, grey or in colour. Its own colours are ignored.
    L : ndarray, (h, w), float32
        L* of the small view, in [0, 100].
    ab : ndarray, (h, w, 2), float32
        a and b of the small view, in CIE units.

    Returns
    -------
    ndarray, (H, W, 3), of the frame's type
        sRGB. Colours are enlarged along the edges of the lightness (`colorlib.enlarge`) and fitted to the gamut.

    References
    ----------
    He, Sun and Tang 2010, equations 5 and 6, as in `enlarge.Enlargement`.
    """
    small_L = torch.from_numpy(L)[None, None]
    small_ab = torch.from_numpy(np.ascontiguousarray(ab.transpose(2, 0, 1)))[None]
    if frame.dtype != np.uint8:
        return paint(frame, small_L, small_ab, frame.dtype)
    height, width = frame.shape[:2]
    small = torch.cat(slope_and_rest(small_L, small_ab), dim=1)[0].numpy()
    slope_a, slope_b, rest_a, rest_b = (cv2.resize(x, (width, height), interpolation=cv2.INTER_CUBIC) for x in small)
    full_L = integer_lightness(torch.from_numpy(np.ascontiguousarray(frame)))[0, 0].numpy()
    lab = cv2.merge(
        [full_L, cv2.add(rest_a, cv2.multiply(slope_a, full_L)), cv2.add(rest_b, cv2.multiply(slope_b, full_L))]
    )
    rgb = cv2.convertScaleAbs(cv2.cvtColor(lab, cv2.COLOR_Lab2RGB), alpha=255)
    # What has a channel at either end may have been clipped.
    clipped = np.flatnonzero(cv2.inRange(rgb, (1, 1, 1), (254, 254, 254)) == 0)
    if len(clipped):
        colours = torch.from_numpy(lab.reshape(-1, 3)[clipped].T.copy())
        rgb.reshape(-1, 3)[clipped] = displayed_bytes(colours[None, :, None])[0, :, 0].T.numpy()
    return rgb
