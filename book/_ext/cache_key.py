"""Executed chapters are kept in a folder named after everything they depend on besides themselves.

jupyter-cache compares a notebook's own cells only: it does not see that ``colorlib``, a weight file, a recorded result
or a pinned version changed, and would show yesterday's pictures. So the folder's name carries a hash of those.
"""

import hashlib
import os
from functools import partialmethod
from pathlib import Path

from jupyter_cache.cache.main import JupyterCacheBase
from sphinx.application import Sphinx
from sphinx.config import Config

ROOT = Path(__file__).resolve().parents[2]
INPUTS = ("colorlib", "book/results", "requirements.txt")
VARIABLES = ("COLORLIB_PROFILE", "COLORLIB_DATA")


def cache_key(root: Path = ROOT) -> str:
    """A short hash of the files and variables that executed chapters depend on."""
    digest = hashlib.sha256()
    for name in INPUTS:
        top = root / name
        files = sorted(top.rglob("*")) if top.is_dir() else [top]
        for file in files:
            if file.is_file() and "__pycache__" not in file.parts:
                digest.update(f"{file.relative_to(root).as_posix()}\0".encode())
                digest.update(hashlib.sha256(file.read_bytes()).digest())
    for name in VARIABLES:
        digest.update(f"{name}={os.environ.get(name, '')}\0".encode())
    return digest.hexdigest()[:12]


def cache_path(root: Path = ROOT) -> Path:
    """The folder that holds the chapters as they were executed."""
    return root / "_build" / f".jupyter_cache-{cache_key(root)}"


def set_cache_path(app: Sphinx, config: Config) -> None:
    """Tell myst-nb which folder to use. A new path also makes Sphinx read every chapter again."""
    config.nb_execution_cache_path = str(cache_path())


def keep_new_metadata() -> None:
    """Let tags and alt texts come from the chapter: jupyter-cache would give back those of the day it was executed."""
    merge = vars(JupyterCacheBase)["merge_match_into_notebook"]
    if not isinstance(merge, partialmethod):
        JupyterCacheBase.merge_match_into_notebook = partialmethod(merge, cell_meta=())


def setup(app: Sphinx) -> dict[str, bool]:
    """Called by Sphinx."""
    keep_new_metadata()
    app.connect("config-inited", set_cache_path)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
