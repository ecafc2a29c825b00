"""The recorded speeds of tests/benchmarks: their file, the table made of it, and what is too slow."""

import ast
import json
import os
import platform
from pathlib import Path
from typing import Any

from colorlib._atomic import atomic

FOLDER = Path(__file__).resolve().parents[1] / "benchmarks"
RECORDED = FOLDER / "recorded.json"
README = FOLDER / "README.md"
LEAST = 0.8  # of the recorded ratio
HEAD = f"""# Speeds

Each ratio says how many times as quick as the other way this project's is, on the same machine in the same minute.
`make bench` measures anew, and fails below {LEAST} of the recorded ratio. `make bench PYTEST=--renew` records what it
measures and writes this page; `PYTEST="--renew -k film"` does so for some. The load is that of the machine in the last
minute before the record, with the benchmark itself: where it is above 1, other programs ran too.

| benchmark | ratio | measured | processor | load |
|---|---|---|---|---|
"""


def recorded() -> dict[str, dict[str, Any]]:
    """Read what was measured, by file and name of the test."""
    return json.loads(RECORDED.read_text("utf8"))


def too_slow(ratio: float, record: dict[str, Any] | None) -> bool:
    """Whether a ratio does not keep the recorded one's word; without a record there is none to keep."""
    return record is not None and ratio < LEAST * record["ratio"]


def table(records: dict[str, dict[str, Any]]) -> str:
    """Make the page of the recorded speeds."""
    rows = [
        f"| [{name.partition('::')[2]}]({name.partition('::')[0]}) {_subject(name)} | {record['ratio']} "
        f"| {', '.join(f'{key} {value}' for key, value in record['measured'].items())} "
        f"| {record['processor']} | {record['load']} |\n"
        for name, record in sorted(records.items())
    ]
    return HEAD + "".join(rows)


def record(name: str, measured: dict[str, Any]) -> None:
    """Keep what a benchmark measured, and renew the page."""
    records = recorded()
    records[name] = {
        "ratio": measured["ratio"],
        "measured": {key.replace("_", " "): value for key, value in measured.items() if key != "ratio"},
        "processor": _processor(),
        "load": round(os.getloadavg()[0], 1) if hasattr(os, "getloadavg") else None,
    }
    file = json.dumps(dict(sorted(records.items())), indent=2) + "\n"
    for path, text in {RECORDED: file, README: table(json.loads(file))}.items():
        with atomic(path) as temporary:
            temporary.write_text(text, "utf8")


def _subject(name: str) -> str:
    """The first sentence of the file of a benchmark."""
    text = ast.get_docstring(ast.parse((FOLDER / name.partition("::")[0]).read_text("utf8"))) or ""
    return " ".join(text.split()).split(". ")[0].rstrip(".")


def _processor() -> str:
    """The processor's name and how many cores may be used."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return f"{names[0] if names else platform.processor()}, {os.cpu_count()} cores"
