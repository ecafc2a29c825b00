"""Films, file to file: decoding, colouring, encoding, joining.

Aims, on two quiet cores: 854 x 480 at 12 frames a second or more in mode flow, and at least twice what frame by frame
does; about 1 GB at 1920 x 1080; and no more memory for a long film than for a short one.
"""

import subprocess
import sys
from fractions import Fraction

import av
import numpy as np
import pytest
import torch

from colorlib.opening import open_rgb
from colorlib.photos import package_photographs
from colorlib.planes import to_frame


def pan(path, frames, width, height):
    """A grey film: the camera goes slowly over a photograph of an installed package."""
    grey = open_rgb(package_photographs()["china"]).convert("L").resize((width + 128, height + 64))
    grey = np.asarray(grey)[..., None].repeat(3, axis=2)
    with av.open(str(path), "w") as film:
        shown = film.add_stream("libx264", rate=24, options={"crf": "18"})
        shown.width, shown.height, shown.pix_fmt = width, height, "yuv420p"
        shown.codec_context.time_base = Fraction(1, 24)
        for index in range(frames):
            x, y = (int(64 * (1 - np.cos(index / 40))), int(32 * (1 - np.cos(index / 60))))
            frame = to_frame(np.ascontiguousarray(grey[y : y + height, x : x + width]), "yuv420p", False)
            frame.pts = index
            film.mux(shown.encode(frame))
        film.mux(shown.encode(None))
    return path


def coloured(source, out, mode):
    """File to file as the command does it, with the weights that come along."""
    from colorlib.colorize import Colorizer
    from colorlib.steady import SteadyPainter
    from colorlib.video import colorize_video

    out.unlink(missing_ok=True)
    return colorize_video(source, out, SteadyPainter(Colorizer.from_pretrained(), mode)).frames


def peak_megabytes(source, out):
    """Peak memory of a process that colours one film; /proc, because ru_maxrss would include the parent's."""
    code = f"""
import sys
from pathlib import Path
sys.path.insert(0, {str(__file__.rpartition("/")[0])!r})
import test_video_speed as here
here.coloured(Path({str(source)!r}), Path({str(out)!r}), "flow")
print(Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0])
"""
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", code], capture_output=True, text=True, check=True)
    return round(int(done.stdout) * 1024 / 1e6)


@pytest.mark.parametrize("mode", ["flow", "off"])
def test_frames_a_second(benchmark, tmp_path, mode):
    source = pan(tmp_path / "in.mp4", 97 if mode == "flow" else 49, 854, 480)
    frames = benchmark.pedantic(coloured, args=(source, tmp_path / "out.mp4", mode), rounds=2, warmup_rounds=1)
    benchmark.extra_info["threads"] = torch.get_num_threads()
    benchmark.extra_info["frames_per_second"] = round(frames / benchmark.stats.stats.min, 1)
    print(f"854 x 480, {mode}: {benchmark.extra_info}")


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc of Linux")
def test_memory(benchmark, tmp_path):
    """Of 48 frames at 1920 x 1080, and of a short and a long film of small frames."""
    full = pan(tmp_path / "full.mp4", 48, 1920, 1080)
    short, long = pan(tmp_path / "short.mp4", 60, 160, 96), pan(tmp_path / "long.mp4", 1200, 160, 96)
    megabytes = benchmark.pedantic(peak_megabytes, args=(full, tmp_path / "out.mp4"), rounds=1)
    benchmark.extra_info["megabytes_at_1080p"] = megabytes
    benchmark.extra_info["megabytes_60_frames"] = peak_megabytes(short, tmp_path / "short-out.mp4")
    benchmark.extra_info["megabytes_1200_frames"] = peak_megabytes(long, tmp_path / "long-out.mp4")
    print(f"memory: {benchmark.extra_info}")
    assert benchmark.extra_info["megabytes_1200_frames"] < benchmark.extra_info["megabytes_60_frames"] + 60
