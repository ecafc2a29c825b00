"""What coloured copies are called: as their originals, with the suffix of what is in them."""

from collections.abc import Mapping
from pathlib import Path

from colorlib.album.twins import folded
from colorlib.images.write import WRITABLE, output_suffix

__all__ = ["result_names"]


def result_names(
    photographs: Mapping[Path, str | None], format: str | None = None
) -> dict[Path, Path]:
    """Name the results of photographs that go to one folder.

    A name whose suffix is one of `WRITABLE` keeps it, or has it replaced when a format is asked
    for. Any other name stays whole, and the suffix goes behind it: photo.avif becomes
    photo.avif.png, a JPEG called photo.HEIC becomes photo.HEIC.jpg, a TIFF called scan becomes
    scan.tif; or scan.tif.tif, when there is a scan.tif beside it.

    Parameters
    ----------
    photographs : mapping of Path to str or None
        Their paths below the inputs, and what each is by its content, as from `kinds.picture_kind`.
        What nothing writes becomes PNG.
    format : str, optional
        One of `write.FORMATS`, for all results.

    Returns
    -------
    dict of Path to Path
        The same paths and those of the results, in the same order. They differ from each other,
        unless a format is asked for, which a.jpg and a.png are both to have.

    Raises
    ------
    ValueError
        If the format is unknown.
    """
    kept = {
        path: path.with_suffix(output_suffix(path, format))
        for path in photographs
        if path.suffix.lower() in WRITABLE
    }
    taken = {folded(target.as_posix()) for target in kept.values()}
    return {
        path: kept.get(path) or _longer(path, kind, format, taken)
        for path, kind in photographs.items()
    }


def _longer(path: Path, kind: str | None, format: str | None, taken: set[str]) -> Path:
    """Put a suffix behind a path, so that it is not taken."""
    own = next((suffix for suffix, written in WRITABLE.items() if written == kind), ".png")
    suffix = output_suffix("", format) if format else own
    while folded((path := path.with_name(path.name + suffix)).as_posix()) in taken:
        pass
    return path
