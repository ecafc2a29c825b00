"""Fixed lists of photographs on which colorizers are compared, and folders that serve as one.

Each list is a small manifest, `manifests/NAME.toml`: where the photographs are from, which of them,
at which size, and which paper compares on them. Nothing is drawn by chance, so that two people who
have the photographs have one list.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

from colorlib.data.downloads import untar
from colorlib.data.sources import package_photographs, split_photographs
from colorlib.images.matching import pictures_by_name

__all__ = ["Suite", "load_suite", "suite_names"]


@dataclass(frozen=True)
class Suite:
    """A list of photographs, and the size at which they are measured.

    Parameters
    ----------
    title : str
        What the photographs are.
    size : int
        Pixels of the side: the middle square of each photograph is resized to it.
    photographs : dict of str to Path
        Path in their folder without the suffix, to file, in a fixed order.
    paper : str
        Which paper compares on them.
    """

    name: str
    title: str
    size: int
    photographs: dict[str, Path]
    paper: str = "none"


def suite_names() -> list[str]:
    """List the suites that there are manifests for, sorted."""
    return sorted(
        file.name.removesuffix(".toml")
        for file in _manifests().iterdir()
        if file.name.endswith(".toml")
    )


def load_suite(name: str, folder: str | Path | None = None, size: int | None = None) -> Suite:
    """Find the photographs of a suite, or of any folder.

    Parameters
    ----------
    name : str
        One of `suite_names`, or the path of a folder of photographs, all of which are taken.
    folder : str or Path, optional
        Where the photographs of the suite are; needed for those that may not be downloaded by a
        program, and instead of a download for the others. The package's own need none.
    size : int, optional
        Side in pixels at which they are measured; by default the suite's, and 256 for a folder.

    Raises
    ------
    ValueError
        If there is no such suite, or the folder holds another number of photographs than the suite
        has.
    FileNotFoundError
        If a photograph of the list is missing, or the suite needs a folder.

    Examples
    --------
    >>> suite = load_suite("package")
    >>> suite.size, "coffee" in suite.photographs
    (256, True)
    """
    if name not in suite_names():
        if not Path(name).is_dir():
            known = ", ".join(suite_names())
            raise ValueError(
                f"--suite {name}: no such suite and no such folder; "
                f"choose one of {known}, or a folder"
            )
        if folder is not None:
            raise ValueError(f"--suite {name} is a folder already: leave out --photographs")
        return Suite(
            Path(name).name,
            f"the photographs of {Path(name).name}",
            size or 256,
            pictures_by_name(name),
        )
    manifest = tomllib.loads((_manifests() / f"{name}.toml").read_text("utf8"))
    photographs = _photographs(name, manifest, folder)
    return Suite(name, manifest["title"], size or manifest["size"], photographs, manifest["paper"])


def _manifests() -> resources.abc.Traversable:
    return resources.files("colorlib.data") / "manifests"


def _photographs(name: str, manifest: dict[str, Any], folder: str | Path | None) -> dict[str, Path]:
    """Return what a manifest means here."""
    if manifest["source"] == "package":
        if folder is not None:
            raise ValueError(f"--suite {name} comes with the package: leave out --photographs")
        return package_photographs()
    if folder is None:
        if manifest["source"] == "folder":
            raise FileNotFoundError(
                f"--suite {name} needs --photographs FOLDER: unpack {manifest['get']} there"
            )
        folder = untar(str(manifest["source"])) / str(manifest.get("below", ""))
    if "files" in manifest:
        names = [
            str(manifest["files"]).format(number + 1) for number in range(int(manifest["count"]))
        ]
        found = {Path(file).stem: Path(folder, file) for file in names}
        missing = [file for file in found.values() if not file.is_file()]
        if missing:
            raise FileNotFoundError(
                f"{missing[0]} is missing, and {len(missing) - 1} more of {len(found)}: {name}"
            )
        return found
    found = pictures_by_name(folder)
    if "train" in manifest:
        wanted = set(
            split_photographs(list(found.values()), manifest["train"], manifest["count"])[1]
        )
        return {picture: path for picture, path in found.items() if path in wanted}
    if manifest["count"] not in (0, len(found)):
        raise ValueError(
            f"{folder} holds {len(found)} photographs, but --suite {name} has {manifest['count']}"
        )
    return found
