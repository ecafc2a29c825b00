"""A chapter's last line tells of its execution what was recorded then, and nothing that is known only now."""

import re
import sys
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from types import SimpleNamespace

import nbformat
import pytest
from docutils import nodes
from jupyter_cache import get_cache
from jupyter_cache.base import CacheBundleIn
from jupyter_cache.cache.main import JupyterCacheBase
from myst_nb.core.config import NbParserConfig
from myst_parser.config.main import MdParserConfig

EXTENSIONS = Path(__file__).resolve().parents[2] / "book" / "_ext"


@pytest.fixture
def lines(monkeypatch):
    """The module book/_ext/executed_line.py; jupyter-cache is afterwards as it was."""
    monkeypatch.syspath_prepend(EXTENSIONS)
    monkeypatch.setattr(JupyterCacheBase, "cache_notebook_bundle", JupyterCacheBase.cache_notebook_bundle)
    yield import_module("executed_line")
    sys.modules.pop("executed_line", None)


@pytest.fixture
def chapter(tmp_path):
    """A notebook on the disk."""
    path = tmp_path / "notebooks" / "01_a.ipynb"
    path.parent.mkdir()
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("1 + 1")])
    notebook.metadata["language_info"] = {"name": "python", "version": "3.12.9"}
    nbformat.write(notebook, path)
    return path


def keep(folder, path, **data):
    """Put a notebook into a cache, as if it had been executed."""
    bundle = CacheBundleIn(nbformat.read(path, as_version=4), str(path), data={"execution_seconds": 96.0, **data})
    return get_cache(str(folder)).cache_notebook_bundle(bundle, check_validity=False, overwrite=True)


def reading(path, cache):
    """What Sphinx hands over when it has read a chapter."""
    env = SimpleNamespace(
        docname=f"notebooks/{path.stem}",
        doc2path=lambda name: str(path),
        myst_config=MdParserConfig(),
        mystnb_config=NbParserConfig(),
    )
    return SimpleNamespace(env=env, config=SimpleNamespace(nb_execution_cache_path=str(cache)))


def test_the_line_stands_at_the_end_of_a_chapter(lines, tmp_path, chapter):
    lines.note_versions()
    keep(tmp_path / "cache", chapter, cores=1)
    app = reading(chapter, tmp_path / "cache")
    tree = nodes.document(None, None)
    tree += nodes.paragraph("", "The chapter.")
    lines.add_line(app, tree)
    day, _, rest = tree[-1].astext().partition(" in ")
    assert re.fullmatch(r"Executed on \d+ \w+ 20\d\d", day)
    assert rest == f"1.6 minutes, with Python 3.12.9 and torch {version('torch')}, on 1 core."
    app.env.docname = "book/ethics"
    lines.add_line(app, tree)
    assert len(tree) == 2


def test_the_opening_says_the_minutes_that_were_measured(lines, tmp_path, chapter):
    lines.note_versions()
    keep(tmp_path / "cache", chapter, cores=1)
    tree = nodes.document(None, None)
    tree += nodes.paragraph("", "Time: about 3 min on 2 CPU cores, an estimated 5 min on a T4 to run")
    lines.add_line(reading(chapter, tmp_path / "cache"), tree)
    assert tree[0].astext() == "Time: 1.6 min on 1 core, an estimated 5 min on a T4 to run"


def test_what_was_not_recorded_is_not_said(lines, tmp_path, chapter):
    record = keep(tmp_path / "cache", chapter)
    assert re.fullmatch(r"Executed on \d+ \w+ 20\d\d in 1\.6 minutes\.", lines.sentence(record))


def test_a_chapter_that_is_not_in_the_cache_has_no_line(lines, tmp_path, chapter):
    app = reading(chapter, tmp_path / "cache")
    tree = nodes.document(None, None)
    lines.add_line(app, tree)
    assert not len(tree)
