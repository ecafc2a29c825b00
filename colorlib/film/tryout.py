"""A container that is written for a try: into memory, to be read again, or into nowhere."""

from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO, RawIOBase
from typing import TYPE_CHECKING

from colorlib.film.containers import GENERATE_TIMES, NO_PICTURE_TIMES

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer
    from av.container import InputContainer

__all__ = ["Nowhere", "RehearsalError", "read_again"]


class RehearsalError(Exception):
    """A container does not take what it is given.

    Parameters
    ----------
    error : Exception
        What FFmpeg says.
    stream : int or None
        The stream of the original to which it was said, if one of those that are copied.
    """

    def __init__(self, error: Exception, stream: int | None) -> None:
        super().__init__(getattr(error, "strerror", None) or str(error))
        self.stream = stream


class Nowhere(RawIOBase):
    """A file that forgets what is written into it."""

    def __init__(self) -> None:
        self.place = self.end = 0

    def writable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self.place

    def seek(self, offset: int, whence: int = 0) -> int:
        self.place = offset + (0, self.place, self.end)[whence]
        return self.place

    def write(self, data: "ReadableBuffer") -> int:
        size = memoryview(data).nbytes
        self.place += size
        self.end = max(self.end, self.place)
        return size


@contextmanager
def read_again(file: BytesIO) -> "Iterator[InputContainer]":
    """Open what was written for a try.

    Raises
    ------
    RehearsalError
        When it cannot be read.
    """
    import av

    try:
        container = av.open(file, "r")
    except av.FFmpegError as error:
        raise RehearsalError(ValueError("what is written cannot be read again"), None) from error
    with container:
        if container.format.name in NO_PICTURE_TIMES:
            container.flags &= ~GENERATE_TIMES
        yield container
