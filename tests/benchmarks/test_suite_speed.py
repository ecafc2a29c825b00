"""`colorlib evaluate` at 256 pixels: all measures that need no download, the shipped network, one thread.

Aim: at least 5 pictures a second on each core, so 10 on two, and less than 2 GB for two processes.
"""

import time

import numpy as np
import torch
from PIL import Image

from colorlib.colorize.suite_colorizer import SuiteColorizer
from colorlib.metrics.evaluate import bootstrap_interval
from colorlib.metrics.suite import PIECE, measure_suite
from helpers.metrics import crops


def test_pictures_a_second(benchmark, tmp_path):
    files = {}
    for number, crop in enumerate(crops(PIECE, 256)):
        files[f"{number}"] = tmp_path / f"{number}.jpg"
        Image.fromarray((crop * 255).byte().permute(1, 2, 0).numpy()).save(files[f"{number}"])
    method, threads = SuiteColorizer("natural"), torch.get_num_threads()
    torch.set_num_threads(1)
    runs, seconds = iter(range(10)), []

    def run():
        start = time.process_time()  # of this process alone, whatever else the machine does
        measure_suite(files, 256, {"natural": method}, tmp_path / f"run{next(runs)}")
        seconds.append(time.process_time() - start)

    try:
        benchmark.pedantic(run, rounds=2, warmup_rounds=1)
    finally:
        torch.set_num_threads(threads)
    benchmark.extra_info["pictures_a_second"] = round(PIECE / min(seconds), 1)
    print(benchmark.extra_info)


def test_bootstrap_of_two_thousand(benchmark):
    values = np.random.default_rng(0).normal(25, 4, 2000)
    start = time.process_time()
    benchmark.pedantic(bootstrap_interval, (values,), rounds=3)
    benchmark.extra_info["seconds"] = round((time.process_time() - start) / 3, 2)
    print(benchmark.extra_info)
