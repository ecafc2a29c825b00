"""Colouring files: the package against the plain way, which is bicubic colour and the whole picture in floats at once.

Aims, on two quiet cores: a 12-megapixel JPEG in at most 1.5 seconds and 1 GB, and 15 photographs of 0.3 megapixels a
second or more.
"""

import subprocess
import sys
import time

import numpy as np
import pytest
import torch
from PIL import Image
from torch.nn import functional

from colorlib.color.gamut import fit_gamut
from colorlib.color.lab import lab_to_rgb, lightness
from colorlib.colorize.colorizer import Colorizer
from colorlib.colorize.predict import network_size, predictions
from colorlib.data.sources import package_photographs
from colorlib.images.decode import open_rgb
from colorlib.images.read import read_document
from colorlib.images.write import write_document
from colorlib.models.registry import build_generator

SIZE = 128


def colorizer(**arguments):
    """With random weights, whose colours are as strong as trained ones: what they are does not change the time much."""
    torch.manual_seed(0)
    generator = build_generator("light", pretrained=False).eval()
    torch.nn.init.normal_(generator.head.weight, std=0.3)
    return Colorizer(generator, size=SIZE, **arguments)


def ours(paint, source, target):
    """File to file as the command does it."""
    document = read_document(source)
    target.unlink(missing_ok=True)
    write_document(document, [paint(page) for page in document.pages], target)


def plain(paint, source, target):
    """File to file in the fewest lines: every step on the whole picture."""
    image = Image.open(source).convert("RGB")
    rgb = torch.from_numpy(np.array(image)).permute(2, 0, 1)[None].float() / 255
    with torch.inference_mode():
        L = lightness(rgb)
        size = network_size(*L.shape[-2:], SIZE)
        small = functional.interpolate(L, size=size, mode="bicubic", antialias=True).clamp(0, 100)
        ab = predictions(paint.network, small[0, 0].numpy(), (SIZE,), paint.flip).mean(0)
        ab = torch.from_numpy(ab).permute(2, 0, 1)[None]
        ab = functional.interpolate(ab, size=L.shape[-2:], mode="bicubic")
        result = lab_to_rgb(fit_gamut(torch.cat([L, ab], dim=1)))[0].permute(1, 2, 0).mul(255).round().byte()
    Image.fromarray(result.numpy()).save(target, quality=95, subsampling=0)


def write_grey(path, size):
    """A grey JPEG of some size, made from a photograph of an installed package."""
    open_rgb(package_photographs()["china"]).convert("L").resize(size, Image.Resampling.BICUBIC).save(path, quality=90)


def fastest(function, *arguments, rounds=3):
    """Seconds of the fastest of some calls: the least disturbed by whatever else runs."""
    seconds = []
    for _ in range(rounds):
        start = time.perf_counter()
        function(*arguments)
        seconds.append(time.perf_counter() - start)
    return min(seconds)


def peak_megabytes(way, source, target):
    """Peak memory of a process that colours one file; /proc, because ru_maxrss would include the parent's."""
    code = f"""
import sys
from pathlib import Path
sys.path.insert(0, {str(__file__.rpartition("/")[0])!r})
import test_colorize_speed as here
here.{way}(here.colorizer(), Path({str(source)!r}), Path({str(target)!r}))
print(Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0])
"""
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", code], capture_output=True, text=True, check=True)
    return round(int(done.stdout) * 1024 / 1e6)


def test_12_megapixels_file_to_file(benchmark, tmp_path):
    source, target, paint = tmp_path / "grey.jpg", tmp_path / "colour.jpg", colorizer()
    write_grey(source, (4000, 3000))
    benchmark.pedantic(ours, args=(paint, source, target), rounds=5, warmup_rounds=1)
    result = np.asarray(Image.open(target)).astype(int)
    slow = fastest(plain, paint, source, tmp_path / "plain.jpg")
    same = np.abs(result - np.asarray(Image.open(tmp_path / "plain.jpg")).astype(int))
    benchmark.extra_info["threads"] = torch.get_num_threads()
    benchmark.extra_info["seconds"] = round(benchmark.stats.stats.min, 2)
    benchmark.extra_info["plain_seconds"] = round(slow, 2)
    benchmark.extra_info["ratio"] = round(slow / benchmark.stats.stats.min, 2)
    if sys.platform == "linux":
        benchmark.extra_info["megabytes"] = peak_megabytes("ours", source, tmp_path / "ours-2.jpg")
        benchmark.extra_info["plain_megabytes"] = peak_megabytes("plain", source, tmp_path / "plain-2.jpg")
    print(f"12 megapixels: {benchmark.extra_info}")
    assert same.mean() < 4, "both ways give the same picture, but for the edges"


@pytest.mark.parametrize("flip", [True, False], ids=["flip", "once"])
def test_small_photographs(benchmark, tmp_path, flip):
    """Twenty photographs of 640 x 480, one after the other."""
    source, target, paint = tmp_path / "grey.jpg", tmp_path / "colour.jpg", colorizer(flip=flip)
    write_grey(source, (640, 480))

    def twenty(way):
        for _ in range(20):
            way(paint, source, target)

    benchmark.pedantic(twenty, args=(ours,), rounds=3, warmup_rounds=1)
    slow = fastest(twenty, plain)
    benchmark.extra_info["threads"] = torch.get_num_threads()
    benchmark.extra_info["photographs_per_second"] = round(20 / benchmark.stats.stats.min, 1)
    benchmark.extra_info["plain_photographs_per_second"] = round(20 / slow, 1)
    benchmark.extra_info["ratio"] = round(slow / benchmark.stats.stats.min, 2)
    print(f"0.3 megapixels: {benchmark.extra_info}")
    assert Image.open(target).size == (640, 480)
