"""A chapter is executed again when something that it needs changed, and not when something else did."""

import ast
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import nbformat
import pytest
from jupyter_cache import get_cache
from jupyter_cache.base import CacheBundleIn

ROOT = Path(__file__).resolve().parents[2]
CHAPTERS = sorted((ROOT / "notebooks").glob("*.ipynb"))
LAZY = "import lazy_loader\n_, _, _ = lazy_loader.attach(__name__, submodules={}, submod_attrs={})\n"
FILES = {
    "colorlib/__init__.py": LAZY.format(["show", "film"], {"settings": ["profile"]}),
    "colorlib/settings.py": "L = 50\n",
    "colorlib/show/__init__.py": LAZY.format(["figures", "widgets"], {"figures": ["grid"], "widgets": ["handle"]}),
    "colorlib/show/figures.py": "from colorlib.color import lab\ndef grid(): ...\n",
    "colorlib/show/widgets.py": "from colorlib.film import coloured\ndef handle(): ...\n",
    "colorlib/show/page.css": "p {}\n",
    "colorlib/color/__init__.py": "",
    "colorlib/color/lab.py": "",
    "colorlib/color/fast.py": "",
    "colorlib/film/__init__.py": LAZY.format(["colorize"], {"colorize": ["coloured"]}),
    "colorlib/film/colorize.py": "def coloured():\n    from colorlib.models import shipped\n",
    "colorlib/models/__init__.py": "",
    "colorlib/models/shipped.py": "",
    "colorlib/experiments/__init__.py": "",
    "colorlib/experiments/recorded.py": "",
    "colorlib/__main__.py": "import colorlib.film.colorize\n",
    "colorlib/pretrained/natural.safetensors": "0",
    "book/results/long.csv": "1",
    "requirements.txt": "torch==2.14.1\n",
}
DRAWS = {"__init__", "show/__init__", "show/figures", "color/__init__", "color/lab"}
FILMS = {"__init__", "film/__init__", "film/colorize", "models/__init__", "models/shipped"}
WIDGETS = {"show/__init__", "show/widgets"}


@pytest.fixture
def keys(monkeypatch):
    """The module book/_ext/cache_key.py, which remembers nothing of other tests."""
    monkeypatch.syspath_prepend(ROOT / "book" / "_ext")
    module = import_module("cache_key")
    yield module
    module.package.cache_clear()
    module.digest.cache_clear()


@pytest.fixture
def house(tmp_path):
    """A small package of rooms."""
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


def chapter(*cells):
    """A notebook with these cells."""
    return nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])


@pytest.mark.parametrize(
    ("cells", "needed"),
    [
        (["from colorlib import show", "%matplotlib inline\nshow.grid()"], DRAWS),
        (["import colorlib", "colorlib.profile()"], {"__init__", "settings"}),
        (["from colorlib.show import grid as draw"], DRAWS),
        (["import colorlib.film as moving", "moving.coloured()"], FILMS),
        (["import colorlib", "colorlib.show.handle()"], FILMS | WIDGETS),
        (["from colorlib import show", "help(show)"], FILMS | WIDGETS | DRAWS),
        (["from colorlib import show", "show.of_another_day"], FILMS | WIDGETS | DRAWS),
        (["import sys", "command = [sys.executable, '-m', 'colorlib', 'info']"], FILMS | {"__main__"}),
        (["from colorlib import film"], {"__init__", "film/__init__"}),
        (["colorlib = 'a word'", "print(colorlib)"], set()),
    ],
)
def test_which_files_code_needs(keys, house, cells, needed):
    closure = keys.package(house).closure(cells)
    assert closure == {house / "colorlib" / f"{name}.py" for name in needed}


@pytest.mark.parametrize(
    ("changed", "cell", "again"),
    [
        ("colorlib/color/lab.py", "show.grid()", True),
        ("colorlib/color/fast.py", "show.grid()", False),
        ("colorlib/show/page.css", "show.grid()", True),
        ("colorlib/film/colorize.py", "show.grid()", False),
        ("colorlib/film/colorize.py", "show.handle()", True),
        ("colorlib/pretrained/natural.safetensors", "show.grid()", False),
        ("colorlib/pretrained/natural.safetensors", "show.handle()", True),
        ("book/results/long.csv", "show.grid()", False),
        ("book/results/long.csv", "import colorlib.experiments.recorded", True),
        ("requirements.txt", "show.grid()", True),
    ],
)
def test_a_second_build_executes_what_changed_and_nothing_else(keys, house, monkeypatch, changed, cell, again):
    keys.join_keys()
    monkeypatch.setattr(keys, "ROOT", house)
    cache = get_cache(str(keys.cache_path(house)))
    page = chapter("from colorlib import show", cell)
    bundle = CacheBundleIn(page, "chapter.ipynb", data={"execution_seconds": 1})
    cache.cache_notebook_bundle(bundle, check_validity=False)
    assert cache.match_cache_notebook(page)

    (house / changed).write_text("something = 'else'\n")
    assert cache.match_cache_notebook(page), "what changes during a build belongs to the next"
    keys.package.cache_clear()
    keys.digest.cache_clear()
    if again:
        with pytest.raises(KeyError):
            cache.match_cache_notebook(page)
    else:
        assert cache.match_cache_notebook(page)


def test_the_profile_and_the_cells_themselves_are_in_the_key(keys, house, monkeypatch):
    page = chapter("from colorlib import show")
    before = keys.cache_key(page, house)
    assert keys.cache_key(page, house) == before
    monkeypatch.setenv("COLORLIB_PROFILE", "paper")
    assert keys.cache_key(page, house) != before


def imports_of(path):
    """The cells that import, and every dotted name of the package that a chapter takes from its rooms."""
    cells = [cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]
    imports = import_module("imports")
    tree = imports.parsed(cell.source for cell in cells if "setup" not in cell.metadata.get("tags", []))
    lines = [node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom)]
    rooms = {"show", "color", "data", "images", "metrics", "experiments", "film", "classical"}
    rooms &= {name.asname or name.name for line in lines for name in line.names}
    takes = [node for node in ast.walk(tree) if imports.chain(node)[:1] and imports.chain(node)[0] in rooms]
    takes = [node for node in takes if isinstance(node, ast.Attribute)]
    return "\n".join(map(ast.unparse, [*lines, *takes])), cells


@pytest.mark.parametrize("number", ["01", "13"])
def test_what_a_chapter_imports_when_it_runs_is_what_was_read_from_it(keys, number):
    path = next(path for path in CHAPTERS if path.name.startswith(number))
    code, cells = imports_of(path)
    show = "import sys; print(*(m.__file__ for n, m in sys.modules.items() if n.split('.')[0] == 'colorlib'))"
    command = [sys.executable, "-c", f"{code}\n{show}"]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    run = {Path(file) for file in result.stdout.splitlines()[-1].split()}
    read = set(keys.depends_on(keys.package(ROOT), tuple(c.source for c in cells[1:])))
    assert len(run) > 10
    assert run <= read
    assert len([file for file in read if file.suffix == ".py"]) < len(keys.package(ROOT).files) * 0.8


def test_only_the_named_files_open_the_folders_without_code(keys):
    for folder, reader in keys.FOLDERS.items():
        last = folder.rpartition("/")[2]
        for path in (ROOT / "colorlib").rglob("*.py"):
            opens = [
                node
                for node in ast.walk(ast.parse(path.read_text("utf8")))
                if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div)
                if isinstance(node.right, ast.Constant) and node.right.value == last
            ]
            home = path.relative_to(ROOT / "colorlib").as_posix()
            assert home == reader or not opens, f"{home} opens {folder}"
