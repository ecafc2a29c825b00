"""What a picture shows beside itself: the original at its left, a line of text below it."""

import numpy as np
from PIL import Image, ImageDraw, ImageFont

__all__ = ["beside", "captioned"]

_PART = 45  # of the shorter side is a letter
_SMALLEST, _LARGEST = 9, 96  # pixels of a letter


def beside(
    left: np.ndarray, right: np.ndarray, alpha: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray | None]:
    """Put two pictures side by side.

    Parameters
    ----------
    left : ndarray, (H, W) or (H, W, 3)
    right : ndarray, (H, W, 3), of the same type
    alpha : ndarray, (H, W), optional
        Of both.

    Returns
    -------
    pixels : ndarray, (H, 2 W, 3)
    alpha : ndarray or None, (H, 2 W)
    """
    left = np.dstack([left] * 3) if left.ndim == 2 else left[..., :3]
    both = None if alpha is None else np.hstack([alpha, alpha])
    return np.hstack([left, right]), both


def captioned(
    pixels: np.ndarray, text: str, alpha: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray | None]:
    """Write a line of text into a strip below a picture; nothing of the picture is covered.

    Parameters
    ----------
    pixels : ndarray, (H, W, 3), uint8 or uint16
    text : str
        Broken where the picture is too narrow for it.
    alpha : ndarray, (H, W), optional
        The strip is opaque.

    Returns
    -------
    pixels : ndarray, (H + h, W, 3), of the same type
    alpha : ndarray or None, (H + h, W)
    """
    height, width = pixels.shape[:2]
    size = min(max(min(height, width) // _PART, _SMALLEST), _LARGEST)
    font = ImageFont.load_default(size)
    lines = _broken(text, font, width - size)
    strip = Image.new("L", (width, round((1.3 * len(lines) + 0.7) * size)), 255)
    drawing = ImageDraw.Draw(strip)
    for number, line in enumerate(lines):
        drawing.text((size // 2, round((0.35 + 1.3 * number) * size)), line, 0, font)
    most = np.iinfo(pixels.dtype).max
    below = np.asarray(strip).astype(pixels.dtype) * pixels.dtype.type(most // 255)
    if alpha is not None:
        alpha = np.vstack([alpha, np.full(below.shape, np.iinfo(alpha.dtype).max, alpha.dtype)])
    return np.vstack([pixels, np.dstack([below] * 3)]), alpha


def _broken(text: str, font: ImageFont.FreeTypeFont | ImageFont.ImageFont, width: int) -> list[str]:
    """Break a text into lines that are no wider than so many pixels, unless a word is."""
    lines: list[str] = []
    for word in text.split():
        if lines and font.getlength(f"{lines[-1]} {word}") <= width:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines
