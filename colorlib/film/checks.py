"""What is found out about a film before hours are spent on it: whether to begin at all."""

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import numpy as np

from colorlib.film.combs import comb_share, seem_combed
from colorlib.film.decode import sample_frames
from colorlib.film.pixel_formats import has_chroma
from colorlib.film.probe import Film
from colorlib.images.color_or_grey import judge_film
from colorlib.images.limits import check_memory

__all__ = ["check_frames", "check_names", "check_times", "cut_of", "expected_frames", "look_into"]

BYTES_OUT = 48  # a pixel of the result: what painting holds, and the encoder that looks ahead


def check_names(source: Path, out: Path, folder: Path) -> None:
    """Refuse to write onto the original or a folder, or over an original among the segments."""
    if (
        out.exists() and source.exists() and out.samefile(source)
    ) or out.resolve() == source.resolve():
        raise ValueError(f"{out}: the result would be the film itself; give another name")
    if out.is_dir():
        raise ValueError(
            f"{out} is a folder; give the name of the film to write, as in {out / source.name}"
        )
    if source.resolve().is_relative_to(folder.resolve()):
        raise ValueError(
            f"{source} is in {folder}, where the work on {out} is kept; "
            "move it away, or name another OUT"
        )


def check_times(film: Film, start: float, end: float | None) -> None:
    """Refuse a part that is not there."""
    if start < 0 or (end is not None and end <= start):
        raise ValueError(
            f"the part from {start:g} s to {end:g} s is empty"
            if end is not None
            else "start is below 0"
        )
    if film.seconds is not None and start >= film.seconds:
        raise ValueError(
            f"{film.path} is {film.seconds:.1f} s long: there is nothing from {start:g} s on"
        )


def cut_of(film: Film, start: float, end: float | None) -> tuple[Fraction, Fraction] | None:
    """Return a part of a film on the film's own clock; None for all of it."""
    if not start and end is None:
        return None
    zero = film.first * film.time_base
    return zero + Fraction(start), zero + Fraction(end if end is not None else 10**9)


def expected_frames(film: Film, start: float, end: float | None) -> int:
    """Return about how many frames there are in a part of a film."""
    seconds = film.seconds or 0
    return round((min(seconds, end or seconds) - start) * film.rate)


def check_frames(film: Film, size: tuple[int, int], held: int) -> None:
    """Refuse a film of which a colorizer and an encoder would hold more than the memory."""
    depth = 2 if film.high_bit_depth else 1
    try:
        check_memory(film.width, film.height, 3 * depth, held)
        check_memory(size[1], size[0], BYTES_OUT * depth)
    except ValueError as error:
        raise ValueError(f"{film.path} {error}") from None


def look_into(film: Film, make_grey: bool, deinterlace: bool) -> tuple[bool, list[str]]:
    """Look into a film before the work: refuse one in colour, unless that is to be ignored.

    Returns whether there is anything in its colour planes, and what there is to say. One frame is
    held at a time.
    """
    chroma, progressive = [], []

    def pictures() -> Iterator[np.ndarray]:
        for frame in sample_frames(film):
            chroma.append(has_chroma(frame))
            if not frame.interlaced_frame:
                progressive.append(comb_share(frame.to_ndarray(format="gray")))
            # All of one size, also where the size changes: distorted is good enough to look at
            # colours.
            yield frame.to_ndarray(format="rgb24", width=film.width, height=film.height)

    found, notes = judge_film(pictures()), []
    if found.in_color and not make_grey:
        raise ValueError(
            f"{film.path} is {found}; "
            "give --make-grey (make_grey=True) to have it made grey and coloured anew"
        )
    if not found.in_color and any(chroma):
        notes.append(f"{film.path} has a tint, and is taken for {found}")
    if not deinterlace and seem_combed(progressive):
        notes.append(
            f"{film.path} calls itself progressive and has combs, as of interlaced film; "
            "--deinterlace removes them"
        )
    return any(chroma), notes
