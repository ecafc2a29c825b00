"""What several test files share: metrics."""

import torch
from skimage import data
from torch import Tensor

from colorlib.metrics import frechet as frechet_room


def crops(count: int, size: int = 64, seed: int = 0) -> Tensor:
    """Crops of a colour photograph, (count, 3, size, size)."""
    photograph = torch.from_numpy(data.astronaut().copy()).permute(2, 0, 1).float() / 255
    generator = torch.Generator().manual_seed(seed)
    corners = torch.randint(0, 512 - size, (count, 2), generator=generator).tolist()
    return torch.stack([photograph[:, top : top + size, left : left + size] for top, left in corners])


def distance(frechet: frechet_room.FrechetDistance, real: Tensor, fake: Tensor) -> float:
    frechet.reset()
    for batch in real.split(16):
        frechet.update(batch, real=True)
    for batch in fake.split(16):
        frechet.update(batch, real=False)
    return frechet.compute()
