"""`colorlib colorize`: photographs and folders of photographs."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from colorlib.cli.console import SOME_FAILED, WEIGHTS, Vividness, clear_errors, progress, say
from colorlib.images.printable import printable

if TYPE_CHECKING:
    import numpy as np

    from colorlib.album.address import RemoteJob
    from colorlib.album.ledger import Settings
    from colorlib.album.outcome import Job, Outcome, Report
    from colorlib.album.run import AlbumColorizer


def colorize(
    inputs: Annotated[
        list[str],
        typer.Argument(help="Photographs, and folders of photographs.", show_default=False),
    ],
    out: Annotated[
        str,
        typer.Option(
            help="Folder for the results; must not be an input folder.", show_default=False
        ),
    ],
    weights: Annotated[str, typer.Option(help=WEIGHTS)] = "natural",
    vividness: Vividness = None,
    size: Annotated[
        str | None,
        typer.Option(
            help="Shorter side in pixels at which the network sees a picture: "
            "small for bold colours in large areas, "
            "large for small things. Several, as in 192,256,384, are blended.",
            show_default="as the weights say",
        ),
    ] = None,
    saturation: Annotated[
        float, typer.Option(min=0, max=100, help="Strength of the colours; as predicted: 1.")
    ] = 1.0,
    flip: Annotated[
        bool, typer.Option(help="Average the prediction with that for the mirrored picture.")
    ] = True,
    point: Annotated[
        list[str] | None,
        typer.Option(
            metavar="X,Y,COLOR",
            help="Make a place this colour, as 0.4,0.7,#c03020: "
            "at 0.4 of the width and 0.7 of the height. Repeatable.",
        ),
    ] = None,
    reference: Annotated[
        Path | None, typer.Option(help="Take the colours of this photograph.")
    ] = None,
    format: Annotated[
        str | None,
        typer.Option(
            metavar="jpeg|png|tiff|webp",
            help="Format of the results.",
            show_default="that of each original",
        ),
    ] = None,
    jobs: Annotated[
        int | None,
        typer.Option(
            min=1, help="Photographs worked on at once.", show_default="one for each core, up to 4"
        ),
    ] = None,
    resume: Annotated[
        bool, typer.Option(help="Skip what is done already, or call it an error.")
    ] = True,
    redo: Annotated[
        bool,
        typer.Option(
            "--redo",
            help="Make anew what was made with other settings, "
            "or of a photograph that has changed since. "
            "Results that somebody edited, and files of other origin, stay.",
        ),
    ] = False,
    skip_color: Annotated[
        bool,
        typer.Option(
            "--skip-color", help="Leave out photographs that have colours; sepia is none."
        ),
    ] = False,
    report: Annotated[
        bool,
        typer.Option(
            help="Write report.csv, left-out.csv and contact-sheet.html beside the results."
        ),
    ] = True,
    caption: Annotated[
        bool,
        typer.Option(
            "--caption",
            help="Write below each result, in small letters, that its colours are predicted.",
        ),
    ] = False,
    keep_grey: Annotated[
        bool,
        typer.Option(
            "--keep-grey", help="Show the original at the left of each result, in the same picture."
        ),
    ] = False,
    ray: Annotated[
        str | None,
        typer.Option(
            metavar="ADDRESS",
            help="Work on a Ray cluster: its address, auto, or local. "
            "Inputs and --out may then be s3:// or gs://.",
        ),
    ] = None,
) -> None:
    """Colorize photographs; originals stay, and only --redo overwrites a result.

    Folders are searched recursively and keep their layout. Call it again to go on after a break:
    what is done, of the same photographs and with the same settings, is skipped, and what differs
    is named.

    Photographs are known by their content, whatever they are called: JPEG, PNG, TIFF, WebP, GIF,
    BMP, AVIF, JPEG 2000, and with pillow-heif HEIC. Raw photographs, JPEG XL and Photoshop files
    are named and not read. What is left out is counted at the end, and listed in left-out.csv.
    Results keep their names; where the suffix is not that of a format that is written, one is
    added: photo.avif becomes photo.avif.png.

    Each result says in its EXIF data and in XMP that its colours are predicted, by which version
    and weights.

    The folder .colorlib among the results records what each was made of. COLORLIB_MAX_GB (4.5) and
    COLORLIB_MAX_PAGES (5000) in the environment limit what one file may take.
    """
    with clear_errors():
        from colorlib.album.run import AlbumColorizer, Report
        from colorlib.images.label import Label

        if redo and not resume:
            raise ValueError("--redo and --no-resume contradict each other: give one of them")
        # Here or on a cluster: two ways to plan what becomes what, to run and to report.
        finished = Report()
        planned: list[Job] | list[RemoteJob]
        work: Callable[[AlbumColorizer], Generator[Outcome, None, None]]
        leave: Callable[..., Iterable[object]]
        remote = [address for address in (*inputs, out) if "://" in address]
        if ray is None:
            if remote:
                raise ValueError(
                    f"{remote[0]}: an address needs a cluster; "
                    "give --ray local for one on this machine"
                )
            from colorlib.album.contact_sheet import write_report
            from colorlib.album.run import plan, run, sensible_workers

            workers = jobs or sensible_workers()
            here = plan(inputs, out, format, finished.left_out)
            work = partial(run, jobs=here, report=finished, workers=workers)
            planned, leave = here, write_report
        else:
            from colorlib.album.ray_cluster import run_on_cluster
            from colorlib.album.ray_files import plan_on_cluster, write_report_on_cluster

            planned = plan_on_cluster(inputs, out, format, finished.left_out)
            work = partial(run_on_cluster, jobs=planned, report=finished, workers=jobs, address=ray)
            leave = write_report_on_cluster

        # By which colours, and what is recorded of them.
        if point and len(planned) > 1:
            raise ValueError(
                f"--point is about one photograph, and there are {len(planned)}; give one of them"
            )
        paint, settings = _page_colorizer(
            weights, vividness, size, saturation, flip, point or [], reference
        )
        label = Label(Path(weights).name, settings["weights"]["sha256"], caption, keep_grey)
        if caption:
            settings["caption"] = True
        if keep_grey:
            settings["keep_grey"] = True
        colorizer = AlbumColorizer(
            paint,
            out,
            resume=resume,
            skip_color=skip_color,
            thumbnails=report,
            redo=redo,
            settings=settings,
            label=label,
        )
        # Run; the report is written also when the run was stopped.
        if "://" not in out:
            try:
                Path(out).mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise OSError(
                    f"{out} cannot be made ({error.strerror}): choose another folder for --out"
                ) from error
        try:
            with closing(work(colorizer)) as outcomes:
                for _ in progress(outcomes, len(planned), "colorizing"):
                    pass
        finally:
            say(finished.summary())
            reported = not report or _leave_report(leave, out, finished)
    if finished.of("failed") or finished.left_out.failed or not reported:
        raise typer.Exit(SOME_FAILED)


def _page_colorizer(
    weights: str,
    vividness: float | None,
    size: str | None,
    saturation: float,
    flip: bool,
    points: list[str],
    reference: Path | None,
) -> tuple[Callable[[np.ndarray], np.ndarray], Settings]:
    """Return what colours a page, as the options say, and these for the record of each result."""
    from colorlib.colorize.colorizer import Colorizer
    from colorlib.colorize.pale import Hints, colored_page
    from colorlib.models.card import read_card
    from colorlib.models.shipped import find_weights, position

    sizes = None
    if size is not None:
        try:
            sizes = [int(side) for side in size.split(",")]
        except ValueError:
            raise ValueError(
                f"--size {size}: give pixels, as in 256, or several, as in 192,256,384"
            ) from None
        if not 8 <= min(sizes) <= max(sizes) <= 4096:
            raise ValueError(f"--size {size}: the network needs 8 to 4096 pixels")
    card = read_card(find_weights(weights))
    colorizer = Colorizer.from_pretrained(
        weights, sizes, flip=flip, saturation=saturation, vividness=vividness
    )
    if read_card(find_weights(weights)) != card:
        raise ValueError(
            f"{weights}: the weights were replaced while "
            "they were read; call the same command again"
        )
    settings: Settings = {
        "weights": {"name": weights, "sha256": card["sha256"]},
        "size": sizes or [int(card.get("size", 256))],
    }
    if "dial" in card:
        settings["vividness"] = position(weights, vividness, card)
    settings["saturation"], settings["flip"] = saturation, flip
    settings["points"], settings["reference"] = points, None
    hints: Hints = {}
    if points:
        from colorlib.colorize.hints import Point

        hints["points"] = [Point.parse(text) for text in points]
    if reference is not None:
        from colorlib.album.fingerprint import Watch
        from colorlib.images.decode import open_rgb

        watch = Watch(reference)
        hints["reference"] = open_rgb(reference)
        settings["reference"] = {"name": str(reference), "sha256": watch.finish()[1]}
    return partial(colored_page, colorizer=colorizer, **hints), settings


def _leave_report(write: Callable[..., Iterable[object]], out: str, report: Report) -> bool:
    """Write what became of the photographs beside the results; say where, or why not."""
    try:
        paths = write(out, [outcome.row() for outcome in report.outcomes], report.left_out.rows())
    except OSError as error:
        say(
            f"the report could not be written ({error.strerror or error}): "
            "make room, and call the same command again"
        )
        return False
    say("see " + " and ".join(map(printable, paths)))
    return True
