"""A grey film in, a coloured one out: streaming, with its sound, and a run that goes on after it was broken off.

Frames are read, coloured and encoded one after the other, so that a film of any length needs the memory of a few
frames. They are written as whole segments into a folder beside the result. A second call counts what is there, decodes
the film up to that place (little work beside that of colouring it), shows the painter the last second again, and goes
on. When all segments are there they are joined with the sounds and subtitles of the original, and the folder goes away.
"""

import json
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from fractions import Fraction
from itertools import chain, islice
from pathlib import Path
from typing import Protocol

import numpy as np
from PIL import Image

from colorlib.contact import ALREADY_THERE
from colorlib.frames import frames_of, picture_of, sample_frames
from colorlib.joining import join_segments
from colorlib.photos import has_colour
from colorlib.planes import has_chroma
from colorlib.rehearsal import rehearse
from colorlib.segments import choose_coding, length_of_segment, write_segment
from colorlib.streams import Film, read_film
from colorlib.survey import looked_through
from colorlib.unjoined import folder_of_parts, forget_unjoined, note_unjoined, take_over, unjoined_frames
from colorlib.weights import atomic

__all__ = ["ColouredFilm", "FramePainter", "colorize_video", "no_progress"]

SEGMENT = 120  # frames: no more than this is lost when a run is killed
WARM_UP = 24  # frames that a painter sees again when a run goes on
PREVIEW = 10.0  # seconds

Progress = Callable[[Iterable[tuple[int, np.ndarray]], int], Iterable[tuple[int, np.ndarray]]]


def no_progress(steps: Iterable, total: int) -> Iterable:
    """Return what is given, and show nothing."""
    return steps


class FramePainter(Protocol):
    """What colours the frames of a film, such as `steady.SteadyPainter`."""

    upscale: int

    def paint(self, frames: Iterable[np.ndarray]) -> Iterator[np.ndarray]:
        """Take (H, W) or (H, W, 3), uint8 or uint16, and give (H u, W u, 3) of the same type, in order."""


@dataclass
class ColouredFilm:
    """What became of a film.

    Parameters
    ----------
    path : Path
        The result.
    frames : int
        How many frames it has; 0 when it was there already.
    notes : list of str
        What is different from the original, and whether this run has gone on where another had stopped.
    damage : list of str
        What was wrong with the original. The rest of it is in the result.
    """

    path: Path
    frames: int = 0
    notes: list[str] = field(default_factory=list)
    damage: list[str] = field(default_factory=list)


