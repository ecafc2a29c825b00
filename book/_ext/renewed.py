"""Which pages are read again, and which are written, when a part of the book changed.

A page is read again when its text, a file that it names, or what its code depends on has another content than when it
was read; Sphinx compares times, and a file that comes from elsewhere may be older than the page. What a page says of
others, such as their titles, numbers, definitions and the list of all pages, enters it when it is written: once a page
was read, all are written.
"""

import hashlib
import sys
from pathlib import Path

from cache_key import ROOT, cache_key, digest
from myst_nb.core.read import create_nb_reader
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util.logging import getLogger

sys.path.append(str(Path(__file__).resolve().parents[1] / "tools"))

import pages


def files_of(env: BuildEnvironment, name: str) -> list[Path]:
    """The files that a page names, less what was made by its code."""
    named = (Path(env.srcdir, file) for file in env.dependencies.get(name, ()))
    return sorted(file for file in named if file.is_file() and ROOT / "_build" not in file.parents)


def page_key(env: BuildEnvironment, name: str) -> str:
    """A hash of what a page is made of."""
    path = Path(env.doc2path(name))
    key = hashlib.sha256(b"".join(map(digest, [path, *files_of(env, name)])))
    text = path.read_text("utf8")
    reader = create_nb_reader(str(path), env.myst_config, env.mystnb_config, text)
    if reader is not None:
        key.update(cache_key(reader.read(text), ROOT).encode())
    return key.hexdigest()


def read_again(app: Sphinx, env: BuildEnvironment, added: set, changed: set, removed: set) -> list[str]:
    """Name the pages that are made of something else than when they were read; called by Sphinx before it reads."""
    known = getattr(env, "page_keys", {})
    return [name for name in env.found_docs if known.get(name) != page_key(env, name)]


def keep_keys(app: Sphinx, env: BuildEnvironment) -> None:
    """Keep what the pages are made of, with what they were read to name; called by Sphinx when it has read."""
    env.page_keys = {name: page_key(env, name) for name in env.found_docs}
    for name in env.found_docs:
        for file in files_of(env, name):
            if not any(file == top or top in file.parents for top in (ROOT / name for name in pages.INPUTS)):
                getLogger(__name__).warning("%s: a change of it would not be seen (pages.INPUTS)", file, location=name)


def write_all(app: Sphinx, env: BuildEnvironment) -> list[str]:
    """Name all pages as to be written; called by Sphinx when it has read."""
    return list(env.found_docs)


def setup(app: Sphinx) -> dict[str, bool]:
    """Called by Sphinx."""
    app.connect("env-get-outdated", read_again)
    app.connect("env-updated", keep_keys)
    app.connect("env-get-updated", write_all)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
