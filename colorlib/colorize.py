"""A grey picture in, a coloured one out: any size, any aspect, at full resolution.

The eye reads detail from lightness and is forgiving about the resolution of colour. So the picture's own L* is
kept, every pixel of it, and only the two colour channels make the detour through the network's small size.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image, ImageOps
from torch import Tensor, nn
from torch.nn import functional as F

from colorlib.color import from_network, lab_to_rgb, lightness, to_network
from colorlib.gamut import fit_gamut
from colorlib.opening import as_rgb, open_rgb
from colorlib.weights import load_weights

LONGEST = 4  # the network sees at most this many times `size` along the longer side
BAND = 2**17  # pixels that are converted at once: they stay in the cache, and large pictures take little memory
DEEP_MODES = ("I;16", "I;16L", "I;16B", "I;16N", "I", "F")  # Pillow's greys of more than 8 bits


class Colorizer:
    """Colour grey pictures of any size with a generator.

    The picture's L* is resized so that its shorter side is `size` (and its longer side at most four times that),
    the scale at which the generator was trained; mirrored at the borders up to the multiple that the network
    needs, never squashed; and given to the network. The colour that comes back is cropped, enlarged bicubically
    and joined to the L* of the input. Where the two make a colour that no screen shows, chroma is reduced until
    one does, so that the lightness of the result is that of the input everywhere. A picture in colour is treated
    as grey: its own colours are ignored.

    Parameters
    ----------
    generator : nn.Module
        Takes L (B, 1, H, W), gives ab (B, 2, H, W), in network scale. An attribute `multiple`, or `downs` of a
        U-Net, tells what H and W must be multiples of; without either it is 32.
    size : int
        Shorter side in pixels at which the network sees the picture. Smaller pictures are enlarged to it.
    device : torch.device or str, optional
        Where to work. By default where the generator is.

    Raises
    ------
    ValueError
        If `size` is not positive.

    References
    ----------
    Gunnam et al. 2022 (L in, ab out); Iizuka et al. 2016, section 3 (colour at lower resolution, joined to the
    input's own lightness).

    Examples
    --------
    >>> from colorlib.models import UNet
    >>> grey = np.linspace(0, 255, 60 * 40, dtype=np.uint8).reshape(60, 40)
    >>> Colorizer(UNet(downs=3, filters=4), size=32)(grey).shape
    (60, 40, 3)
    """

    def __init__(self, generator: nn.Module, size: int = 256, device: torch.device | str | None = None) -> None:
        if size < 1:
            raise ValueError(f"the size must be at least 1 pixel, not {size}")
        first = next(generator.parameters(), torch.empty(0))
        self.device = torch.device(device) if device is not None else first.device
        self.generator = generator.to(self.device)
        self.size = size
        self.multiple = getattr(generator, "multiple", 2**generator.downs if hasattr(generator, "downs") else 32)

    @classmethod
    def from_file(
        cls, path: str | Path, size: int | None = None, device: torch.device | str | None = None
    ) -> "Colorizer":
        """Make a colorizer from saved weights.

        Parameters
        ----------
        path : str or Path
            A safetensors file with its json card, from `weights.save_weights`.
        size : int, optional
            As for the class. By default the `size` that the card names, or 256.
        device : torch.device or str, optional
            By default the GPU when there is one.

        Returns
        -------
        Colorizer

        Raises
        ------
        FileNotFoundError, ValueError
            As `weights.load_weights`: the file or its card is missing, altered, or of another architecture.
        """
        generator, card = load_weights(path)
        device = device or ("cuda" if torch.cuda.is_available() else "cpu")
        return cls(generator, size=size or int(card.get("size", 256)), device=device)

    def __call__(self, image: str | Path | Image.Image | np.ndarray | Tensor) -> Any:
        """Colour one picture, or a batch of them.

        Parameters
        ----------
        image : str, Path, PIL.Image.Image, ndarray or Tensor
            A file (its EXIF rotation is applied); a PIL picture; an array (H, W), (H, W, 1) or (H, W, 3) of
            uint8, uint16, or floats in [0, 1]; or a batch (B, 1 or 3, H, W) of floats in [0, 1].

        Returns
        -------
        PIL.Image.Image, ndarray or Tensor
            The same kind in sRGB: PIL mode RGB for a file or PIL picture; an array (H, W, 3) of the same dtype
            (floats as float32); a float32 batch (B, 3, H, W) on the device of the input.

        Raises
        ------
        FileNotFoundError
            If the file is missing.
        TypeError, ValueError
            If it is no picture: damaged, or of the wrong kind, shape, dtype or range.
        FloatingPointError
            If the generator returns numbers that are not finite.
        MemoryError
            If the picture does not fit in memory. Never is a grey picture returned in place of a coloured one.
        """
        if isinstance(image, str | Path):
            image = _read(Path(image))
        if isinstance(image, Image.Image):
            return Image.fromarray(self._array(_pixels(image), np.uint8))
        if isinstance(image, np.ndarray):
            return self._array(image, image.dtype if image.dtype in (np.uint8, np.uint16) else np.float32)
        if isinstance(image, Tensor):
            return self._batch(image)
        raise TypeError(f"cannot colorize a {type(image).__name__}; give a path, a PIL picture, an array or a batch")

    def ab(self, L: Tensor) -> Tensor:
        """Guess the colour of pictures from their lightness.

        Parameters
        ----------
        L : Tensor, (B, 1, H, W)
            L* in [0, 100], at full resolution, on the device of the colorizer.

        Returns
        -------
        Tensor, (B, 2, H, W)
            a and b in CIE units, at full resolution.

        Raises
        ------
        FloatingPointError
            If the generator returns numbers that are not finite.
        """
        height, width = L.shape[-2:]
        small = _resize(L, *self._network_size(height, width)).clamp(0, 100)
        padded, (top, left) = _pad(small, self.multiple)
        seen, _ = to_network(torch.cat([padded, torch.zeros_like(padded).expand(-1, 2, -1, -1)], dim=1))
        with torch.inference_mode(), _evaluating(self.generator):
            guess = self.generator(seen).float()
        if not torch.isfinite(guess).all():
            raise FloatingPointError("the generator returned numbers that are not finite; its weights are damaged")
        ab = from_network(seen, guess)[:, 1:]
        ab = ab[..., top : top + small.shape[-2], left : left + small.shape[-1]]
        return _resize(ab, height, width)

    def _network_size(self, height: int, width: int) -> tuple[int, int]:
        """The size at which the network sees a picture, aspect kept."""
        scale = min(self.size / min(height, width), LONGEST * self.size / max(height, width))
        return max(1, round(height * scale)), max(1, round(width * scale))

    def _array(self, image: np.ndarray, dtype: type) -> np.ndarray:
        """Colour one array (H, W[, C]) and write the result in the given dtype."""
        values = _checked_array(image)
        height, width = values.shape[:2]
        with torch.no_grad(), _memory_told(height, width, self.size):
            L = torch.empty(1, 1, height, width, device=self.device)
            for rows in _bands(height, width):
                L[0, :, rows] = lightness(_unit(values[rows]).to(self.device))
            ab = self.ab(L)
            result = np.empty((height, width, 3), dtype)
            for rows in _bands(height, width):
                rgb = _join(L[..., rows, :], ab[..., rows, :])[0].permute(1, 2, 0).cpu().numpy()
                if dtype != np.float32:
                    rgb = np.rint(rgb * np.iinfo(dtype).max)
                result[rows] = rgb
        return result

    def _batch(self, batch: Tensor) -> Tensor:
        """Colour a batch (B, 1 or 3, H, W)."""
        if batch.ndim != 4 or batch.shape[1] not in (1, 3) or 0 in batch.shape:
            raise ValueError(f"a batch must be (B, 1 or 3, H, W), not {tuple(batch.shape)}")
        if not batch.is_floating_point():
            raise ValueError(f"a batch must hold floats in [0, 1], not {batch.dtype}: divide 8-bit values by 255")
        _check_range(float(batch.min()), float(batch.max()))
        with torch.no_grad(), _memory_told(*batch.shape[-2:], self.size):
            L = lightness(batch.to(self.device, torch.float32).expand(-1, 3, -1, -1))
            return _join(L, self.ab(L)).to(batch.device)


def _join(L: Tensor, ab: Tensor) -> Tensor:
    """Lightness and colour to sRGB; an impossible colour gives up chroma, never lightness."""
    return lab_to_rgb(fit_gamut(torch.cat([L, ab], dim=1)))


def _resize(x: Tensor, height: int, width: int) -> Tensor:
    """Bicubic to a size, averaging over what is left out when it shrinks."""
    if x.shape[-2:] == (height, width):
        return x
    return F.interpolate(x, size=(height, width), mode="bicubic", align_corners=False, antialias=True)


def _pad(x: Tensor, multiple: int) -> tuple[Tensor, tuple[int, int]]:
    """Mirror a batch at its borders until both sides are multiples; also return where the picture starts."""
    starts = []
    for dim in (-2, -1):
        side = x.shape[dim]
        extra = -side % multiple
        starts.append(extra // 2)
        if extra:
            # As a triangle wave, the mirror also works for a margin wider than the picture, down to one pixel.
            period = max(1, 2 * (side - 1))
            index = (torch.arange(side + extra, device=x.device) - extra // 2) % period
            x = x.index_select(dim, torch.minimum(index, period - index))
    return x, (starts[0], starts[1])


def _bands(height: int, width: int) -> Iterator[slice]:
    """Cut a picture into bands of rows that are converted one after the other."""
    step = max(1, BAND // width)
    return (slice(top, min(top + step, height)) for top in range(0, height, step))


def _read(path: Path) -> Image.Image:
    """Open a file upright; greys of more than 8 bits keep them, everything else is opened as `photos` does."""
    with suppress(Exception), Image.open(path) as image:
        if image.mode in DEEP_MODES:
            image.load()
            return ImageOps.exif_transpose(image)
    return open_rgb(path)  # also for a file that cannot be read: it says why


def _pixels(image: Image.Image) -> np.ndarray:
    """The values of a PIL picture, as 8-bit RGB or, for deeper greys, as they are."""
    if image.mode not in DEEP_MODES:
        return np.asarray(image if image.mode == "L" else as_rgb(image))
    values = np.asarray(image)
    if image.mode == "F":
        return values
    if values.size and not 0 <= values.min() <= values.max() <= 65535:
        raise ValueError(f"a grey picture of mode {image.mode} must be in 0 ... 65535, not up to {values.max()}")
    return values.astype(np.uint16)


def _checked_array(image: np.ndarray) -> np.ndarray:
    """An array (H, W, 1 or 3) of uint8, uint16 or floats in [0, 1], or a clear error."""
    values = image[..., None] if image.ndim == 2 else image
    if values.ndim != 3 or values.shape[2] not in (1, 3) or 0 in values.shape:
        hint = "; leave the alpha channel out: image[..., :3]" if values.ndim == 3 and values.shape[2] == 4 else ""
        raise ValueError(f"an array must be (H, W), (H, W, 1) or (H, W, 3), not {image.shape}{hint}")
    if values.dtype in (np.uint8, np.uint16):
        return values
    if not np.issubdtype(values.dtype, np.floating):
        raise ValueError(f"an array must be uint8, uint16 or float in [0, 1], not {values.dtype}")
    _check_range(float(values.min()), float(values.max()))
    return values


def _check_range(low: float, high: float) -> None:
    """Refuse floats outside [0, 1], and NaN."""
    if not (low >= -1e-3 and high <= 1 + 1e-3):
        raise ValueError(f"floats must be in [0, 1], not {low:g} ... {high:g}: divide 8-bit values by 255")


def _unit(values: np.ndarray) -> Tensor:
    """Rows (H, W, C) of any accepted dtype to a float tensor (3, H, W) in [0, 1]."""
    scale = np.iinfo(values.dtype).max if np.issubdtype(values.dtype, np.integer) else 1
    floats = torch.from_numpy(values.astype(np.float32)) / scale
    return floats.permute(2, 0, 1).expand(3, -1, -1)


@contextmanager
def _evaluating(generator: nn.Module) -> Iterator[None]:
    """Switch a network to evaluation, and each of its modules back to what it was."""
    training = [module for module in generator.modules() if module.training]
    generator.eval()
    try:
        yield
    finally:
        for module in training:
            module.training = True


@contextmanager
def _memory_told(height: int, width: int, size: int) -> Iterator[None]:
    """Turn torch's errors about memory into one that says what to do."""
    try:
        yield
    except RuntimeError as error:  # torch.OutOfMemoryError on a GPU, a plain RuntimeError on the CPU
        if not isinstance(error, torch.OutOfMemoryError) and "allocate memory" not in str(error):
            raise
        raise MemoryError(
            f"not enough memory to colorize {width}x{height} pixels at size {size}: take a smaller size, a smaller "
            'picture, or device="cpu"'
        ) from error