def colorize_video(
    source: str | Path,
    out: str | Path,
    painter: FramePainter,
    start: float = 0,
    end: float | None = None,
    preview: bool = False,
    codec: str | None = None,
    crf: int | None = None,
    make_grey: bool = False,
    resume: bool = True,
    label: str = "",
    progress: Progress = no_progress,
    sound: bool = True,
    checking: Callable[[Iterable, int], Iterable] = no_progress,
) -> ColouredFilm:
    """Colour a film.

    The result has the frames of the original at the same times, upright, with its range, its depth (8 or 10 bits) and
    the shape of its pixels; and all its sounds, subtitles and attachments, packet for packet; a sound that the
    container cannot hold is encoded anew. All packets are looked at before the work, so that what cannot be finished is
    not begun. Interlaced frames are made whole. Where the clock of the film starts anew, it goes on; where its pictures
    change their size, they are fitted into that of the first. A side that is odd gets one more row or column where the
    format of the pixels wants it. HDR becomes sRGB.

    Parameters
    ----------
    source : str or Path
        A film, in anything that FFmpeg reads.
    out : str or Path
        The file to write; its suffix tells the container. Its folder is made when missing. While the work is going on
        there is a folder `out`.parts beside it.
    painter : FramePainter
        Colours the frames.
    start, end : float, optional
        Colour only this part, in seconds from the first frame. The result begins at 0.
    preview : bool
        Show original and result side by side, for 10 seconds when `end` does not say otherwise.
    codec : str, optional
        FFmpeg's name of an encoder. By default libx264, in WebM libvpx-vp9.
    crf : int, optional
        Quality for the encoder: smaller is finer and larger.
    make_grey : bool
        Colour a film that has colours, as if it had none. Without it that is refused.
    resume : bool
        Go on where a run was broken off, and leave a result that is there. Otherwise begin anew, and a result that is
        there is an error.
    label : str
        What tells this painter from another: a run is not taken up again with another label.
    progress : callable
        Is given the coloured frames, an iterable, and about how many there will be; returns the iterable.
    sound : bool
        Whether the sounds of the original go into the result.
    checking : callable
        As `progress`, for what is gone through before the work: the packets of the film.

    Returns
    -------
    ColouredFilm

    Raises
    ------
    FileNotFoundError, FileExistsError, OSError, ValueError
        When a file is missing, already there, cannot be read or written, is no film, has no pictures or has colours;
        when the container cannot hold a stream; when an argument is out of range, or what is in the folder of segments
        is of another run. The message names the file and what to do. `out` is then as it was before.

    References
    ----------
    Gunnam et al. 2022 (films as a sequence of pictures). For what makes the colours steady see `colorlib.steady`.
    """
    source, out = Path(source), Path(out)
    _check_names(source, out)
    parts = _Parts(out)
    if out.exists():
        if not resume:
            raise FileExistsError(f"{out}: already there and not overwritten; remove it or choose another name")
        return ColouredFilm(out, notes=[f"{out}: {ALREADY_THERE}"])
    film = read_film(source)
    if preview and end is None:
        end = start + PREVIEW
    coloured = _check_grey(film, make_grey)
    size = (film.height * painter.upscale, film.width * painter.upscale * (2 if preview else 1))
    coding = choose_coding(out, codec, crf, film.deep)
    film, times = looked_through(film, end, checking)
    _check_times(film, start, end)
    cut = _cut(film, start, end)
    ways, notes = rehearse(film, out, coding, size, times, cut, sound, checking)
    if (size[0] % 2 or size[1] % 2) and "444" not in coding.pixels:
        notes.append(f"{size[1]}x{size[0]} pixels are odd: the last row or column is repeated")

    state = source.stat()
    job = {"source": str(source.resolve()), "bytes": state.st_size, "changed": state.st_mtime_ns, "label": label}
    job |= {"start": start, "end": end, "preview": preview, **asdict(coding), "size": size}
    del job["container"]  # the frames are the same in another
    if resume:
        take_over(out, job)
    done = parts.begin(job, resume)
    if done:
        notes.append(f"going on after {done} frames")
    whole = resume and done > 0 and unjoined_frames(parts.folder, job) == done
    painted = iter(()) if whole else _painted(film, painter, start, end, preview, done, coloured)
    painted = iter(progress(painted, max(0, _expected(film, start, end) - done)))
    while first := next(painted, None):
        done += write_segment(parts.next(), chain([first], islice(painted, SEGMENT - 1)), film, coding)
    if not done:
        parts.remove()
        raise ValueError(f"{source}: there is no frame from {start:g} s" + ("" if end is None else f" to {end:g} s"))
    try:
        join_segments(parts.there(), film, out, coding, cut, ways)
    except (OSError, ValueError):
        with suppress(OSError):  # the disk may be full
            note_unjoined(parts.folder, job, done)
        raise
    forget_unjoined(parts.folder)
    parts.remove()
    return ColouredFilm(out, done, notes + film.notes, film.damage)


def _painted(
    film: Film, painter: FramePainter, start: float, end: float | None, preview: bool, done: int, coloured: bool
) -> Iterator[tuple[int, np.ndarray]]:
    """The coloured frames after the first `done` ones, with their times."""
    from av.video.reformatter import VideoReformatter

    reformatter, waiting = VideoReformatter(), deque()

    def pictures() -> Iterator[np.ndarray]:
        for time, frame in islice(frames_of(film, start, end), max(0, done - WARM_UP), None):
            picture = picture_of(frame, film, reformatter, coloured)
            waiting.append((time, picture if preview else None))
            yield picture

    for index, result in enumerate(painter.paint(pictures()), max(0, done - WARM_UP)):
        time, original = waiting.popleft()
        if index >= done:
            yield time, result if original is None else _side_by_side(original, result)
    if waiting:
        raise ValueError(f"{film.path}: the painter left out {len(waiting)} frames")


