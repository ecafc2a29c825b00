"""The folder of segments beside a film that is being made: whose they are, and whether whole.

`job.json` tells what the run was asked for (the content of the film, that of the weights, the
settings, the version), and of each segment how many frames it has, the sha256 of its file, and that
of a second file: what the colorizer has to remember. A segment counts when it is told there: one
that was cut off, overwritten or put there by others is found when a run goes on, and made anew with
those after it. When all are there that is told too: if they cannot be joined, the same call, or one
that differs in the suffix of the result or in the sounds, joins them without a colorizer.
"""

import contextlib
import glob
import hashlib
import json
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from colorlib._atomic import atomic, sha256_of, sweep
from colorlib.film.job import in_the_way, job_difference, read_record
from colorlib.film.locking import lock_names, locked
from colorlib.film.memory import Memory

__all__ = ["Parts"]

_SEGMENT = re.compile(r"[0-9]{6}\.nut")
_OURS = re.compile(r"[0-9]{6}\.(nut|npz)")
_NAME_LIMIT = 255  # bytes of a name, in the file systems that are common


class Parts:
    """The folder `out`.parts.

    Parameters
    ----------
    out : Path
        The film that is made.
    """

    def __init__(self, out: Path) -> None:
        self.out = out
        self.folder = _folder(out)
        self._job = self.folder / "job.json"
        self._locks = lock_names(self.folder / "colorlib.lock")
        self._record: dict = {}

    @contextmanager
    def held(self) -> Iterator[None]:
        """Keep the folder for this process during the block; an empty one goes away at the end.

        Raises
        ------
        BlockingIOError
            When another run has it.
        OSError, ValueError
            When it cannot be made, or a file has its name.
        """
        if self.folder.exists() and not self.folder.is_dir():
            raise in_the_way(self.folder)
        try:
            with locked(self._locks[0]):
                yield
        finally:
            # There may be something in it, or it is somebody else's again.
            with contextlib.suppress(OSError):
                self.folder.rmdir()

    def begin(self, job: dict[str, object], resume: bool) -> tuple[int, list[str]]:
        """Take up the run that is there, or begin one. The folder must be held.

        Parameters
        ----------
        job : dict
            What the result depends on; anything that JSON holds.
        resume : bool
            Whether to go on with what is there.

        Returns
        -------
        frames : int
            How many are there already.
        notes : list of str
            What was found that was not as it should be.

        Raises
        ------
        OSError, ValueError
            When what is there is of another run or of somebody else, or cannot be read. Nothing is
            changed then.
        """
        sweep([self.folder, self.out.parent])
        job = json.loads(json.dumps(job))
        record = self._read(resume)
        if not resume or record is None:
            self._clear()
            self._record = {"job": job, "parts": []}
            self._write()
            return 0, []
        if record["job"] != job:
            raise ValueError(
                f"{self.folder} holds a run that was broken off and had another "
                f"{job_difference(record['job'], job)}; repeat that call to go on with it, "
                "or give --no-resume (resume=False) to begin anew"
            )
        self._record = record
        return self._checked()

    def take_over(self, job: dict[str, object]) -> None:
        """Get the segments of a film of another suffix, when all are there and of the same job.

        Parameters
        ----------
        job : dict
            As for `begin`. What is in the folder of this film stays.
        """
        if self.folder.exists():
            return
        job = json.loads(json.dumps(job))
        for other in sorted(self.out.parent.glob(glob.escape(self.out.stem) + ".*.parts")):
            try:
                record = json.loads((other / self._job.name).read_text(encoding="utf-8"))
                if record["job"] == job and record["complete"]:
                    other.rename(self.folder)
                    return
            except (OSError, ValueError, KeyError, TypeError):
                continue

    @property
    def complete(self) -> bool:
        """Whether all segments of the film are there; `end` says that they are."""
        return self._record.get("complete", False)

    def end(self) -> None:
        self._record["complete"] = True
        self._write()

    def there(self) -> list[Path]:
        """Return the segments that are complete, in order."""
        return [self._segment(index) for index in range(len(self._record["parts"]))]

    def next(self) -> Path:
        """Return the name of the segment to write."""
        return self._segment(len(self._record["parts"]))

    def add(self, frames: int, memory: Memory | None = None) -> None:
        """Tell that the next segment is complete, its frames, and the colorizer's memory."""
        record = {"frames": frames, **_content(self.next())}
        if memory:
            memory.save(path := self.next().with_suffix(".npz"))
            record["memory"] = _content(path)
        self._record["parts"].append(record)
        self._write()

    def memory(self) -> Memory | None:
        """Return what the colorizer remembered after the last segment; None if nothing."""
        if not any("memory" in record for record in self._record["parts"][-1:]):
            return None
        return Memory.load(self.there()[-1].with_suffix(".npz"))

    def will_be(self, result: Path) -> None:
        """Tell that a file, complete but for its name, is what the segments become."""
        self._record["result"] = _mark(result)
        self._write()

    def have_become(self, out: Path) -> bool:
        """Return whether a killed run had joined the segments to this result."""
        try:
            record = json.loads(self._job.read_text(encoding="utf-8"))
            return record["result"] == _mark(out) and "job" in record and "parts" in record
        except (OSError, ValueError, KeyError, TypeError):
            return False

    def remove(self) -> list[str]:
        """Remove what this module has put there, and the folder when nothing else is in it.

        Returns
        -------
        list of str
            A note when there is.
        """
        sweep([self.folder, self.out.parent])
        self._clear()
        others = self._others()
        return [f"{self.folder} stays, with files of yours: {', '.join(others)}"] if others else []

    def _segment(self, index: int) -> Path:
        return self.folder / f"{index:06}.nut"

    def _others(self) -> list[str]:
        """List the names in the folder that are none of this module's."""
        ours = {self._job.name, *(path.name for path in self._locks)}
        names = (path.name for path in self.folder.iterdir()) if self.folder.is_dir() else ()
        others = (name for name in names if name not in ours and not _OURS.fullmatch(name))
        return sorted(name for name in others if not name.startswith(".colorlib-"))

    def _clear(self) -> None:
        """Remove all segments, and then what tells of them."""
        self._drop(0)
        self._job.unlink(missing_ok=True)

    def _drop(self, index: int) -> None:
        """Remove the segments from one on."""
        for path in sorted(self.folder.glob("[0-9]*.n??")):
            if _OURS.fullmatch(path.name) and int(path.stem) >= index:
                path.unlink(missing_ok=True)

    def _read(self, resume: bool) -> dict | None:
        """Read what job.json tells; None when there is neither it nor anything else."""
        if self._job.is_file():
            return read_record(self._job, resume)
        if self._others() or any(_SEGMENT.fullmatch(path.name) for path in self.folder.iterdir()):
            raise in_the_way(self.folder)
        return None

    def _checked(self) -> tuple[int, list[str]]:
        """Keep the segments that are as job.json tells, up to the first that is not."""
        good, frames, notes = 0, 0, []
        for record in self._record["parts"]:
            path = self._segment(good)
            try:
                if (what := _fault(path, record)) is None and "memory" in record:
                    what = _fault(path := path.with_suffix(".npz"), record["memory"])
                if what is None and record["frames"] > 0:
                    good, frames = good + 1, frames + record["frames"]
                    continue
            except (KeyError, TypeError):
                what = "is not listed"
            notes.append(f"{path} {what}: made anew from there on")
            self._record.pop("complete", None)
            break
        del self._record["parts"][good:]
        self._write()
        self._drop(good)
        return frames, notes

    def _write(self) -> None:
        with atomic(self._job) as temporary, temporary.open("w", encoding="utf-8") as file:
            file.write(json.dumps(self._record, indent=1) + "\n")
            file.flush()
            os.fsync(file.fileno())


def _folder(out: Path) -> Path:
    """Name the folder beside a result; of a long name it has the beginning and a hash."""
    name = out.name + ".parts"
    if len(os.fsencode(name)) > _NAME_LIMIT:
        name = f"{out.name[:40]}-{hashlib.sha256(os.fsencode(out.name)).hexdigest()[:16]}.parts"
    return out.with_name(name)


def _content(path: Path) -> dict[str, object]:
    """Return size and sha256 of a file."""
    return {"bytes": path.stat().st_size, "sha256": sha256_of(path)}


def _fault(path: Path, record: dict) -> str | None:
    """Say what is wrong with a file of which size and sha256 are told."""
    if not path.is_file():
        return "is missing"
    return None if _content(path).items() <= record.items() else "is damaged, or of another run"


def _mark(path: Path) -> list[int]:
    """Return what stays the same when a file gets its name."""
    state = path.stat()
    return [state.st_ino, state.st_size, state.st_mtime_ns]
