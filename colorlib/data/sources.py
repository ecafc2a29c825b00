"""Photographs in a folder, in an installed package, in an archive that fastai knows.

Nothing here makes a batch. Every list is sorted by name, so that one seed gives one split on every
machine.
"""

import random
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from pathlib import Path

from colorlib.data.downloads import ARCHIVES, untar
from colorlib.images.printable import printable

__all__ = [
    "mixed_photographs",
    "package_photographs",
    "package_split",
    "split_photographs",
    "training_photographs",
]

# Photographs inside the wheels of packages we depend on anyway: name -> (package, file). The stereo
# pair of the motorcycle is one photograph, so only its left half is here.
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

    They need no download, so that every chapter runs anywhere: a person, a cat, a temple, a cup, a
    flower, another person, galaxies, stained tissue, a motorcycle, the back of an eye, a rocket.

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

    Crops of one photograph never fall on both sides: a network that has seen half of a face knows
    the other half.

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

    The names are sorted, then shuffled with the seed: the order in which a file system lists them
    does not matter.

    Parameters
    ----------
    paths : sequence of Path
        Duplicates count once.
    train, test : int
        How many go where.

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
        raise ValueError(
            f"{len(names)} photographs are too few for {train} + {test}: add some or ask for fewer"
        )
    random.Random(seed).shuffle(names)
    return names[:train], names[train : train + test]


def training_photographs(
    source: str | Path, seed: int = 42, report: Callable[[str], object] = print
) -> tuple[list[Path], list[Path]]:
    """Turn the ``data`` of a profile or of a recipe into two lists of photographs.

    Parameters
    ----------
    source : str or Path
        ``"package"``; an archive `untar` knows; or a folder. A folder that holds ``train`` and
        ``val`` (or ``valid``) is taken at its word, and its grey photographs are left out of
        training but not of validation; any other is split with `split_photographs`, 8,000 and 2,000
        or, when it holds fewer, four fifths and one fifth.
    seed : int
        Of the split.
    report : callable
        Is given one line that counts the colour, grey and broken photographs of an archive or a
        folder.

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
    color = _readable(folder, report)
    if len(color) < 2:
        raise ValueError(
            f"{folder} holds one colour photograph: "
            "at least two are needed, to train and to validate"
        )
    train = min(8000, max(1, len(color) * 4 // 5))
    return split_photographs(color, train, min(2000, len(color) - train), seed)


def mixed_photographs(
    folder: str | Path, mix: dict[str, int], report: Callable[[str], object] = print
) -> tuple[list[Path], list[Path]]:
    """Photographs from several collections, some of them more often than others.

    Parameters
    ----------
    folder : str or Path
        Holds one folder for each collection, with a folder ``train`` in it and perhaps ``val`` (or
        ``valid``).
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
    """Find the folder of validation photographs in a collection, if it has one."""
    return next((folder / name for name in ("valid", "val") if (folder / name).is_dir()), None)


def _readable(folder: Path, report: Callable[[str], object], keep_grey: bool = False) -> list[Path]:
    """Return the readable photographs of a folder, grey ones only if asked; say what it found."""
    # Here, because torch comes with them, and who only reads a recipe shall not wait for it.
    from colorlib.data.scan import scan_photographs
    from colorlib.images.folder import find_photographs

    scan = scan_photographs(find_photographs(folder))
    report(f"{printable(folder)}: {scan.summary()}")
    if not scan.color:
        raise ValueError(
            f"no colour photographs in {folder}: "
            "a colorizer learns from photographs that have colours"
        )
    return sorted([*scan.color, *scan.grey]) if keep_grey else scan.color
