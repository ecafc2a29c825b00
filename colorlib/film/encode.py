"""Encoding a film in whole segments, so that hours of work survive a broken run.

A segment is a few seconds of film, encoded for itself. It appears under its name when it is
complete; a run that was killed has lost no more than the one it was at. In the end they are joined
(`colorlib.film.mux`).

Segments are NUT files: the one container that keeps any time base as it is. Frames are encoded in
the order in which they are shown (no B-frames), so that the segments follow each other without a
seam in time.
"""

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TYPE_CHECKING, cast

import numpy as np

from colorlib._atomic import atomic
from colorlib.film.containers import film_errors, opened_segment
from colorlib.film.pixel_formats import to_frame
from colorlib.film.probe import Film

if TYPE_CHECKING:
    import av
    from av.video.stream import VideoStream

__all__ = [
    "CRF",
    "Coding",
    "choose_coding",
    "encode",
    "packets_of_segment",
    "write_segment",
]

# Constant quality that the eye takes for the original, on the scale of each encoder. Others get
# their finest quantiser.
CRF = {"libx264": 17, "libx265": 18, "libsvtav1": 20, "libvpx-vp9": 20}
_OTHERS = {"flags": "+qscale", "global_quality": str(2 * 118)}  # 118 is FFmpeg's FF_QP2LAMBDA
# libx264 so makes files of the same size and quality as with its own choices, in less time and
# memory, with a key frame at every cut it sees.
_MORE = {
    "libx264": {"preset": "faster", "rc-lookahead": "10", "keyint_min": "1"},
    "libx265": {"x265-params": "log-level=error"},
    "libvpx-vp9": {"b": "0", "row-mt": "1"},
}
_USUAL = {"webm": "libvpx-vp9", "asf": "wmv2"}
_FORMATS = ("yuv420p", "yuv422p", "yuv444p")


@dataclass(frozen=True)
class Coding:
    """How a film is encoded.

    Parameters
    ----------
    codec : str
        FFmpeg's name of the encoder.
    pixels : str
        The pixel format: 4:2:0 where the encoder has it, of 10 bits when the film is deeper than 8
        and the encoder can.
    container : str
        FFmpeg's name of the container format.
    options : dict of str
        For the encoder.
    """

    codec: str
    pixels: str
    container: str
    options: dict[str, str] = field(default_factory=dict)


def choose_coding(
    out: str | Path, codec: str | None, crf: int | None, high_bit_depth: bool
) -> Coding:
    """Choose how to encode a film.

    Parameters
    ----------
    out : str or Path
        The file to write; its suffix tells the container.
    codec : str, optional
        FFmpeg's name of an encoder. By default libx264, in WebM libvpx-vp9, in ASF (.wmv) wmv2.
    crf : int, optional
        Quality: smaller is finer and larger. By default as fine as the eye sees.
    high_bit_depth : bool
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
        format = av.open("film" + Path(out).suffix, "w").format  # nothing is written by this
    except ValueError:
        raise ValueError(
            f"{out}: no container is known by this suffix; end the name in .mkv or .mp4"
        ) from None
    if format.no_file:  # such as playlists and single pictures: they would write files of their own
        raise ValueError(
            f"{out}: {format.long_name} is no container of one film; end the name in .mkv or .mp4"
        )
    container = format.name
    name = codec or _USUAL.get(container, "libx264")
    try:
        encoder = av.Codec(name, "w")
    except av.codec.codec.UnknownCodecError:
        raise ValueError(
            f"unknown codec {name!r}; there are {', '.join(CRF)}, ffv1, mpeg4 and others"
        ) from None
    if container == "asf" and encoder.canonical_name in {"h264", "hevc"}:
        raise ValueError(
            f"{out}: pictures of {name} come a frame late in this container; "
            "name it .mkv, or leave it out"
        )
    known = {format.name for format in encoder.video_formats or []}
    depths = [[base + "10le" for base in _FORMATS], [*_FORMATS]]
    wanted = [format for depth in (depths if high_bit_depth else depths[::-1]) for format in depth]
    pixels = next((format for format in wanted if format in known), None)
    if pixels is None:
        raise ValueError(
            f"the codec {name!r} takes no film of 8 or 10 bits in Y'CbCr; "
            f"choose one of {', '.join(CRF)}"
        )
    quality = dict(_OTHERS)
    if encoder.name in CRF:
        quality = {"crf": str(CRF[encoder.name] if crf is None else crf)}
    elif crf is not None:
        raise ValueError(
            f"the codec {name!r} has no crf; leave it out, or choose one of {', '.join(CRF)}"
        )
    if encoder.name == "libsvtav1":
        os.environ.setdefault("SVT_LOG", "1")  # errors only
    return Coding(
        encoder.name, pixels, container, {**quality, **_MORE.get(encoder.name, {}), "bf": "0"}
    )


def write_segment(
    path: str | Path, frames: Iterable[tuple[int, np.ndarray]], film: Film, coding: Coding
) -> int:
    """Encode some frames into a file of their own, which appears when it is complete.

    Parameters
    ----------
    path : str or Path
    frames : iterable of (int, ndarray)
        At least one: its time in ticks of the film, and the picture (H, W, 3), uint8 or uint16
        sRGB.
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
        When it cannot be written, as when the disk is full, or the file is there; or the encoder
        refuses.
    """
    path = Path(path)
    with atomic(path, replace=False) as temporary, film_errors(path), temporary.open("wb") as file:
        count = encode(file, frames, film, coding)
        file.flush()
        os.fsync(file.fileno())
    return count


def encode(
    file: IO[bytes], frames: Iterable[tuple[int, np.ndarray]], film: Film, coding: Coding
) -> int:
    """Encode frames into an open file.

    What Python writes, Python tells about when the disk is full.

    Parameters
    ----------
    file : file
        To be written, in binary.
    frames, film, coding
        As for `write_segment`.

    Returns
    -------
    int
        How many frames.
    """
    import av

    count = 0
    stream: VideoStream | None = None
    with av.open(file, "w", format="nut") as container:
        for time, picture in frames:
            frame = to_frame(picture, coding.pixels, film.full)
            if stream is None:
                added = container.add_stream(coding.codec, rate=film.rate, options=coding.options)
                stream = cast("VideoStream", added)
                stream.width, stream.height = frame.width, frame.height
                stream.pix_fmt = coding.pixels
                encoder = stream.codec_context
                encoder.thread_type = "AUTO"  # whole frames, while the next ones are coloured
                stream.time_base = encoder.time_base = film.time_base
                encoder.sample_aspect_ratio = film.aspect
                for name in ("colorspace", "color_range", "color_primaries", "color_trc"):
                    setattr(encoder, name, getattr(frame, name))
            frame.pts, frame.time_base = time, film.time_base
            container.mux(stream.encode(frame))
            count += 1
        if stream:
            container.mux(stream.encode(None))
    return count


def packets_of_segment(path: Path) -> "Iterator[av.Packet]":
    """Read the encoded frames of a segment, in order.

    Parameters
    ----------
    path : Path

    Yields
    ------
    av.Packet
    """
    with opened_segment(path) as container:
        yield from (packet for packet in container.demux(video=0) if packet.size)
