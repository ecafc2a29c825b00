"""The dress rehearsal: before hours of work the result is written with black pictures.

The pictures have the times of the film, and the sounds and subtitles are its own packets, all of
them; what is written is read again and thrown away. So whatever a container cannot do shows in
seconds: a stream that it has no place for, a rate that varies where pictures come at even steps,
packets out of order.
"""

from array import array
from bisect import bisect_left
from collections.abc import Callable, Iterable
from fractions import Fraction
from io import BytesIO
from pathlib import Path

import numpy as np

from colorlib.film.containers import opened_film
from colorlib.film.encode import Coding, encode
from colorlib.film.mux import CANNOT_HOLD
from colorlib.film.probe import Film
from colorlib.film.sounds import ENCODE, is_copied
from colorlib.film.stage import Stage
from colorlib.film.tryout import RehearsalError, read_again

__all__ = ["rehearse"]

_PICTURES = 48  # so many are written and read again
_BLACK = 8  # so many are encoded
Progress = Callable[[Iterable, int], Iterable]


def rehearse(
    film: Film,
    out: str | Path,
    coding: Coding,
    size: tuple[int, int],
    times: array,
    cut: tuple[Fraction, Fraction] | None = None,
    sound: bool = True,
    progress: Progress = lambda packets, _: packets,
) -> tuple[dict[int, str], list[str]]:
    """Find out, before the work, whether the film could be written, and how its sounds go into it.

    Parameters
    ----------
    film : Film
    out : str or Path
        For messages only; nothing is written.
    coding : Coding
    size : (int, int)
        Height and width of the result.
    times : array of int
        From `survey.looked_through`.
    cut : (Fraction, Fraction), optional
        As for `mux.join_segments`.
    sound : bool
        Whether sounds are wanted.
    progress : callable
        Is given pictures, and how many there will be; returns them.

    Returns
    -------
    ways : dict
        How each stream of the original goes into the result, for `mux.join_segments`.
    notes : list of str
        What will not be in the result, such as streams of data, or not as it was.

    Raises
    ------
    ValueError
        When the encoder refuses, or the container cannot hold the codec, one of the streams that
        are to be copied, or the times of the pictures.
    """
    times = _growing(times, film, cut)
    stage = Stage(film, out, coding, cut, _black(film, out, coding, size))
    worst = _worst_step(times)
    with opened_film(film.path) as source:
        kinds = {stream.index: stream.type for stream in source.streams}
        codecs = {
            s.index: s.codec_context.name if s.codec_context else "unknown" for s in source.streams
        }
        wanted = [
            s.index
            for s in source.streams
            if s.index != film.stream and is_copied(s, coding.container, sound)
        ]
    for window in {0, max(0, worst - _PICTURES // 2)}:
        part = times[window : window + _PICTURES]
        try:
            _check_times(stage.written(part, {}), part, film, out, coding)
        except RehearsalError as refused:
            raise ValueError(
                f"{out}: the container cannot hold this film ({refused}); name the result .mkv"
            ) from refused
    ways: dict[int, str] = {}
    notes = [
        f"stream {i} ({kind}) is not copied"
        for i, kind in kinds.items()
        if i != film.stream and i not in wanted
    ]
    for index in wanted:
        ways[index] = stage.way(index, times[:_PICTURES], kinds[index])
    while True:
        try:
            stage.rehearsed(progress(times, len(times)), ways)
            break
        except RehearsalError as refused:
            full = refused.stream
            if full is None or kinds[full] != "audio" or ways[full].startswith(ENCODE):
                raise ValueError(
                    f"{out}: this container cannot hold the film ({refused}); {CANNOT_HOLD}"
                ) from refused
            ways[full] = stage.way(full, times[:_PICTURES], kinds[full], encode=True)
    for index, way in ways.items():
        if way.startswith(ENCODE):
            codec = way.removeprefix(ENCODE).strip()
            notes.append(
                f"stream {index} (audio, {codecs[index]}) is encoded anew as {codec}: "
                f"{out} cannot hold it"
            )
    return ways, notes


def _growing(times: array, film: Film, cut: tuple[Fraction, Fraction] | None) -> array:
    """Return the times of the wanted part, each later than the one before."""
    if cut is not None:
        begin, end = (round(moment / film.time_base) for moment in cut)
        times = times[bisect_left(times, begin) : bisect_left(times, end)]
    growing = array("q")
    for time in times:
        growing.append(time if not growing or time > growing[-1] else growing[-1] + 1)
    return growing or array("q", [film.first, film.first + film.step])


def _black(film: Film, out: str | Path, coding: Coding, size: tuple[int, int]) -> bytes:
    """Encode some black pictures as the film will be."""
    import av

    picture, file = np.zeros((*size, 3), np.uint8), BytesIO()
    try:
        frames = [(film.first + index * film.step, picture) for index in range(_BLACK)]
        encode(file, frames, film, coding)
    except (av.FFmpegError, ValueError) as error:
        raise ValueError(
            f"{out}: the codec {coding.codec} refuses {size[1]}x{size[0]} pixels at "
            f"{float(film.rate):g} frames a second with {coding.options}: "
            f"{getattr(error, 'strerror', None) or error}"
        ) from error
    return file.getvalue()


def _worst_step(times: array) -> int:
    """Find the place where the time from one picture to the next is least like the others."""
    steps = np.diff(np.asarray(times))
    return int(abs(steps - np.median(steps)).argmax()) if len(steps) else 0


def _check_times(file: BytesIO, times: array, film: Film, out: str | Path, coding: Coding) -> None:
    """Refuse a container from which the pictures come out at other times than they went in."""
    with read_again(file) as result:
        if not result.streams.video:
            raise RehearsalError(ValueError("what is written cannot be read again"), None)
        base, found = None, []
        for packet in result.demux(video=0):
            moment = packet.pts if packet.pts is not None else packet.dts
            if packet.size and moment is not None:
                base = packet.time_base
                found.append(moment)
    tick = float(film.time_base)
    wanted, got = np.asarray(times) * tick, np.sort(found) * float(base or 0)
    # In AVI the first picture is at 0, wherever the others are.
    begin = int(coding.container == "avi" and len(times) > 1)
    fits = len(wanted) == len(got)
    if fits:
        wanted, got = wanted[begin:] - wanted[begin], got[begin:] - got[begin]
        fits = abs(wanted - got).max() <= 0.1 * film.step * tick + 0.0011
    if not fits:
        steps = np.diff(np.asarray(times)) * tick
        varies = len(steps) and np.ptp(steps) > 0.1 * film.step * tick + 0.0011
        why = "the rate of the film varies" if varies else f"{coding.codec} in it is not told so"
        raise ValueError(
            f"{out}: this container cannot show the pictures of {film.path} at their times "
            f"({why}); name the result .mkv or .mp4"
        )
