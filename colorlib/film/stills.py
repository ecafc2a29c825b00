"""One still of each scene, for a person to look at and repaint; and reading back those that were.

The name of a still says which scene it shows, and when: ``scene-0003-00h01m12.480s.png``. The time
is what finds the frame again. A still that nobody has repainted is known by the sha256 of its
pixels, which is written into it.
"""

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from colorlib.film.checks import look_into
from colorlib.film.decode import frames_of, picture_of
from colorlib.film.probe import read_film
from colorlib.film.scenes import Scene, Scenes, find_scenes
from colorlib.film.survey import looked_through
from colorlib.images.sixteen_bit import eight_bits

if TYPE_CHECKING:
    from colorlib.film.steady import SteadyColorizer
    from colorlib.images.label import Label

__all__ = ["FilmScenes", "Given", "read_stills", "still_name", "write_stills"]

KEY = "colorlib-still"  # the keyword of the text in a still that holds the sha256 of its pixels
APART = 20.0  # grey values, of 255, by which a still may differ from its frame in the mean
_TIME = re.compile(r"(\d+)h(\d\d)m(\d\d\.\d{3})s")
Progress = Callable[[Iterable, int], Iterable]


@dataclass(frozen=True)
class Given:
    """A still with colours that a person chose.

    Parameters
    ----------
    frame : int
        Which frame it shows.
    scene : Scene
        Through which its colours are carried.
    pixels : ndarray, (H, W, 3), uint8 or uint16
        sRGB, of the shape of the film's frames, or in the same proportions.
    """

    frame: int
    scene: Scene
    pixels: np.ndarray

    @property
    def sha256(self) -> str:
        """What tells it from others."""
        return _sha256(self.pixels, f"{self.frame} {self.scene} ")


@dataclass
class FilmScenes:
    """The scenes of a film file, and its frames as often as they are wanted.

    Parameters
    ----------
    source : Path
    start, end : float, optional
        As for `colorize_video`; frames are counted from `start` on.
    make_grey, deinterlace : bool
        As for `colorize_video`.
    checking : callable
        As for `colorize_video`; it is given the frames of the film.

    Attributes
    ----------
    scenes : Scenes
    notes : list of str
        As from `checks.look_into`.
    """

    source: Path
    start: float = 0
    end: float | None = None
    make_grey: bool = False
    deinterlace: bool = False
    checking: Progress = lambda frames, _: frames
    scenes: Scenes = field(init=False)
    notes: list[str] = field(init=False)

    def __post_init__(self) -> None:
        film = read_film(self.source)
        self._colored, self.notes = look_into(film, self.make_grey, self.deinterlace)
        film, _ = looked_through(film, self.end)
        self.scenes = find_scenes(
            film, self.start, self.end, self.deinterlace, progress=self.checking
        )
        if not self.scenes.scenes:
            raise ValueError(f"{self.source}: there is no frame from {self.start:g} s on")

    def pictures(self, first: int, end: int) -> Iterator[np.ndarray]:
        """Read frames from one number up to another, as `SteadyColorizer.paint` takes them."""
        from av.video.reformatter import VideoReformatter

        reformatter, scenes = VideoReformatter(), self.scenes
        count, part = 0, (scenes.seconds(first), scenes.seconds(end))
        for _, frame in frames_of(scenes.film, *part, self.deinterlace):
            count += 1
            yield picture_of(frame, scenes.film, reformatter, self._colored)
        if count != end - first:
            at = float(part[0])
            raise ValueError(
                f"{self.source}: {end - first} frames from {at:.2f} s on "
                f"were {count} when read again"
            )


def still_name(scene: Scene, seconds: Fraction) -> str:
    """Return the name of a still: its scene, and when it is shown.

    Examples
    --------
    >>> still_name(Scene(3, 100, 200), Fraction(7248, 100))
    'scene-0003-00h01m12.480s.png'
    """
    minutes, rest = divmod(round(seconds * 1000), 60_000)
    time = f"{minutes // 60:02}h{minutes % 60:02}m{rest // 1000:02}.{rest % 1000:03}s"
    return f"scene-{scene.number:04}-{time}.png"


