"""`colorlib video`: films."""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from colorlib.cli.console import SOME_FAILED, WEIGHTS, Vividness, clear_errors, progress, say
from colorlib.images.printable import one_line, printable

if TYPE_CHECKING:
    from colorlib.film.colorize import Progress


class Part(NamedTuple):
    """What of a film, in seconds."""

    start: float
    end: float | None


def video(
    source: Annotated[Path, typer.Argument(metavar="IN", help="A film.", show_default=False)],
    out: Annotated[
        Path | None,
        typer.Argument(
            metavar="OUT", help="The film to write, as in coloured.mp4.", show_default=False
        ),
    ] = None,
    weights: Annotated[str, typer.Option(help=WEIGHTS)] = "natural",
    vividness: Vividness = None,
    mode: Annotated[
        str,
        typer.Option(
            metavar="flow|exponential|off",
            help="How colours are kept steady: carried along the motion, "
            "mixed with those before, or not at all.",
        ),
    ] = "flow",
    key_every: Annotated[
        int | None,
        typer.Option(
            min=1,
            help="In mode flow, frames from one that the network sees to the next.",
            show_default="10",
        ),
    ] = None,
    reference: Annotated[
        Path | None,
        typer.Option(
            help="A frame of the film coloured by hand, or a photograph: take its colours."
        ),
    ] = None,
    stills: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER",
            help="Write one coloured still a scene there, and no film: to be repainted.",
        ),
    ] = None,
    references: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER", help="Repainted stills: carry their colours through their scenes."
        ),
    ] = None,
    into: Annotated[
        Path | None,
        typer.Option(
            metavar="RESULT",
            help="A finished film of IN: paint anew only the scenes "
            "of --references, or --start to --end, and copy "
            "everything else from it.",
        ),
    ] = None,
    upscale: Annotated[int, typer.Option(min=1, max=2, help="2 doubles width and height.")] = 1,
    start: Annotated[
        str, typer.Option(metavar="TIME", help="Begin here: seconds, or as in 1:02:30.")
    ] = "0",
    end: Annotated[
        str | None, typer.Option(metavar="TIME", help="End here.", show_default="the end")
    ] = None,
    preview: Annotated[
        bool,
        typer.Option(
            "--preview",
            help="Show original and result side by side; 10 seconds unless --end is given.",
        ),
    ] = False,
    codec: Annotated[
        str | None,
        typer.Option(
            help="FFmpeg's name of the encoder.",
            show_default="libx264, in .webm libvpx-vp9, in .wmv wmv2",
        ),
    ] = None,
    crf: Annotated[
        int | None,
        typer.Option(
            help="Quality: smaller is finer and larger.",
            show_default="as good as the original to the eye",
        ),
    ] = None,
    make_grey: Annotated[
        bool, typer.Option("--make-grey", help="Colour a film that has colours, as if it had none.")
    ] = False,
    deinterlace: Annotated[
        bool,
        typer.Option(
            "--deinterlace",
            help="Make all frames whole, also those that call themselves progressive.",
        ),
    ] = False,
    resume: Annotated[
        bool,
        typer.Option(help="Go on after a break, and leave a result that is there; or begin anew."),
    ] = True,
    sound: Annotated[
        bool, typer.Option(help="Copy the sounds of the film, or leave them out.")
    ] = True,
) -> None:
    """Colorize a film; its sounds and subtitles are copied, where the container can hold them.

    The film is worked on in pieces, in the folder OUT.parts. Call it again to go on after a break:
    that is refused when the film, the weights or the options are no more the same.

    With --stills, repaint the stills that are wrong in any program, and give the folder back with
    --references.
    """
    with clear_errors():
        from colorlib.colorize.colorizer import Colorizer
        from colorlib.film.colorize import colorize_video, no_progress
        from colorlib.film.restoring import RestoringColorizer, repaint
        from colorlib.film.steady import KEY_EVERY
        from colorlib.film.stills import FilmScenes, read_stills, write_stills
        from colorlib.images.label import Label

        # What of the film, and how it is read.
        part = Part(_seconds("--start", start), None if end is None else _seconds("--end", end))
        checking: Progress = no_progress
        if sys.stderr.isatty():
            checking = partial(progress, what="looking through")
        _check_choice(out, stills, references, into, preview, part)
        # What colours a frame, and how its colours are kept steady.
        colorizer = Colorizer.from_pretrained(weights, vividness=vividness)
        film_colorizer = RestoringColorizer(
            colorizer,
            mode=mode,
            key_every=key_every or KEY_EVERY,
            reference=reference,
            upscale=upscale,
        )
        label = Label(Path(weights).name, colorizer.sha256)
        # Stills: written and no film, or repainted ones that the film follows.
        notes: list[str] = []
        if stills or references or into:
            seen = Part(0, None) if into else part
            film = FilmScenes(source, *seen, make_grey, deinterlace, checking)
            if stills:
                written, there = write_stills(film, stills, film_colorizer, label)
                say(
                    f"{written} stills are in {printable(stills)}"
                    + (f", {there} were there" if there else "")
                )
                return
            if references:
                given, notes = read_stills(film, references)
                film_colorizer.follow(given, film)
        # The film: a finished one in parts, or all of it.
        assert out is not None  # or there would be stills
        if into:
            result = repaint(
                film,
                into,
                out,
                film_colorizer,
                *part,
                codec=codec,
                crf=crf,
                progress=partial(progress, what="colorizing"),
                checking=checking,
                made_by=label,
            )
        else:
            result = colorize_video(
                source,
                out,
                film_colorizer,
                *part,
                preview=preview,
                codec=codec,
                crf=crf,
                make_grey=make_grey,
                deinterlace=deinterlace,
                resume=resume,
                progress=partial(progress, what="colorizing"),
                sound=sound,
                checking=checking,
                made_by=label,
            )
        result.notes = notes + result.notes
    for line in (*result.notes, *(f"{source}: {what}" for what in result.damage)):
        say(one_line(line, source, out))
    if result.frames:
        say(f"{result.frames} frames are in {printable(out)}")
    if result.damage:
        raise typer.Exit(SOME_FAILED)


def _seconds(option: str, time: str) -> float:
    """Read a time as people write it: 90, 1:30 or 0:01:30.5."""
    try:
        parts = [float(part) for part in time.split(":")]
        if len(parts) > 3 or not all(0 <= part < float("inf") for part in parts):
            raise ValueError
    except ValueError:
        raise ValueError(
            f"{option} {time}: give seconds, or minutes and seconds, as in 90 or 1:30"
        ) from None
    return sum(part * 60**place for place, part in enumerate(reversed(parts)))


def _check_choice(
    out: Path | None,
    stills: Path | None,
    references: Path | None,
    into: Path | None,
    preview: bool,
    part: Part,
) -> None:
    """Refuse options that contradict each other."""
    if (out is None) == (stills is None):
        raise ValueError(
            "give OUT, the film to write, or --stills, a folder for stills, and not both"
        )
    if stills and (references or into):
        raise ValueError("--stills comes before --references and --into: repaint the stills first")
    if into and preview:
        raise ValueError("--into and --preview contradict each other: give one of them")
    chosen = part.start > 0 or part.end is not None
    if into and not references and not chosen:
        raise ValueError(
            "--into needs to know what to paint anew: give --references, or --start and --end"
        )
    if into and references and chosen:
        raise ValueError("--into paints the scenes of --references: leave --start and --end out")
