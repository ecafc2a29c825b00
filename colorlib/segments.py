"""Writing a film: in whole segments, so that hours of work survive a broken run, and then all of it with its sound.

A segment is a few seconds of film, encoded for itself. It appears under its name when it is complete; a run that was
killed has lost no more than the one it was at. In the end the segments are joined, without encoding again, with the
sounds and subtitles of the original, packet for packet.

Segments are NUT files: the one container that keeps any time base as it is. Frames are encoded in the order in which
they are shown (no B-frames), so that the segments follow each other without a seam in time.
"""

import heapq
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from io import BytesIO
from pathlib import Path
from typing import IO, TYPE_CHECKING

import numpy as np

from colorlib.planes import to_frame
from colorlib.streams import Film, film_errors, opened_film
from colorlib.weights import atomic

if TYPE_CHECKING:
    import av
    from av.container import InputContainer, OutputContainer
    from av.stream import Stream

__all__ = ["Coding", "choose_coding", "join_segments", "length_of_segment", "rehearse", "write_segment"]

# Constant quality that the eye takes for the original, on the scale of each encoder. Others get their finest quantiser.
CRF = {"libx264": 17, "libx265": 18, "libsvtav1": 20, "libvpx-vp9": 20}
_OTHERS = {"flags": "+qscale", "global_quality": str(2 * 118)}  # 118 is FFmpeg's FF_QP2LAMBDA
# libx264 so makes files of the same size and quality as with its own choices, in less time and memory.
_MORE = {
    "libx264": {"preset": "faster", "rc-lookahead": "10"},
    "libx265": {"x265-params": "log-level=error"},
    "libvpx-vp9": {"b": "0", "row-mt": "1"},
}
_FORMATS = ("yuv420p", "yuv422p", "yuv444p")
_GAP = b"\0\0"  # in an mp4: no subtitle from here on
# What a file says about how it was stored, not about the film.
_OF_THE_FILE = {"major_brand", "minor_version", "compatible_brands", "encoder", "duration", "rotate"}


@dataclass(frozen=True)
class Coding:
    """How a film is encoded.

    Parameters
    ----------
    codec : str
        FFmpeg's name of the encoder.
    pixels : str
        The pixel format: 4:2:0 where the encoder has it, of 10 bits when the film is deeper than 8 and the encoder can.
    container : str
        FFmpeg's name of the container format.
    options : dict of str
        For the encoder.
    """

    codec: str
    pixels: str
    container: str
    options: dict[str, str] = field(default_factory=dict)


def choose_coding(out: str | Path, codec: str | None, crf: int | None, deep: bool) -> Coding:
    """Choose how to encode a film.

    Parameters
    ----------
    out : str or Path
        The file to write; its suffix tells the container.
    codec : str, optional
        FFmpeg's name of an encoder. By default libx264, in WebM libvpx-vp9.
    crf : int, optional
        Quality: smaller is finer and larger. By default as fine as the eye sees.
    deep : bool
        Whether the film has more than 8 bits a channel.

    Returns
    -------
    Coding

    Raises
    ------
    ValueError
        When FFmpeg does not know the container or the encoder, or the encoder takes no pictures.
    """
    import av

    try:
        container = av.open(str(out), "w").format.name  # nothing is written by this
    except ValueError:
        raise ValueError(f"{out}: no container is known by this suffix; end the name in .mkv or .mp4") from None
    name = codec or ("libvpx-vp9" if container == "webm" else "libx264")
    try:
        encoder = av.Codec(name, "w")
    except av.codec.codec.UnknownCodecError:
        raise ValueError(f"unknown codec {name!r}; there are {', '.join(CRF)}, ffv1, mpeg4 and others") from None
    known = {format.name for format in encoder.video_formats or []}
    depths = [[base + "10le" for base in _FORMATS], [*_FORMATS]]
    wanted = [format for depth in (depths if deep else depths[::-1]) for format in depth]
    pixels = next((format for format in wanted if format in known), None)
    if pixels is None:
        raise ValueError(f"the codec {name!r} takes no film of 8 or 10 bits in Y'CbCr; choose one of {', '.join(CRF)}")
    quality = {"crf": str(CRF[encoder.name] if crf is None else crf)} if encoder.name in CRF else dict(_OTHERS)
    if crf is not None and encoder.name not in CRF:
        raise ValueError(f"the codec {name!r} has no crf; leave it out, or choose one of {', '.join(CRF)}")
    if encoder.name == "libsvtav1":
        os.environ.setdefault("SVT_LOG", "1")  # errors only
    return Coding(encoder.name, pixels, container, {**quality, **_MORE.get(encoder.name, {}), "bf": "0"})


