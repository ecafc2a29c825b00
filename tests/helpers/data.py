"""What several test files share: data."""

import torch

from colorlib.data.loaders import dataloaders, validation_loader


def identities(batches, paths) -> list[int]:
    """Which photograph each item of the batches is, told by its mean hue."""
    means = torch.stack([validation_loader([path], 32, 1, 0).one_batch()[1].mean((0, 2, 3)) for path in paths])
    angles = torch.atan2(means[:, 1], means[:, 0])
    found = []
    for _, ab in batches:
        mean = ab.mean((2, 3))
        difference = torch.atan2(mean[:, 1], mean[:, 0])[:, None] - angles
        found += torch.atan2(difference.sin(), difference.cos()).abs().argmin(1).tolist()
    return found


def loaders(folder, **options):
    return dataloaders(folder[:16], folder[16:], **{"size": 32, "batch_size": 4, "workers": 0, **options})
