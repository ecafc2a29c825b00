"""How the page is built: by itself, once, and not at all where there is no npm, except that this is said."""

import json
import re
from importlib import import_module
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def tool(monkeypatch, tmp_path):
    """The tool, building elsewhere, on a machine without npm."""
    tool = import_module("web")
    monkeypatch.setattr(tool, "BUILT", tmp_path / "colouring")
    monkeypatch.setattr(tool.shutil, "which", lambda *_, **__: None)
    monkeypatch.delenv("CI", raising=False)
    return tool


def test_without_npm_there_are_samples_and_a_reason(tool):
    folder, problem = tool.build()
    assert "npm is not installed" in problem
    assert not (folder / "page.js").exists()
    widths = json.loads((folder / "widths.json").read_text("utf8"))
    assert all((folder / "samples" / f"{name}-small.webp").is_file() for name in widths)


def test_on_continuous_integration_that_is_an_error(tool, monkeypatch):
    monkeypatch.setenv("CI", "true")
    with pytest.raises(RuntimeError, match="npm is not installed"):
        tool.build()


def test_it_is_built_once(built):
    before = {file: file.stat().st_mtime_ns for file in built.rglob("*")}
    assert import_module("web").build() == (built, None)
    assert {file: file.stat().st_mtime_ns for file in built.rglob("*")} == before


def test_the_lock_holds_versions_and_hashes_and_no_address():
    text = (ROOT / "book" / "web" / "package-lock.json").read_text("utf8")
    lock = json.loads(text)
    wanted = json.loads((ROOT / "book" / "web" / "package.json").read_text("utf8"))
    assert lock["packages"][""]["dependencies"] == wanted["dependencies"]
    assert all(re.fullmatch(r"\d+\.\d+\.\d+", version) for version in wanted["dependencies"].values())
    others = [entry for name, entry in lock["packages"].items() if name]
    assert all({"version", "integrity"} <= set(entry) for entry in others)
    assert "resolved" not in text


def test_a_module_has_one_subject_and_at_most_300_lines():
    modules = [*(ROOT / "book" / "web").rglob("*.js"), *(ROOT / "colorlib" / "demo" / "static").glob("*.js")]
    assert len(modules) > 10
    for module in modules:
        lines = module.read_text("utf8").splitlines()
        assert len(lines) <= 300, module
        assert lines[0].startswith("// "), f"{module}: the first line says what it is about"
        assert max(map(len, lines)) <= 100, module


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ('<summary aria-label="Toggle hidden content">', "<summary>"),
        ('<button class="btn search-button-field x" title="Search" aria-label="Search" id="a">', None),
        ('<div role="list" class="citation-list">', '<div class="citation-list">'),
        ('<button aria-label="Menu">', '<button aria-label="Menu">'),
    ],
)
def test_names_and_roles_of_the_theme_are_mended(monkeypatch, wrong, right):
    monkeypatch.syspath_prepend(ROOT / "book" / "_ext")
    right = right or '<button class="btn search-button-field x" title="Search" id="a">'
    assert import_module("accessible").mended(f"<p>{wrong}</p>") == f"<p>{right}</p>"
