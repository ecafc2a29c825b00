"""Executed chapters are kept under a key of everything they depend on.

jupyter-cache compares a notebook's own cells only: it does not see that ``colorlib``, a weight file, a recorded result
or a pinned version changed, and would show yesterday's pictures. So its key is joined by a hash of those, for each
chapter of the files that it imports and no others: a change in a room that it does not use leaves it alone.
"""

import hashlib
import os
from functools import cache, partialmethod
from pathlib import Path
from typing import Any

from imports import Package
from jupyter_cache.cache.main import JupyterCacheBase
from nbformat import NotebookNode
from sphinx.application import Sphinx
from sphinx.config import Config

ROOT = Path(__file__).resolve().parents[2]
LOCK = "requirements.txt"
# Folders that hold no code, and the file of the package that alone opens them.
FOLDERS = {"colorlib/pretrained": "models/shipped.py", "book/results": "experiments/recorded.py"}
VARIABLES = ("COLORLIB_PROFILE", "COLORLIB_DATA")


@cache
def depends_on(package: Package, cells: tuple[str, ...]) -> list[Path]:
    """The files that a chapter's cells need: what they import, what lies beside it, and the folders that it opens."""
    root = package.folder.parent
    code = package.closure(cells)
    rooms = {path.parent for path in code} - {package.folder}
    files = {file for room in rooms for file in room.rglob("*") if file.suffix != ".py"} | code
    for folder, reader in FOLDERS.items():
        if package.folder / reader in code:
            files |= set((root / folder).rglob("*"))
    return sorted(file for file in files if file.is_file() and "__pycache__" not in file.parts)


@cache
def digest(file: Path) -> bytes:
    """The hash of a file as it was when it was first asked for: a change during a build belongs to the next."""
    return hashlib.sha256(file.read_bytes()).digest()


@cache
def package(root: Path) -> Package:
    """The package as it was when it was first asked for."""
    return Package(root / "colorlib")


def cache_key(notebook: NotebookNode, root: Path = ROOT) -> str:
    """A short hash of the files and variables that an executed chapter depends on besides its own cells."""
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    cells = tuple(cell.source for cell in code if "setup" not in cell.metadata.get("tags", []))
    key = hashlib.sha256()
    for file in [*depends_on(package(root), cells), root / LOCK]:
        key.update(f"{file.relative_to(root).as_posix()}\0".encode())
        key.update(digest(file))
    for name in VARIABLES:
        key.update(f"{name}={os.environ.get(name, '')}\0".encode())
    return key.hexdigest()[:12]


def cache_path(root: Path = ROOT) -> Path:
    """The folder that holds the chapters as they were executed."""
    return root / "_build" / ".jupyter_cache"


def join_keys() -> None:
    """Let jupyter-cache know a chapter by its cells and by what they depend on.

    Tags and alt texts come from the chapter as it is now: it would give back those of the day it was executed.
    """
    merge = vars(JupyterCacheBase)["merge_match_into_notebook"]
    if isinstance(merge, partialmethod):
        return
    JupyterCacheBase.merge_match_into_notebook = partialmethod(merge, cell_meta=())
    by_cells = JupyterCacheBase.create_hashed_notebook

    def by_all(self: JupyterCacheBase, nb: NotebookNode, *options: Any) -> tuple[NotebookNode, str]:
        hashed, key = by_cells(self, nb, *options)
        return hashed, f"{key}-{cache_key(nb, ROOT)}"

    JupyterCacheBase.create_hashed_notebook = by_all


def set_cache_path(app: Sphinx, config: Config) -> None:
    """Tell myst-nb which folder to use."""
    config.nb_execution_cache_path = str(cache_path())


def setup(app: Sphinx) -> dict[str, bool]:
    """Called by Sphinx."""
    join_keys()
    app.connect("config-inited", set_cache_path)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
