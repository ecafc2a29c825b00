"""A photograph as a tensor, as quickly as a loader wants it."""

from collections.abc import Callable
from functools import lru_cache, partial
from io import BytesIO
from pathlib import Path

import numpy as np
import torch
from PIL import JpegImagePlugin
from torch import Tensor

from colorlib.images.decode import open_rgb
from colorlib.images.icc import is_srgb

__all__ = ["read_rgb"]

# Larger JPEGs are worth decoding at a fraction of their size, which only Pillow does.
_SMALL_FILE = 250_000


def read_rgb(path: str | Path, shorter_side: int | None = None) -> Tensor:
    """Read one photograph as a tensor; as `open_rgb`, in less time when it is a plain JPEG.

    Parameters
    ----------
    shorter_side : int, optional
        As in `open_rgb`.

    Returns
    -------
    Tensor
        (3, H, W) uint8, sRGB.

    Raises
    ------
    FileNotFoundError, ValueError
        As in `open_rgb`.
    """
    data = Path(path).read_bytes() if Path(path).is_file() else b""
    jpeg = data.startswith(b"\xff\xd8\xff") and len(data) <= _SMALL_FILE
    if jpeg and _is_srgb_jpeg(data) and (decode := _decode_jpeg()):
        try:
            return decode(
                torch.frombuffer(bytearray(data), dtype=torch.uint8), apply_exif_orientation=True
            )
        except RuntimeError:
            pass  # damaged or unusual: Pillow reads it, or says what is wrong with it
    return torch.from_numpy(np.array(open_rgb(path, shorter_side))).permute(2, 0, 1)


def _is_srgb_jpeg(data: bytes) -> bool:
    """Whether a JPEG's numbers are sRGB as they are: no profile, or one that changes nothing."""
    if b"ICC_PROFILE" not in data:
        return True
    try:
        image = JpegImagePlugin.JpegImageFile(BytesIO(data))
        profile = image.info.get("icc_profile")
        return not profile or (image.mode in ("L", "RGB") and is_srgb(profile, image.mode == "RGB"))
    except Exception:  # what a damaged one makes Pillow raise; it is read with care, or refused
        return False


@lru_cache(maxsize=1)
def _decode_jpeg() -> Callable[..., Tensor] | None:
    """torchvision's decoder, when first needed: the command line starts without torchvision."""
    try:
        from torchvision.io import ImageReadMode, decode_jpeg
    except ImportError:  # decoders may move to torchcodec: Pillow does as well, a little slower
        return None
    return partial(decode_jpeg, mode=ImageReadMode.RGB)
