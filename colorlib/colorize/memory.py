"""A picture that does not fit in memory says so, and what to do."""

from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["told_of_memory"]


@contextmanager
def told_of_memory(height: int, width: int, size: int) -> Iterator[None]:
    """Turn a network's errors about memory into one that says what to do.

    Parameters
    ----------
    height, width : int
        Of the picture, in pixels.
    size : int
        Of the shorter side of what the network sees.

    Raises
    ------
    MemoryError
        In place of torch's errors: OutOfMemoryError on a GPU, a plain RuntimeError on the CPU.
    """
    try:
        yield
    except RuntimeError as error:
        if type(error).__name__ != "OutOfMemoryError" and "allocate memory" not in str(error):
            raise
        raise MemoryError(
            f"not enough memory to colorize {width}x{height} pixels at size {size}: take a smaller "
            'size, a smaller picture, or device="cpu"'
        ) from error
