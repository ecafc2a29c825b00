"""A film file as it is found: what it says about itself, and what in it can be decoded.

A film is a container (mp4, mkv, avi ...) that holds streams: pictures, sounds, subtitles. FFmpeg's
libraries, by way of PyAV, know all of them. What is left to do is to believe nothing without
looking: a cover is no film, an index may be missing, the data may be damaged or break off.
"""

import math
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from colorlib.film.clock import Shifts, decoded_frames
from colorlib.film.containers import opened_film
from colorlib.film.pixel_formats import is_full_range, is_high_bit_depth

if TYPE_CHECKING:
    import av
    from av.container import InputContainer
    from av.video.stream import VideoStream

__all__ = ["Film", "read_film", "video_stream"]

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
    high_bit_depth : bool
        More than 8 bits a channel.
    full : bool
        Black is 0 and white all ones, not 16 and 235 of 255.
    aspect : Fraction
        Width of a pixel over its height.
    matrix : (int, int, int, int)
        How it must be turned to stand upright, as `pixel_formats.turned` takes it.
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
        Where the clock starts anew, and how it goes on; from `survey.looked_through`.
    """

    path: Path
    stream: int
    width: int
    height: int
    time_base: Fraction
    first: int
    rate: Fraction
    seconds: float | None
    high_bit_depth: bool
    full: bool
    aspect: Fraction
    matrix: tuple[int, int, int, int] = _UPRIGHT
    damage: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    shape: tuple[int, int] = (0, 0)
    pixels: str = "yuv420p"
    sample_aspect: Fraction | None = None
    shifts: Shifts = field(default_factory=dict)

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
            cast(Fraction, stream.time_base),
            frame.pts or 0,
            Fraction(stream.average_rate or stream.guessed_rate or 25),
            _length(container, stream),
            is_high_bit_depth(frame),
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
    streams = [
        stream for stream in container.streams.video if not stream.disposition & _ATTACHED_PICTURE
    ]
    if not streams:
        kinds = sorted({str(stream.type) for stream in container.streams}) or ["nothing"]
        raise ValueError(
            f"{path}: no video stream in it, only {', '.join(kinds)}; give a film with pictures"
        )
    if streams[0].codec_context is None:
        raise ValueError(f"{path}: FFmpeg does not know the codec of its pictures")
    if not streams[0].codec_context.is_open:
        streams[0].thread_type = "AUTO"  # decode several frames at once
    return streams[0]


def _length(container: "InputContainer", stream: "VideoStream") -> float | None:
    """Return how many seconds of pictures their stream promises, or else the container."""
    tick = cast(Fraction, stream.time_base)
    whole = container.duration / 1e6 if container.duration and container.duration > 0 else None
    if stream.duration and stream.duration > 0:
        return float(stream.duration * tick)
    seconds = _seconds_of_tag(stream.metadata.get("DURATION", ""))
    if seconds is not None:
        seconds -= float((stream.start_time or 0) * tick)
        if seconds > 0 and (whole is None or seconds < whole + 0.5):
            return seconds
    return whole


def _seconds_of_tag(text: str) -> float | None:
    """Read a tag of Matroska, mostly 00:00:04.000000000; None when it makes no sense."""
    try:
        parts = [float(part) for part in text.split(":")]
    except ValueError:
        return None
    if len(parts) > 3 or not all(math.isfinite(part) and part >= 0 for part in parts):
        return None
    return sum(part * 60**place for place, part in enumerate(reversed(parts)))


def _display_matrix(frame: "av.VideoFrame") -> tuple[int, int, int, int]:
    """Return the signs of the display matrix; anything but quarter turns is left alone."""
    data = frame.side_data.get("DISPLAYMATRIX")
    if data is None:
        return _UPRIGHT
    a, b, _, c, d = (int(number) for number in np.frombuffer(bytes(cast(Any, data)), np.int32)[:5])
    limit = max(map(abs, (a, b, c, d))) / 2
    a, b, c, d = ((number > limit) - (number < -limit) for number in (a, b, c, d))
    return (
        (a, b, c, d) if (a and d and not b and not c) or (b and c and not a and not d) else _UPRIGHT
    )
