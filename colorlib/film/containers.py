"""Opening a film's file: FFmpeg gets the absolute name of one regular file, and opens no other.

FFmpeg takes names for addresses ("film: one.mp4" for a protocol named "film"), and some of its
formats are lists of other files: playlists, concatenations, streams from the net. Neither may
happen to what a user calls a film.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from av.container import InputContainer

__all__ = [
    "GENERATE_TIMES",
    "NO_PICTURE_TIMES",
    "ffmpeg_name",
    "film_errors",
    "opened_film",
    "opened_segment",
]

# Demuxers that open what a file names, or that read from a device, the net or a pattern of names.
_LISTS = {
    "concat",
    "dash",
    "hls",
    "imf",
    "sdp",
    "rtp",
    "rtsp",
    "sap",
    "webm_dash_manifest",
    "vobsub",
    "image2",
}
_DEVICES = {
    "lavfi",
    "dvdvideo",
    "libcdio",
    "avisynth",
    "vapoursynth",
    "libopenmpt",
    "tty",
    "ffmetadata",
    "data",
}
# They store one time a picture, that at which it is decoded. FFmpeg's guess at the other is a frame
# late for H.264.
NO_PICTURE_TIMES = {"avi", "asf"}
GENERATE_TIMES = 1  # FFmpeg's AVFMT_FLAG_GENPTS, which PyAV sets


def ffmpeg_name(path: str | Path) -> str:
    """Return the name by which FFmpeg finds a file and nothing else, whatever is in the name.

    Parameters
    ----------
    path : str or Path
        To be read or written; relative to the working folder.

    Returns
    -------
    str
        ``file:`` and the absolute path.
    """
    return "file:" + os.path.abspath(path)


@contextmanager
def film_errors(path: str | Path) -> Iterator[None]:
    """Turn what FFmpeg says into an error that a user understands and that names the file.

    Parameters
    ----------
    path : str or Path
        The file that is worked on.

    Raises
    ------
    OSError, ValueError
        In place of FFmpeg's own errors: OSError when the disk is full or a file cannot be read or
        written.
    """
    import av

    try:
        yield
    except (av.FFmpegError, OSError) as error:
        if not isinstance(error, av.FFmpegError) and error.filename is not None:
            raise  # it names its file already
        # Closing the file fails too, and would hide that the disk is full.
        chain: list[BaseException] = [error]
        while chain[-1].__context__ is not None:
            chain.append(chain[-1].__context__)
        cause = next(
            (link for link in reversed(chain) if isinstance(link, OSError) and link.errno), None
        )
        if cause is not None:
            raise OSError(cause.errno, cause.strerror, str(path)) from error
        raise ValueError(
            f"{path}: FFmpeg cannot work with it: {error.strerror or error}"
        ) from error


@contextmanager
def opened_film(path: str | Path) -> "Iterator[InputContainer]":
    """Open a film to read it.

    Parameters
    ----------
    path : str or Path
        A regular file, or a link to one.

    Yields
    ------
    InputContainer

    Raises
    ------
    FileNotFoundError, OSError, ValueError
        When there is no such file, it cannot be read, it is a folder, a pipe or a device, it is no
        film, or a list of other files.
    """
    import av

    path = Path(path)
    if not path.exists():
        raise FileNotFoundError(f"{path}: no such file")
    if path.is_dir():
        raise ValueError(f"{path} is a folder; give a film")
    if not path.is_file():
        raise ValueError(
            f"{path}: neither a file nor a link to one, "
            "but a pipe, a socket or a device; give a film"
        )
    with path.open("rb"):
        pass  # whether it may be read, in the words of the system
    try:
        container = _opened(path)
    except (av.error.InvalidDataError, av.error.EOFError) as error:
        raise ValueError(
            f"{path}: not a film that FFmpeg can read, "
            f"or its beginning or index is missing ({error.strerror})"
        ) from error
    except av.error.ArgumentError as error:  # the answer to a format that is not allowed, too
        raise ValueError(
            f"{path}: not a film that FFmpeg can read, "
            "or a list of other files, such as a playlist; give the film"
        ) from error
    except av.FFmpegError as error:
        raise OSError(error.errno or 5, error.strerror or "cannot be read", str(path)) from error
    with container:
        if container.format.name in NO_PICTURE_TIMES:
            container.flags &= ~GENERATE_TIMES
        yield container


def _opened(path: Path) -> "InputContainer":
    """Open a file with PyAV, which after 18.1 has no `metadata_errors` any more."""
    import av

    options = {"protocol_whitelist": "file", "format_whitelist": _formats()}
    try:
        return av.open(ffmpeg_name(path), metadata_errors="replace", container_options=options)
    except TypeError:
        return av.open(ffmpeg_name(path), container_options=options)


@lru_cache(maxsize=1)
def _formats() -> str:
    """Name the demuxers that read one file, as FFmpeg's option takes them."""
    import av

    allowed = []
    for name in av.formats_available:
        try:
            format = av.ContainerFormat(name, "r")
        except ValueError:
            continue
        if not format.no_file and not {*name.split(",")} & (_LISTS | _DEVICES):
            allowed.append(name)
    return ",".join(sorted(allowed))


@contextmanager
def opened_segment(path: str | Path) -> "Iterator[InputContainer]":
    """Open a file that `encode.write_segment` has written."""
    import av

    with av.open(ffmpeg_name(path), format="nut") as container:
        yield container
