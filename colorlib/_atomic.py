"""Files that are written whole: under a temporary name first, under their own when complete.

A temporary name is drawn by lot, so that threads, processes, containers and machines that share a
folder never meet: their process ids and host names may all be equal. Beside each temporary file
lies a lock file, which the writer holds as long as it lives; what a killed writer leaves can
therefore be told from what is being written.

The lock is a file of its own because Linux turns `flock` on an SMB share into a lock that stops
every other open file from writing, and a library that is given a name opens a file of its own.
"""

import contextlib
import errno
import hashlib
import io
import os
import platform
import re
import secrets
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

__all__ = ["ALREADY_THERE", "already_there", "atomic", "sha256_of", "sweep", "written_by_python"]

try:
    import fcntl
except ImportError:  # Windows, where a file that is open cannot be removed: that is lock enough
    fcntl = None  # type: ignore[assignment]
_LONGEST_SUFFIX = 64  # bytes; what is longer means nothing to any library
_ABANDONED = 24 * 60 * 60  # seconds
_PATTERN = re.compile(r"\.colorlib-([0-9a-f]{8})-[0-9a-f]{16}\.(lock|part.*)", re.DOTALL)
# What file systems answer that know no hard links: FAT, exFAT, many network shares, Android.
_NO_LINKS = {errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EINVAL, errno.EMLINK}


def sha256_of(path: str | Path) -> str:
    """Return the sha256 of a file in hexadecimal; it is not read into memory at once."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def atomic(path: str | Path, replace: bool = True) -> Iterator[Path]:
    """Give a temporary name in the folder of `path`; it becomes `path` when the block ends well.

    Whoever looks at `path` sees the whole new file or what was there before, never half a file. The
    temporary file is removed when the block fails, also by Ctrl-C; `sweep` removes those of killed
    processes.

    Parameters
    ----------
    path : str or Path
        The file to write. Its folder must exist.
    replace : bool
        Whether a file that is there is replaced. Otherwise it stays, also when it appeared during
        the block.

    Returns
    -------
    context manager giving a Path
        Where the block writes. The name ends like `path`, so that libraries that look at the suffix
        work, and is short enough wherever a name is.

    Raises
    ------
    FileExistsError
        When the block has ended, if there is a file, a link or a folder at `path` and `replace` is
        false.
    OSError
        If the folder cannot be written.
    """
    path = Path(path)
    suffix = path.suffix if len(os.fsencode(path.suffix)) <= _LONGEST_SUFFIX else ""
    with _lock(path.parent) as lock:
        temporary = lock.with_name(f"{lock.stem}.part{suffix}")
        try:
            yield temporary
            if replace:
                os.replace(temporary, path)
            else:
                _publish(temporary, path)
        finally:
            temporary.unlink(missing_ok=True)


def sweep(folders: Iterable[str | Path]) -> None:
    """Remove the temporary files of processes that were killed; those that are being written stay.

    Parameters
    ----------
    folders : iterable of str or Path
        Where to look, not below. Folders that do not exist are no error, nor is what cannot be
        removed.
    """
    for folder in {Path(folder) for folder in folders}:
        try:
            with os.scandir(folder) as entries:
                found = [entry.name for entry in entries if _PATTERN.fullmatch(entry.name)]
        except OSError:
            continue
        for lock in {folder / f"{name[: name.index('.', 1)]}.lock" for name in found}:
            parts = [folder / name for name in found if name.startswith(f"{lock.stem}.part")]
            with contextlib.suppress(OSError):
                _sweep_one(lock, parts)


def written_by_python(path: str | Path) -> io.BufferedWriter:
    """Open a file for a library that would otherwise write to the file's number by itself.

    Python writes everything or raises. Pillow's encoders take what the disk has room for, and call
    a picture that has lost its end a success.

    Parameters
    ----------
    path : str or Path

    Returns
    -------
    binary file
        It has no number.

    Raises
    ------
    OSError
        If it cannot be opened.
    """
    return _Numberless(io.FileIO(path, "w"))


class _Numberless(io.BufferedWriter):
    """A file that keeps its number to itself."""

    def fileno(self) -> int:
        raise io.UnsupportedOperation("fileno")


def already_there(path: object) -> FileExistsError:
    """Return the error for a file in the way of a result: it is named, and what to do is said."""
    return FileExistsError(
        f"{path}: already there and not overwritten; remove it or choose another folder"
    )


def _publish(temporary: Path, path: Path) -> None:
    """Give a complete file its name, unless somebody has it."""
    try:
        try:
            os.link(temporary, path)
        except OSError as error:
            if error.errno not in _NO_LINKS:
                raise
            # Without links the name is reserved by an empty file, which one of several gets, and
            # then replaced. Who is killed between these two lines leaves the empty file.
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY))
            os.replace(temporary, path)
    except FileExistsError:
        # NFS may do what it is asked, lose its answer, be asked again and find the name taken.
        if not (path.is_file() and path.samefile(temporary)):
            raise already_there(path) from None


@cache
def _machine() -> str:
    """Tell apart the kernels that may share a folder, by each start of a machine, in hex."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text()
    except OSError:  # no Linux
        boot = f"{platform.node()} {uuid.getnode()}"
    return hashlib.sha256(boot.encode()).hexdigest()[:8]


@contextmanager
def _lock(folder: Path) -> Iterator[Path]:
    """Make a lock file of a new name, held during the block."""
    while True:
        path = folder / f".colorlib-{_machine()}-{secrets.token_hex(8)}.lock"
        held = os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o666)
        try:
            if not _taken(held) and path.exists():
                yield path
                return
            # Somebody swept here between the two calls: another name.
        finally:
            if fcntl:
                # Before the lock is let go of, or a sweep would meet it.
                path.unlink(missing_ok=True)
            os.close(held)
            path.unlink(missing_ok=True)


def _taken(file: int) -> bool | None:
    """Lock an open file; return whether somebody else has it, or None where locks are unknown."""
    if fcntl is None:
        return None
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return None
    return False


def _sweep_one(lock: Path, parts: list[Path]) -> None:
    """Remove a lock file and its temporary files, if their writer is dead.

    A lock that can be had proves that when the writer was a process of this kernel, in whatever
    container, since the machine was started. Another machine's locks may be invisible here (an NFS
    mount with `nolock`, sshfs), so what it wrote must also not have been touched for a day. Should
    even that be wrong, the writer finds its file gone and fails with a message: nothing mixed comes
    of it.
    """
    with contextlib.ExitStack() as stack:
        if fcntl is None:
            # Fails while anybody has it open, on this machine or another.
            lock.unlink(missing_ok=True)
        elif lock.exists():
            held = os.open(lock, os.O_RDWR)
            stack.callback(os.close, held)
            taken, ours = _taken(held), lock.name.split("-")[1] == _machine()
            if taken or not ((taken is False and ours) or _abandoned([lock, *parts])):
                return
        # A writer makes its lock first and removes it last: without one, these are remains.
        for path in (*parts, lock):
            path.unlink(missing_ok=True)


def _abandoned(paths: Iterable[Path]) -> bool:
    """Whether none of the files was touched for a day, by the clock that stamps them."""
    paths = [path for path in paths if path.exists()]
    with _lock(paths[0].parent) as stamp:
        now = stamp.stat().st_mtime
    return all(now - path.stat().st_mtime > _ABANDONED for path in paths)


# Why a photograph is skipped that a run before this one has done.
ALREADY_THERE = "the result was already there"
