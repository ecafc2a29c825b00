"""The photographs of a study: which belong together, and copies of them that give nothing away.

All versions of one photograph are shown at one size and stored in one way, with names made of
chance and no EXIF data, so that neither sharpness, file size, name nor date tells which method made
which.
"""

from __future__ import annotations

import os
import secrets
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from PIL import Image, ImageOps

from colorlib.images.decode import open_rgb
from colorlib.images.matching import pictures_by_name, same_shape
from colorlib.study.design import CHECK, ORIGINAL, Stimulus

__all__ = ["Matched", "false_colors", "match_pictures", "same_size", "save_stimuli"]

LONGEST_SIDE = 1000  # pixels; two stand side by side on a common screen
QUALITY = 92  # of the JPEG files, all of them


@dataclass(frozen=True)
class Matched:
    """Which file shows which version of which photograph, and what was noticed on the way."""

    files: dict[str, dict[str, Path]]  # name of the photograph -> ORIGINAL or method -> file
    notes: list[str] = field(default_factory=list)


def match_pictures(originals: str | Path, methods: Mapping[str, str | Path]) -> Matched:
    """Find for each original its coloured versions: files of the same name, whatever their suffix.

    Parameters
    ----------
    originals : str or Path
        Folder of photographs in their own colours.
    methods : mapping of str to str or Path
        The name of each method and the folder of what it made.

    Returns
    -------
    Matched
        Photographs that a method lacks are left out, and the notes say so.

    Raises
    ------
    FileNotFoundError, ValueError
        When a folder is missing or empty, a name stands for two files, or nothing matches.
    """
    folders = {ORIGINAL: originals, **methods}
    found = {version: pictures_by_name(folder) for version, folder in folders.items()}
    files, notes = {}, []
    for name in found[ORIGINAL]:
        lacking = [version for version in methods if name not in found[version]]
        if lacking:
            notes.append(f"{name} is left out: there is none from {', '.join(lacking)}")
        else:
            files[name] = {version: found[version][name] for version in folders}
    if not files:
        raise ValueError(
            f"no photograph of {originals} has a version from every method: "
            "give the coloured files the names of their originals"
        )
    return Matched(files, notes)


def same_size(versions: Mapping[str, Image.Image], name: str) -> dict[str, Image.Image]:
    """Bring all versions of one photograph to the size of the smallest, at most 1000 pixels a side.

    Nothing is enlarged: a picture that is softer than the others would give its method away.

    Parameters
    ----------
    versions : mapping of str to PIL.Image.Image
    name : str
        Of the photograph, for the error.

    Raises
    ------
    ValueError
        When width to height differ by more than 1 %: one of them is cropped, turned or squashed.
    """
    reference, *_ = versions
    width, height = versions[reference].size
    for version, image in versions.items():
        if not same_shape(image.size, (width, height)):
            raise ValueError(
                f"{name}: {version} is {image.width} x {image.height} pixels and {reference} "
                f"{width} x {height}, another shape; colour the whole picture again, uncropped"
            )
    smallest = min((image.size for image in versions.values()), key=lambda size: size[0] * size[1])
    shrink = min(1, LONGEST_SIDE / max(smallest))
    size = max(1, round(smallest[0] * shrink)), max(1, round(smallest[1] * shrink))
    return {
        version: image if image.size == size else image.resize(size, Image.Resampling.LANCZOS)
        for version, image in versions.items()
    }


def false_colors(image: Image.Image) -> Image.Image:
    """Give a photograph colours that nobody takes for its own: one half magenta, the other green.

    Parameters
    ----------
    image : PIL.Image.Image
        RGB.

    Returns
    -------
    PIL.Image.Image
        RGB, of the same size.
    """
    grey = ImageOps.grayscale(image)
    left = ImageOps.colorize(grey, "black", "white", mid="#d400d4")
    right = ImageOps.colorize(grey, "black", "white", mid="#00b400")
    half = image.width // 2
    left.paste(right.crop((half, 0, *image.size)), (half, 0))
    return left


def save_stimuli(
    matched: Matched, stimuli: Iterable[Stimulus], folder: Path
) -> dict[str, Stimulus]:
    """Save what a study shows under names made of chance, all with one date and in one format.

    Parameters
    ----------
    matched : Matched
    stimuli : iterable of Stimulus
    folder : Path
        Must exist.

    Returns
    -------
    dict of str to Stimulus
        What each file shows, sorted by the names made of chance. What became of the sizes is
        added to the notes of `matched`.

    Raises
    ------
    ValueError
        When a file is damaged, or the versions of a photograph differ in shape.
    """
    wanted: dict[str, list[str]] = defaultdict(list)
    for picture, method in stimuli:
        wanted[picture].append(method)
    named = {}
    for picture, methods in wanted.items():
        read = {version: open_rgb(path) for version, path in matched.files[picture].items()}
        versions = same_size(read, picture)
        if len({image.size for image in read.values()}) > 1:
            width, height = versions[ORIGINAL].size
            sizes = ", ".join(f"{v} {i.width} x {i.height}" for v, i in read.items())
            matched.notes.append(f"{picture} is shown at {width} x {height} pixels: {sizes}")
        versions[CHECK] = false_colors(versions[ORIGINAL])
        for method in methods:
            file = secrets.token_hex(8) + ".jpg"
            # A bare copy of the pixels: what the file said beside them is not written.
            image = Image.frombytes("RGB", versions[method].size, versions[method].tobytes())
            image.save(folder / file, "JPEG", quality=QUALITY, subsampling=0)
            os.utime(folder / file, (0, 0))
            named[file] = Stimulus(picture, method)
    return dict(sorted(named.items()))
