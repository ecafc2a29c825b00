"""The files of a run on a cluster: which photographs, and its tables, also behind an address."""

import tempfile
from collections.abc import Iterable
from pathlib import Path

from colorlib.album import contact_sheet, report_table
from colorlib.album import run as local
from colorlib.album.address import Place, RemoteJob
from colorlib.album.naming import result_names
from colorlib.album.outcome import Job
from colorlib.album.twins import folded, refuse_twins, would_both
from colorlib.images import folder as contact
from colorlib.images.folder import LeftOut
from colorlib.images.kinds import NAMED
from colorlib.images.write import WRITABLE


def plan_on_cluster(
    inputs: Iterable[str], out: str, format: str | None = None, left_out: LeftOut | None = None
) -> list[Job] | list[RemoteJob]:
    """List photographs in files, folders and addresses, each with the place of its copy.

    Parameters
    ----------
    inputs : iterable of str
        Photographs and folders, as paths or as addresses of what pyarrow can reach.
    out : str
        The folder for the results, path or address.
    format : str, optional
        As in `album.plan`.
    left_out : LeftOut, optional
        As in `album.plan`. Behind an address photographs are known by name.

    Returns
    -------
    list of Job or of RemoteJob
        As from `album.plan`, with absolute paths; or, when there is an address among them, with
        places.

    Raises
    ------
    FileNotFoundError, ValueError
        As from `album.plan`.
    """
    inputs, left_out = list(inputs), LeftOut() if left_out is None else left_out
    if not any(map(is_remote, (*inputs, out))):
        return local.plan(
            [Path(given).absolute() for given in inputs], Path(out).absolute(), format, left_out
        )
    target, found = Place.of(out), []
    jobs: dict[str, RemoteJob] = {}
    for given in map(Place.of, inputs):
        sources = given.files()
        if not sources and not given.exists():
            raise FileNotFoundError(f"{given}: no such file or folder")
        folder = given.path if [given] != sources else given.path.rpartition("/")[0]
        if given.scheme == target.scheme and f"{folder}/".startswith(f"{target.path}/"):
            raise ValueError(
                f"{out}: the output folder is the folder of the input {given}; give another --out"
            )
        for source in sources:
            name = Path(source.path).relative_to(folder)
            inside = source.scheme == target.scheme and source.path.startswith(target.path + "/")
            other = (
                "hidden"
                if name.name.startswith(".")
                else ""
                if name.suffix.lower() in NAMED
                else "no photograph"
            )
            reason = (
                "result" if inside else "thumbnail" if contact.THUMBNAILS in name.parts else other
            )
            if reason:
                left_out.note(reason, str(source))
            else:
                found.append((source, name))
    names = result_names({name: None for _, name in found}, format)
    for source, name in found:
        result = names[name].as_posix()
        job = jobs.setdefault(folded(result), RemoteJob(source, target / result, result))
        if (job.source, job.name) != (source, result):
            raise ValueError(would_both(source, job.source, target / result, job.target))
    if not jobs:
        raise ValueError(
            f"no photographs in {' '.join(inputs)}: expected {' '.join(sorted(WRITABLE))}"
        )
    refuse_twins(target, [job.name for job in jobs.values()], names_below(target))
    return list(jobs.values())


def write_report_on_cluster(
    out: str, rows: Iterable[report_table.Row], left_out: Iterable[report_table.Row] = ()
) -> list[str]:
    """Write tables and contact sheet as `contact_sheet.write_report`, also to an address.

    Parameters
    ----------
    out : str
        The folder of the results, path or address.
    rows, left_out : iterable of dict
        As in `contact_sheet.write_report`.

    Returns
    -------
    list of str
        Where they are.
    """
    if not is_remote(out):
        return [str(path) for path in contact_sheet.write_report(out, rows, left_out)]
    target = Place.of(out)
    with tempfile.TemporaryDirectory() as here:
        folder = Path(here, target.path.rpartition("/")[2] or "results")
        folder.mkdir()
        for place in (target / name for name in names_below(target)):
            name = place.path.rpartition("/")[2]
            if place.path == f"{target.path}/{name}" and name.startswith(
                ("report", "contact-sheet", "left-out")
            ):
                place.fetch(folder / name)
        written = contact_sheet.write_report(folder, rows, left_out)
        # what was set aside too
        for path in {*written, *folder.glob("left-out*"), *folder.glob("report*damaged*")}:
            (target / path.name).put(path)
    return [str(target / path.name) for path in written]


def is_remote(out: str | Path) -> bool:
    """Tell whether a folder is an address."""
    return "://" in str(out)


def names_below(out: Place) -> set[str]:
    """List the names, in a folder, of the files below it."""
    return {place.path.removeprefix(out.path + "/") for place in out.files()}
