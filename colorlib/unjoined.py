"""Films of which all frames are coloured and encoded, and could not be joined: the next call needs no painter.

What a call was asked for is noted beside the segments when joining fails. The same call, or one that differs in the
suffix of the result or in the sounds, takes the segments from there.
"""

import glob
import hashlib
import json
import os
from pathlib import Path

from colorlib.weights import atomic

__all__ = ["folder_of_parts", "forget_unjoined", "note_unjoined", "take_over", "unjoined_frames"]

_NAME_LIMIT = 255  # bytes of a name, in the file systems that are common


def folder_of_parts(out: Path) -> Path:
    """Return the folder beside a result in which its segments are; of a long name it has the beginning and a hash.

    Parameters
    ----------
    out : Path

    Returns
    -------
    Path
    """
    name = out.name + ".parts"
    if len(os.fsencode(name)) > _NAME_LIMIT:
        name = f"{out.name[:40]}-{hashlib.sha256(os.fsencode(out.name)).hexdigest()[:16]}.parts"
    return out.with_name(name)


def note_unjoined(folder: Path, job: dict, frames: int) -> None:
    """Note that all frames of a job are in a folder.

    Parameters
    ----------
    folder : Path
        From `folder_of_parts`.
    job : dict
        What the frames depend on; anything that JSON holds.
    frames : int
        How many there are.
    """
    with atomic(_note(folder)) as temporary:
        temporary.write_text(json.dumps({"job": job, "frames": frames}), encoding="utf-8")


def unjoined_frames(folder: Path, job: dict) -> int | None:
    """Return how many frames of a job a folder holds if it holds all, and otherwise None."""
    try:
        told = json.loads(_note(folder).read_text(encoding="utf-8"))
        return int(told["frames"]) if told["job"] == json.loads(json.dumps(job)) else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def forget_unjoined(folder: Path) -> None:
    """Remove the note."""
    _note(folder).unlink(missing_ok=True)


def take_over(out: Path, job: dict) -> None:
    """Let a result have the segments of one that differs from it in its suffix, when those are of the same job.

    Parameters
    ----------
    out : Path
        The result. What is in its own folder stays.
    job : dict
        As for `note_unjoined`.
    """
    folder = folder_of_parts(out)
    if folder.exists():
        return
    for other in sorted(out.parent.glob(glob.escape(out.stem) + ".*.parts")):
        if unjoined_frames(other, job):
            other.rename(folder)
            return


def _note(folder: Path) -> Path:
    return folder / "unjoined.json"
