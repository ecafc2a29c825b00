"""A film file as it is found: what it says about itself, and what in it can be decoded.

A film is a container (mp4, mkv, avi ...) that holds streams: pictures, sounds, subtitles. FFmpeg's libraries, by way
of PyAV, know all of them. What is left to do is to believe nothing without looking: a cover is no film, an index may
be missing, the data may be damaged or break off.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from colorlib.planes import is_deep, is_full_range

if TYPE_CHECKING:
    import av
    from av.container import InputContainer
    from av.video.stream import VideoStream

__all__ = ["Film", "decoded_frames", "film_errors", "opened_film", "read_film", "video_stream"]

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

    @property
    def step(self) -> int:
        """Ticks from one frame to the next, when the rate does not vary; at least 1."""
        return max(1, round(1 / (self.rate * self.time_base)))


@contextmanager
def film_errors(path: str | Path) -> Iterator[None]:
    """Turn what FFmpeg says into an error that a user understands, with the name of the file in front.

    Parameters
    ----------
    path : str or Path
        The file that is worked on.

    Raises
    ------
    OSError, ValueError
        In place of FFmpeg's own errors: OSError when the disk is full or a file cannot be read or written.
    """
    import av

    try:
        yield
    except (av.FFmpegError, OSError) as error:
        if not isinstance(error, av.FFmpegError) and error.filename is not None:
            raise  # it names its file already
        chain: list[BaseException] = [error]  # closing the file fails too, and would hide that the disk is full
        while chain[-1].__context__ is not None:
            chain.append(chain[-1].__context__)
        told = next((link for link in reversed(chain) if isinstance(link, OSError) and link.errno), None)
        if told is not None:
            raise OSError(told.errno, told.strerror, str(path)) from error
        raise ValueError(f"{path}: FFmpeg cannot work with it: {error.strerror or error}") from error


@contextmanager
def opened_film(path: str | Path) -> "Iterator[InputContainer]":
    """Open a film to read it.

    Raises
    ------
    FileNotFoundError, ValueError
        When there is no such file, it is a folder, or it is no film.
    """
    import av

    path = Path(path)
    if not path.exists():
        raise FileNotFoundError(f"{path}: no such file")
    if path.is_dir():
        raise ValueError(f"{path} is a folder; give a film")
    try:
        container = av.open(str(path), metadata_errors="replace")
    except (av.error.InvalidDataError, av.error.EOFError) as error:
        raise ValueError(
            f"{path}: not a film that FFmpeg can read, or its beginning or index is missing ({error.strerror})"
        ) from error
    except av.FFmpegError as error:
        raise OSError(error.errno or 5, error.strerror or "cannot be read", str(path)) from error
    with container:
        yield container


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
    if stream.duration:
        return float(stream.duration * stream.time_base)
    if "DURATION" in stream.metadata:  # Matroska: 00:00:04.000000000
        hours, minutes, seconds = map(float, stream.metadata["DURATION"].split(":"))
        return 3600 * hours + 60 * minutes + seconds - float((stream.start_time or 0) * stream.time_base)
    return container.duration / 1e6 if container.duration else None


def _display_matrix(frame: "av.VideoFrame") -> tuple[int, int, int, int]:
    """The signs of the four numbers of the display matrix that turn; anything but quarter turns is left alone."""
    data = frame.side_data.get("DISPLAYMATRIX")
    if data is None:
        return _UPRIGHT
    a, b, _, c, d = (int(number) for number in np.frombuffer(bytes(data), np.int32)[:5])
    limit = max(map(abs, (a, b, c, d))) / 2
    a, b, c, d = ((number > limit) - (number < -limit) for number in (a, b, c, d))
    return (a, b, c, d) if (a and d and not b and not c) or (b and c and not a and not d) else _UPRIGHT


def decoded_frames(container: "InputContainer", stream: "VideoStream", damage: list[str]) -> "Iterator[av.VideoFrame]":
    """Decode what can be decoded.

    Parameters
    ----------
    container : InputContainer
        From `opened_film`, at its beginning or where it was sought to.
    stream : VideoStream
        From `video_stream`.
    damage : list of str
        Gets a line for what was wrong, when all is read.

    Yields
    ------
    av.VideoFrame
        In the order in which they are shown.
    """
    import av

    packets, bad = container.demux(stream), 0
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
        try:
            yield from packet.decode()
        except av.error.EOFError:
            break
        except av.FFmpegError:
            bad += 1
    if bad:
        damage.append(f"{bad} {'piece' if bad == 1 else 'pieces'} of the film could not be decoded")
