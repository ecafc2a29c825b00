"""Photographs as what the networks take: L and ab."""

import random
import warnings
from collections.abc import Sequence
from pathlib import Path

import torch
from fastai.data.load import SkipItemException
from fastai.torch_basics import ItemTransform
from torch import Tensor
from torchvision.transforms.v2.functional import InterpolationMode, resize

from colorlib.color.batches import bytes_to_network
from colorlib.color.lab import rgb_to_lab
from colorlib.color.scale import to_network
from colorlib.data.degrade import degrade
from colorlib.data.unchanged import Unchanged
from colorlib.images.tensors import read_rgb

__all__ = ["LabTransform", "Photographs"]

# Lists up to this long that are cropped several times an epoch are decoded once and kept.
KEEP_DECODED = 64


class Photographs:
    """Crops of photographs: item ``i`` is a square uint8 tensor (3, size, size), sRGB.

    Parameters
    ----------
    size : int
        Side of the crops, in pixels.
    crops : int
        Crops of every photograph in an epoch.
    augment : bool
        True: a random square of `smallest_crop` to 1 times the shorter side, flipped left to right
        half of the time. False: the middle square, always the same. Neither changes the aspect
        ratio.
    seed : int
        With ``epoch`` (an attribute) and the index it decides every crop.
    smallest_crop : float
        See `augment`.
    classes : sequence of str
        Names of folders. When there are some, item ``i`` is a pair: the square, and the place in
        this list of the folder that the photograph lies in.
    """

    n_inp = 1  # fastai: one input (L), the rest is target

    def __init__(
        self,
        paths: Sequence[Path],
        size: int,
        crops: int = 1,
        augment: bool = False,
        seed: int = 42,
        smallest_crop: float = 0.6,
        classes: Sequence[str] = (),
    ) -> None:
        self.paths, self.size, self.crops, self.augment, self.seed = (
            list(paths),
            size,
            crops,
            augment,
            seed,
        )
        self.smallest_crop, self.classes = smallest_crop, list(classes)
        if self.classes and (
            lost := [path for path in self.paths if path.parent.name not in self.classes]
        ):
            raise ValueError(
                f"{lost[0]}: its folder is none of the classes {', '.join(self.classes)}: "
                "move it to one"
            )
        self.epoch = 0
        self.unchanged = Unchanged(self.paths)
        self._decoded: dict[Path, Tensor] = {}

    def __len__(self) -> int:
        return len(self.paths) * self.crops

    def __getitem__(self, index: int) -> Tensor | tuple[Tensor, int]:
        path = self.paths[index % len(self.paths)]
        scale, u, v, flip = 1.0, 0.5, 0.5, False
        if self.augment:
            rng = random.Random(f"crop {self.seed} {self.epoch} {index}")
            scale, u, v, flip = (
                rng.uniform(self.smallest_crop, 1),
                rng.random(),
                rng.random(),
                rng.random() < 0.5,
            )
        try:
            rgb = self._open(path, scale)
        except (ValueError, FileNotFoundError) as error:
            self.unchanged.check(path)
            warnings.warn(f"skipped: {error}", stacklevel=2)
            raise SkipItemException from error
        self.unchanged.check(path)  # after it was read: what was changed in the meantime counts too
        square = _square(rgb, self.size, scale, u, v, flip)
        return (square, self.classes.index(path.parent.name)) if self.classes else square

    def _open(self, path: Path, scale: float) -> Tensor:
        """Decode one photograph, or take it from those that are kept."""
        if self.crops == 1 or len(self.paths) > KEEP_DECODED:
            return read_rgb(path, shorter_side=int(self.size / scale) + 1)
        if path not in self._decoded:
            rgb = read_rgb(path, shorter_side=4 * self.size)
            self._decoded[path] = (
                _resize(rgb, 4 * self.size) if min(rgb.shape[1:]) > 4 * self.size else rgb
            )
        return self._decoded[path]


def _resize(rgb: Tensor, shorter_side: int) -> Tensor:
    """Bicubic, antialiased, aspect ratio kept: (3, H, W) uint8 to the given shorter side."""
    return resize(rgb, [shorter_side], interpolation=InterpolationMode.BICUBIC, antialias=True)


def _square(rgb: Tensor, size: int, scale: float, u: float, v: float, flip: bool) -> Tensor:
    """Cut a square of `scale` times the shorter side at (u, v) in [0, 1]; (3, size, size)."""
    height, width = rgb.shape[1:]
    side = max(1, round(scale * min(height, width)))
    top, left = round(u * (height - side)), round(v * (width - side))
    crop = _resize(rgb[:, top : top + side, left : left + side], size)
    return (crop.flip(2) if flip else crop).contiguous()


class LabTransform(ItemTransform):
    """A fastai batch transform: RGB in, what the networks see out.

    It runs on the batch's own device, once per batch, so that workers send bytes and the training
    device does the arithmetic.

    Parameters
    ----------
    degraded : float
        The part of the pictures whose grey is degraded by `colorlib.data.degrade`; their true
        colours stay.

    Notes
    -----
    Called with RGB (B, 3, H, W), uint8 as the loader collates it or float in [0, 1], it gives L (B,
    1, H, W) in [-1, 1] and ab (B, 2, H, W) in about [-1, 1], float32: the network scale of
    `colorlib.color`. What comes with the pictures, such as the labels (B,) of their classes, is
    handed on behind ab.
    """

    def __init__(self, degraded: float = 0.0) -> None:
        super().__init__()
        self.degraded = degraded

    def encodes(self, batch):  # type: ignore[no-untyped-def] # noqa: ANN001, ANN201
        rgb, *labels = batch if isinstance(batch, tuple | list) else (batch,)  # workers send lists
        L, ab = bytes_to_network(rgb) if rgb.dtype == torch.uint8 else to_network(rgb_to_lab(rgb))
        old = (
            (torch.rand(len(rgb), device=rgb.device) < self.degraded).nonzero()[:, 0]
            if self.degraded
            else ()
        )
        if len(old):
            chosen = rgb[old].float() / 255 if rgb.dtype == torch.uint8 else rgb[old]
            L[old] = to_network(rgb_to_lab(degrade(chosen).expand(-1, 3, -1, -1)))[0]
        return L, ab, *labels
