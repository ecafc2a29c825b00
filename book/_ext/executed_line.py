"""A chapter ends with a line that says when it was executed, for how long, and with what; its opening says the minutes.

jupyter-cache keeps the day and the seconds of each execution. The versions and the cores are written beside them when a
chapter is put into the cache: what is installed when the pages are built may be something else.
"""

import re
from functools import wraps
from importlib.metadata import version
from pathlib import Path
from typing import Any

from docutils import nodes
from jupyter_cache import get_cache
from jupyter_cache.base import CacheBundleIn
from jupyter_cache.cache.db import NbCacheRecord
from jupyter_cache.cache.main import JupyterCacheBase
from myst_nb.core.read import create_nb_reader
from sphinx.application import Sphinx

from colorlib import settings

CHAPTERS = "notebooks/"
SAID = re.compile(r"about \d+ min on 2 CPU cores")  # in a chapter's opening; its page says what was measured


def note_versions() -> None:
    """Let jupyter-cache keep with which versions and on how many cores a notebook was executed."""
    keep = JupyterCacheBase.cache_notebook_bundle
    if hasattr(keep, "__wrapped__"):
        return

    @wraps(keep)
    def keep_more(self: JupyterCacheBase, bundle: CacheBundleIn, *args: Any, **options: Any) -> NbCacheRecord:
        python = bundle.nb.metadata.get("language_info", {}).get("version", "")
        for name, value in (("python", python), ("torch", version("torch")), ("cores", settings.cores())):
            bundle.data.setdefault(name, value)
        return keep(self, bundle, *args, **options)

    JupyterCacheBase.cache_notebook_bundle = keep_more


def sentence(record: NbCacheRecord) -> str:
    """Return what is known of an execution."""
    text = f"Executed on {record.created.day} {record.created:%B %Y}"
    text += f" in {_minutes(record)} minutes"
    if "cores" in record.data:
        text += f", with Python {record.data['python']} and torch {record.data['torch']}, on {_cores(record)}"
    return text + "."


def say_minutes(tree: nodes.document, record: NbCacheRecord) -> None:
    """Put the measured minutes in the place of those that a chapter's opening says."""
    if "cores" in record.data:
        measured = f"{_minutes(record)} min on {_cores(record)}"
        for text in list(tree.findall(nodes.Text)):
            if SAID.search(text):
                text.parent.replace(text, nodes.Text(SAID.sub(measured, text)))


def _minutes(record: NbCacheRecord) -> str:
    return f"{record.data['execution_seconds'] / 60:.1f}"


def _cores(record: NbCacheRecord) -> str:
    cores = record.data["cores"]
    return f"{cores} {'core' if cores == 1 else 'cores'}"


def add_line(app: Sphinx, tree: nodes.document) -> None:
    """Say the minutes, and end a chapter with the line; called by Sphinx with every page that it read."""
    env = app.env
    if not env.docname.startswith(CHAPTERS):
        return
    path = env.doc2path(env.docname)
    text = Path(path).read_text("utf8")
    notebook = create_nb_reader(path, env.myst_config, env.mystnb_config, text).read(text)
    try:
        record = get_cache(app.config.nb_execution_cache_path).match_cache_notebook(notebook)
    except KeyError:  # it failed
        return
    say_minutes(tree, record)
    tree.append(nodes.paragraph("", sentence(record), classes=["executed"]))


def setup(app: Sphinx) -> dict[str, bool]:
    """Called by Sphinx."""
    note_versions()
    app.connect("doctree-read", add_line)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
