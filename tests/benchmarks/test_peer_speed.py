"""A whole photograph of 12 megapixels, file to file, beside one call of a network of DeOldify's shape.

That network is fastai's `DynamicUnet` on resnet34 with a decoder twice as wide and self-attention, at 560 pixels, for
DeOldify's render factor 35; its weights are random, which time does not know. Aim: at least 10 times quicker. The floor
is what the multiplications of our own network take at the speed of a large product of matrices.

References: fastai, `vision/models/unet.py`; DeOldify, `deoldify/unet.py` (the wide decoder).
"""

import time

import numpy as np
import torch
from fastai.layers import NormType, PixelShuffle_ICNR
from fastai.vision.models import unet
from PIL import Image
from torch import nn
from torch.utils.flop_counter import FlopCounterMode
from torchvision.models import resnet34

from colorlib.colorize.colorizer import Colorizer
from colorlib.data.sources import package_photographs
from colorlib.images.decode import open_rgb
from colorlib.images.read import read_document
from colorlib.images.write import write_document
from colorlib.models.shipped import load_named

RENDER = 560  # pixels: 16 times the render factor 35
SEEN = (256, 352)  # our network's picture, padded, of a photograph of 4 : 3


class WideBlock(nn.Module):
    """fastai's `UnetBlock`, twice as wide."""

    def __init__(self, up_in_c, x_in_c, hook, final_div=True, self_attention=False, **_):
        super().__init__()
        self.hook = hook
        self.shuffle = PixelShuffle_ICNR(up_in_c, up_in_c // 2, norm_type=NormType.Batch)
        self.norm = nn.BatchNorm2d(x_in_c)
        inside = up_in_c // 2 + x_in_c
        wide = 2 * (inside if final_div else inside // 2)
        self.first = unet.ConvLayer(inside, wide)
        self.second = unet.ConvLayer(wide, wide, xtra=unet.SelfAttention(wide) if self_attention else None)

    def forward(self, up):
        skip = self.hook.stored
        up = self.shuffle(up)
        if up.shape[-2:] != skip.shape[-2:]:
            up = nn.functional.interpolate(up, skip.shape[-2:], mode="nearest")
        return self.second(self.first(torch.relu(torch.cat([up, self.norm(skip)], dim=1))))


def peer(monkeypatch):
    """A network of DeOldify's shape."""
    monkeypatch.setattr(unet, "UnetBlock", WideBlock)
    body = nn.Sequential(*list(resnet34(weights=None).children())[:-2])
    return unet.DynamicUnet(body, 3, (RENDER, RENDER), self_attention=True, y_range=(-3, 3)).eval()


def fastest(function, rounds=3):
    """Processor seconds of the fastest of some calls: other programs disturb them less than wall time."""
    seconds = []
    for _ in range(rounds):
        start = time.process_time()
        function()
        seconds.append(time.process_time() - start)
    return min(seconds)


def test_12_megapixels_beside_one_call_of_the_peer(benchmark, tmp_path, monkeypatch):
    source, target = tmp_path / "grey.jpg", tmp_path / "colour.jpg"
    grey = open_rgb(package_photographs()["china"]).convert("L")
    grey.resize((4000, 3000), Image.Resampling.BICUBIC).save(source, quality=90)
    colorizer, network = Colorizer.from_pretrained(), peer(monkeypatch)

    def ours():
        document = read_document(source)
        target.unlink(missing_ok=True)
        write_document(document, [colorizer(page) for page in document.pages], target)

    ours()
    whole = fastest(ours)
    benchmark.pedantic(ours, rounds=3)
    picture = torch.rand(1, 3, RENDER, RENDER)
    with torch.inference_mode():
        theirs = fastest(lambda: network(picture), rounds=2)
    generator, _ = load_named("natural")
    with FlopCounterMode(display=False) as counter, torch.inference_mode():
        generator(torch.zeros(2, 1, *SEEN))
    square = np.random.default_rng(0).random((2048, 2048), dtype=np.float32)
    peak = 2 * 2048**3 / fastest(lambda: square @ square)
    benchmark.extra_info["seconds"] = round(whole, 2)
    benchmark.extra_info["peer_seconds"] = round(theirs, 2)
    benchmark.extra_info["ratio"] = round(theirs / whole, 1)
    benchmark.extra_info["network_gigaflops"] = round(counter.get_total_flops() / 1e9, 1)
    benchmark.extra_info["floor_milliseconds"] = round(1e3 * counter.get_total_flops() / peak, 1)
    print(f"12 megapixels, file to file, beside one call at {RENDER}: {benchmark.extra_info}")
    assert theirs > whole
