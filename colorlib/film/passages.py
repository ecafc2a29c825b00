"""Repainting passages of a film that is finished: the packets of all others are copied as they are.

A stream of pictures can be parted only at key frames, which need no frame before them. So a passage
is widened to the next ones; what is encoded in it takes the place of the packets that were there,
and gets their times.
"""

import os
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from functools import partial
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, cast

from colorlib._atomic import already_there, atomic
from colorlib.film.colorize import ColoredFilm, colorize_video
from colorlib.film.containers import film_errors, opened_film
from colorlib.film.frame_colorizer import FrameColorizer
from colorlib.film.mux import merged
from colorlib.film.probe import video_stream
from colorlib.film.stills import FilmScenes

if TYPE_CHECKING:
    import av

__all__ = ["repaint_passages"]


def repaint_passages(
    film: FilmScenes,
    finished: str | Path,
    out: str | Path,
    passages: Sequence[tuple[int, int]],
    prepared: Callable[[int], FrameColorizer],
    **options: Any,
) -> ColoredFilm:
    """Write a finished film anew, with some passages repainted and all other packets copied.

    Parameters
    ----------
    film : FilmScenes
        The grey film, all of it.
    finished : str or Path
        Its coloured version, from `colorize_video`. It is not changed.
    out : str or Path
        The file to write, with the suffix of `finished`.
    passages : sequence of (int, int)
        Frames of `film`: the first, and the one after the last.
    prepared : callable
        Is given the number of the first frame of a passage; returns what colours the frames from
        there on.
    **options
        Of `colorize_video`, such as `codec` and `crf`, with which `finished` was made.

    Returns
    -------
    ColoredFilm
        Its `frames` are those that were repainted.

    Raises
    ------
    FileExistsError, OSError, ValueError
        As `colorize_video`; or when `finished` is no coloured version of the film, or was encoded
        in another way.
    """
    finished, out = Path(finished), Path(out)
    if out.exists():
        raise already_there(out)
    if out.suffix.lower() != finished.suffix.lower():
        raise ValueError(
            f"{out}: must end as {finished.name} does, in {finished.suffix}: its packets are copied"
        )
    times, keys = _frames_of(finished)
    count = len(film.scenes.times)
    if len(times) != count:
        raise ValueError(
            f"{finished} has {len(times)} frames, and {film.source} {count}: "
            "give the finished film of it"
        )
    wide = _widened(passages, keys, count)
    result = ColoredFilm(out, notes=list(film.notes))
    result.path.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix=".colorlib-", dir=out.parent) as folder:
        pieces = []
        for first, end in wide:
            piece = Path(folder) / f"{first}{out.suffix}"
            start, stop = float(film.scenes.seconds(first)), float(film.scenes.seconds(end))
            part = colorize_video(
                film.source,
                piece,
                prepared(first),
                start=start,
                end=stop,
                make_grey=film.make_grey,
                deinterlace=film.deinterlace,
                sound=False,
                **options,
            )
            if part.frames != end - first:
                raise ValueError(
                    f"{film.source}: {end - first} frames were expected, and {part.frames} found"
                )
            result.frames += part.frames
            result.damage += part.damage
            result.notes.append(
                f"repainted from {start:.2f} s to {stop:.2f} s, from key frame to key frame"
            )
            pieces.append(piece)
        _write(finished, out, times, dict(zip(wide, pieces, strict=True)))
    return result


def _frames_of(path: Path) -> tuple[list[int], list[int]]:
    """Return the times of the pictures of a film, in order, and the numbers of key frames."""
    with opened_film(path) as container:
        packets = container.demux(video_stream(container, path))
        moments = [
            (packet.pts if packet.pts is not None else packet.dts, packet.is_keyframe)
            for packet in packets
            if packet.size
        ]
    found = [(time, key) for time, key in moments if time is not None]
    found.sort()
    return [time for time, _ in found], [number for number, (_, key) in enumerate(found) if key]


def _widened(
    passages: Sequence[tuple[int, int]], keys: list[int], count: int
) -> list[tuple[int, int]]:
    """Widen passages from key frame to key frame; those that touch are one."""
    found: list[tuple[int, int]] = []
    for first, end in sorted(passages):
        first = keys[bisect_right(keys, first) - 1]
        after = bisect_left(keys, end)
        end = keys[after] if after < len(keys) else count
        if found and first <= found[-1][1]:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        else:
            found.append((first, end))
    return found


def _write(
    finished: Path, out: Path, times: list[int], pieces: dict[tuple[int, int], Path]
) -> None:
    """Copy a film with other packets in some places."""
    import av

    with (
        atomic(out, replace=False) as temporary,
        film_errors(out),
        opened_film(finished) as source,
        temporary.open("wb") as file,
        av.open(file, "w", format=_container(out)) as target,
    ):
        target.metadata.update(source.metadata)
        pictures = video_stream(source, finished)
        copies = {}
        for stream in source.streams:
            if stream.type in ("video", "audio", "subtitle", "attachment"):
                copy = copies[stream.index] = target.add_stream_from_template(stream, opaque=True)
                copy.metadata.update(stream.metadata)
                copy.disposition = stream.disposition
        target.set_chapters(source.chapters())
        target.start_encoding()
        fill = partial(_packets, finished=finished, pictures=pictures, times=times)
        repainted = chain.from_iterable(fill(path, place=place) for place, path in pieces.items())

        def kept() -> Iterator["av.Packet"]:
            gone = {time for first, end in pieces for time in times[first:end]}
            streams = [s for s in source.streams if s.index in copies and s.type != "attachment"]
            for packet in source.demux(streams):
                time = packet.pts if packet.pts is not None else packet.dts
                if packet.size and not (packet.stream_index == pictures.index and time in gone):
                    if packet.dts is None:
                        packet.dts = packet.pts
                    yield packet

        for packet in merged(kept(), repainted):
            packet.stream = copies.get(packet.stream_index, copies[pictures.index])
            target.mux(packet)
        target.close()
        file.flush()
        os.fsync(file.fileno())


def _packets(
    path: Path,
    finished: Path,
    pictures: "av.video.stream.VideoStream",
    times: list[int],
    place: tuple[int, int],
) -> Iterator["av.Packet"]:
    """Read the packets of a repainted passage, at the times of those whose place they take."""
    with opened_film(path) as piece:
        stream = video_stream(piece, path)
        new, old = stream.codec_context, pictures.codec_context
        same = ("name", "extradata", "width", "height")
        if any(getattr(new, name) != getattr(old, name) for name in same):
            raise ValueError(
                f"{finished} was encoded in another way ({old.name}, {old.width}x{old.height}) "
                "than its passages would be; give the --codec and the --crf with which it was made"
            )
        packets = [packet for packet in piece.demux(stream) if packet.size]
        for packet, time in zip(packets, times[slice(*place)], strict=True):
            packet.time_base = cast(Fraction, pictures.time_base)
            packet.pts = packet.dts = time
            yield packet


def _container(out: Path) -> str:
    """Return FFmpeg's name of the container of a file that is to be written."""
    import av

    return av.open("film" + out.suffix, "w").format.name
