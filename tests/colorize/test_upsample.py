"""Chroma enlargement: never worse than bicubic where it matters, better at edges, and calm on anything flat or tiny."""

import subprocess
import sys

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from colorlib.color.lab import rgb_to_lab
from colorlib.colorize import upsample
from colorlib.data.sources import package_photographs
from colorlib.images.tensors import read_rgb
from helpers.colorize import as_array, as_tensor, on_tensors

enlarge, resize = on_tensors(upsample.enlarge), on_tensors(upsample.resize)

# Photographs with clear things in them; the slides of cells and galaxies have no edges to follow.
NAMES = ("astronaut", "china", "coffee", "flower", "motorcycle", "rocket")


def bicubic(ab, height, width):
    return F.interpolate(ab, size=(height, width), mode="bicubic", align_corners=False, antialias=True)


def two_areas(height=192, width=240, step=40.0):
    """A slanted edge between a dark reddish and a light bluish area: Lab (1, 3, H, W)."""
    right = torch.arange(width) + 0.3 * torch.arange(height)[:, None] > 0.6 * width
    L = torch.where(right, 30.0 + step, 30.0)
    return torch.stack([L, torch.where(right, -15.0, 25.0), torch.where(right, -20.0, 20.0)])[None]


@pytest.fixture(scope="module")
def photographs():
    paths = package_photographs()
    return {name: rgb_to_lab(read_rgb(paths[name])[None] / 255) for name in NAMES}


@pytest.mark.parametrize("coarser", [1, 2], ids=["sharp guess", "guess at half the size"])
def test_true_colours_come_back_better_than_with_bicubic(photographs, coarser):
    """The truth is shrunk to a network's size, and enlarged again; a network often predicts more coarsely still."""
    errors = {"edges followed": [], "bicubic": []}
    for name, lab in photographs.items():
        height, width = lab.shape[-2:]
        h, w = (round(side * 128 / min(height, width)) for side in (height, width))
        L, ab = resize(lab, h, w).split([1, 2], dim=1)
        ab = resize(resize(ab, h // coarser, w // coarser), h, w)
        ours, theirs = enlarge(L, ab, lab[:, :1]), bicubic(ab, height, width)
        ours, theirs = (float((x - lab[:, 1:]).abs().mean()) for x in (ours, theirs))
        # A sharp true guess of fine patterns, as on the Chinese roof, has colours that lightness says nothing about.
        assert ours < (1.03 if coarser == 1 else 1.005) * theirs, name
        errors["edges followed"].append(ours)
        errors["bicubic"].append(theirs)
    ours, theirs = (sum(values) / len(values) for values in errors.values())
    assert ours < (0.95 if coarser == 1 else 0.985) * theirs


def test_colour_stops_at_an_edge():
    lab = two_areas()
    L, ab = resize(lab, 24, 30).split([1, 2], dim=1)
    ours, theirs = enlarge(L, ab, lab[:, :1]), bicubic(ab, *lab.shape[-2:])
    bleeding = [float(((x - lab[:, 1:]).norm(dim=1) > 10).float().mean()) for x in (ours, theirs)]
    assert bleeding[1] > 0.02
    assert bleeding[0] < bleeding[1] / 4


def test_on_even_lightness_it_is_bicubic():
    torch.manual_seed(0)
    for value in (0.0, 50.0, 100.0):
        ab = torch.randn(1, 2, 12, 16) * 30
        L, small = torch.full((1, 1, 120, 160), value), torch.full((1, 1, 12, 16), value)
        assert torch.allclose(enlarge(small, ab, L), bicubic(ab, 120, 160), atol=1e-3)


def test_without_enlargement_nothing_changes():
    torch.manual_seed(0)
    L, ab = torch.rand(1, 1, 20, 30) * 100, torch.randn(1, 2, 20, 30) * 30
    assert torch.allclose(enlarge(L, ab, L), ab, atol=1e-3)


def test_grain_becomes_no_coloured_noise():
    """Lightness that only flickers says nothing about colour."""
    torch.manual_seed(0)
    L = 50 + 5 * torch.randn(1, 1, 256, 256)
    ab = torch.tensor([20.0, -10.0]).view(1, 2, 1, 1).expand(1, 2, 32, 32)
    assert (enlarge(resize(L, 32, 32), ab, L) - ab[..., :1, :1]).abs().max() < 0.01


@pytest.mark.parametrize("small", [(1, 1), (1, 9), (9, 1), (2, 2), (40, 56)])
@pytest.mark.parametrize("full", [(1, 1), (1, 50), (50, 1), (3, 2), (33, 21)])
def test_any_shape(small, full):
    torch.manual_seed(0)
    L, ab, large = torch.rand(1, 1, *small) * 100, torch.randn(1, 2, *small) * 20, torch.rand(1, 1, *full) * 100
    result = enlarge(L, ab, large)
    assert result.shape == (1, 2, *full)
    assert result.isfinite().all()
    flat = enlarge(L, ab * 0 + 7, large)
    assert torch.allclose(flat, torch.full_like(flat, 7), atol=1e-3), "one colour stays one colour"


def test_bands_are_parts_of_the_whole():
    lab = two_areas()
    L, ab = resize(lab, 24, 30).split([1, 2], dim=1)
    bands, full = upsample.Enlargement(as_array(L), as_array(ab), *lab.shape[-2:]), as_array(lab[:, :1])
    rows = [np.dstack(bands.rows(slice(top, top + 7), full[top : top + 7])) for top in range(0, len(full), 7)]
    assert torch.allclose(as_tensor(np.concatenate(rows)), enlarge(L, ab, lab[:, :1]), atol=1e-3)


@pytest.mark.parametrize(
    ("small", "large"), [((40, 61), (97, 200)), ((97, 200), (40, 61)), ((50, 8), (7, 31)), ((1, 3), (5, 2))]
)
def test_resizing_is_torch_s_own(small, large):
    torch.manual_seed(0)
    x = torch.rand(1, 3, *small)
    assert torch.allclose(resize(x, *large), bicubic(x, *large), atol=1e-5)


def test_what_is_gained_does_not_depend_on_how_light_the_picture_is():
    """Differences of squares of numbers near 100 would lose what a flat window's slope is made of."""
    lab = two_areas(step=10.0)
    lab[:, :1] = lab[:, :1] - 30
    L, ab = resize(lab, 24, 30).split([1, 2], dim=1)
    dark, light = enlarge(L, ab, lab[:, :1]), enlarge(L + 90, ab, lab[:, :1] + 90)
    assert torch.allclose(dark, light, atol=1e-2)


ALONE = """
import time
import cv2, numpy as np
from colorlib.colorize.upsample import Enlargement

cv2.setNumThreads(1)
chance = np.random.default_rng(0)
L, ab, full = (chance.random(shape, np.float32) for shape in ((160, 285), (160, 285, 2), (480, 854)))
own, all = time.thread_time(), time.process_time()
for _ in range(100):  # enough for clocks that tick sixty times a second
    chroma = Enlargement(L, ab, *full.shape)
    for top in range(0, 480, 80):
        chroma.rows(slice(top, top + 80), full[top : top + 80])
print((time.process_time() - all) / (time.thread_time() - own) - 1)
"""


def test_one_thread_enlarges():
    """What numpy multiplies in several threads costs more than it saves: they wait for each other in a loop."""
    done = subprocess.run([sys.executable, "-c", ALONE], capture_output=True, text=True, check=True)
    assert float(done.stdout) < 0.2, "processor time of other threads"
