"""Lab to RGB: a batch at once against the loop over scikit-image that colorization scripts have. Aim: 10 times."""

import time

import numpy as np
import pytest
import torch
from skimage import color as skcolor
from skimage import data

from colorlib.color.lab import lab_to_rgb, rgb_to_lab


@pytest.fixture(scope="module")
def lab():
    """Sixteen 256x256 crops of photographs, as Lab: (16, 3, 256, 256) float32."""
    photographs = (data.astronaut(), data.coffee(), data.chelsea(), data.rocket())
    crops = [photo[at : at + 256, at : at + 256] for photo in photographs for at in (0, 15, 30, 44)]
    return rgb_to_lab(torch.from_numpy(np.stack(crops)).permute(0, 3, 1, 2).float().div(255))


def skimage_loop(lab):
    """What takes its place elsewhere: each picture to channels last, through scikit-image, and back."""
    pictures = [skcolor.lab2rgb(picture) for picture in lab.permute(0, 2, 3, 1).numpy()]
    return torch.from_numpy(np.stack(pictures)).permute(0, 3, 1, 2)


def fastest(function, *arguments, repeats=5):
    """Seconds of the fastest of some calls: the least disturbed by whatever else runs."""
    seconds = []
    for _ in range(repeats):
        start = time.perf_counter()
        function(*arguments)
        seconds.append(time.perf_counter() - start)
    return min(seconds)


def test_lab_to_rgb_batch(benchmark, lab):
    result = benchmark.pedantic(lab_to_rgb, args=(lab,), rounds=20, warmup_rounds=2)
    loop = fastest(skimage_loop, lab)
    benchmark.extra_info["threads"] = torch.get_num_threads()
    benchmark.extra_info["skimage_loop_ms_per_picture"] = round(loop / len(lab) * 1e3, 2)
    benchmark.extra_info["ratio"] = round(loop / benchmark.stats.stats.min, 1)
    print(f"lab_to_rgb: {benchmark.extra_info}")
    assert torch.allclose(result, skimage_loop(lab), atol=1e-4)
