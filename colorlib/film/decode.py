"""The frames of a film, whole and upright, one after the other, each with its time.

The rate may vary, times may be missing, and frames may lie on their side. In an interlaced film
each frame is woven of two half pictures, the second a moment later than the first: what moves has a
comb of lines at its edges.
"""

from collections.abc import Iterable, Iterator
from fractions import Fraction
from typing import TYPE_CHECKING, cast

import numpy as np

from colorlib.film.clock import decoded_frames
from colorlib.film.containers import opened_film
from colorlib.film.fitting import Fitter
from colorlib.film.pixel_formats import pixels_of_frame, turned
from colorlib.film.probe import Film, video_stream

if TYPE_CHECKING:
    import av
    from av.container import InputContainer
    from av.video.reformatter import VideoReformatter

__all__ = ["frames_of", "picture_of", "sample_frames"]

HOLE = 10  # frames of a steady film that may be missing in one place before that counts as damage


def frames_of(
    film: Film,
    start: float | Fraction = 0,
    end: float | Fraction | None = None,
    deinterlace: bool = False,
) -> "Iterator[tuple[int, av.VideoFrame]]":
    """Decode a film, frame by frame.

    Interlaced frames are made whole; there are as many as before. What cannot be decoded is left
    out, and ``film.damage`` says so.

    Parameters
    ----------
    film : Film
        From `read_film`.
    start, end : float, optional
        Seconds from the first frame: those from `start` on, and those before `end`.
    deinterlace : bool
        Treat all frames as interlaced, whatever they say.

    Yields
    ------
    (int, av.VideoFrame)
        When it is shown, in ticks of the time base, always later than the one before; and the
        frame, not yet turned.

    Raises
    ------
    FileNotFoundError, ValueError
        As `read_film`, when the file was changed since.

    References
    ----------
    FFmpeg's filter bwdif (after Weston, BBC, and yadif), for interlaced frames.
    """
    begin = film.first + round(start / film.time_base)
    until = None if end is None else film.first + round(end / film.time_base)
    # Where the clock starts anew, a time does not tell a place.
    for seek in (True, False) if start > 0 and not film.shifts else (False,):
        with opened_film(film.path) as container:
            if not seek or _sought(container, film, begin):
                yield from _between(container, film, begin, until, deinterlace)
                return


def _sought(container: "InputContainer", film: Film, begin: int) -> bool:
    """Go to a key frame before a time; False when the container landed after it, or cannot seek."""
    import av

    stream = video_stream(container, film.path)
    try:
        container.seek(begin, stream=stream, backward=True)
        frame = next(decoded_frames(container, stream, []), None)
        if frame is None or frame.pts is None or frame.pts > begin:
            return False
        container.seek(begin, stream=stream, backward=True)
    except av.FFmpegError:
        return False
    return True


def _between(
    container: "InputContainer", film: Film, begin: int, until: int | None, deinterlace: bool
) -> "Iterator[tuple[int, av.VideoFrame]]":
    """Decode the frames of a container from one time to another, at times that grow."""
    stream = video_stream(container, film.path)
    even, frames, hurt, fitter = 0, 0, 0, Fitter(film)
    last: int | None = None
    holes: list[int] = []
    repeats: list[int] = []
    # In AVI pictures that were left out have their places in the file.
    keeps_count = container.format.name == "avi"
    decoded = decoded_frames(container, stream, film.damage, film.shifts, repeats)
    for frame in _whole(decoded, film.time_base, deinterlace):
        time = frame.pts
        if time is None or (last is not None and time <= last):
            time = film.first if last is None else last + (film.step if time is None else 1)
        if last is not None:
            frames, even = frames + 1, even + (abs(time - last - film.step) <= 1)
            repeated = keeps_count or any(last < moment < time for moment in repeats)
            if time - last > HOLE * film.step and not repeated:
                holes.append(round((time - last) / film.step) - 1)
        last = time
        repeats[:] = [moment for moment in repeats if moment > time]
        if until is not None and time >= until:
            break
        if time >= begin:
            hurt += frame.is_corrupt  # those before may be, when the container was sought in
            yield time, fitter.fitted(frame, stream.codec_context.sample_aspect_ratio, time)
    else:
        shown = 0 if last is None else float((last - film.first + film.step) * film.time_base)
        if film.seconds and shown < film.seconds - 1:
            film.damage.append(
                f"the film should last {film.seconds:.1f} s and ends after {shown:.1f} s"
            )
    if hurt:
        film.damage.append(f"{hurt} {'frame shows' if hurt == 1 else 'frames show'} damage")
    if holes and even > 0.9 * frames:
        places = "one place" if len(holes) == 1 else f"{len(holes)} places"
        film.damage.append(f"about {sum(holes)} frames are missing, in {places}")


