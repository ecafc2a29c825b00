"""`job.json`, the file that tells of which run the segments in a folder are."""

import json
from pathlib import Path

__all__ = ["in_the_way", "job_difference", "read_record"]


def in_the_way(folder: Path) -> ValueError:
    """Make the error for a folder that is not what a run has made."""
    return ValueError(f"{folder}: is in the way; remove it, or choose another name for the result")


def read_record(path: Path, resume: bool) -> dict | None:
    """Read what the file tells.

    Parameters
    ----------
    path : Path
        It is there.
    resume : bool
        Whether a run is to go on with what is told.

    Returns
    -------
    dict or None
        None when it may be thrown away, since no run is to go on, and no more is known of it.

    Raises
    ------
    OSError, ValueError
        When it is damaged, of an older version, or something else.
    """
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        if not resume:
            return None
        raise ValueError(
            f"{path} is damaged, and what the segments beside it show is not known; "
            "give --no-resume (resume=False) to remove them and begin anew"
        ) from None
    if not isinstance(record, dict):
        raise in_the_way(path.parent)
    if "job" not in record and {"source", "label", "codec"} <= record.keys():
        if not resume:
            return None
        raise ValueError(
            f"{path.parent} holds a run of an older version; finish it with that version, "
            "or give --no-resume (resume=False) to begin anew"
        )
    if not isinstance(record.get("job"), dict) or not isinstance(record.get("parts"), list):
        raise in_the_way(path.parent)
    return record


def job_difference(before: dict, now: dict) -> str:
    """Name what is different between two jobs, with both values where they are short."""
    differences = []
    for key in {**before, **now}:
        old, new = before.get(key), now.get(key)
        if old == new:
            continue
        if isinstance(old, dict) and isinstance(new, dict):
            differences.append(f"{key} ({job_difference(old, new)})")
        else:
            short = all(len(str(value)) <= 24 for value in (old, new))
            differences.append(f"{key} ({old}, now {new})" if short else key)
    return ", ".join(differences)
