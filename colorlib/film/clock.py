"""From the packets of a film to its frames: on a clock that goes on, whatever the file makes of it.

Some files tell a clock that starts anew (`colorlib.film.survey` finds where), some tell only when a
picture is decoded and not when it is shown, and some hold empty packets: there the picture before
is shown once more.
"""

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from fractions import Fraction
from typing import TYPE_CHECKING, cast

from colorlib.film.containers import NO_PICTURE_TIMES

if TYPE_CHECKING:
    import av
    from av.container import InputContainer
    from av.video.stream import VideoStream

__all__ = ["Shifts", "decoded_frames", "mended", "seconds_of"]

# For each stream, by its number: pairs of a packet, counted from 0, and the seconds added to the
# times from there on.
Shifts = Mapping[int, tuple[tuple[int, float], ...]]


def seconds_of(packet: "av.Packet") -> Fraction:
    """Return when a packet is decoded, in seconds; it must have a time."""
    return cast(int, packet.dts) * packet.time_base


def mended(packets: "Iterable[av.Packet]", shifts: Shifts) -> "Iterator[av.Packet]":
    """Move the times of packets where the clock of a film starts anew.

    Parameters
    ----------
    packets : iterable of av.Packet
        All of some streams, from the beginning of the file.
    shifts : mapping
        From `survey.looked_through`.

    Yields
    ------
    av.Packet
    """
    if not shifts:
        yield from packets
        return
    seen: dict[int, int] = {}
    for packet in packets:
        count = seen[packet.stream_index] = seen.get(packet.stream_index, -1) + 1
        added = [
            seconds for first, seconds in shifts.get(packet.stream_index, ()) if first <= count
        ]
        if added:
            ticks = round(added[-1] / packet.time_base)
            packet.pts = None if packet.pts is None else packet.pts + ticks
            packet.dts = None if packet.dts is None else packet.dts + ticks
        yield packet


def decoded_frames(
    container: "InputContainer",
    stream: "VideoStream",
    damage: list[str],
    shifts: Shifts | None = None,
    repeats: list[int] | None = None,
) -> "Iterator[av.VideoFrame]":
    """Decode what can be decoded.

    Parameters
    ----------
    container : InputContainer
        From `opened_film`, at its beginning or where it was sought to.
    stream : VideoStream
        From `video_stream`.
    damage : list of str
        Gets a line for what was wrong, when all is read.
    shifts : mapping, optional
        From `survey.looked_through`.
    repeats : list of int, optional
        Gets the times of empty packets: there the picture before is shown once more.

    Yields
    ------
    av.VideoFrame
        In the order in which they are shown.
    """
    import av

    packets, bad = mended(container.demux(stream), shifts or {}), 0
    clock = _DecodingClock() if container.format.name in NO_PICTURE_TIMES else None
    while True:
        try:
            packet = next(
                packets, None
            )  # the last one is empty: it makes the decoder give what it holds back
        except av.FFmpegError as error:
            damage.append(f"reading the film broke off: {error.strerror}")
            packet = av.Packet()
            packet.stream = stream
            packets = iter(())
        if packet is None:
            break
        if not packet.size and packet.dts is not None:  # to the decoder it would be the end
            if repeats is not None:
                repeats.append(packet.pts if packet.pts is not None else packet.dts)
            continue
        if clock and packet.size:
            clock.decoded_at(packet.dts)
        try:
            frames = packet.decode()
        except av.error.EOFError:
            break
        except av.FFmpegError:
            bad += 1
            continue
        for frame in frames:
            if clock:
                frame.pts = clock.shown_at(frame.dts)
            yield frame
    if bad:
        damage.append(f"{bad} {'piece' if bad == 1 else 'pieces'} of the film could not be decoded")


class _DecodingClock:
    """When frames are shown whose file tells only when they are decoded.

    There is one time a frame, and the first frame is shown at the first. A decoder that puts frames
    in order gives each with the time of a packet some places later, always as many.
    """

    def __init__(self) -> None:
        self.times: deque[int] = deque()
        self.delay: int | None = None

    def decoded_at(self, time: int | None) -> None:
        """Note the time of a packet that goes into the decoder."""
        if time is not None:
            self.times.append(time)

    def shown_at(self, time: int | None) -> int | None:
        """Tell when a frame is shown that has the time of some packet or, at the end, none."""
        if time is not None and time in self.times:
            place = self.times.index(time)
            if self.delay is None:
                self.delay = place
            for _ in range(place - self.delay):
                self.times.popleft()  # of packets without a frame
        return self.times.popleft() if self.times else None
