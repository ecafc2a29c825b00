"""Between the pixels of a film, brightness and two colour differences, and those of a picture.

A film is not stored as RGB. Each frame is a plane Y' of brightness and two planes of colour
differences, Cb and Cr, which mostly have half the width and half the height, since the eye does not
miss the rest. How Y' is made of red, green and blue (the matrix), and whether black is 0 or 16 (the
range), differs from film to film.

A grey film has nothing in Cb and Cr. Its picture is Y', and that is looked up in a table, without
any rounding but the last. A film with colours, or a tint, becomes RGB. On the way out everything is
BT.709, which has the primaries of sRGB, with the range and the depth of the original. FFmpeg
converts too, and what is rare is left to it; what is common is done here, since its quick ways are
half a unit of L* too dark.

References: ITU-R BT.601-7 and BT.709-6, section 3 (matrix and range); BT.2020-2, table 4.
"""

from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import av
    from av.video.reformatter import VideoReformatter

__all__ = [
    "guess_matrix",
    "has_chroma",
    "is_full_range",
    "is_high_bit_depth",
    "pixels_of_frame",
    "to_frame",
    "turned",
]

_BT709, _BT601 = 1, 5  # the numbers of ITU-T H.273 for matrices, which FFmpeg uses
_SRGB_CURVE = 13
_HDR_CURVES = (16, 18)  # PQ and HLG
_FULL, _LIMITED = 2, 1  # FFmpeg's numbers for the range
# What does not name its matrix is taken for BT.709 from this height on, as players do.
_HD_HEIGHT = 720
NOISY = 0.01  # share of the colour samples of a grey film that may be away from the middle
_CAREFUL = 0x2 | 0x40000 | 0x2000  # FFmpeg's bilinear, accurate rounding, full colour interpolation
# The shares of red and blue in Y', by the number of the matrix.
_SHARES = {
    1: (0.2126, 0.0722),
    4: (0.3, 0.11),
    5: (0.299, 0.114),
    6: (0.299, 0.114),
    7: (0.212, 0.087),
    9: (0.2627, 0.0593),
}


def is_high_bit_depth(frame: "av.VideoFrame") -> bool:
    """Return whether a frame has more than 8 bits a channel."""
    return max(part.bits for part in frame.format.components) > 8


def is_full_range(frame: "av.VideoFrame") -> bool:
    """Return whether black is 0 and white all ones in a frame, and not 16 and 235 of 255."""
    if not frame.color_range:  # it does not say; grey alone and RGB are full then, as in FFmpeg
        return frame.format.name.startswith(("yuvj", "gray", "rgb", "gbr", "bgr", "pal"))
    return frame.color_range == _FULL


def guess_matrix(frame: "av.VideoFrame") -> None:
    """Give a frame that does not name its matrix the one that players take, by its height."""
    if frame.colorspace in (0, 2) and not frame.format.is_rgb:
        frame.colorspace = _BT709 if frame.height >= _HD_HEIGHT else _BT601


def has_chroma(frame: "av.VideoFrame") -> bool:
    """Return whether there is more than the noise of a codec in the colour planes of a frame.

    Parameters
    ----------
    frame : av.VideoFrame

    Returns
    -------
    bool
        True also for RGB and other formats in which brightness has no plane of its own.
    """
    if not _is_planar(frame):
        return True
    bits = frame.format.components[0].bits
    middle, noise = 1 << bits - 1, 1 << bits - 6
    planes = (_plane(frame, index) for index in range(1, min(3, len(frame.planes))))
    return any(np.mean(abs(plane.astype(np.int32) - middle) > noise) > NOISY for plane in planes)


