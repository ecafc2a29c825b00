"""Looking at all packets of a film before its first frame is coloured, without decoding.

It tells when each picture will be shown, and where the clock of the file starts anew, as it does in
films that were joined by putting their files one after the other. Each stream has its own times,
and the streams are interleaved, so each finds for itself where the new clock begins; all are then
moved by the same time.
"""

from array import array
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import TYPE_CHECKING

from colorlib.film.clock import mended
from colorlib.film.containers import opened_film
from colorlib.film.probe import Film

if TYPE_CHECKING:
    import av

__all__ = ["looked_through"]

# Seconds. A clock that goes back by less is only unsteady (FFmpeg's tool has the same number).
BACK = 0.1
AHEAD = 10.0  # seconds; in transport and program streams a leap ahead by more is a new clock, too
_LEAPING = {"mpeg", "mpegts"}
_LEADING = {"video", "audio"}
Packets = Iterable["av.Packet"]


@dataclass
class _Section:
    """A part of a film with a clock of its own: seconds of each stream's begin, last and end."""

    begins: dict[int, float] = field(default_factory=dict)
    lasts: dict[int, float] = field(default_factory=dict)
    ends: dict[int, float] = field(default_factory=dict)

    def clock(self) -> float:
        """Return how far it has come."""
        return max(self.ends.values())


def looked_through(
    film: Film,
    end: float | None = None,
    progress: Callable[[Packets, int], Packets] = lambda packets, _: packets,
) -> tuple[Film, array]:
    """Look at all packets of a film.

    Parameters
    ----------
    film : Film
        From `read_film`.
    end : float, optional
        Seconds; what comes a minute after it need not be looked at.
    progress : callable
        Is given the packets and about how many frames there are; returns the packets.

    Returns
    -------
    film : Film
        With its ``shifts``, and its length when they change that; its ``notes`` say where.
    times : array of int
        When the pictures are shown, in ticks of the film, growing.

    Raises
    ------
    FileNotFoundError, ValueError
        As `read_film`.
    """
    import av

    times: array = array("q")
    sections = [_Section()]
    marks: dict[int, list[tuple[int, int]]] = {}
    with opened_film(film.path) as container:
        leaping = container.format.name in _LEAPING
        counts: dict[int, int] = {}
        ticks = [float(stream.time_base or 0) for stream in container.streams]
        packets = iter(progress(container.demux(), round((film.seconds or 0) * film.rate)))
        while True:
            try:
                packet = next(packets, None)
            except av.FFmpegError:
                break  # decoding will tell
            if packet is None:
                break
            stream, dts = packet.stream_index, packet.dts if packet.dts is not None else packet.pts
            counts[stream] = counts.get(stream, -1) + 1
            if dts is None:
                continue
            kind = packet.stream.type
            tick = ticks[stream]
            moment = dts * tick
            place = _section(
                sections, marks, stream, moment, kind in _LEADING, leaping, counts[stream]
            )
            length = packet.duration or (film.step if kind == "video" else 0)
            if kind in _LEADING:
                sections[place].begins.setdefault(stream, moment)
                sections[place].lasts[stream] = moment
                sections[place].ends[stream] = moment + length * tick
            if stream == film.stream and packet.size:
                times.append(packet.pts if packet.pts is not None else packet.dts)
                if end is not None and counts[stream] * film.step * film.time_base > end + 60:
                    break
    if len(sections) == 1:
        return film, array("q", sorted(times))
    added = _added(sections)
    shifts = {
        stream: tuple((first, added[place]) for first, place in places if place)
        for stream, places in marks.items()
        if places[-1][1]
    }
    film = replace(film, shifts=shifts)
    times = _times(film)
    film.notes.extend(_notes_of(film, sections, added))
    seconds = (
        float((times[-1] + film.step - film.first) * film.time_base) if times else film.seconds
    )
    return replace(film, seconds=film.seconds if end is not None else seconds), times


def _section(
    sections: list[_Section],
    marks: dict[int, list[tuple[int, int]]],
    stream: int,
    moment: float,
    leads: bool,
    leaping: bool,
    count: int,
) -> int:
    """Find out which section a packet is of, and note where a stream goes into the next."""
    places = marks.setdefault(stream, [(0, 0)])
    place = places[-1][1]
    here = sections[place]
    if not here.ends:
        return place
    last = place == len(sections) - 1
    back = moment < here.lasts.get(stream, moment) - BACK
    ahead = leaping and moment > here.clock() + AHEAD
    if last and not (leads and (back or ahead)):
        return place
    if last:
        sections.append(_Section())
    elif not (
        back or ahead or abs(moment - sections[place + 1].clock()) < abs(moment - here.clock())
    ):
        return place
    places.append((count, place + 1))
    return place + 1


def _added(sections: list[_Section]) -> list[float]:
    """Find how many seconds each section is moved, so that no stream goes back."""
    added = [0.0]
    for before, after in pairwise(sections):
        both = before.ends.keys() & after.begins.keys()
        steps = [before.ends[stream] - after.begins[stream] for stream in both]
        step = max(steps) if steps else before.clock() - min(after.begins.values())
        added.append(added[-1] + step)
    return added


def _times(film: Film) -> array:
    """Find when the pictures are shown, on the mended clock."""
    import av

    times = array("q")
    with opened_film(film.path) as container:
        packets = mended(container.demux(container.streams[film.stream]), film.shifts)
        while True:
            try:
                packet = next(packets, None)
            except av.FFmpegError:
                break
            if packet is None:
                break
            moment = packet.pts if packet.pts is not None else packet.dts
            if packet.size and moment is not None:
                times.append(moment)
    return array("q", sorted(times))


def _notes_of(film: Film, sections: list[_Section], added: list[float]) -> list[str]:
    """Say what a user should know about the clock."""
    zero = float(film.first * film.time_base)
    starts = [
        min(after.begins.values()) + more - zero
        for after, more in zip(sections, added, strict=True)
    ][1:]
    where = ", ".join(f"{start:.1f} s" for start in starts[:5]) + (
        " and later" if len(starts) > 5 else ""
    )
    return [
        f"the clock of the file starts anew at {where}, as in films that were joined: "
        "it goes on from there"
    ]
