"""One process at a time: a lock file that its process holds as long as it lives.

The lock is `flock`'s, which the kernel lets go of when the process dies, and which Linux passes on
to the server of a network share, so that two machines see each other's. Where the file system knows
no `flock`, a second file is made that only one process can make; it names the process, so that a
lock whose process is dead can be told.
"""

import contextlib
import json
import os
import platform
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from colorlib._atomic import _machine

__all__ = ["lock_names", "locked"]

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]
HALF_MADE = 60.0  # seconds after which a lock that names nobody is what a killed process has left


def lock_names(path: Path) -> tuple[Path, Path]:
    """Return the two files that a lock may have, also after its process was killed."""
    return path, path.with_name(path.name + ".owner")


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold a lock during the block. The folder of the lock is made when it is missing.

    Parameters
    ----------
    path : Path
        The lock file. It goes away at the end, if the block has not removed it.

    Raises
    ------
    BlockingIOError
        When another process, or another thread, holds it. The message says which.
    ValueError
        When the file is somebody else's.
    OSError
        When the folder cannot be made or written.
    """
    flock, owner = lock_names(path)
    held = _by_flock(flock)
    if held is None:
        _by_name(owner)
    try:
        yield
    finally:
        # Removed before it is let go of: whoever has it open already finds that it is no more what
        # the name says.
        for name in (flock,) if held is not None else (flock, owner):
            with contextlib.suppress(OSError):
                name.unlink(missing_ok=True)
        if held is not None:
            os.close(held)


def _by_flock(path: Path) -> int | None:
    """Open a file and lock it; None where there are no such locks."""
    while fcntl is not None:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            held = os.open(path, os.O_CREAT | os.O_RDWR, 0o666)
        except FileNotFoundError:  # the folder went away meanwhile, with the run before
            continue
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if os.path.samestat(os.fstat(held), path.stat()):
                if os.fstat(held).st_size and not _read(path):
                    raise ValueError(
                        f"{path}: is in the way, and no lock of this package; move it away"
                    )
                os.ftruncate(held, 0)
                os.write(held, json.dumps(_this_process()).encode())
                return held
        except BlockingIOError:
            os.close(held)
            raise _busy(path, _read(path)) from None
        except FileNotFoundError:
            pass
        except OSError:
            os.close(held)
            return None
        except ValueError:
            os.close(held)
            raise
        os.close(held)  # it was removed between the two calls: once more
    path.parent.mkdir(parents=True, exist_ok=True)
    return None


def _by_name(path: Path) -> None:
    """Make the file that only one process can make, or take over that of a dead one."""
    while True:
        try:
            file = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666)
        except FileExistsError:
            before = _read(path)
            if not _is_dead(path, before):
                hint = f"; if there is none, remove {path}"
                raise _busy(path, before, hint) from None
            aside = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
            with contextlib.suppress(FileNotFoundError):  # another process was quicker
                os.rename(path, aside)
                if _read(aside) != before:  # it was, and this is its lock
                    os.rename(aside, path)
                    raise _busy(path, _read(path)) from None
                aside.unlink()
            continue
        with os.fdopen(file, "w") as stream:
            json.dump(_this_process(), stream)
        return


def _this_process() -> dict[str, object]:
    """Return what tells this process from all others."""
    return {
        "process": os.getpid(),
        "begun": _begun(os.getpid()),
        "host": platform.node(),
        "machine": _machine(),
    }


def _begun(process: int) -> str:
    """Return when a process was started, as ids are used again; "" where nothing tells."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[19]
    except (OSError, IndexError):
        return ""


def _is_dead(path: Path, owner: dict) -> bool:
    """Return whether the process of a lock runs no more. Of other machines nobody knows."""
    here = _this_process()
    if not owner:
        try:
            return time.time() - path.stat().st_mtime > HALF_MADE
        except OSError:
            return False
    if any(owner.get(key) != here[key] for key in ("host", "machine")) or os.name == "nt":
        return False
    try:
        os.kill(int(owner["process"]), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        pass
    return _begun(int(owner["process"])) != owner.get("begun")


def _read(path: Path) -> dict:
    """Read what a lock says about its process; nothing when it cannot be read."""
    try:
        owner = json.loads(path.read_text())
        return owner if isinstance(owner, dict) and isinstance(owner.get("process"), int) else {}
    except (OSError, ValueError):
        return {}


def _busy(path: Path, owner: dict, hint: str = "") -> BlockingIOError:
    """Make the error for a lock that somebody has."""
    who = f" (process {owner['process']} on {owner.get('host')})" if owner else ""
    return BlockingIOError(
        f"{path.parent}: another run{who} is at work here; wait until it has ended{hint}"
    )
