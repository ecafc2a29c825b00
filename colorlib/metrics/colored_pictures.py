"""Pictures that something else coloured, matched with the photographs whose grey it was given."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from colorlib.images.decode import opened
from colorlib.images.matching import pictures_by_name, same_shape
from colorlib.images.printable import first_few
from colorlib.metrics.assessment import middle_square

__all__ = ["ColoredPictures", "match_results"]

Pair = tuple[Path, Path]


@dataclass
class ColoredPictures:
    """A method whose results lie in files.

    Parameters
    ----------
    files : dict of str to Path
        Name of the photograph, to the file of its result.
    size : int
        Side in pixels at which they are measured.
    """

    files: dict[str, Path]
    size: int

    def __call__(self, truths: Tensor, names: list[str]) -> Tensor:
        """Read the results, (B, 3, size, size), uint8."""
        return torch.stack([middle_square(self.files[name], self.size) for name in names]).to(
            truths.device
        )


def match_results(truth: str | Path, results: str | Path) -> tuple[dict[str, Pair], list[str]]:
    """Match photographs with what became of them, by their path in the folder without the suffix.

    Parameters
    ----------
    truth, results : str or Path
        Folders.

    Returns
    -------
    pairs : dict of str to (Path, Path)
        Name, to the file of the photograph and that of the result.
    notes : list of str
        Lines that say what has no partner, and which results have another size than their
        photograph.

    Raises
    ------
    FileNotFoundError, ValueError
        If a folder is missing or empty, nothing matches, a file is damaged, or a result has another
        shape than its photograph.
    """
    truths, made = pictures_by_name(truth), pictures_by_name(results)
    pairs = {name: (path, made[name]) for name, path in truths.items() if name in made}
    if not pairs:
        raise ValueError(
            f"no picture of {results} has the name of one in {truth}: "
            "name the results like the originals"
        )
    notes = []
    for folder, lacking in (
        (truth, made.keys() - truths.keys()),
        (results, truths.keys() - made.keys()),
    ):
        if lacking:
            said = ", ".join(sorted(lacking)[:3]) + (", ..." if len(lacking) > 3 else "")
            notes.append(
                f"{len(lacking)} left out, there is no picture of that name in {folder}: {said}"
            )
    other = []
    for name, (path, result) in pairs.items():
        size, got = _size(path), _size(result)
        if not same_shape(got, size):
            raise ValueError(
                f"{result} is {got[0]} x {got[1]} pixels and {path} {size[0]} x {size[1]}, "
                "another shape: "
                "one of them is cropped or squashed; colour the whole picture, "
                "or crop the original likewise"
            )
        if got != size:
            other.append(
                f"{name} is {got[0]} x {got[1]} pixels and its original {size[0]} x {size[1]}"
            )
    if other:
        notes += [
            f"{len(other)} of {len(pairs)} results have another size than their original",
            *first_few(other),
        ]
    return pairs, notes


def _size(path: Path) -> tuple[int, int]:
    """Width and height of a picture file."""
    with opened(path) as image:
        return image.size
