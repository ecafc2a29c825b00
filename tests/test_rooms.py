"""Rooms import lower rooms only, no two files import each other, and no file outgrows its one subject."""

import ast
from collections import defaultdict
from graphlib import TopologicalSorter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "colorlib"
FLAT = {"__init__", "__main__", "settings", "devices", "_atomic"}
LEVELS = [
    {*FLAT, "color"},
    {"images", "models"},
    {"classical", "album", "metrics", "data"},
    {"colorize", "training"},
    {"demo", "film", "experiments", "study"},
    {"show", "teach"},
    {"cli"},
]
LEVEL = {room: level for level, rooms in enumerate(LEVELS) for room in rooms}
# Beside what lies lower: the root's own files, and these.
BESIDE = {
    ("__main__", "cli"),
    ("__init__", "colorize"),
    ("color", "settings"),
    ("color", "devices"),
    ("color", "_atomic"),
}
# Files that are still too long. Take a file out when it is not; put none in.
LONG: set[str] = set()


def module(path: Path) -> str:
    """`colorlib/color/lab.py` is color.lab, `colorlib/color/__init__.py` is color.__init__."""
    return ".".join(path.relative_to(PACKAGE).with_suffix("").parts)


FILES = {module(path): path for path in PACKAGE.rglob("*.py")}


def imports(path: Path) -> set[str]:
    """The files of the package that a file imports anywhere in it, for types too."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text("utf8"))):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: a relative import"
            names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        names = [name.removeprefix("colorlib").lstrip(".") for name in names if name.split(".")[0] == "colorlib"]
        found |= {file for name in names for file in (name, f"{name}.__init__".lstrip(".")) if file in FILES}
    return found - {"__init__", module(path)}


def test_rooms_import_lower_rooms_only():
    for name, path in FILES.items():
        room = name.split(".")[0]
        for other in {file.split(".")[0] for file in imports(path)} - {room}:
            allowed = LEVEL[other] < LEVEL[room] or (room, other) in BESIDE or {room, other} <= FLAT - {"__main__"}
            assert allowed, f"{name} (level {LEVEL[room]}) imports {other} (level {LEVEL[other]})"


def test_no_two_files_import_each_other():
    graph = {
        name: {file for file in imports(path) if not name.startswith(file.removesuffix("__init__"))}
        for name, path in FILES.items()
    }
    assert len(list(TopologicalSorter(graph).static_order())) == len(FILES)


def test_nothing_else_lies_flat():
    assert {path.stem for path in PACKAGE.glob("*.py")} <= FLAT
    assert {path.name for path in PACKAGE.iterdir() if (path / "__init__.py").exists()} <= set(LEVEL)


def test_a_file_has_at_most_300_lines():
    files = [*FILES.values(), *(ROOT / "tests").rglob("*.py")]
    long = {path.relative_to(ROOT).as_posix() for path in files if len(path.read_text("utf8").splitlines()) > 300}
    assert long <= LONG, f"these outgrew 300 lines: {sorted(long - LONG)}"
    assert long == LONG, f"these are short enough now, take them out of LONG: {sorted(LONG - long)}"


def rows(heading: str) -> list[list[str]]:
    """The cells of a table of CONTRIBUTING, without its head; code without its ticks."""
    section = (ROOT / "CONTRIBUTING.md").read_text("utf8").split(f"\n## {heading}\n")[1].split("\n## ")[0]
    table = [line for line in section.splitlines() if line.startswith("|")][2:]
    return [[cell.strip().strip("`") for cell in line.strip("|").split("|")] for line in table]


def defined(path: Path) -> set[str]:
    """The functions and classes of a file, those in classes too."""
    nodes = ast.walk(ast.parse(path.read_text("utf8")))
    return {node.name for node in nodes if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)}


def test_the_table_for_contributors_has_every_room_at_its_level():
    there = {room for room in set(LEVEL) - FLAT if (PACKAGE / room / "__init__.py").is_file()}
    table = {room: int(level) for level, room, *_ in rows("The rooms")}
    assert table == {room: LEVEL[room] for room in there}


def test_the_core_rests_on_nothing_but_itself_and_the_picture_files():
    """What the table calls the core can be read without the rooms that serve others."""
    core = {room for _, room, _, mark in rows("The rooms") if mark}
    files = [path for name, path in FILES.items() if name.split(".")[0] in core]
    needed = {file.split(".")[0] for path in files for file in imports(path)}
    assert core
    assert needed - core - FLAT <= {"images", "classical"}


def test_the_tour_leads_to_the_names_it_promises():
    tour = rows("Where is ...?")
    assert len(tour) > 10
    for question, file, name in tour:
        assert name in defined(ROOT / file), f"{question}: no {name} in {file}"


def test_a_public_name_means_one_thing():
    homes = defaultdict(set)
    for file, path in FILES.items():
        for node in ast.parse(path.read_text("utf8")).body:
            if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_"):
                homes[node.name].add(file)
    # The command `colorlib evaluate` calls the function of that name.
    twice = {name: files for name, files in homes.items() if len(files) > 1 and name != "evaluate"}
    assert not twice
