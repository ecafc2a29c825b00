"""A film file as it is found: what it says about itself, and what in it can be decoded.

A film is a container (mp4, mkv, avi ...) that holds streams: pictures, sounds, subtitles. FFmpeg's libraries, by way
of PyAV, know all of them. What is left to do is to believe nothing without looking: a cover is no film, an index may
be missing, the data may be damaged or break off.
"""

import math
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from colorlib.containers import NO_PICTURE_TIMES, opened_film
from colorlib.planes import is_deep, is_full_range

if TYPE_CHECKING:
    import av
    from av.container import InputContainer
    from av.video.stream import VideoStream

__all__ = ["Film", "decoded_frames", "mended", "read_film", "video_stream"]

_ATTACHED_PICTURE = 0x400  # the disposition of a cover: a picture, not a film
_UPRIGHT = (1, 0, 0, 1)


@dataclass(frozen=True)
class Film:
    """What a film says about itself.

    Parameters
    ----------
    path : Path
    stream : int
        Which of the streams in the file holds the pictures.
    width, height : int
        In pixels, upright.
    time_base : Fraction
        Seconds a tick; the times of the frames are whole numbers of them.
    first : int
        Time of the first frame, in ticks.
    rate : Fraction
        Frames a second, on average.
    seconds : float or None
        How long it says it is.
    deep : bool
        More than 8 bits a channel.
    full : bool
        Black is 0 and white all ones, not 16 and 235 of 255.
    aspect : Fraction
        Width of a pixel over its height.
    matrix : (int, int, int, int)
        How it must be turned to stand upright, as `planes.turned` takes it.
    damage : list of str
        What was wrong with the file, one line each; filled while it is read.
    notes : list of str
        What is remarkable and no damage, one line each; filled while it is read.
    shape : (int, int)
        Height and width of the first frame as it is stored, not yet turned.
    pixels : str
        FFmpeg's name of the pixel format of the first frame.
    sample_aspect : Fraction or None
        Width over height of a pixel as it is stored, where the film says it.
    shifts : mapping
        For each stream whose clock starts anew, by its number: pairs of a packet, counted from 0, and the seconds that
        are added to the times from there on; see `colorlib.survey`.
    """

    path: Path
    stream: int
    width: int
    height: int
    time_base: Fraction
    first: int
    rate: Fraction
    seconds: float | None
    deep: bool
    full: bool
    aspect: Fraction
    matrix: tuple[int, int, int, int] = _UPRIGHT
    damage: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    shape: tuple[int, int] = (0, 0)
    pixels: str = "yuv420p"
    sample_aspect: Fraction | None = None
    shifts: Mapping[int, tuple[tuple[int, float], ...]] = field(default_factory=dict)

    @property
    def step(self) -> int:
        """Ticks from one frame to the next, when the rate does not vary; at least 1."""
        return max(1, round(1 / (self.rate * self.time_base)))


def read_film(path: str | Path) -> Film:
    """Find out about a film: the file says some of it, the first frame the rest.

    Parameters
    ----------
    path : str or Path

    Returns
    -------
    Film

    Raises
    ------
    FileNotFoundError, ValueError
        When there is no such file, it is no film, it has no pictures, or none that can be decoded.

    References
    ----------
    ISO/IEC 14496-12, section 6.2.2 (the display matrix).
    """
    with opened_film(path) as container:
        stream = video_stream(container, path)
        damage: list[str] = []
        frame = next(decoded_frames(container, stream, damage), None)
        if frame is None:
            raise ValueError(f"{path}: there is not one frame in it that can be decoded")
        matrix = _display_matrix(frame)
        width, height = (frame.width, frame.height) if matrix[0] else (frame.height, frame.width)
        aspect = stream.codec_context.sample_aspect_ratio or Fraction(1)
        return Film(
            Path(path),
            stream.index,
            width,
            height,
            Fraction(stream.time_base),
            frame.pts or 0,
            Fraction(stream.average_rate or stream.guessed_rate or 25),
            _length(container, stream),
            is_deep(frame),
            is_full_range(frame),
            aspect if matrix[0] else 1 / aspect,
            matrix,
            shape=(frame.height, frame.width),
            pixels=frame.format.name,
            sample_aspect=stream.codec_context.sample_aspect_ratio or None,
        )


