"""A study in one page, for people who want to know their own result: nothing is sent."""

from __future__ import annotations

import base64
import json
import re
from importlib import resources
from pathlib import Path

from colorlib.study.answers import read_key
from colorlib.study.design import CHECK, ORIGINAL, REAL_OR_COLOURED
from colorlib.study.site import KEY, SITE, render

__all__ = ["own_study"]


def own_study(folder: str | Path) -> str:
    """Put a study into one page that tells its reader in the end how often they were fooled.

    Pictures, style and scripts are in the page, and so is which picture is whose: it is no page for
    a study whose answers are collected.

    Parameters
    ----------
    folder : str or Path
        A study of the design `real-or-coloured`, as `new_study` makes it.

    Returns
    -------
    str
        HTML.

    Raises
    ------
    FileNotFoundError, ValueError
        If there is no such study, or it asks something else.
    """
    folder = Path(folder)
    key = read_key(folder / KEY)
    if key["design"] != REAL_OR_COLOURED:
        raise ValueError(
            f"{folder} asks {key['design']}: only {REAL_OR_COLOURED} has a result of one's own"
        )
    script = (folder / SITE / "data.js").read_text("utf8")
    study = json.loads(script.removeprefix("window.STUDY = ").rstrip(";\n"))
    kinds = {ORIGINAL: 1, CHECK: 2}  # 0: coloured
    study["own"] = [kinds.get(key["pictures"][file]["method"], 0) for file in study["pictures"]]
    study["inline"] = {
        file: _data_uri(folder / SITE / "pictures" / file) for file in study["pictures"]
    }
    page = (folder / SITE / "index.html").read_text("utf8")
    files = {
        name: (folder / SITE / name).read_text("utf8")
        for name in ("study.css", "jspsych.min.js", "study.js")
    }
    files["data.js"] = f"window.STUDY = {json.dumps(study, separators=(',', ':'))};"
    files["where.js"] = (resources.files("colorlib.study") / "static" / "own.js").read_text("utf8")
    page = page.replace("</html>", render("own.html") + "</html>")
    page = re.sub(
        r'<link rel="stylesheet" href="([\w.]+)">', lambda m: f"<style>{files[m[1]]}</style>", page
    )
    # A script in a page ends at the first "</script", also where it stands in a text.
    files = {name: text.replace("</", "<\\/") for name, text in files.items()}
    return re.sub(
        r'<script src="([\w.]+)"></script>', lambda m: f"<script>{files[m[1]]}</script>", page
    )


def _data_uri(path: Path) -> str:
    return "data:image/jpeg;base64," + base64.b64encode(path.read_bytes()).decode("ascii")
