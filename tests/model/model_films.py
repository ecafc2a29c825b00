"""Small films whose frames tell who they are, and how they are read again."""

from __future__ import annotations

import shutil
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from marks import HEIGHT, WIDTH, Mark, read_mark, read_tint, stamp
from PIL import Image

FRAMES = 14


def make_film(path: Path, picture: int, version: int = 0, frames: int = FRAMES) -> Path:
    """Write a grey film; frame i has the mark (picture, version, i)."""
    with av.open(f"file:{path}", "w") as film:
        stream = film.add_stream("libx264", rate=25, options={"crf": "8", "bf": "0"})
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        for index in range(frames):
            grey = stamp(Mark(picture, version, index))
            frame = av.VideoFrame.from_ndarray(grey[..., None].repeat(3, 2), "rgb24")
            frame.pts, frame.time_base = index, Fraction(1, 25)
            film.mux(stream.encode(frame))
        film.mux(stream.encode(None))
    return path


def read_film(path: Path) -> list[tuple[Mark | None, str | None]]:
    """The mark and the tint of every frame; a film that cannot be read has none."""
    try:
        with av.open(f"file:{path}") as film:
            frames = [frame.to_ndarray(format="rgb24") for frame in film.decode(video=0)]
    except (OSError, ValueError):
        return []
    return [(read_mark(frame), (read_tint(frame) or [None])[0]) for frame in frames]


def whole(path: Path, picture: int, version: int, tint: str, frames: int = FRAMES) -> bool:
    """Whether a film has all frames of one version, in order, all in one tint."""
    return read_film(path) == [(Mark(picture, version, index), tint) for index in range(frames)]


def reference_picture(path: Path, tint: str) -> Path:
    """Write a picture that is all of one colour, with some shades."""
    colour = np.array((230, 120, 40) if tint == "warm" else (30, 130, 200), float)
    shades = np.linspace(0.4, 1, WIDTH)[None, :, None].repeat(HEIGHT, 0)
    Image.fromarray((colour * shades).astype(np.uint8)).save(path)
    return path


def copy_weights(path: Path, to: Path) -> None:
    """Put weights and their card under another name."""
    shutil.copy(path, to)
    shutil.copy(path.with_suffix(".json"), to.with_suffix(".json"))