def write_segment(path: str | Path, frames: Iterable[tuple[int, np.ndarray]], film: Film, coding: Coding) -> int:
    """Encode some frames into a file of their own, which appears when it is complete.

    Parameters
    ----------
    path : str or Path
    frames : iterable of (int, ndarray)
        At least one: its time in ticks of the film, and the picture (H, W, 3), uint8 or uint16 sRGB.
    film : Film
        Its time base, rate, range and pixel aspect are used.
    coding : Coding

    Returns
    -------
    int
        How many frames.

    Raises
    ------
    OSError, ValueError
        When it cannot be written, as when the disk is full; or the encoder refuses.
    """
    path = Path(path)
    with atomic(path) as temporary, film_errors(path), temporary.open("wb") as file:
        count = _encode(file, frames, film, coding)
        file.flush()
        os.fsync(file.fileno())
    return count


def _encode(file: IO[bytes], frames: Iterable[tuple[int, np.ndarray]], film: Film, coding: Coding) -> int:
    """Encode frames into an open file. What Python writes, Python tells about when the disk is full."""
    import av

    count, stream = 0, None
    with av.open(file, "w", format="nut") as container:
        for time, picture in frames:
            frame = to_frame(picture, coding.pixels, film.full)
            if stream is None:
                stream = container.add_stream(coding.codec, rate=film.rate, options=coding.options)
                stream.width, stream.height, stream.pix_fmt = frame.width, frame.height, coding.pixels
                encoder = stream.codec_context
                stream.time_base = encoder.time_base = film.time_base
                encoder.sample_aspect_ratio = film.aspect
                for name in ("colorspace", "color_range", "color_primaries", "color_trc"):
                    setattr(encoder, name, getattr(frame, name))
            frame.pts, frame.time_base = time, film.time_base
            container.mux(stream.encode(frame))
            count += 1
        container.mux(stream.encode(None))
    return count


def _packets(path: Path) -> "Iterator[av.Packet]":
    """The packets of a segment."""
    import av

    with av.open(str(path)) as container:
        yield from (packet for packet in container.demux(video=0) if packet.size)


def length_of_segment(path: str | Path) -> int:
    """Return how many frames a segment holds.

    Raises
    ------
    OSError, ValueError
        When the file is damaged.
    """
    with film_errors(path):
        return sum(1 for _ in _packets(Path(path)))


def rehearse(film: Film, out: str | Path, coding: Coding, size: tuple[int, int]) -> list[str]:
    """Find out, before hours of work, whether the film could be written: encode two frames, write the header.

    Parameters
    ----------
    film : Film
    out : str or Path
        For messages only; nothing is written.
    coding : Coding
    size : (int, int)
        Height and width of the result.

    Returns
    -------
    list of str
        What will not be in the result, such as streams of data.

    Raises
    ------
    ValueError
        When the encoder refuses, or the container cannot hold the codec or one of the streams that are to be copied.
    """
    import av

    black = np.zeros((*size, 3), np.uint8)
    segment = BytesIO()
    try:
        _encode(segment, [(film.first, black), (film.first + film.step, black)], film, coding)
    except (av.FFmpegError, ValueError) as error:
        raise ValueError(
            f"{out}: the codec {coding.codec} refuses {size[1]}x{size[0]} pixels at {float(film.rate):g} frames a "
            f"second with {coding.options}: {getattr(error, 'strerror', None) or error}"
        ) from error
    segment.seek(0)
    with opened_film(film.path) as source, av.open(segment) as pictures:
        target = av.open(BytesIO(), "w", format=coding.container)
        _add_streams(target, source, pictures.streams.video[0], film, out)
        try:
            target.start_encoding()
        except (av.FFmpegError, ValueError) as error:
            what = getattr(error, "strerror", None) or error
            raise ValueError(f"{out}: the container cannot hold this film ({what}); name the result .mkv") from error
        target.close()
        left = [s for s in source.streams if s.index != film.stream and not _is_copied(s, target)]
        return [f"stream {s.index} ({s.type}) is not copied" for s in left]


def _is_copied(stream: "Stream", target: "OutputContainer") -> bool:
    """Whether a stream goes into the result: all sounds and subtitles, and files where only Matroska has a place."""
    return stream.type in {"audio", "subtitle"} or (stream.type == "attachment" and target.format.name == "matroska")


