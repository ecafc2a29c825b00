"""The memory that a film needs: about 1 GB at 1920 x 1080, and no more for a long film than for a short one."""

import subprocess
import sys

import pytest

from colorlib.data.sources import package_photographs
from colorlib.film.clips import write_clip
from colorlib.film.synthetic import camera_clip

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc of Linux")


def pan(path, count, size):
    """A grey film: the camera pans over a photograph of an installed package."""
    write_clip(camera_clip(package_photographs()["china"], "pan", count, size).grey, path)
    return path


def megabytes(source, out):
    """Peak memory of a process that colours a film as the command does; /proc, as ru_maxrss has the parent's in it."""
    code = f"""
from pathlib import Path
from colorlib.colorize.colorizer import Colorizer
from colorlib.film.steady import SteadyColorizer
from colorlib.film.colorize import colorize_video
colorize_video({str(source)!r}, {str(out)!r}, SteadyColorizer(Colorizer.from_pretrained()))
print(Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0])
"""
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", code], stdout=subprocess.PIPE, text=True, check=True)
    return round(int(done.stdout) * 1024 / 1e6)


def test_memory(benchmark, tmp_path):
    full = pan(tmp_path / "full.mp4", 48, (1080, 1920))
    benchmark.pedantic(lambda: benchmark.extra_info.update(at_1080p=megabytes(full, tmp_path / "a.mp4")), rounds=1)
    for count in (60, 1200):
        film = pan(tmp_path / f"{count}.mp4", count, (96, 160))
        benchmark.extra_info[f"{count}_small_frames"] = megabytes(film, tmp_path / f"{count}-out.mp4")
    print(f"megabytes: {benchmark.extra_info}")
    assert benchmark.extra_info["1200_small_frames"] < benchmark.extra_info["60_small_frames"] + 60
