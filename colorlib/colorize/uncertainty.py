"""Where a network does not know: where its answers to the same question lie apart."""

from collections.abc import Sequence

import numpy as np

from colorlib.colorize.compose import PhotographLike, pixels_of, small_lightness
from colorlib.colorize.memory import told_of_memory
from colorlib.colorize.predict import Network, network_size, predictions
from colorlib.colorize.upsample import resize

__all__ = ["uncertainty_of"]


def uncertainty_of(image: PhotographLike, network: Network, sizes: Sequence[int]) -> np.ndarray:
    """Tell how far the predictions of a network for the same pixel lie apart.

    The predictions are those at several sizes, or at 3/4 and 4/3 of it too when there is only one,
    each for the picture and for its mirror image. Where they agree the network may still be wrong,
    but where they do not, it is guessing.

    Parameters
    ----------
    image : str, Path, PIL.Image.Image or ndarray
        As for a call of `Colorizer`.
    network : Network
    sizes : sequence of int
        Of the colorizer.

    Returns
    -------
    ndarray, (H, W), float32
        Root mean square distance of the predicted ab from their mean, in CIE units: above about 10
        it is seen.

    Raises
    ------
    FileNotFoundError, TypeError, ValueError, FloatingPointError, MemoryError
        As for a call.
    """
    values, sizes = pixels_of(image), tuple(sizes)
    if len(sizes) == 1:
        sizes = tuple(max(1, round(sizes[0] * by)) for by in (3 / 4, 1, 4 / 3))
    height, width = values.shape[:2]
    with told_of_memory(height, width, max(sizes)):
        L = small_lightness(values, *network_size(height, width, max(sizes)))
        found = predictions(network, L, sizes, flip=True)
        spread = np.sqrt(np.square(found - found.mean(axis=0)).sum(axis=-1).mean(axis=0))
        return resize(spread, height, width).clip(min=0)
