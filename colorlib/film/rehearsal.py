"""The dress rehearsal: before hours of work the result is written with black pictures, and read again.

The pictures have the times of the film, and the sounds and subtitles are its own packets, all of
them; what is written is thrown away. So whatever a container cannot do shows in seconds: a stream
that it has no place for, a rate that varies where pictures come at even steps, packets out of
order.
"""

from array import array
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator
from fractions import Fraction
from io import BytesIO
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from colorlib.film.containers import opened_film
from colorlib.film.encode import Coding, encode
from colorlib.film.mux import CANNOT_HOLD, add_pictures, add_sounds, merged
from colorlib.film.probe import Film
from colorlib.film.sounds import (
    COPY,
    ENCODE,
    FORWARD,
    Ways,
    encoders_for,
    is_copied,
    packets_of_sounds,
)
from colorlib.film.tryout import Nowhere, RehearsalError, read_again

if TYPE_CHECKING:
    import av
    from av.stream import Stream

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
    """Find out, before hours of work, whether the film could be written, and how its sounds go into it.

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
    stage = _Stage(film, out, coding, cut, _black(film, out, coding, size))
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
            index = refused.stream
            if index is None or kinds[index] != "audio" or ways[index].startswith(ENCODE):
                raise ValueError(
                    f"{out}: this container cannot hold the film ({refused}); {CANNOT_HOLD}"
                ) from refused
            ways[index] = stage.way(index, times[:_PICTURES], kinds[index], encode=True)
    for index, way in ways.items():
        if way.startswith(ENCODE):
            codec = way.removeprefix(ENCODE).strip()
            notes.append(
                f"stream {index} (audio, {codecs[index]}) is encoded anew as {codec}: {out} cannot hold it"
            )
    return ways, notes


class _Stage:
    """Where a film is written for a try."""

    def __init__(
        self,
        film: Film,
        out: str | Path,
        coding: Coding,
        cut: tuple[Fraction, Fraction] | None,
        black: bytes,
    ) -> None:
        self.film, self.out, self.coding, self.cut, self.black, self.fed = (
            film,
            out,
            coding,
            cut,
            black,
            0,
        )

    def way(self, index: int, times: array, kind: str, encode: bool = False) -> str:
        """Find how one stream gets into the result: the first way on which it comes out again."""
        others = [f"{ENCODE} {name}" for name in encoders_for(self.coding.container)]
        ways = [] if encode else [COPY]
        if kind == "audio":
            ways += [*([] if encode else [FORWARD]), *others]
        error = None
        for way in ways:
            try:
                if self._comes_out(index, times, kind, way):
                    return way
            except (ValueError, RehearsalError) as refused:
                error = error or refused
        if isinstance(error, ValueError):
            raise error
        raise ValueError(
            f"{self.out}: this container cannot hold stream {index} of {self.film.path} ({kind}); {CANNOT_HOLD}"
        ) from error

    def _comes_out(self, index: int, times: array, kind: str, way: str) -> bool:
        """Whether a stream that is written is found again, as what it was."""
        file = self.written(times, {index: way})
        if not self.fed and kind != "attachment":
            return True  # it begins later
        with read_again(file) as result, opened_film(self.film.path) as source:
            found = [stream for stream in result.streams if stream.type == kind]
            before = source.streams[index].codec_context
            if not found or kind == "attachment" or before is None:
                return bool(found)
            after = found[0].codec_context
            return after is not None and (
                way.startswith(ENCODE) or kind != "audio" or after.name == before.name
            )

    def written(self, times: array, ways: Ways) -> BytesIO:
        """Some pictures, and what goes with them, as a file."""
        file = BytesIO()
        self.fed = self._write(file, times, ways, float(times[-1] * self.film.time_base))
        file.seek(0)
        return file

    def rehearsed(self, times: Iterable[int], ways: Ways) -> None:
        """All pictures, and all that goes with them, into nowhere."""
        self._write(Nowhere(), times, ways, None)

    def _write(self, file: object, times: Iterable[int], ways: Ways, until: float | None) -> int:
        """Write a film; return how many packets beside the pictures went into it."""
        import av

        film, shift = self.film, 0 if self.cut is None else round(self.cut[0] / self.film.time_base)
        packet, others = None, 0
        with (
            opened_film(film.path) as source,
            av.open(BytesIO(self.black), format="nut") as pictures,
        ):
            target = av.open(file, "w", format=self.coding.container)
            shown = add_pictures(target, source, pictures.streams.video[0], film, self.out)
            copies = add_sounds(target, source, film, ways, self.out)
            if until is not None and ways and shift > 0 and not film.shifts:
                source.seek(int(self.cut[0] * 1_000_000))
            sounds = packets_of_sounds(source, film, copies, ways, self.cut)
            if until is not None:
                end = until - float(shift * film.time_base)
                sounds = takewhile(lambda sound: float(sound.dts * sound.time_base) <= end, sounds)
            black = [packet for packet in pictures.demux(video=0) if packet.size]
            try:
                target.start_encoding()
                for packet in merged(_shown(black, times, film, shown, shift), sounds):
                    others += packet.stream_index != shown.index
                    target.mux(packet)
                packet = None
                target.close()
            except (av.FFmpegError, ValueError) as error:
                numbers = {copy.index: index for index, copy in copies.items()}
                raise RehearsalError(
                    error, None if packet is None else numbers.get(packet.stream_index)
                ) from error
        return others


def _shown(
    black: "list[av.Packet]", times: Iterable[int], film: Film, shown: "Stream", shift: int
) -> "Iterator[av.Packet]":
    """Black pictures at the times of the film: the first, and then the others, again and again."""
    import av

    data = [bytes(packet) for packet in black]
    for index, time in enumerate(times):
        packet = av.Packet(
            data[0] if index == 0 or len(data) == 1 else data[1 + (index - 1) % (len(data) - 1)]
        )
        packet.stream, packet.time_base, packet.is_keyframe = shown, film.time_base, index == 0
        packet.pts = packet.dts = time - shift
        packet.duration = film.step
        yield packet


def _growing(times: array, film: Film, cut: tuple[Fraction, Fraction] | None) -> array:
    """The times of the part that is wanted, each later than the one before, as `decode.frames_of` gives them."""
    if cut is not None:
        begin, end = (round(moment / film.time_base) for moment in cut)
        times = times[bisect_left(times, begin) : bisect_left(times, end)]
    growing = array("q")
    for time in times:
        growing.append(time if not growing or time > growing[-1] else growing[-1] + 1)
    return growing or array("q", [film.first, film.first + film.step])


def _black(film: Film, out: str | Path, coding: Coding, size: tuple[int, int]) -> bytes:
    """Some black pictures, encoded as the film will be."""
    import av

    picture, file = np.zeros((*size, 3), np.uint8), BytesIO()
    try:
        encode(
            file,
            [(film.first + index * film.step, picture) for index in range(_BLACK)],
            film,
            coding,
        )
    except (av.FFmpegError, ValueError) as error:
        raise ValueError(
            f"{out}: the codec {coding.codec} refuses {size[1]}x{size[0]} pixels at {float(film.rate):g} frames a "
            f"second with {coding.options}: {getattr(error, 'strerror', None) or error}"
        ) from error
    return file.getvalue()


def _worst_step(times: array) -> int:
    """The place where the time from one picture to the next is least like the others."""
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
    begin = int(
        coding.container == "avi" and len(times) > 1
    )  # its first picture is at 0, wherever the others are
    fits = len(wanted) == len(got)
    if fits:
        wanted, got = wanted[begin:] - wanted[begin], got[begin:] - got[begin]
        fits = abs(wanted - got).max() <= 0.1 * film.step * tick + 0.0011
    if not fits:
        steps = np.diff(np.asarray(times)) * tick
        varies = len(steps) and np.ptp(steps) > 0.1 * film.step * tick + 0.0011
        why = "the rate of the film varies" if varies else f"{coding.codec} in it is not told so"
        raise ValueError(
            f"{out}: this container cannot show the pictures of {film.path} at their times ({why}); "
            "name the result .mkv or .mp4"
        )
