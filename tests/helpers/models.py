"""What several test files share: models."""

import torch
from torchvision.transforms.functional import center_crop, resize, to_tensor

from colorlib.data.sources import package_photographs
from colorlib.images.decode import open_rgb

LITE0 = "tf_efficientnet_lite0"


def grey_batch(size=64, batch=2):
    return torch.rand(batch, 1, size, size, generator=torch.Generator().manual_seed(0)) * 2 - 1


def photograph(name, size=224):
    rgb = to_tensor(open_rgb(package_photographs()[name]))
    return center_crop(resize(rgb, 256, antialias=True), size)[None]
