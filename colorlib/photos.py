"""Which photographs there are: in a folder, in an installed package, in an archive that fastai knows.

Nothing here makes a batch. Every list is sorted by name, so that one seed gives one split on every machine.
"""

import os
import random
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from rich.progress import track

from colorlib.archives import ARCHIVES, untar
from colorlib.color import rgb_to_lab
from colorlib.color_or_grey import judge_picture
from colorlib.folder import PHOTO_SUFFIXES, find_photographs
from colorlib.opening import open_rgb
from colorlib.printable import first_few, one_line, printable

__all__ = [
    "PHOTO_SUFFIXES",
    "Scan",
    "find_photographs",
    "has_colour",
    "mixed_photographs",
    "open_rgb",
    "package_photographs",
    "package_split",
    "scan_photographs",
    "split_photographs",
    "training_photographs",
    "untar",
]

# Photographs inside the wheels of packages we depend on anyway: name -> (package, file). The stereo pair of the
# motorcycle is one photograph, so only its left half is here.
_SHIPPED = {
    "astronaut": ("skimage", "data/astronaut.png"),
    "chelsea": ("skimage", "data/chelsea.png"),
    "china": ("sklearn", "datasets/images/china.jpg"),
    "coffee": ("skimage", "data/coffee.png"),
    "flower": ("sklearn", "datasets/images/flower.jpg"),
    "grace_hopper": ("matplotlib", "mpl-data/sample_data/grace_hopper.jpg"),
    "hubble_deep_field": ("skimage", "data/hubble_deep_field.jpg"),
    "immunohistochemistry": ("skimage", "data/ihc.png"),
    "motorcycle": ("skimage", "data/motorcycle_left.png"),
    "retina": ("skimage", "data/retina.jpg"),
    "rocket": ("skimage", "data/rocket.jpg"),
}
# A person, a plant, a machine under a sky: each has a relative among the training photographs.
_SHIPPED_VALID = frozenset({"flower", "grace_hopper", "rocket"})


def package_photographs() -> dict[str, Path]:
    """Find the colour photographs that installed packages carry inside themselves.

    They need no download, so that every chapter runs anywhere: a person, a cat, a temple, a cup, a flower, another
    person, galaxies, stained tissue, a motorcycle, the back of an eye, a rocket.

    Returns
    -------
    dict of str to Path
        Name to file, sorted by name; only those that exist in the installed versions.
    """
    found = {}
    for name, (package, file) in sorted(_SHIPPED.items()):
        spec = find_spec(package)
        path = Path(spec.origin).parent / file if spec and spec.origin else None
        if path and path.is_file():
            found[name] = path
    return found


def package_split() -> tuple[list[Path], list[Path]]:
    """Split the package photographs, by photograph and always in the same way.

    Crops of one photograph never fall on both sides: a network that has seen half of a face knows the other half.

    Returns
    -------
    train, valid : list of Path
        No file in both.
    """
    photographs = package_photographs()
    train = [path for name, path in photographs.items() if name not in _SHIPPED_VALID]
    valid = [path for name, path in photographs.items() if name in _SHIPPED_VALID]
    return train, valid


def split_photographs(
    paths: Sequence[Path], train: int = 8000, test: int = 2000, seed: int = 42
) -> tuple[list[Path], list[Path]]:
    """Split photographs as the paper does, and the same way every time.

    The names are sorted, then shuffled with the seed: the order in which a file system lists them does not matter.

    Parameters
    ----------
    paths : sequence of Path
        Duplicates count once.
    train, test : int
        How many go where.
    seed : int

    Returns
    -------
    train, test : list of Path
        No file in both.

    Raises
    ------
    ValueError
        When there are fewer than ``train + test`` photographs.

    References
    ----------
    Gunnam et al. 2022: 8,000 photographs of COCO to train, 2,000 to test.
    """
    names = sorted(set(paths), key=lambda path: Path(path).as_posix())
    if len(names) < train + test:
        raise ValueError(f"{len(names)} photographs are too few for {train} + {test}: add some or ask for fewer")
    random.Random(seed).shuffle(names)
    return names[:train], names[train : train + test]


@dataclass
class Scan:
    """What `scan_photographs` found, each list in the order of the paths it was given.

    Parameters
    ----------
    colour : list of Path
        Photographs to train on.
    grey : list of Path
        Photographs without chroma: as targets they would teach the network to paint grey.
    broken : list of (Path, str)
        Files that cannot be read, and why.
    """

    colour: list[Path] = field(default_factory=list)
    grey: list[Path] = field(default_factory=list)
    broken: list[tuple[Path, str]] = field(default_factory=list)

    def summary(self) -> str:
        """Counts in one line, then the broken files by name, the first few of many.

        Returns
        -------
        str
        """
        colour, grey, broken = len(self.colour), len(self.grey), len(self.broken)
        counts = f"{colour} in colour, {grey} grey (not for training), {broken} broken (skipped)"
        return "\n".join([counts, *first_few(one_line(reason, path) for path, reason in self.broken)])


def _examine(path: Path, tolerance: float) -> tuple[str, str]:
    """One photograph as ("colour" | "grey" | "broken", reason)."""
    try:
        image = open_rgb(path, shorter_side=64)
    except (ValueError, FileNotFoundError) as error:
        return "broken", str(error)
    return ("colour" if has_colour(image, tolerance) else "grey"), ""


