"""Which pictures of several folders belong together: those of one name."""

from pathlib import Path

from colorlib.images.folder import find_photographs

__all__ = ["SHAPE_TOLERANCE", "pictures_by_name", "same_shape"]

SHAPE_TOLERANCE = 0.01  # by how much width to height may differ between two versions of a picture


def pictures_by_name(folder: str | Path) -> dict[str, Path]:
    """List the pictures of a folder by their path in it, without the suffix.

    Returns
    -------
    dict of str to Path
        In the order of `find_photographs`; names are written with forward slashes.

    Raises
    ------
    FileNotFoundError, ValueError, OSError
        As `find_photographs`; also when two files have one name and differ in their suffix only.
    """
    found: dict[str, Path] = {}
    for path in find_photographs(folder):
        name = path.relative_to(folder).with_suffix("").as_posix()
        if name in found:
            raise ValueError(
                f"{found[name]} and {path.name} have one name: nobody can tell which is meant; "
                "take one of them out of the folder"
            )
        found[name] = path
    return found


def same_shape(size: tuple[int, int], other: tuple[int, int]) -> bool:
    """Tell whether two pictures have the same width to height, but for rounding.

    Parameters
    ----------
    size, other : tuple of int
        Width and height, or height and width, of both in the same order.
    """
    return abs(size[0] * other[1] / (size[1] * other[0]) - 1) <= SHAPE_TOLERANCE
