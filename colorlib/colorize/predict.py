"""A network asked for the colours of a picture, at one size or several, and of its mirror image."""

import operator
from collections.abc import Iterable, Sequence
from typing import Protocol

import numpy as np

from colorlib.colorize.upsample import resize

__all__ = ["Network", "checked_sizes", "network_size", "predictions"]

SIZES = range(1, 4097)  # pixels of the shorter side at which a network can be asked
LONGEST = 4  # the network sees at most this many times `size` along the longer side


class Network(Protocol):
    """What a colorizer asks, such as `torch_backend.TorchNetwork`, `onnx_backend.OnnxNetwork`."""

    @property
    def multiple(self) -> int:
        """What height and width of a picture must be multiples of."""

    @property
    def sha256(self) -> str:
        """What tells its weights from others."""

    def predict(self, L: np.ndarray) -> np.ndarray:
        """Map L* (B, 1, h, w) in [0, 100] to a and b (B, 2, h, w), in CIE units, float32."""


def network_size(height: int, width: int, size: int) -> tuple[int, int]:
    """Say at which height and width a network sees a picture: the shorter side is `size`.

    The aspect is kept.

    Parameters
    ----------
    height, width, size : int
        In pixels.

    Returns
    -------
    tuple of int
        Height and width; of a very long picture the longer side is four times `size`, and the
        shorter what remains.
    """
    scale = min(size / min(height, width), LONGEST * size / max(height, width))
    return max(1, round(height * scale)), max(1, round(width * scale))


def checked_sizes(size: int | Sequence[int]) -> tuple[int, ...]:
    """Return one or several sizes as a tuple.

    Raises
    ------
    ValueError
        If there is none, or one is no whole number of pixels or out of `SIZES`.
    """
    try:
        sizes = tuple(map(operator.index, size if isinstance(size, Iterable) else (size,)))
    except TypeError:
        sizes = ()
    if not sizes or any(side not in SIZES for side in sizes):
        raise ValueError(
            f"the size must be {SIZES[0]} to {SIZES[-1]:,} whole pixels, or several such, "
            f"not {size}"
        )
    return sizes


def predictions(network: Network, L: np.ndarray, sizes: Sequence[int], flip: bool) -> np.ndarray:
    """Predict the colours of a picture, once for each size and, if wanted, for the mirror image.

    The picture is mirrored at its borders up to the multiple that the network needs, and what comes
    back is cropped.

    Parameters
    ----------
    network : Network
    L : ndarray, (h, w), float32
        L* in [0, 100].
    sizes : sequence of int
        Shorter sides in pixels at which the network is asked.
    flip : bool
        Also predict for the mirror image, and mirror that prediction.

    Returns
    -------
    ndarray, (N, h, w, 2), float32
        a and b in CIE units, resized to the size of L.

    Raises
    ------
    FloatingPointError
        If the network returns numbers that are not finite.
    """
    found = []
    height, width = L.shape
    for size in sizes:
        small = resize(L, *network_size(height, width, size)).clip(0, 100)
        padded, (top, left) = _pad(small, network.multiple)
        seen = np.stack([padded, padded[:, ::-1]] if flip else [padded])
        answers = network.predict(seen[:, None])  # (1 or 2, 2, h, w)
        if not np.isfinite(answers).all():
            raise FloatingPointError(
                "the network returned numbers that are not finite; its weights are damaged"
            )
        for mirrored, answer in enumerate(answers):
            ab = answer.transpose(1, 2, 0)[:, :: -1 if mirrored else 1]
            found.append(
                resize(ab[top : top + small.shape[0], left : left + small.shape[1]], height, width)
            )
    return np.stack(found)


def _pad(plane: np.ndarray, multiple: int) -> tuple[np.ndarray, tuple[int, int]]:
    """Mirror a plane at its borders until both sides are multiples; also where it starts."""
    extra = [-side % multiple for side in plane.shape]
    before = [more // 2 for more in extra]
    margins = [(first, more - first) for first, more in zip(before, extra, strict=True)]
    return np.pad(plane, margins, mode="reflect"), (before[0], before[1])