def has_colour(image: Image.Image, tolerance: float = 6.0, toned: bool = True) -> bool:
    """Tell a photograph in colour from a grey one.

    Parameters
    ----------
    image : PIL.Image.Image
        Mode RGB, of any size; it is left as it is.
    tolerance : float
        Grey is what has no pixel, in a small copy, whose chroma, ``hypot(a, b)`` in CIE units, is above this.
    toned : bool
        Whether a tint counts as colour. Without it `color_or_grey.judge_picture` decides.

    Returns
    -------
    bool
    """
    if not toned:
        return judge_picture(np.array(image)).in_color
    image = image.copy()
    # Averaged down, so that a JPEG's stray coloured pixels count for nothing.
    image.thumbnail((96, 96), Image.Resampling.BOX)
    ab = rgb_to_lab(torch.from_numpy(np.array(image)).permute(2, 0, 1) / 255)[1:]
    return bool(ab.norm(dim=0).max() > tolerance)


def scan_photographs(paths: Sequence[Path], workers: int | None = None, tolerance: float = 6.0) -> Scan:
    """Open every photograph once, small, and sort the colour ones from the grey and the broken.

    Parameters
    ----------
    paths : sequence of Path
    workers : int, optional
        Threads; as many as there are cores, at most 8, when not given.
    tolerance : float
        A photograph is grey when no pixel of its thumbnail has a chroma, ``hypot(a, b)`` in CIE units, above this.
        A grey photograph saved as JPEG has a little.

    Returns
    -------
    Scan
    """
    paths = [Path(path) for path in paths]
    scan = Scan()
    with ThreadPoolExecutor(workers or min(8, os.cpu_count() or 1)) as pool:
        verdicts = pool.map(partial(_examine, tolerance=tolerance), paths)
        shown = track(verdicts, "looking at the photographs", total=len(paths), disable=len(paths) < 500)
        for path, (verdict, reason) in zip(paths, shown, strict=True):
            if verdict == "broken":
                scan.broken.append((path, reason))
            else:
                getattr(scan, verdict).append(path)
    return scan


def training_photographs(
    source: str | Path, seed: int = 42, report: Callable[[str], object] = print
) -> tuple[list[Path], list[Path]]:
    """Turn the ``data`` of a profile or of a recipe into two lists of photographs.

    Parameters
    ----------
    source : str or Path
        ``"package"``; an archive `untar` knows; or a folder. A folder that holds ``train`` and ``val`` (or ``valid``)
        is taken at its word, and its grey photographs are left out of training but not of validation; any other is
        split with `split_photographs`, 8,000 and 2,000 or, when it holds fewer, four fifths and one fifth.
    seed : int
        Of the split.
    report : callable
        Is given one line that counts the colour, grey and broken photographs of an archive or a folder.

    Returns
    -------
    train, valid : list of Path
        Colour photographs that can be read, no file in both.

    Raises
    ------
    FileNotFoundError
        When the folder does not exist.
    ValueError
        When there is no photograph, or none in colour.
    """
    if source == "package":
        return package_split()
    folder = untar(str(source)) if source in ARCHIVES else Path(source).expanduser()
    if (folder / "train").is_dir() and (valid := _validation_half(folder)):
        return _readable(folder / "train", report), _readable(valid, report, keep_grey=True)
    colour = _readable(folder, report)
    if len(colour) < 2:
        raise ValueError(f"{folder} holds one colour photograph: at least two are needed, to train and to validate")
    train = min(8000, max(1, len(colour) * 4 // 5))
    return split_photographs(colour, train, min(2000, len(colour) - train), seed)


def mixed_photographs(
    folder: str | Path, mix: dict[str, int], report: Callable[[str], object] = print
) -> tuple[list[Path], list[Path]]:
    """Photographs from several collections, some of them more often than others.

    Parameters
    ----------
    folder : str or Path
        Holds one folder for each collection, with a folder ``train`` in it and perhaps ``val`` (or ``valid``).
    mix : dict of str to int
        The collections by name, and how often each of their training photographs is listed.
    report : callable
        As in `training_photographs`.

    Returns
    -------
    train, valid : list of Path
        Grey photographs are left out of training but not of validation.

    Raises
    ------
    FileNotFoundError
        When a collection is missing.
    ValueError
        When one of them holds no photograph in colour.
    """
    train, valid = [], []
    for name, times in mix.items():
        collection = Path(folder).expanduser() / name
        train += _readable(collection / "train", report) * times
        if half := _validation_half(collection):
            valid += _readable(half, report, keep_grey=True)
    return train, valid


def _validation_half(folder: Path) -> Path | None:
    """The folder of validation photographs in a collection, if it has one."""
    return next((folder / name for name in ("valid", "val") if (folder / name).is_dir()), None)


def _readable(folder: Path, report: Callable[[str], object], keep_grey: bool = False) -> list[Path]:
    """The readable photographs of a folder, grey ones only when asked to; says what it found."""
    scan = scan_photographs(find_photographs(folder))
    report(f"{printable(folder)}: {scan.summary()}")
    if not scan.colour:
        raise ValueError(f"no colour photographs in {folder}: a colorizer learns from photographs that have colours")
    return sorted([*scan.colour, *scan.grey]) if keep_grey else scan.colour
