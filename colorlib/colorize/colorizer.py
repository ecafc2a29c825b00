"""A grey picture in, a coloured one out: any size, any aspect, at full resolution.

The eye reads detail from lightness and is forgiving about the resolution of colour. So the
picture's own L* is kept, every pixel of it, and only the two colour channels make the detour
through the network's small size.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from colorlib.colorize.backends import is_module, is_tensor, load_network
from colorlib.colorize.compose import (
    PhotographLike,
    paint,
    pixels_of,
    small_lab,
    small_lightness,
)
from colorlib.colorize.memory import told_of_memory
from colorlib.colorize.predict import Network, checked_sizes, network_size, predictions
from colorlib.colorize.upsample import enlarge, resize

if TYPE_CHECKING:
    import torch
    from torch import nn

    from colorlib.colorize.hints import Point

MOST_SATURATED = 100  # times; from there on every colour is as strong as a screen can show


class Colorizer:
    """Colour grey pictures of any size with a generator.

    The picture is resized so that its shorter side is `size` (and its longer side at most four
    times that), the scale at which the generator was trained; mirrored at the borders up to the
    multiple that the network needs, never squashed; and its L* is given to the network. The colour
    that comes back is cropped, enlarged along the edges of the lightness and joined to the L* of
    the input. Where the two make a colour that no screen shows, chroma is reduced until one does,
    so that the lightness of the result is that of the input everywhere. A picture in colour is
    treated as grey: its own colours are ignored.

    A network sees large things better in a small picture and small things better in a large one,
    and a face that looks left a little differently from one that looks right. Several sizes, and
    the mirrored picture, are answers to the same question; their mean is steadier than each.

    A generator of torch is asked in evaluation mode, whichever mode it is in, and nothing of it is
    changed. A colorizer may be called from several threads at once.

    Parameters
    ----------
    generator : nn.Module or predict.Network
        A module of torch takes L (B, 1, H, W) and gives ab (B, 2, H, W), in network scale. When it
        is trained on, the colorizer follows, unless `device` is another one than the generator's:
        then it keeps what was learnt so far. An attribute `multiple`, or `downs` of a U-Net, tells
        what H and W must be multiples of; without either it is 32.
    size : int or sequence of int
        Shorter side in pixels at which the network sees the picture, at most 4,096. Smaller
        pictures are enlarged to it. The predictions of several sizes are averaged.
    device : torch.device or str, optional
        Where a module of torch works. By default where the generator is.
    flip : bool
        Also show the network the mirrored picture, and average: twice the network's work.
    saturation : float
        Factor of the chroma that the network predicts, 0 to 100. Colours stay displayable, and L as
        it was.

    Raises
    ------
    ValueError
        If a size or the saturation is out of range.

    References
    ----------
    Gunnam et al. 2022 (L in, ab out); Iizuka et al. 2016, section 3 (colour at lower resolution,
    joined to the input's own lightness); Krizhevsky et al. 2012, section 4.1 (averaging over
    reflections).

    Examples
    --------
    >>> from colorlib.models.unet import UNet
    >>> grey = np.linspace(0, 255, 60 * 40, dtype=np.uint8).reshape(60, 40)
    >>> Colorizer(UNet(downs=3, filters=4), size=32)(grey).shape
    (60, 40, 3)
    """

    def __init__(
        self,
        generator: nn.Module | Network,
        size: int | Sequence[int] = 256,
        device: torch.device | str | None = None,
        flip: bool = True,
        saturation: float = 1.0,
    ) -> None:
        self.sizes = checked_sizes(size)
        if not 0 <= saturation <= MOST_SATURATED:
            wanted = f"0 (grey) to {MOST_SATURATED}"
            raise ValueError(f"the saturation must be {wanted}, not {saturation}")
        if is_module(generator):
            from colorlib.colorize.torch_backend import TorchNetwork

            self.network: Network = TorchNetwork(generator, device)
        else:
            self.network = generator
        self.flip, self.saturation = flip, saturation

    @property
    def sha256(self) -> str:
        """What tells the weights from others: the sha256 of their file, or of the numbers."""
        return self.network.sha256

    @classmethod
    def from_pretrained(
        cls,
        name: str | Path = "natural",
        size: int | Sequence[int] | None = None,
        device: torch.device | str | None = None,
        flip: bool = True,
        saturation: float = 1.0,
        vividness: float | None = None,
        backend: str | None = None,
    ) -> Colorizer:
        """Make a colorizer from the weights that come with the package, or from others.

        Parameters
        ----------
        name : str or Path
            The name of shipped weights or of a point on their dial ("careful", "natural", "vivid"),
            or a safetensors file with its json card, from `models.save_weights`; or an ONNX file,
            from `colorlib export` or from somebody else, with a card as in `models.onnx_card`.
        size : int or sequence of int, optional
            As for the class. By default the `size` that the card names, or 256.
        device : torch.device or str, optional
            Where torch works; by default on the GPU when there is one.
        flip, saturation
            As for the class.
        vividness : float, optional
            Where to turn the dial of the weights: 0 is pale and seldom wrong, 1 strong and oftener
            wrong. By default where the name says.
        backend : {"onnx", "torch"}, optional
            What runs the network. By default torch where there is a GPU for it, or a device is
            given, or the weights have no graph for onnxruntime; else onnxruntime, which needs no
            torch and is quicker on a processor. Results are the same within 1 of 255.

        Raises
        ------
        FileNotFoundError, ValueError
            As `models.load_named`: the file or its card is missing, altered (its sha256 is
            another), or of another architecture; or an argument is out of range.
        ModuleNotFoundError
            If torch is needed and is not installed.

        Examples
        --------
        >>> colorizer = Colorizer.from_pretrained("natural")
        >>> colorizer(np.full((30, 40), 128, np.uint8)).shape
        (30, 40, 3)
        """
        network, card = load_network(name, vividness, backend, device)
        size = int(card.get("size", 256)) if size is None else size
        return cls(network, size, None, flip, saturation)

    def __call__(
        self,
        image: PhotographLike | torch.Tensor,
        points: Sequence[Point] | None = None,
        reference: PhotographLike | None = None,
    ) -> Any:
        """Colour one picture, or a batch of them.

        Parameters
        ----------
        image : str, Path, PIL.Image.Image, ndarray or Tensor
            A file (its EXIF rotation is applied); a PIL picture; an array (H, W), (H, W, 1) or (H,
            W, 3) of uint8, uint16, or floats in [0, 1]; or a batch (B, 1 or 3, H, W) of floats in
            [0, 1].
        points : sequence of hints.Point, optional
            Places whose colour is known: ``Point(x, y, color)`` with x and y in [0, 1]. What
            belongs to them follows.
        reference : str, Path, PIL.Image.Image or ndarray, optional
            A photograph whose colours the result shall have. It comes first, then `saturation`,
            then the points: they get the colours that they name. Hints are for one picture, not for
            a batch.

        Returns
        -------
        PIL.Image.Image, ndarray or Tensor
            The same kind in sRGB: PIL mode RGB for a file or PIL picture; an array (H, W, 3) of the
            same dtype (floats as float32); a float32 batch (B, 3, H, W) on the device of the input.

        Raises
        ------
        FileNotFoundError
            If a file is missing.
        TypeError, ValueError
            If it is no picture: damaged, or of the wrong kind, shape, dtype or range; or if a hint
            is wrong.
        FloatingPointError
            If the generator returns numbers that are not finite.
        MemoryError
            If the picture does not fit in memory. Never is a grey picture returned in place of a
            coloured one.
        """
        if is_tensor(image):
            if points or reference is not None:
                advice = "give an array, a PIL picture or a path"
                raise ValueError(f"hints are for one picture, not for a batch: {advice}")
            from colorlib.colorize.torch_backend import colorize_batch

            return colorize_batch(image, self)
        values = pixels_of(image)
        wanted = values.dtype if isinstance(image, np.ndarray) else np.uint8
        dtype = wanted if wanted in (np.uint8, np.uint16) else np.float32
        height, width = values.shape[:2]
        with told_of_memory(height, width, max(self.sizes)):
            L = small_lightness(values, *network_size(height, width, max(self.sizes)))
            ab = self.small_ab(L, points, reference)
            result = paint(values, L, ab, dtype)
        return result if isinstance(image, np.ndarray) else Image.fromarray(result)

    def small_ab(
        self,
        L: np.ndarray,
        points: Sequence[Point] | None = None,
        reference: PhotographLike | None = None,
    ) -> np.ndarray:
        """Predict the colours of a small view, pulled by what is known.

        Parameters
        ----------
        L : ndarray, (h, w), float32
            L* in [0, 100], of the size that `network_size` gives for the largest of the colorizer's
            sizes.
        points, reference
            As for a call.

        Returns
        -------
        ndarray, (h, w, 2), float32
            a and b in CIE units; not yet fitted to the gamut.

        Raises
        ------
        ValueError
            If a hint is wrong.
        FloatingPointError
            If the network returns numbers that are not finite.
        """
        ab = predictions(self.network, L, self.sizes, self.flip).mean(axis=0)
        if reference is not None:
            from colorlib.colorize.hints import follow_reference

            values = pixels_of(reference)
            height, width = values.shape[:2]
            size = network_size(height, width, max(self.sizes))
            ab = follow_reference(L, ab, small_lab(values, *size))
        ab = ab * np.float32(self.saturation)
        if points:  # last, so that they are exact
            from colorlib.colorize.hints import follow_points

            ab = follow_points(L, ab, points)
        return ab

    def ab(self, L: np.ndarray) -> np.ndarray:
        """Predict the colour of a picture from its lightness.

        Parameters
        ----------
        L : ndarray, (H, W), float32
            L* in [0, 100], at full resolution.

        Returns
        -------
        ndarray, (H, W, 2), float32
            a and b in CIE units, at full resolution; not yet fitted to the gamut.

        Raises
        ------
        FloatingPointError
            If the network returns numbers that are not finite.
        """
        height, width = L.shape
        small = resize(L, *network_size(height, width, max(self.sizes))).clip(0, 100)
        return enlarge(small, self.small_ab(small), L)

    def uncertainty(self, image: PhotographLike) -> np.ndarray:
        """Tell where the network does not know, (H, W), in CIE units: see `uncertainty_of`."""
        from colorlib.colorize.uncertainty import uncertainty_of

        return uncertainty_of(image, self.network, self.sizes)