def video_stream(container: "InputContainer", path: str | Path) -> "VideoStream":
    """Find the stream that holds the film.

    Parameters
    ----------
    container : InputContainer
        From `opened_film`.
    path : str or Path
        For messages.

    Returns
    -------
    VideoStream
        The first that is no cover.

    Raises
    ------
    ValueError
        When there is none, or FFmpeg does not know its codec.
    """
    streams = [stream for stream in container.streams.video if not stream.disposition & _ATTACHED_PICTURE]
    if not streams:
        kinds = sorted({stream.type for stream in container.streams}) or ["nothing"]
        raise ValueError(f"{path}: no video stream in it, only {', '.join(kinds)}; give a film with pictures")
    if streams[0].codec_context is None:
        raise ValueError(f"{path}: FFmpeg does not know the codec of its pictures")
    if not streams[0].codec_context.is_open:
        streams[0].thread_type = "AUTO"  # decode several frames at once
    return streams[0]


def _length(container: "InputContainer", stream: "VideoStream") -> float | None:
    """How many seconds of pictures there should be: as their stream says, or else as the container does."""
    whole = container.duration / 1e6 if container.duration and container.duration > 0 else None
    if stream.duration and stream.duration > 0:
        return float(stream.duration * stream.time_base)
    seconds = _seconds_of_tag(stream.metadata.get("DURATION", ""))
    if seconds is not None:
        seconds -= float((stream.start_time or 0) * stream.time_base)
        if seconds > 0 and (whole is None or seconds < 1.5 * whole + 1):
            return seconds
    return whole


def _seconds_of_tag(text: str) -> float | None:
    """What a tag of Matroska says, mostly 00:00:04.000000000; None when it makes no sense."""
    try:
        parts = [float(part) for part in text.split(":")]
    except ValueError:
        return None
    if len(parts) > 3 or not all(math.isfinite(part) and part >= 0 for part in parts):
        return None
    return sum(part * 60**place for place, part in enumerate(reversed(parts)))


def _display_matrix(frame: "av.VideoFrame") -> tuple[int, int, int, int]:
    """The signs of the four numbers of the display matrix that turn; anything but quarter turns is left alone."""
    data = frame.side_data.get("DISPLAYMATRIX")
    if data is None:
        return _UPRIGHT
    a, b, _, c, d = (int(number) for number in np.frombuffer(bytes(data), np.int32)[:5])
    limit = max(map(abs, (a, b, c, d))) / 2
    a, b, c, d = ((number > limit) - (number < -limit) for number in (a, b, c, d))
    return (a, b, c, d) if (a and d and not b and not c) or (b and c and not a and not d) else _UPRIGHT


def mended(
    packets: "Iterable[av.Packet]", shifts: Mapping[int, tuple[tuple[int, float], ...]]
) -> "Iterator[av.Packet]":
    """Move the times of packets where the clock of a film starts anew.

    Parameters
    ----------
    packets : iterable of av.Packet
        All of some streams, from the beginning of the file.
    shifts : mapping
        As in `Film`.

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
        added = [seconds for first, seconds in shifts.get(packet.stream_index, ()) if first <= count]
        if added:
            ticks = round(added[-1] / packet.time_base)
            packet.pts = None if packet.pts is None else packet.pts + ticks
            packet.dts = None if packet.dts is None else packet.dts + ticks
        yield packet


def decoded_frames(
    container: "InputContainer",
    stream: "VideoStream",
    damage: list[str],
    shifts: Mapping[int, tuple[tuple[int, float], ...]] | None = None,
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
        As in `Film`.
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
            packet = next(packets, None)  # the last one is empty: it makes the decoder give what it holds back
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
    """When frames are shown whose file tells only when they are decoded, one a time: the first is shown at the first.

    A decoder that puts frames in order gives each with the time of a packet some places later, always as many.
    """

    def __init__(self) -> None:
        self.times: deque[int] = deque()
        self.delay: int | None = None

    def decoded_at(self, time: int | None) -> None:
        """Note the time of a packet that goes into the decoder."""
        if time is not None:
            self.times.append(time)

    def shown_at(self, time: int | None) -> int | None:
        """Tell when a frame is shown that came out with the time of some packet, or, at the end, with none."""
        if time in self.times:
            place = self.times.index(time)
            if self.delay is None:
                self.delay = place
            for _ in range(place - self.delay):
                self.times.popleft()  # of packets without a frame
        return self.times.popleft() if self.times else None