def _add_streams(
    target: "OutputContainer", source: "InputContainer", pictures: "Stream", film: Film, out: str | Path
) -> "tuple[Stream, dict[int, Stream]]":
    """Make the streams of the result: the pictures, and a copy of each sound and subtitle, by its index."""
    target.metadata.update(_about(source.metadata))
    try:
        shown = target.add_stream_from_template(pictures, opaque=True)
    except ValueError:
        raise ValueError(f"{out}: this container cannot hold {pictures.codec_context.name}; name it .mkv") from None
    # AVI counts frames instead of telling times: its tick is a frame.
    shown.time_base = 1 / film.rate if target.format.name == "avi" else film.time_base
    shown.metadata.update(_about(source.streams[film.stream].metadata))
    copies = {}
    for stream in source.streams:
        if not _is_copied(stream, target):
            continue
        try:
            copy = copies[stream.index] = target.add_stream_from_template(stream)
        except ValueError:
            codec = stream.codec_context.name if stream.codec_context else "of an unknown codec"
            raise ValueError(
                f"{out}: this container cannot hold stream {stream.index} of {film.path} ({stream.type}, {codec}); "
                "name the result .mkv, which can"
            ) from None
        copy.metadata.update(_about(stream.metadata))
        copy.disposition = stream.disposition
    return shown, copies


def _about(metadata: dict[str, str]) -> dict[str, str]:
    """What is said about a film, without what is said about its file."""
    return {key: value for key, value in metadata.items() if key.lower() not in _OF_THE_FILE}


def join_segments(
    segments: Sequence[Path], film: Film, out: str | Path, coding: Coding, cut: tuple[Fraction, Fraction] | None = None
) -> None:
    """Join segments into a film, with the sounds and subtitles of the original; it appears when it is complete.

    Parameters
    ----------
    segments : sequence of Path
        From `write_segment`, in order.
    film : Film
        The original.
    out : str or Path
    coding : Coding
    cut : (Fraction, Fraction), optional
        The part of the original that the segments show, in seconds of its clock: from, and up to. The result then
        begins at 0. Without it all times stay as they are.

    Raises
    ------
    OSError, ValueError
        When it cannot be read or written. Nothing is left of `out` then; the segments stay.
    """
    import av

    out = Path(out)
    with (
        atomic(out) as temporary,
        opened_film(film.path) as source,
        av.open(str(segments[0])) as first,
        film_errors(out),
        temporary.open("wb") as file,
        av.open(file, "w", format=coding.container) as target,
    ):
        shown, copies = _add_streams(target, source, first.streams.video[0], film, out)
        if cut is None:
            target.set_chapters(source.chapters())
        streams = [_pictures(segments, film, shown, cut)]
        if sounds := [source.streams[index] for index in copies if source.streams[index].type != "attachment"]:
            streams.append(_sounds(source, sounds, copies, cut))
        for packet in heapq.merge(*streams, key=lambda packet: float(packet.dts * packet.time_base)):
            target.mux(packet)
        target.close()
        file.flush()
        os.fsync(file.fileno())


def _pictures(segments: Sequence[Path], film: Film, shown: "Stream", cut: tuple | None) -> "Iterator[av.Packet]":
    """The packets of all segments, with the times of the film."""
    before, shift = None, 0 if cut is None else round(cut[0] / film.time_base)
    for path in segments:
        for packet in _packets(path):
            time = round(packet.pts * packet.time_base / film.time_base) - shift
            if before is not None:
                if time <= before.pts:
                    raise ValueError(f"{path}: the frames are not in the order in which they are shown")
                before.duration = time - before.pts
                yield before
            packet.stream, packet.time_base = shown, film.time_base
            packet.pts = packet.dts = time
            packet.duration, before = film.step, packet
    yield before


def _sounds(
    source: "InputContainer", streams: list, copies: "dict[int, Stream]", cut: tuple | None
) -> "Iterator[av.Packet]":
    """The packets of the original that are copied. Where reading breaks off, they end."""
    import av

    packets = source.demux(streams)
    while True:
        try:
            packet = next(packets, None)
        except av.FFmpegError:
            return  # the frames end there too, and that was told
        if packet is None:
            return
        if packet.dts is None:
            packet.dts = packet.pts
        if packet.dts is None or bytes(packet) == _GAP:  # the empty packet at the end; what an mp4 makes for itself
            continue
        if cut is not None:
            if not cut[0] <= packet.dts * packet.time_base < cut[1]:
                continue
            shift = round(cut[0] / packet.time_base)
            packet.dts -= shift
            packet.pts = None if packet.pts is None else packet.pts - shift
        packet.stream = copies[packet.stream.index]
        yield packet
