"""The shipped network on one thread: onnxruntime against torch, both in 32 bits.

Aim: at least 1.3 times as quick.
"""

import time

import numpy as np
import pytest
import torch

from colorlib.color.constants import AB_RANGE, L_HALF
from colorlib.colorize.onnx_backend import OnnxNetwork
from colorlib.colorize.torch_backend import fold_batch_norms
from colorlib.models.shipped import find_weights, load_named


@pytest.fixture(scope="module")
def networks():
    """The network as `Colorizer.from_pretrained` prepares it for either; torch has one thread."""
    generator, _ = load_named("natural")
    fold_batch_norms(generator)
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield OnnxNetwork(find_weights("natural"), 0.5, threads=1), generator.to(memory_format=torch.channels_last)
    torch.set_num_threads(threads)


@pytest.mark.parametrize(("height", "width"), [(160, 224), (256, 352)])
def test_one_picture(benchmark, networks, height, width):
    network, generator = networks
    L = np.linspace(0, 100, height * width, dtype=np.float32).reshape(1, 1, height, width)
    seen = (torch.from_numpy(L) / L_HALF - 1).contiguous(memory_format=torch.channels_last)

    def with_torch():
        with torch.inference_mode():
            return generator(seen)

    slow = []

    def turn():
        """Torch is measured in turns with onnxruntime, so that whatever else runs disturbs both alike."""
        start = time.perf_counter()
        with_torch()
        slow.append(time.perf_counter() - start)
        return (L,), {}

    found = benchmark.pedantic(network.predict, setup=turn, rounds=30, warmup_rounds=2)
    assert np.abs(found - with_torch().numpy() * AB_RANGE).max() < 0.05
    benchmark.extra_info["milliseconds"] = round(1000 * benchmark.stats.stats.min, 1)
    benchmark.extra_info["torch_milliseconds"] = round(1000 * min(slow), 1)
    benchmark.extra_info["ratio"] = round(min(slow) / benchmark.stats.stats.min, 2)
    print(f"{height} x {width}: {benchmark.extra_info}")