def pixels_of_frame(
    frame: "av.VideoFrame", reformatter: "VideoReformatter", colored: bool = True
) -> np.ndarray:
    """Turn a decoded frame into a picture.

    Parameters
    ----------
    frame : av.VideoFrame
        In any pixel format that FFmpeg knows.
    reformatter : VideoReformatter
        Of the film; it keeps the tables that it makes, which for a film in HDR takes half a minute.
    colored : bool
        Whether the film has colours or a tint. Without them the plane of brightness is the picture.

    Returns
    -------
    ndarray
        (H, W, 3) sRGB, or (H, W) when not `colored` and brightness has a plane of its own; uint8,
        or uint16 for more than 8 bits. Of HDR (PQ, HLG) what is whiter than white is cut off.

    References
    ----------
    ITU-R BT.709-6, item 4.6 (quantisation); BT.2100-2 for HDR.
    """
    import cv2

    bits = frame.format.components[0].bits
    dtype = np.uint16 if is_high_bit_depth(frame) else np.uint8
    guess_matrix(frame)
    hdr = frame.color_trc in _HDR_CURVES
    if not _is_planar(frame) or hdr or frame.colorspace not in _SHARES:
        return reformatter.reformat(
            frame,
            format="rgb24" if dtype == np.uint8 else "rgb48le",
            interpolation=_CAREFUL,
            dst_color_trc=_SRGB_CURVE if hdr else None,
            dst_color_primaries=_BT709 if hdr else None,
        ).to_ndarray()
    first, *colors = (_plane(frame, index) for index in range(min(3, len(frame.planes))))
    if not colored or not colors:
        table = _grey_table(bits, is_full_range(frame))
        return cv2.LUT(first, table) if bits == 8 else np.take(table, first, mode="clip")
    white = int(np.iinfo(dtype).max)
    matrix = _ycbcr_matrix(bits, is_full_range(frame), white, frame.colorspace)
    back = np.linalg.inv(matrix[:, :3])
    ycbcr = cv2.merge([first, *(_widened(plane, first.shape) for plane in colors)])
    return cv2.transform(ycbcr, np.column_stack([back, -back @ matrix[:, 3]]))


def _is_planar(frame: "av.VideoFrame") -> bool:
    """Return whether Y' (and Cb, Cr) lie in planes of their own, in this byte order."""
    name = frame.format.name
    return (
        name.startswith(("yuv", "gray"))
        and not name.endswith("be")
        and len(frame.planes) != 2
        and "f32" not in name
    )


@lru_cache(maxsize=8)
def _grey_table(bits: int, full: bool) -> np.ndarray:
    """Return the grey of each value of Y'."""
    low, span = (0, (1 << bits) - 1) if full else (16 << bits - 8, 219 << bits - 8)
    dtype = np.uint8 if bits == 8 else np.uint16
    grey = ((np.arange(1 << bits) - low) / span).clip(0, 1)
    return np.rint(grey * np.iinfo(dtype).max).astype(dtype)


