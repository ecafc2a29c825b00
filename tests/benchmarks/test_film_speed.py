"""Colouring a film of 854 x 480, file to file: flow against frame by frame.

Aims, on two quiet cores: 12 frames a second or more with flow, and at least twice as many as frame by frame.
"""

import time

import cv2
import pytest
import torch

from colorlib.colorize.colorizer import Colorizer
from colorlib.data.sources import package_photographs
from colorlib.film.clips import write_clip
from colorlib.film.colorize import colorize_video
from colorlib.film.steady import SteadyColorizer
from colorlib.film.synthetic import camera_clip

COUNT = 72


@pytest.fixture(scope="module")
def film(tmp_path_factory):
    """Three seconds of a camera that pans over a photograph, in grey."""
    path = tmp_path_factory.mktemp("film") / "grey.mp4"
    write_clip(camera_clip(package_photographs()["china"], "pan", COUNT, (480, 854)).grey, path)
    return path


def rate(colorizer, mode, film, out):
    """Frames a second, file to file."""
    out.unlink(missing_ok=True)
    start = time.perf_counter()
    done = colorize_video(film, out, SteadyColorizer(colorizer, mode))
    assert done.frames == COUNT
    return COUNT / (time.perf_counter() - start)


def test_480p_file_to_file(benchmark, film, tmp_path):
    colorizer = Colorizer.from_pretrained()
    rate(colorizer, "flow", film, tmp_path / "warm.mp4")
    flow = []
    benchmark.pedantic(lambda: flow.append(rate(colorizer, "flow", film, tmp_path / "flow.mp4")), rounds=3)
    off = max(rate(colorizer, "off", film, tmp_path / "off.mp4") for _ in range(2))
    benchmark.extra_info["threads"] = torch.get_num_threads(), cv2.getNumThreads()
    benchmark.extra_info["frames_per_second"] = round(max(flow), 1)
    benchmark.extra_info["frame_by_frame"] = round(off, 1)
    benchmark.extra_info["ratio"] = round(max(flow) / off, 2)
    print(f"480p, file to file: {benchmark.extra_info}")
    assert max(flow) > off


def test_480p_colouring_alone(benchmark):
    """Without decoding and encoding, in processor time, which other programs disturb less."""
    colorizer = Colorizer.from_pretrained()
    grey = camera_clip(package_photographs()["china"], "pan", COUNT, (480, 854)).grey

    def seconds(mode):
        start = time.process_time()
        assert sum(1 for _ in SteadyColorizer(colorizer, mode).paint(grey)) == COUNT
        return time.process_time() - start

    seconds("flow")
    flow = []
    benchmark.pedantic(lambda: flow.append(seconds("flow")), rounds=3)
    off = min(seconds("off") for _ in range(2))
    benchmark.extra_info["milliseconds_per_frame"] = round(min(flow) / COUNT * 1e3, 1)
    benchmark.extra_info["frame_by_frame"] = round(off / COUNT * 1e3, 1)
    benchmark.extra_info["ratio"] = round(off / min(flow), 2)
    print(f"480p, colouring alone: {benchmark.extra_info}")
    assert min(flow) < off
