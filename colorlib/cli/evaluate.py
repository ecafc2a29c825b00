"""`colorlib evaluate`: colorizers, and pictures coloured elsewhere, beside grey and the truth."""

from __future__ import annotations

import tempfile
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from colorlib.cli.console import (
    SOME_FAILED,
    Vividness,
    clear_errors,
    progress,
    rich_table,
    say,
    tell,
)
from colorlib.images.printable import one_line, printable

if TYPE_CHECKING:
    from colorlib.data.suites import Suite
    from colorlib.metrics.suite import Method

__all__ = ["evaluate"]

MOST_JOBS = 8
TAKEN = ("grey", "truth")  # rows that are always there


def evaluate(
    suite: Annotated[
        str | None,
        typer.Option(
            metavar="NAME|FOLDER",
            help="Photographs in colour: package (they are installed, "
            "nothing is downloaded), imagenette, coco-paper, "
            "coco-stuff-val5k, imagenet-val5k, or any folder.",
            show_default="package",
        ),
    ] = None,
    photographs: Annotated[
        Path | None,
        typer.Option(help="Where the photographs of the suite are, when you have them already."),
    ] = None,
    weights: Annotated[
        list[str] | None,
        typer.Option(
            help="What colours them: careful, natural, vivid; "
            "a .safetensors or an .onnx file. Repeatable.",
            show_default="natural",
        ),
    ] = None,
    vividness: Vividness = None,
    size: Annotated[
        int | None,
        typer.Option(
            min=8,
            help="Shorter side in pixels at which a network sees a picture.",
            show_default="as trained",
        ),
    ] = None,
    pictures: Annotated[
        tuple[Path, Path] | None,
        typer.Option(
            metavar="TRUTH RESULTS",
            help="Colour nothing: judge the pictures of RESULTS, "
            "which anything coloured, beside those of TRUTH.",
        ),
    ] = None,
    side: Annotated[
        int | None,
        typer.Option(
            min=16,
            help="Side in pixels at which pictures are judged: "
            "their middle square is resized to it.",
            show_default="the suite's; 256",
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            help="Folder for tables, for the numbers of each "
            "picture and what was coloured. Goes on there."
        ),
    ] = None,
    jobs: Annotated[
        int | None,
        typer.Option(
            min=1, help="Processes.", show_default="one for each core, up to 8; 1 on a GPU"
        ),
    ] = None,
) -> None:
    """Measure colorizers on photographs, beside the all-grey answer and the truth.

    Each photograph's middle square is made grey, coloured, and compared with what it was, as 8-bit
    pictures. With --pictures, files are matched by their names, whatever their suffix; what has no
    partner is named and left out.

    The measures: PSNR, SSIM, LPIPS, the error of a and b and the area under its accuracy curve,
    colourfulness with and without signs, and the Frechet distance, also after the chroma was
    multiplied to the truth's colourfulness. What needs a network that is not on this machine is
    named and left out. Intervals are 95 %, by bootstrap.
    """
    with clear_errors():
        if pictures is not None and (suite, photographs, weights, vividness, size) != (None,) * 5:
            raise ValueError(
                "--pictures judges what is coloured already: "
                "leave out --suite, --weights and their like"
            )
        chosen, methods, made_of, notes = (
            _pictures(*pictures, side)
            if pictures
            else _colorizers(
                suite or "package", photographs, weights or ["natural"], vividness, size, side
            )
        )
        chosen, broken = _readable(chosen)
        for note in notes:
            say(note)
        with tempfile.TemporaryDirectory() if out is None else nullcontext(out) as folder:
            lacking = _measure(chosen, methods, Path(folder), made_of, jobs, keep=out is not None)
    for name, reason in lacking.items():
        say(f"{name}: not available, {reason}")
    for path, reason in broken:
        say(f"left out: {one_line(reason, path)}")
    if broken:
        raise typer.Exit(SOME_FAILED)


def _colorizers(
    suite: str,
    photographs: Path | None,
    weights: list[str],
    vividness: float | None,
    size: int | None,
    side: int | None,
) -> tuple[Suite, dict[str, Method], dict[str, Any], list[str]]:
    """Return the photographs of a suite, and what colours them."""
    from colorlib.colorize.suite_colorizer import SuiteColorizer
    from colorlib.data.suites import load_suite

    methods: dict[str, SuiteColorizer] = {}
    for name in weights:
        short = Path(name).stem
        if short in {*methods, *TAKEN}:
            raise ValueError(
                f"--weights {name}: there is a row called {short} already; rename the file"
            )
        methods[short] = SuiteColorizer(name, vividness, size)
    made_of = {name: method.described() for name, method in methods.items()}
    return load_suite(suite, photographs, side), {**methods}, made_of, []


def _pictures(
    truth: Path, results: Path, side: int | None
) -> tuple[Suite, dict[str, Method], dict[str, Any], list[str]]:
    """Two folders of pictures: photographs, and what something made of their grey."""
    from colorlib.data.suites import Suite
    from colorlib.data.unchanged import contents_hash
    from colorlib.metrics.colored_pictures import ColoredPictures, match_results

    pairs, notes = match_results(truth, results)
    photographs = {name: pair[0] for name, pair in pairs.items()}
    found = Suite(truth.name, f"the photographs of {truth.name}", side or 256, photographs)
    name = results.resolve().name
    name = f"{name} pictures" if name in TAKEN else name
    files = {picture: result for picture, (_, result) in pairs.items()}
    made_of = {name: {"sha256": contents_hash(list(files.values()))}}
    return found, {name: ColoredPictures(files, found.size)}, made_of, notes


def _readable(suite: Suite) -> tuple[Suite, list[tuple[Path, str]]]:
    """Return the suite without its broken files, and those."""
    from colorlib.data.scan import scan_photographs

    scan = scan_photographs(list(suite.photographs.values()))
    if not scan.color:
        raise ValueError(
            f"{suite.title}: nothing to compare with, {scan.summary()}; give photographs in colour"
        )
    bad = {path for path, _ in scan.broken}
    good = {name: path for name, path in suite.photographs.items() if path not in bad}
    return replace(suite, photographs=good), scan.broken


def _measure(
    suite: Suite,
    methods: dict[str, Method],
    folder: Path,
    made_of: dict[str, Any],
    jobs: int | None,
    keep: bool,
) -> dict[str, str]:
    """Measure, print the table, and keep it; return what is not available here."""
    import torch

    from colorlib.metrics.networks import unavailable
    from colorlib.metrics.suite import measure_suite
    from colorlib.metrics.suite_files import begin_run, write_tables
    from colorlib.metrics.suite_table import method_table, too_few
    from colorlib.settings import cores

    cuda = torch.cuda.is_available()
    record = begin_run(folder, suite.name, suite.photographs, suite.size, made_of) if keep else {}
    processes = jobs or (1 if cuda else min(MOST_JOBS, cores()))
    measured, truth = measure_suite(
        suite.photographs, suite.size, methods, folder / "pieces", processes, progress
    )
    table = method_table(measured, truth)
    number = len(suite.photographs)
    tell(rich_table(table, f"{number} pictures at {suite.size} x {suite.size}: {suite.title}"))
    lacking = unavailable()
    if too_few(number, truth["frechet"].shape[1]):
        lacking["frechet"] = f"{number} pictures are too few for a distance of sets"
    if keep:
        write_tables(folder, table, measured, record | {"not_available": lacking})
        say(f"see {printable(folder / 'table.csv')} and what lies beside it")
    return lacking