def _plane(frame: "av.VideoFrame", index: int) -> np.ndarray:
    """Return one plane of a planar frame where it lies in memory, to read and to write."""
    plane = frame.planes[index]
    dtype = np.dtype(np.uint8 if frame.format.components[index].bits == 8 else np.uint16)
    buffer: Any = plane  # which PyAV does not say
    rows = np.frombuffer(buffer, dtype).reshape(-1, plane.line_size // dtype.itemsize)
    return rows[: plane.height, : plane.width]


def turned(picture: np.ndarray, matrix: tuple[int, int, int, int]) -> np.ndarray:
    """Turn a picture as the display matrix of its film says.

    Parameters
    ----------
    picture : ndarray, (H, W) or (H, W, 3)
    matrix : (int, int, int, int)
        The signs of a, b, c and d: what is x right and y down is shown at ``a x + c y`` and ``b x +
        d y``.

    Returns
    -------
    ndarray, (H, W) or (W, H), with or without (..., 3)
        Contiguous.

    References
    ----------
    ISO/IEC 14496-12, section 6.2.2 (the matrix of a track).
    """
    a, b, c, d = matrix
    if a == 0 and d == 0 and b and c:
        picture, a, d = picture.swapaxes(0, 1), c, b
    return np.ascontiguousarray(picture[:: -1 if d < 0 else 1, :: -1 if a < 0 else 1])


def to_frame(rgb: np.ndarray, name: str, full: bool) -> "av.VideoFrame":
    """Turn a picture into a frame that an encoder takes.

    Where the format halves the colour and a side is odd, the last row or column is repeated:
    nothing is lost, and every player can show it. Halved colours are averaged as film players
    expect them: across, at the place of every second pixel (1, 2, 1), and down, between two rows.

    Parameters
    ----------
    rgb : ndarray, (H, W, 3), uint8 or uint16
        sRGB.
    name : str
        FFmpeg's name of a planar Y'CbCr format, such as "yuv420p" or "yuv422p10le".
    full : bool
        The range, as for `is_full_range`.

    Returns
    -------
    av.VideoFrame
        BT.709, marked as such.

    References
    ----------
    ITU-R BT.709-6, items 3.2 to 3.4 (the matrix), 4.6 (quantisation); H.273, figure 1 (where chroma
    lies).
    """
    import av
    import cv2

    format = av.VideoFormat(name, 2, 2)
    bits = format.components[0].bits
    across, down = format.chroma_width() == 1, format.chroma_height() == 1
    odd = (rgb.shape[0] % 2 if down else 0), (rgb.shape[1] % 2 if across else 0)
    if any(odd):
        rgb = np.pad(rgb, ((0, odd[0]), (0, odd[1]), (0, 0)), mode="edge")
    wide = rgb.astype(np.uint16, copy=False) if bits > 8 else rgb
    planes = cv2.split(cv2.transform(wide, _ycbcr_matrix(bits, full, int(np.iinfo(rgb.dtype).max))))
    frame = av.VideoFrame(rgb.shape[1], rgb.shape[0], name)
    for index, plane in enumerate(planes):
        values = _thinned(plane, across, down) if index else plane
        _plane(frame, index)[:] = np.minimum(values, (1 << bits) - 1) if bits > 8 else values
    frame.colorspace = frame.color_primaries = frame.color_trc = _BT709
    frame.color_range = _FULL if full else _LIMITED
    return frame


@lru_cache(maxsize=8)
def _ycbcr_matrix(bits: int, full: bool, white: int, number: int = _BT709) -> np.ndarray:
    """Return the 3 x 4 matrix from RGB, with `white` as largest value, to Y', Cb and Cr."""
    luma, chroma, low = (1, 1, 0) if full else (219 / 255, 224 / 255, 16 << bits - 8)
    unit = ((1 << bits) - 1) if full else (255 << bits - 8)
    kr, kb = _SHARES[number]
    y = np.array([kr, 1 - kr - kb, kb])
    blue, red = (np.eye(3)[2] - y) / (2 - 2 * kb), (np.eye(3)[0] - y) / (2 - 2 * kr)
    rows = np.stack([y * luma, blue * chroma, red * chroma]) * unit / white
    return np.column_stack([rows, [low, 1 << bits - 1, 1 << bits - 1]])


def _thinned(plane: np.ndarray, across: bool, down: bool) -> np.ndarray:
    """Halve the columns of a plane, its rows, or both."""
    import cv2

    kernel = np.outer([0.5, 0.5] if down else [1], [0.25, 0.5, 0.25] if across else [1])
    smooth = cv2.filter2D(
        plane, -1, kernel, anchor=(int(across), 0), borderType=cv2.BORDER_REPLICATE
    )
    return smooth[:: 2 if down else 1, :: 2 if across else 1]


def _widened(plane: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """Interpolate a plane of colour between the places that `_thinned` gives it."""
    import cv2

    if plane.shape == shape:
        return plane
    x, y = plane.shape[1] / shape[1], plane.shape[0] / shape[0]
    x, y = (2.0 ** round(np.log2(step)) for step in (x, y))  # an odd side is rounded up
    place = np.array([[x, 0, 0], [0, y, (y - 1) / 2]])
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return cv2.warpAffine(plane, place, shape[::-1], flags=flags, borderMode=cv2.BORDER_REPLICATE)
