"""Write the pages of a study: a folder that works from a disk, from any web host, and when served.

A study is a folder with two things in it. `site` is for the participants: one page, jsPsych, and
the pictures under names made of chance. `key.json` is for the organiser: it alone says which file
is whose, and holds the token of the organiser's pages. It must not be published.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader

from colorlib.study.design import Plan, plan_study

__all__ = ["KEY", "SITE", "new_study", "render"]

SITE, KEY = "site", "key.json"
_COPIED = ("jspsych.min.js", "LICENSE-jspsych.txt", "study.css", "study.js", "where.js")


def render(template: str, **values: object) -> str:
    """Fill a template of this room; every value is escaped."""
    environment = Environment(loader=PackageLoader("colorlib.study"), autoescape=True)
    return environment.get_template(template).render(**values)


def new_study(
    folder: str | Path,
    originals: str | Path,
    methods: Mapping[str, str | Path],
    design: str,
    *,
    seconds: float | None = None,
    consent: str | None = None,
    seed: int | None = None,
    **numbers: Any,
) -> tuple[Plan, list[str]]:
    """Make a study from folders of pictures.

    Parameters
    ----------
    folder : str or Path
        Where the study goes; must not exist, or be empty. It appears whole or not at all.
    originals : str or Path
        Folder of photographs in their own colours.
    methods : mapping of str to str or Path
        The name of each method and the folder of what it made, file names as the originals'.
    design : str
        `real-or-coloured` or `which-is-better`.
    seconds : float, optional
        How long a picture is shown; as long as people like when not given.
    consent : str, optional
        What participants agree to, paragraphs set apart by empty lines; a common text when not
        given.
    seed : int, optional
        Chance starts here; anywhere when not given.
    **numbers
        `participants`, `trials`, `practice`, `checks` as `plan_study` takes them.

    Returns
    -------
    Plan
        Who sees what.
    list of str
        What was left out or shown smaller.

    Raises
    ------
    FileExistsError
        When the folder holds something.
    FileNotFoundError, ValueError
        When pictures are missing, damaged, do not fit together or are too few.
    """
    # A server renders without them.
    from colorlib.study.pictures import match_pictures, save_stimuli

    folder = Path(folder)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise FileExistsError(
            f"{folder} is there already: give a new folder, votes belong to one study"
        )
    if seconds is not None and not 0 < seconds <= 600:
        raise ValueError(
            f"--seconds {seconds:g}: show pictures for more than 0 and up to 600 seconds"
        )
    matched = match_pictures(originals, methods)
    seed = secrets.randbits(32) if seed is None else seed
    plan = plan_study(design, list(matched.files), list(methods), seed=seed, **numbers)
    folder.parent.mkdir(parents=True, exist_ok=True)
    building = folder.with_name(f".{folder.name}.{os.getpid()}.part")
    try:
        (building / SITE / "pictures").mkdir(parents=True)
        stimuli = save_stimuli(matched, plan.stimuli, building / SITE / "pictures")
        files = {stimulus: file for file, stimulus in stimuli.items()}
        study = secrets.token_hex(8)
        key = {
            "study": study,
            "design": design,
            "methods": list(methods),
            "seconds": seconds,
            "seed": seed,
            "token": secrets.token_urlsafe(24),
            "pictures": {file: stimulus._asdict() for file, stimulus in stimuli.items()},
            "slots": [[[t.kind, [files[s] for s in t.shown]] for t in slot] for slot in plan.slots],
        }
        with os.fdopen(os.open(building / KEY, os.O_WRONLY | os.O_CREAT, 0o600), "w") as file:
            json.dump(key, file, indent=1)
        _write_site(building / SITE, key, consent)
        if folder.exists():
            folder.rmdir()
        os.replace(building, folder)
    finally:
        shutil.rmtree(building, ignore_errors=True)
    return plan, matched.notes


def _write_site(site: Path, key: Mapping[str, Any], consent: str | None) -> None:
    """Write everything but the pictures; of the key only what the page must know."""
    places = {file: place for place, file in enumerate(key["pictures"])}
    shown = {
        "id": key["study"],
        "design": key["design"],
        "seconds": key["seconds"],
        "pictures": list(places),
        # An attention check looks like any other trial.
        "slots": [
            [[int(kind == "practice"), [places[file] for file in files]] for kind, files in slot]
            for slot in key["slots"]
        ],
    }
    script = f"window.STUDY = {json.dumps(shown, separators=(',', ':'))};\n"
    (site / "data.js").write_text(script, "utf8")
    paragraphs = [part.strip() for part in (consent or "").split("\n\n") if part.strip()]
    slot = key["slots"][0]
    values = {"trials": len(slot), "practice": sum(kind == "practice" for kind, _ in slot)}
    values |= {"design": key["design"], "seconds": key["seconds"]}
    page = render("index.html", consent=paragraphs, **values)
    (site / "index.html").write_text(page, "utf8")
    static = resources.files("colorlib.study") / "static"
    for name in _COPIED:
        (site / name).write_bytes((static / name).read_bytes())
