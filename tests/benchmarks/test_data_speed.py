"""Photographs to Lab batches, against the loader that most colorization tutorials use; both on one core."""

import time
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from skimage.color import rgb2lab
from torchvision import transforms

from colorlib.data.dataset import LabTransform, Photographs
from colorlib.data.loaders import PhotographLoader
from colorlib.data.sources import package_photographs
from colorlib.images.decode import open_rgb

SIZE, BATCH, COUNT = 256, 16, 64


class PerImageLab(torch.utils.data.Dataset):
    """The tutorial loader: every photograph through PIL and `skimage.color.rgb2lab`, again in every epoch."""

    def __init__(self, paths: list[Path]) -> None:
        self.paths = paths
        self.transforms = transforms.Compose(
            [
                transforms.Resize((SIZE, SIZE), transforms.InterpolationMode.BICUBIC),
                transforms.RandomHorizontalFlip(),
            ]
        )

    def __len__(self) -> int:
        return len(self.paths)

    def __getitem__(self, index: int) -> tuple[torch.Tensor, torch.Tensor]:
        image = self.transforms(Image.open(self.paths[index]).convert("RGB"))
        lab = transforms.ToTensor()(rgb2lab(np.array(image)).astype("float32"))
        return lab[[0]] / 50.0 - 1.0, lab[[1, 2]] / 110.0


@pytest.fixture(scope="module")
def photographs(tmp_path_factory) -> list[Path]:
    """JPEGs of 500 x 375, as large as those of ImageNet and COCO are on average, cut from the package photographs."""
    folder, sources = tmp_path_factory.mktemp("jpegs"), list(package_photographs().values())
    paths = []
    for i in range(COUNT):
        image = open_rgb(sources[i % len(sources)])
        side = min(image.width / 4, image.height / 3)
        width, height = 4 * side * 0.9, 3 * side * 0.9
        left, top = (image.width - width) * (i % 5) / 4, (image.height - height) * (i % 3) / 2
        paths.append(folder / f"{i:02d}.jpg")
        image.resize((500, 375), box=(left, top, left + width, top + height)).save(paths[-1], quality=85)
    return paths


@pytest.mark.benchmark(timer=time.process_time)
def test_photographs_to_lab_batches(benchmark, photographs, one_thread):
    """The two loaders take turns and are timed in CPU seconds of this process; the fastest pass of each counts."""
    tutorial = torch.utils.data.DataLoader(PerImageLab(photographs), BATCH, shuffle=True, drop_last=True)
    ours = PhotographLoader(
        Photographs(photographs, SIZE, augment=True),
        bs=BATCH,
        shuffle=True,
        drop_last=True,
        num_workers=0,
        after_batch=LabTransform(),
        device=torch.device("cpu"),
    )
    # The same kind of batch first: a race between different things would say nothing.
    for (L, ab), loader in ((next(iter(tutorial)), "tutorial"), (next(iter(ours)), "ours")):
        assert L.shape == (BATCH, 1, SIZE, SIZE), loader
        assert ab.shape == (BATCH, 2, SIZE, SIZE), loader
        assert -1 <= L.min() < L.max() <= 1, loader
        assert 0.1 < ab.abs().max() <= 1, loader

    tutorial_seconds = []

    def tutorial_pass() -> None:
        start = time.process_time()
        assert sum(len(L) for L, _ in tutorial) == COUNT
        tutorial_seconds.append(time.process_time() - start)

    benchmark.pedantic(lambda: sum(len(L) for L, _ in ours), setup=tutorial_pass, rounds=8)
    rates = COUNT / benchmark.stats["min"], COUNT / min(tutorial_seconds)
    benchmark.extra_info["images_per_second"], benchmark.extra_info["tutorial_images_per_second"] = map(round, rates)
    benchmark.extra_info["ratio"] = round(rates[0] / rates[1], 2)
    print(f"\nLab batches: {rates[0]:.0f} images/s, tutorial loader {rates[1]:.0f}, ratio {rates[0] / rates[1]:.2f}")