def _side_by_side(original: np.ndarray, coloured: np.ndarray) -> np.ndarray:
    """The original, enlarged by repeating its pixels where the result is larger, and the result."""
    times = coloured.shape[0] // original.shape[0]
    grey = original if original.ndim == 3 else original[..., None].repeat(3, axis=2)
    return np.concatenate([grey.repeat(times, axis=0).repeat(times, axis=1), coloured], axis=1)


def _expected(film: Film, start: float, end: float | None) -> int:
    """About how many frames there are in a part of a film."""
    seconds = film.seconds or 0
    return round((min(seconds, end or seconds) - start) * film.rate)


def _cut(film: Film, start: float, end: float | None) -> tuple[Fraction, Fraction] | None:
    """A part of a film on the film's own clock; None for all of it."""
    if not start and end is None:
        return None
    zero = film.first * film.time_base
    return zero + Fraction(start), zero + Fraction(end if end is not None else 10**9)


def _check_names(source: Path, out: Path) -> None:
    """Refuse to write onto the original, or onto a folder."""
    if (out.exists() and source.exists() and out.samefile(source)) or out.resolve() == source.resolve():
        raise ValueError(f"{out}: the result would be the film itself; give another name")
    if out.is_dir():
        raise ValueError(f"{out} is a folder; give the name of the film to write, as in {out / source.name}")


def _check_times(film: Film, start: float, end: float | None) -> None:
    """Refuse a part that is not there."""
    if start < 0 or (end is not None and end <= start):
        raise ValueError(f"the part from {start:g} s to {end:g} s is empty" if end is not None else "start is below 0")
    if film.seconds is not None and start >= film.seconds:
        raise ValueError(f"{film.path} is {film.seconds:.1f} s long: there is nothing from {start:g} s on")


def _check_grey(film: Film, make_grey: bool) -> bool:
    """Refuse a film that has colours, unless they are to be ignored; return whether it has colours or a tint."""
    sampled = list(sample_frames(film))
    coloured = [has_colour(Image.fromarray(frame.to_ndarray(format="rgb24")), toned=False) for frame in sampled]
    if not make_grey and sum(coloured) > len(coloured) / 4:
        raise ValueError(
            f"{film.path} is in colour ({sum(coloured)} of {len(coloured)} frames looked at); "
            "give --make-grey (make_grey=True) to have it made grey and coloured anew"
        )
    return any(map(has_chroma, sampled))


class _Parts:
    """The folder of segments beside a result, and which run they are of."""

    def __init__(self, out: Path) -> None:
        self.folder = folder_of_parts(out)
        self.job = self.folder / "job.json"

    def begin(self, job: dict, resume: bool) -> int:
        """Make the folder, or take it up again; return how many frames are there."""
        job = json.loads(json.dumps(job))
        if self.folder.exists() and any(self.folder.iterdir()) and not self.job.is_file():
            raise ValueError(f"{self.folder}: is in the way; remove it, or choose another name for the result")
        if not resume:
            forget_unjoined(self.folder)
            self.remove()
        self.folder.mkdir(parents=True, exist_ok=True)
        if self.job.is_file():
            before = json.loads(self.job.read_text(encoding="utf-8"))
            if before != job:
                what = ", ".join(key for key in job if before.get(key) != job[key])
                raise ValueError(
                    f"{self.folder} holds a run that was broken off and had another {what}; "
                    "repeat that call to go on with it, or give --no-resume (resume=False) to begin anew"
                )
        else:
            with atomic(self.job) as temporary:
                temporary.write_text(json.dumps(job, indent=2) + "\n", encoding="utf-8")
        return sum(map(length_of_segment, self.there()))

    def there(self) -> list[Path]:
        """The segments that are complete, in order."""
        return sorted(self.folder.glob("[0-9]*.nut"))

    def next(self) -> Path:
        """The name of the segment to write."""
        return self.folder / f"{len(self.there()):06}.nut"

    def remove(self) -> None:
        """Remove what this module has put there, and the folder when nothing else is in it."""
        for path in (*self.folder.glob("*.nut"), *self.folder.glob(".*.part.*"), self.job):
            path.unlink(missing_ok=True)
        if self.folder.is_dir() and not any(self.folder.iterdir()):
            self.folder.rmdir()
