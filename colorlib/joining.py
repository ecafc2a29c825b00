"""Joining the segments of a film, without encoding again, with the sounds and subtitles of the original.

Sounds and subtitles are copied packet for packet: nothing is decoded, nothing can be lost. What a container cannot hold
is found out before the work begins, by a rehearsal that encodes two frames and writes a header into memory.
"""

import heapq
import os
from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from colorlib._atomic import atomic
from colorlib.segments import Coding, encode, packets_of_segment
from colorlib.streams import Film, film_errors, opened_film

if TYPE_CHECKING:
    import av
    from av.container import InputContainer, OutputContainer
    from av.stream import Stream

__all__ = ["join_segments", "rehearse"]

_GAP = b"\0\0"  # in an mp4: no subtitle from here on
# What a file says about how it was stored, not about the film.
_OF_THE_FILE = {"major_brand", "minor_version", "compatible_brands", "encoder", "duration", "rotate"}


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
        encode(segment, [(film.first, black), (film.first + film.step, black)], film, coding)
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
    segments: Sequence[Path],
    film: Film,
    out: str | Path,
    coding: Coding,
    cut: tuple[Fraction, Fraction] | None = None,
    complete: Callable[[Path], None] = lambda _: None,
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
    complete : callable
        Is given the file when it is complete, before it gets its name; what it raises prevents that.

    Raises
    ------
    OSError, ValueError
        When it cannot be read or written. Nothing is left of `out` then; the segments stay. FileExistsError when a
        file has appeared at `out` meanwhile.
    """
    import av

    out = Path(out)
    with (
        atomic(out, replace=False) as temporary,
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
        complete(temporary)


def _pictures(segments: Sequence[Path], film: Film, shown: "Stream", cut: tuple | None) -> "Iterator[av.Packet]":
    """The packets of all segments, with the times of the film."""
    before, shift = None, 0 if cut is None else round(cut[0] / film.time_base)
    for path in segments:
        for packet in packets_of_segment(path):
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
