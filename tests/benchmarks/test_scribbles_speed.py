"""Scribbles at full size, against SciPy's solver for the textbook's system, and as pictures grow.

Aims, on two quiet cores: Levin at 1 megapixel within 5 seconds and 1.5 GB, at 0.25 megapixel 5 times faster than
`spsolve` once per channel; Yatziv and Sapiro with a few colours at 1 megapixel within 1 second; from 0.1 to 4
megapixels nearly proportional to the pixels.
"""

import subprocess
import sys
import time

import numpy as np
import pytest
import torch
from PIL import Image
from scipy.sparse import csc_array, diags_array
from scipy.sparse.linalg import spsolve

from colorlib.classical import blend, points_from_truth, propagate
from colorlib.classical.affinity import graph, likeness
from colorlib.color.lab import rgb_to_lab
from colorlib.data.sources import package_photographs
from colorlib.images.decode import open_rgb


def picture(megapixels, points=50):
    """A photograph of some size, and points marked in it: L, marked, values."""
    image = open_rgb(package_photographs()["coffee"])
    scale = (megapixels * 1e6 / (image.width * image.height)) ** 0.5
    image = image.resize((round(image.width * scale), round(image.height * scale)), Image.Resampling.BICUBIC)
    lab = rgb_to_lab(torch.from_numpy(np.array(image)).permute(2, 0, 1) / 255).permute(1, 2, 0).double().numpy()
    return lab[..., 0], *points_from_truth(lab[..., 1:], points)


def textbook(L, marked, values):
    """Each unmarked row divided by the sum of its weights, SciPy's direct solver, one channel after the other."""
    weights = graph(likeness(L))
    free = diags_array((~marked).ravel().astype(float))
    rows = csc_array(diags_array(np.ones(L.size)) - free @ diags_array(1 / weights.sum(axis=1)) @ weights)
    return np.stack([spsolve(rows, values[..., c].ravel()) for c in range(2)], axis=-1).reshape(*L.shape, 2)


def test_levin_against_the_textbook(benchmark):
    L, marked, values = picture(0.25)
    result = benchmark.pedantic(propagate, args=(L, marked, values), rounds=3, warmup_rounds=1)
    start = time.perf_counter()
    expected = textbook(L, marked, values)
    slow = time.perf_counter() - start
    benchmark.extra_info["threads"] = torch.get_num_threads()
    benchmark.extra_info["seconds"] = round(benchmark.stats.stats.min, 2)
    benchmark.extra_info["textbook_seconds"] = round(slow, 2)
    benchmark.extra_info["ratio"] = round(slow / benchmark.stats.stats.min, 1)
    print(f"Levin, 0.25 megapixel: {benchmark.extra_info}")
    np.testing.assert_allclose(result, expected, atol=1e-3)


@pytest.mark.parametrize("megapixels", [0.1, 0.25, 1, 4])
def test_levin_as_pictures_grow(benchmark, megapixels):
    L, marked, values = picture(megapixels)
    benchmark.pedantic(propagate, args=(L, marked, values), rounds=1, warmup_rounds=int(megapixels < 1))
    benchmark.extra_info["threads"] = torch.get_num_threads()
    benchmark.extra_info["seconds_per_megapixel"] = round(benchmark.stats.stats.min / megapixels, 2)
    if sys.platform == "linux":
        benchmark.extra_info["megabytes"] = peak_megabytes(megapixels)
    print(f"Levin, {megapixels} megapixels: {benchmark.extra_info}")


@pytest.mark.parametrize("points", [4, 50])
@pytest.mark.parametrize("megapixels", [0.1, 1, 4])
def test_yatziv_as_pictures_grow(benchmark, megapixels, points):
    L, marked, values = picture(megapixels, points)
    benchmark.pedantic(blend, args=(L, marked, values), rounds=1, warmup_rounds=int(megapixels < 1))
    benchmark.extra_info["seconds_per_megapixel"] = round(benchmark.stats.stats.min / megapixels, 2)
    print(f"Yatziv and Sapiro, {megapixels} megapixels, {points} colours: {benchmark.extra_info}")


def peak_megabytes(megapixels):
    """Peak memory of a process that does nothing else; /proc, because ru_maxrss would include the parent's."""
    code = f"""
import sys
from pathlib import Path
sys.path.insert(0, {str(__file__.rpartition("/")[0])!r})
import test_scribbles_speed as here
here.propagate(*here.picture({megapixels}))
print(Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0])
"""
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", code], capture_output=True, text=True, check=True)
    return round(int(done.stdout) * 1024 / 1e6)
