"""A grey film in, a coloured one out: streaming, with its sound, and a run that can go on.

Frames are read, coloured and encoded one after the other, so that a film of any length needs the
memory of a few frames. They are written as whole segments into a folder beside the result
(`colorlib.film.parts`). A second call checks that the segments are whole and of the same film,
weights and settings, decodes the film up to that place (little work beside that of colouring it),
reminds the colorizer of what it knew there, and goes on: the pictures are those of a run that was
never broken off. When all segments are there they are joined with the sounds and subtitles of the
original, and the folder goes away.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from itertools import chain, islice
from pathlib import Path

import numpy as np

import colorlib
from colorlib._atomic import ALREADY_THERE
from colorlib.film.checks import (
    check_frames,
    check_names,
    check_times,
    cut_of,
    expected_frames,
    look_into,
)
from colorlib.film.decode import frames_of
from colorlib.film.encode import choose_coding, write_segment
from colorlib.film.frame_colorizer import FrameColorizer, colored_frames
from colorlib.film.memory import last_memory
from colorlib.film.mux import join_segments
from colorlib.film.originals import Original
from colorlib.film.parts import Parts
from colorlib.film.probe import read_film
from colorlib.film.rehearsal import rehearse
from colorlib.film.survey import looked_through
from colorlib.images.label import Label

__all__ = ["ColoredFilm", "colorize_video", "no_progress"]

SEGMENT = 120  # frames: no more than this is lost when a run is killed
PREVIEW = 10.0  # seconds
Progress = Callable[[Iterable[tuple[int, np.ndarray]], int], Iterable[tuple[int, np.ndarray]]]


def no_progress(steps: Iterable, total: int) -> Iterable:
    """Return what is given, and show nothing."""
    return steps


@dataclass
class ColoredFilm:
    """What became of a film.

    Parameters
    ----------
    path : Path
        The result.
    frames : int
        How many frames it has; 0 when it was there already.
    notes : list of str
        What is different from the original, and whether this run has gone on where another had
        stopped.
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
    colorizer: FrameColorizer,
    start: float = 0,
    end: float | None = None,
    preview: bool = False,
    codec: str | None = None,
    crf: int | None = None,
    make_grey: bool = False,
    deinterlace: bool = False,
    resume: bool = True,
    label: str = "",
    progress: Progress = no_progress,
    sound: bool = True,
    checking: Callable[[Iterable, int], Iterable] = no_progress,
    made_by: Label | None = None,
) -> ColoredFilm:
    """Colour a film.

    The result has the frames of the original at the same times, upright, with its range, its depth
    (8 or 10 bits) and the shape of its pixels; and all its sounds, subtitles and attachments,
    packet for packet; a sound that the container cannot hold is encoded anew. All packets are
    looked at before the work, so that what cannot be finished is not begun. Interlaced frames are
    made whole. Where the clock of the film starts anew, it goes on; where its pictures change their
    size, they are fitted into that of the first. A side that is odd gets one more row or column
    where the format of the pixels wants it. HDR becomes sRGB.

    Parameters
    ----------
    source : str or Path
        A film, in anything that FFmpeg reads.
    out : str or Path
        The file to write; its suffix tells the container. Its folder is made when missing. While
        the work is going on there is a folder `out`.parts beside it.
    colorizer : FrameColorizer
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
    deinterlace : bool
        Make all frames whole, also those that the film calls progressive.
    resume : bool
        Go on where a run was broken off, if the content of the film, the colorizer, its settings,
        all arguments and the version are the same; and leave a result that is there. Otherwise
        begin anew, and a result that is there is an error.
    label : str
        What tells this colorizer from another that has no `settings`, or the same.
    progress : callable
        Is given the coloured frames, an iterable, and about how many there will be; returns the
        iterable.
    sound : bool
        Whether the sounds of the original go into the result.
    checking : callable
        As `progress`, for what is gone through before the work: the packets of the film.
    made_by : Label, optional
        What the comment of the result says about its colours. By default it names the weights of
        `colorizer` only.

    Returns
    -------
    ColoredFilm

    Raises
    ------
    FileNotFoundError, FileExistsError, OSError, ValueError
        When a file is missing, already there, cannot be read or written, is no film, has no
        pictures or has colours; when the container cannot hold a stream; when an argument is out of
        range, or what is in the folder of segments is of another run; when another process is at
        work there, or the film is changed meanwhile. The message names the file and what to do.
        `out` is then as it was before.

    References
    ----------
    Gunnam et al. 2022 (films as a sequence of pictures). For what makes the colours steady see
    `colorlib.film.steady`.
    """
    source, out = Path(source), Path(out)
    made_by = made_by or Label(sha256=str(getattr(colorizer, "settings", {}).get("weights", "")))
    parts = Parts(out)
    check_names(source, out, parts.folder)
    if result := _already_there(out, parts, resume):
        return result
    film = read_film(source)
    original = Original(source)
    if preview and end is None:
        end = start + PREVIEW
    size = (film.height * colorizer.upscale, film.width * colorizer.upscale * (2 if preview else 1))
    check_frames(film, size, getattr(colorizer, "held", 1))
    colored, notes = look_into(film, make_grey, deinterlace)
    coding = choose_coding(out, codec, crf, film.high_bit_depth)
    film, times = looked_through(film, end, checking)
    check_times(film, start, end)
    cut = cut_of(film, start, end)
    ways, rehearsed = rehearse(film, out, coding, size, times, cut, sound, checking)
    notes += rehearsed
    if (size[0] % 2 or size[1] % 2) and "444" not in coding.pixels:
        notes.append(f"{size[1]}x{size[0]} pixels are odd: the last row or column is repeated")

    job: dict[str, object] = {"version": colorlib.__version__}
    job |= {"colorizer": getattr(colorizer, "settings", {}), "label": label}
    job |= {"start": start, "end": end, "preview": preview}
    job |= {"make_grey": make_grey, "deinterlace": deinterlace}
    job |= {**asdict(coding), "size": size, "source": original.content()}
    del job["container"]  # the frames are the same in another
    if resume:
        parts.take_over(job)
    with parts.held():
        if result := _already_there(out, parts, resume):  # another run has ended meanwhile
            return result
        done, found = parts.begin(job, resume)
        notes += found + ([f"going on after {done} frames"] if done else [])
        if not parts.complete:
            memories = deque([memory] if (memory := parts.memory()) else [])
            source_frames = frames_of(film, start, end, deinterlace)
            results = colored_frames(
                film, source_frames, colorizer, memories, done, preview, colored
            )
            results = iter(progress(results, max(0, expected_frames(film, start, end) - done)))
            while first := next(results, None):
                frames = _while_unchanged(original, chain([first], islice(results, SEGMENT - 1)))
                count = write_segment(parts.next(), frames, film, coding)
                done += count
                parts.add(count, last_memory(memories, done))
            if not done:
                parts.remove()
                part = f"from {start:g} s" + ("" if end is None else f" to {end:g} s")
                raise ValueError(f"{source}: there is no frame {part}")
            parts.end()

        def joined(result: Path) -> None:
            original.check()
            parts.will_be(result)

        try:
            join_segments(parts.there(), film, out, coding, cut, ways, joined, made_by.statement)
        except FileExistsError:
            raise FileExistsError(
                f"{out}: appeared while the film was made, and is not overwritten; move it away "
                f"and call the same command again: all frames are in {parts.folder}"
            ) from None
        notes += parts.remove()
    return ColoredFilm(out, done, notes + film.notes, film.damage)


def _already_there(out: Path, parts: Parts, resume: bool) -> ColoredFilm | None:
    """Return a result that is there, and remove what a run killed at its very end has left."""
    if not out.exists():
        return None
    if not resume:
        raise FileExistsError(
            f"{out}: already there and not overwritten; remove it or choose another name"
        )
    notes = [f"{out}: {ALREADY_THERE}"]
    if parts.have_become(out):
        with suppress(BlockingIOError), parts.held():
            notes += parts.remove()
    return ColoredFilm(out, notes=notes)


def _while_unchanged(
    original: Original, frames: Iterable[tuple[int, np.ndarray]]
) -> Iterator[tuple[int, np.ndarray]]:
    """Give the frames of a segment, and refuse it when the film was changed meanwhile."""
    yield from frames
    original.check()