def write_stills(
    film: FilmScenes, folder: str | Path, colorizer: "SteadyColorizer", label: "Label"
) -> tuple[int, int]:
    """Write one coloured still a scene, that of its middle; what is there stays as it is.

    Parameters
    ----------
    film : FilmScenes
    folder : str or Path
        Made when missing.
    colorizer : SteadyColorizer
        Each still is coloured for itself.
    label : Label
        What each says about its colours.

    Returns
    -------
    written, there : int
        How many are new, and how many were there already.

    Raises
    ------
    OSError, ValueError
        As `images.write_document`, and when the film cannot be read.
    """
    from colorlib.images.description import Description
    from colorlib.images.read import Document
    from colorlib.images.write import write_document

    folder, there = Path(folder), 0
    if folder.exists() and not folder.is_dir():
        raise ValueError(f"{folder}: is a file; give a folder for the stills")
    for scene in film.scenes.scenes:
        path = folder / still_name(scene, film.scenes.seconds(scene.middle))
        if path.exists():
            there += 1
            continue
        (picture,) = film.pictures(scene.middle, scene.middle + 1)
        (colored,) = colorizer.paint([picture])
        about = Description(texts={KEY: _sha256(colored)})
        write_document(
            Document(film.source, "PNG", [colored], [None], [about]), [colored], path, label=label
        )
    return len(film.scenes.scenes) - there, there


def read_stills(film: FilmScenes, folder: str | Path) -> tuple[list[Given], list[str]]:
    """Read the stills of a film that somebody has repainted.

    Parameters
    ----------
    film : FilmScenes
    folder : str or Path
        With pictures whose names hold a time, as from `still_name`. Other files are no stills.

    Returns
    -------
    given : list of Given
        In the order of the film.
    notes : list of str
        What was left out.

    Raises
    ------
    OSError, ValueError
        When there is no such folder or no still in it, or one cannot be read, has no time in its
        name, shows something else than the film does then, or is one of two of a frame. The message
        names the file.
    """
    from colorlib.images.folder import PHOTO_SUFFIXES
    from colorlib.images.read import read_document

    folder, scenes = Path(folder), film.scenes
    if not folder.is_dir():
        raise FileNotFoundError(f"{folder}: no such folder; give that of the stills, from --stills")
    paths = sorted(path for path in folder.iterdir() if path.suffix.lower() in PHOTO_SUFFIXES)
    if not paths:
        raise ValueError(
            f"{folder}: no pictures in it; give the folder of the stills, from --stills"
        )
    given, notes, unchanged = {}, [], 0
    for path in paths:
        found = _TIME.search(path.name)
        if not found:
            raise ValueError(
                f"{path}: no time in its name, as in scene-0003-00h01m12.480s.png; "
                "keep the still's name"
            )
        hours, minutes, rest = found.groups()
        seconds = 3600 * int(hours) + 60 * int(minutes) + float(rest)
        frame = scenes.nearest(seconds)
        step = float(scenes.film.step * scenes.film.time_base)
        if abs(float(scenes.seconds(frame)) - seconds) > step:
            notes.append(
                f"{path} is left out: there is no frame at {seconds:.2f} s in this part of the film"
            )
            continue
        document = read_document(path)
        pixels = document.pages[0]
        pixels = pixels if pixels.ndim == 3 else np.dstack([pixels] * 3)
        if document.description.texts.get(KEY) == _sha256(pixels):
            unchanged += 1
            continue
        if frame in given:
            raise ValueError(f"{path}: there are two stills of one frame; keep one of them")
        _check(path, pixels, next(iter(film.pictures(frame, frame + 1))))
        given[frame] = Given(frame, scenes.at(frame), pixels)
    if unchanged:
        among = f"{unchanged} of {len(paths)} stills"
        notes.append(f"{folder}: {among} are as they were written, and their scenes automatic")
    return [given[frame] for frame in sorted(given)], notes


def _check(path: Path, pixels: np.ndarray, picture: np.ndarray) -> None:
    """Refuse a still of another shape than the frame, or that shows something else."""
    (height, width), (tall, wide) = pixels.shape[:2], picture.shape[:2]
    if abs(height * wide / (width * tall) - 1) > 0.01:
        raise ValueError(
            f"{path}: is {width}x{height}, and the film {wide}x{tall}; "
            "keep the proportions of the still"
        )
    import cv2

    def small(values: np.ndarray) -> np.ndarray:
        values = eight_bits(values)
        grey = values if values.ndim == 2 else cv2.cvtColor(values, cv2.COLOR_RGB2GRAY)
        return cv2.resize(grey, (32, 32), interpolation=cv2.INTER_AREA).astype(np.float32)

    apart = float(np.abs(small(pixels) - small(picture)).mean())
    if apart > APART:
        raise ValueError(
            f"{path}: differs by {apart:.0f} of 255 grey values from what the film shows then; "
            "repaint colours, and keep the still's name and its light and dark"
        )


def _sha256(pixels: np.ndarray, about: str = "") -> str:
    """Compute the sha256 of a picture, and of what else is to count."""
    about += f"{pixels.shape} {pixels.dtype.str} "
    return hashlib.sha256(about.encode() + np.ascontiguousarray(pixels).tobytes()).hexdigest()