def _whole(
    frames: "Iterable[av.VideoFrame]", time_base: Fraction, every: bool
) -> "Iterator[av.VideoFrame]":
    """Make interlaced frames whole, from the first such frame on; or every frame."""
    import av

    graph: av.filter.Graph | None = None
    kind: tuple[int, int, str] | None = None

    def pulled(graph: "av.filter.Graph") -> "Iterator[av.VideoFrame]":
        while True:
            try:
                frame = cast("av.VideoFrame", graph.pull())
            except (av.error.BlockingIOError, av.error.EOFError):
                return
            if frame.pts is not None:
                frame.pts = round(frame.pts * cast(Fraction, frame.time_base) / time_base)
            frame.time_base = time_base
            yield frame

    for frame in frames:
        if graph is not None and kind != (frame.width, frame.height, frame.format.name):
            graph.push(None)
            yield from pulled(graph)
            graph = _deinterlacer(frame, time_base, every)
            kind = (frame.width, frame.height, frame.format.name)
        elif graph is None and (every or frame.interlaced_frame):
            graph = _deinterlacer(frame, time_base, every)
            kind = (frame.width, frame.height, frame.format.name)
        if graph is None:
            yield frame
        else:
            graph.push(frame)
            yield from pulled(graph)
    if graph is not None:
        graph.push(None)
        yield from pulled(graph)


def _deinterlacer(frame: "av.VideoFrame", time_base: Fraction, every: bool) -> "av.filter.Graph":
    """Set up FFmpeg's bwdif: it makes interlaced frames whole, or every one."""
    import av

    which = "all" if every else "interlaced"
    graph = av.filter.Graph()
    source = graph.add(
        "buffer",
        video_size=f"{frame.width}x{frame.height}",
        pix_fmt=frame.format.name,
        time_base=f"{time_base.numerator}/{time_base.denominator}",
        colorspace=str(int(frame.colorspace)),
        range=str(int(frame.color_range)),
    )
    graph.link_nodes(
        source, graph.add("bwdif", mode="send_frame", deint=which), graph.add("buffersink")
    )
    graph.configure()
    return graph


def picture_of(
    frame: "av.VideoFrame", film: Film, reformatter: "VideoReformatter", colored: bool = True
) -> np.ndarray:
    """Turn a decoded frame into an upright picture, as `pixel_formats.pixels_of_frame` does."""
    return turned(pixels_of_frame(frame, reformatter, colored), film.matrix)


def sample_frames(film: Film, count: int = 12) -> "Iterator[av.VideoFrame]":
    """Look into a film at several places; where it cannot be sought in, at its beginning.

    Parameters
    ----------
    film : Film
    count : int
        How many frames.

    Yields
    ------
    av.VideoFrame
    """
    import av

    with opened_film(film.path) as container:
        stream = video_stream(container, film.path)
        length = (film.seconds or 0) / film.time_base
        for index in range(count):
            try:
                container.seek(
                    film.first + round(length * index / count), stream=stream, backward=True
                )
            except av.FFmpegError:
                if index:
                    return
            frame = next(decoded_frames(container, stream, []), None)
            if frame is not None:
                yield frame
