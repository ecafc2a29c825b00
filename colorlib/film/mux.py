"""Joining the segments of a film, without encoding again, with the original's sounds.

Sounds and subtitles are copied packet for packet where the container can hold them
(`colorlib.film.sounds`). What it cannot hold is found out before the work begins
(`colorlib.film.rehearsal`).
"""

import heapq
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, cast

from colorlib._atomic import atomic
from colorlib.film.clock import seconds_of
from colorlib.film.containers import film_errors, opened_film, opened_segment
from colorlib.film.encode import Coding, packets_of_segment
from colorlib.film.probe import Film
from colorlib.film.sounds import Ways, add_copy, packets_of_sounds

if TYPE_CHECKING:
    import av
    from av.container import InputContainer, OutputContainer
    from av.stream import Stream

__all__ = ["CANNOT_HOLD", "add_pictures", "add_sounds", "join_segments", "merged"]

CANNOT_HOLD = "name the result .mkv, which can, or give --no-sound (sound=False)"
# What a file says about how it was stored, not about the film.
_OF_THE_FILE = {
    "major_brand",
    "minor_version",
    "compatible_brands",
    "encoder",
    "duration",
    "rotate",
}


def add_pictures(
    target: "OutputContainer",
    source: "InputContainer",
    pictures: "Stream",
    film: Film,
    out: str | Path,
) -> "Stream":
    """Make the stream of the pictures, and say about the result what the original says.

    Raises
    ------
    ValueError
        When the container cannot hold the codec.
    """
    target.metadata.update(_about(source.metadata))
    try:
        shown = target.add_stream_from_template(pictures, opaque=True)
    except ValueError:
        raise ValueError(
            f"{out}: this container cannot hold {pictures.codec_context.name}; name it .mkv"
        ) from None
    # AVI counts frames instead of telling times: its tick is a frame.
    shown.time_base = 1 / film.rate if target.format.name == "avi" else film.time_base
    shown.metadata.update(_about(source.streams[film.stream].metadata))
    return shown


def add_sounds(
    target: "OutputContainer", source: "InputContainer", film: Film, ways: Ways, out: str | Path
) -> "dict[int, Stream]":
    """Make a stream for each sound, subtitle and attachment of the result, by its number.

    Raises
    ------
    ValueError
        When the container cannot hold one.
    """
    copies = {}
    for index, way in ways.items():
        stream = source.streams[index]
        try:
            copy = copies[index] = add_copy(target, stream, way)
        except ValueError:
            codec = stream.codec_context.name if stream.codec_context else "of an unknown codec"
            raise ValueError(
                f"{out}: this container cannot hold stream {index} of {film.path} "
                f"({stream.type}, {codec}); "
                + (CANNOT_HOLD if stream.type == "audio" else "name the result .mkv, which can")
            ) from None
        copy.metadata.update(_about(stream.metadata))
        copy.disposition = stream.disposition
    return copies


def _about(metadata: dict[str, str]) -> dict[str, str]:
    """Return what is said about a film, without what is said about its file."""
    return {key: value for key, value in metadata.items() if key.lower() not in _OF_THE_FILE}


def join_segments(
    segments: Sequence[Path],
    film: Film,
    out: str | Path,
    coding: Coding,
    cut: tuple[Fraction, Fraction] | None = None,
    ways: Ways | None = None,
    complete: Callable[[Path], None] = lambda _: None,
    statement: str = "",
) -> None:
    """Join segments into a film, with the sounds and subtitles of the original.

    It appears when it is complete.

    Parameters
    ----------
    segments : sequence of Path
        From `write_segment`, in order.
    film : Film
        The original.
    out : str or Path
    coding : Coding
    cut : (Fraction, Fraction), optional
        The part of the original that the segments show, in seconds of its clock: from, and up to.
        The result then begins at 0. Without it all times stay as they are.
    ways : mapping, optional
        How the streams of the original go into it, from `rehearsal.rehearse`. Without it there are
        only pictures.
    complete : callable
        Is given the file when it is complete, before it gets its name; what it raises prevents
        that.
    statement : str
        What the film is, added to its comment, as from `images.Label`.

    Raises
    ------
    OSError, ValueError
        When it cannot be read or written. Nothing is left of `out` then; the segments stay.
        FileExistsError when a file has appeared at `out` meanwhile.
    """
    import av

    out, ways = Path(out), ways or {}
    with atomic(out, replace=False) as temporary:
        try:
            with (
                film_errors(out),
                opened_film(film.path) as source,
                opened_segment(segments[0]) as first,
                temporary.open("wb") as file,
                av.open(file, "w", format=coding.container) as target,
            ):
                shown = add_pictures(target, source, first.streams.video[0], film, out)
                if statement:
                    name = next(
                        (key for key in target.metadata if key.lower() == "comment"), "comment"
                    )
                    before = target.metadata.get(name, "").partition(statement)[0].strip()
                    target.metadata[name] = f"{before}\n{statement}".strip()
                copies = add_sounds(target, source, film, ways, out)
                if cut is None and not film.shifts:
                    target.set_chapters(source.chapters())
                target.start_encoding()
                sounds = packets_of_sounds(source, film, copies, ways, cut)
                for packet in merged(_pictures(segments, film, shown, cut), sounds):
                    target.mux(packet)
                target.close()
                file.flush()
                os.fsync(file.fileno())
        except ValueError as error:
            raise ValueError(
                f"{error}. The coloured frames stay in {segments[0].parent}: call again "
                f"with another container, as in {out.with_suffix('.mkv').name}, "
                "or with --no-sound (sound=False), and they are joined"
            ) from error
        complete(temporary)


def merged(*streams: "Iterable[av.Packet]") -> "Iterator[av.Packet]":
    """Put packets of several streams into the order of their times."""
    return heapq.merge(*streams, key=lambda packet: float(seconds_of(packet)))


def _pictures(
    segments: Sequence[Path], film: Film, shown: "Stream", cut: tuple | None
) -> "Iterator[av.Packet]":
    """Read the packets of all segments, with the times of the film."""
    shift = 0 if cut is None else round(cut[0] / film.time_base)
    before: av.Packet | None = None
    last = 0
    for path in segments:
        for packet in packets_of_segment(path):
            moment = cast(int, packet.pts) * packet.time_base
            time = round(moment / film.time_base) - shift
            if before is not None:
                if time <= last:
                    raise ValueError(
                        f"{path}: the frames are not in the order in which they are shown"
                    )
                before.duration = time - last
                yield before
            packet.stream, packet.time_base = shown, film.time_base
            packet.pts = packet.dts = time
            packet.duration, before, last = film.step, packet, time
    if before is not None:
        yield before
