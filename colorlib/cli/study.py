"""The commands `colorlib study new | serve | report | power`: ask people."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from colorlib.cli.console import clear_errors, say, tell
from colorlib.settings import install_hint

if TYPE_CHECKING:
    from colorlib.study.report import Result

__all__ = ["study"]

study = typer.Typer(
    no_args_is_help=True, rich_markup_mode="rich", help="Ask people which colours they prefer."
)
DESIGNS = "real-or-coloured|which-is-better"  # written out: the help must not import the room
Design = Annotated[
    str, typer.Option(metavar=DESIGNS, help="What people are asked.", show_default=False)
]


@contextmanager
def _study_errors() -> Iterator[None]:
    """One clear line for what went wrong; where a package is missing, which extra brings it."""
    with clear_errors():
        try:
            yield
        except ModuleNotFoundError as error:
            raise ModuleNotFoundError(
                f"studies need the extra `study` ({error}): {install_hint('study')}"
            ) from error


@study.command()
def new(
    folder: Annotated[
        Path, typer.Argument(help="Where the study goes; a new folder.", show_default=False)
    ],
    pictures: Annotated[
        Path, typer.Option(help="Folder of photographs in their own colours.", show_default=False)
    ],
    methods: Annotated[
        list[str],
        typer.Option(
            metavar="NAME=FOLDER ...",
            help="Methods, and the folders of what they made, with the originals' file names.",
            show_default=False,
        ),
    ],
    design: Design,
    more: Annotated[list[str] | None, typer.Argument(hidden=True, metavar="")] = None,
    participants: Annotated[
        int,
        typer.Option(
            min=1, help="How many orders of trials to make; `colorlib study power` knows."
        ),
    ] = 100,
    trials: Annotated[
        int | None,
        typer.Option(min=1, help="Scored trials of one person.", show_default="every picture once"),
    ] = None,
    practice: Annotated[int, typer.Option(min=0, help="Practice trials at the beginning.")] = 2,
    checks: Annotated[int, typer.Option(min=0, help="Attention checks in between.")] = 2,
    seconds: Annotated[
        float | None,
        typer.Option(
            help="How long a picture is shown, as in 3 or 5.", show_default="until the answer"
        ),
    ] = None,
    consent: Annotated[
        Path | None,
        typer.Option(
            help="Text file with what participants agree to.", show_default="a common text"
        ),
    ] = None,
) -> None:
    """Write the pages of a study.

    FOLDER/site is for the participants: open its index.html, put it on any web host, or call
    `colorlib study serve FOLDER`. FOLDER/key.json says which picture is whose: keep it, and do not
    publish it.
    """
    with _study_errors():
        from colorlib.study.site import KEY, SITE, new_study

        text = None if consent is None else consent.read_text("utf8")
        plan, notes = new_study(
            folder,
            pictures,
            _folders([*methods, *(more or [])]),
            design,
            seconds=seconds,
            consent=text,
            participants=participants,
            trials=trials,
            practice=practice,
            checks=checks,
        )
    for note in notes:
        say(note)
    scored = sum(trial.kind == "trial" for trial in plan.slots[0])
    say(
        f"{len(plan.stimuli)} pictures, {scored} scored "
        f"trials for each of {len(plan.slots)} participants"
    )
    say(f"for participants: {folder / SITE / 'index.html'}; for you alone: {folder / KEY}")


def _folders(texts: list[str]) -> dict[str, Path]:
    """Return the folder of each method, from NAME=FOLDER."""
    found: dict[str, Path] = {}
    for text in texts:
        name, equals, path = text.partition("=")
        if not (name.strip() and equals and path):
            raise ValueError(f"--methods {text}: give a name and a folder, as in A=results/a")
        if name in found:
            raise ValueError(f"--methods {text}: {name} has a folder already; give it another name")
        found[name] = Path(path)
    return found


@study.command()
def serve(
    folder: Annotated[Path, typer.Argument(help="A study that `new` made.", show_default=False)],
    host: Annotated[
        str, typer.Option(help="Address to listen on; 0.0.0.0 lets other machines in.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes any free one.")] = 8000,
) -> None:
    """Serve a study and collect the answers in FOLDER/answers.db."""
    with _study_errors():
        import socket

        import uvicorn

        from colorlib.study.answers import read_key
        from colorlib.study.server import create_app
        from colorlib.study.site import KEY

        app = create_app(folder)
        with socket.create_server((host, port)) as listening:
            at = f"http://{host}:{listening.getsockname()[1]}"
            say(f"for participants: {at}")
            say(f"for you alone: {at}/organiser?token={read_key(folder / KEY)['token']}")
            config = uvicorn.Config(app, log_level="warning", access_log=False)
            uvicorn.Server(config).run(sockets=[listening])


@study.command()
def report(
    answers: Annotated[
        list[Path],
        typer.Argument(
            help="The answers.db of a served study, json files, or folders of them.",
            show_default=False,
        ),
    ],
    key: Annotated[
        Path | None,
        typer.Option(
            help="The study's key.json.", show_default="beside the answers, or one folder up"
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(help="Folder for the report.", show_default="report, beside key.json"),
    ] = None,
) -> None:
    """Score the methods of a study: report.html, and methods, differences and answers as csv."""
    with _study_errors():
        from colorlib.study.answers import read_key
        from colorlib.study.report import evaluate_study, read_sources, write_study_report

        path = key or _find_key(answers[0])
        secrets = read_key(path)
        rows, notes = read_sources(answers, secrets)
        result = evaluate_study(rows, secrets["design"], secrets["methods"], notes=notes)
        written = write_study_report(result, rows, out or path.parent / "report")
    tell(_table(result))
    for line in (*notes, *filter(None, [result.problem])):
        say(line)
    if result.failed_checks:
        say(
            f"{len(result.failed_checks)} participants "
            "failed an attention check; the report lists them"
        )
    say("see " + " and ".join(map(str, written)))


def _find_key(source: Path) -> Path:
    """Find the key.json nearest to some answers."""
    places = [source, *list(source.absolute().parents)[:2]]
    found = next((place / "key.json" for place in places if (place / "key.json").is_file()), None)
    if found is None:
        raise FileNotFoundError(f"there is no key.json near {source}: give it with --key")
    return found


def _table(result: Result) -> object:
    from rich.markup import escape
    from rich.table import Table

    title = f"{result.answers} answers of {result.participants} participants"
    table = Table("method", "answers", "score", "95 % interval", "cannot be told from", title=title)
    for f in result.findings:
        interval = f"{f.score.low:.3f} ... {f.score.high:.3f}"
        cells = [f.method, str(f.answers), f"{f.score.value:.3f}", interval, ", ".join(f.alike)]
        table.add_row(*map(escape, cells))
    return table


@study.command()
def power(
    design: Design,
    expected: Annotated[
        float,
        typer.Option(help="The rate you expect: of fooling, or of winning.", show_default=False),
    ],
    against: Annotated[float, typer.Option(help="The rate to tell it from.")] = 0.5,
    methods: Annotated[int, typer.Option(min=2, help="How many methods share the trials.")] = 2,
    trials: Annotated[int, typer.Option(min=1, help="Scored trials of one person.")] = 40,
    icc: Annotated[
        float,
        typer.Option(
            min=0, max=1, help="How alike the answers of one person are; 0 is not at all."
        ),
    ] = 0.05,
    power: Annotated[
        float, typer.Option(help="The chance to see a difference that is there.")
    ] = 0.8,
) -> None:
    """Calculate how many raters a study needs, before it begins."""
    with _study_errors():
        from colorlib.study.design import raters_needed

        if design not in DESIGNS.split("|"):
            raise ValueError(f"--design {design}: choose {' or '.join(DESIGNS.split('|'))}")
        needed = raters_needed(
            design, expected, against, methods=methods, trials=trials, icc=icc, power=power
        )
    tell(f"{needed} raters")
