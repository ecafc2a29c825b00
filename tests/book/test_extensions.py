"""What the book's own Sphinx extensions do: the reference, the numbers of exercises, lighter pages."""

import re
import sys
from collections import Counter
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace

import av
import numpy as np
import pydata_sphinx_theme
import pytest
import yaml
from docutils import nodes
from PIL import Image
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer

from colorlib import show

ROOT = Path(__file__).resolve().parents[2]
ROOMS = sorted(path.parent.name for path in (ROOT / "colorlib").glob("*/__init__.py"))


@pytest.fixture
def extension(monkeypatch):
    """An extension of book/_ext, by its name."""
    monkeypatch.syspath_prepend(ROOT / "book" / "_ext")
    yield import_module
    for name in ("reference", "lighter", "exercise_numbers", "linked_code"):
        sys.modules.pop(name, None)


def test_every_room_has_its_page_in_the_contents():
    toc = yaml.safe_load((ROOT / "_toc.yml").read_text("utf8"))
    listed = [chapter["file"] for part in toc["parts"] for chapter in part["chapters"]]
    pages = [name.removeprefix("book/reference/") for name in listed if name.startswith("book/reference/")]
    assert sorted(pages) == ROOMS
    for room in ROOMS:
        assert (ROOT / "book" / "reference" / f"{room}.md").read_text("utf8") == f"# colorlib.{room}\n"


@pytest.mark.parametrize("room", ["color", "classical", "models", "training", "cli"])
def test_a_page_holds_every_public_name_once(extension, room):
    reference = extension("reference")
    source = [f"# colorlib.{room}\n"]
    reference.write_page(None, f"book/reference/{room}", source)
    lines = source[0].splitlines()
    entries = [line.split(":: ")[1] for line in lines if line.startswith((".. autofunction::", ".. autoclass::"))]
    assert entries
    assert max(Counter(entries).values()) == 1
    package = import_module(f"colorlib.{room}")
    for name in getattr(package, "__all__", []):
        if reference.is_code(getattr(package, name)):
            assert f"colorlib.{room}.{name}" in entries
            assert f"   ~colorlib.{room}.{name}" in lines
    documented = {_resolve(entry) for entry in entries}
    for name in reference.submodules(package):
        assert set(reference.own(import_module(f"colorlib.{room}.{name}")).values()) <= documented


def _resolve(address):
    module, name = address.rsplit(".", 1)
    return getattr(import_module(module), name)


def test_other_pages_stay_as_they_are(extension):
    source = ["# Glossary\n"]
    extension("reference").write_page(None, "book/glossary", source)
    assert source == ["# Glossary\n"]


def test_exercises_are_numbered_by_chapter(extension):
    numbers = {
        "notebooks/07": {"exercise": {"ex-07-1": (19,), "ex-07-2": (20,)}, "figure": {"id1": (1,)}},
        "notebooks/08b": {"exercise": {"ex-08b-1": (25,)}},
        "a": {},
    }
    extension("exercise_numbers").count_by_chapter(None, SimpleNamespace(toc_fignumbers=numbers))
    assert numbers == {
        "notebooks/07": {"exercise": {"ex-07-1": ("7", "1"), "ex-07-2": ("7", "2")}, "figure": {"id1": (1,)}},
        "notebooks/08b": {"exercise": {"ex-08b-1": ("8b", "1")}},
        "a": {},
    }


def test_equations_are_numbered_by_chapter(extension):
    numbers = {
        "notebooks/06_conditional_gan": {"displaymath": {"equation-a": (3,), "equation-b": (4,)}},
        "notebooks/08b_what_ships": {"displaymath": {"equation-c": (5,)}},
        "book/glossary": {"displaymath": {"equation-d": (6,)}},
    }
    extension("exercise_numbers").count_by_chapter(None, SimpleNamespace(toc_fignumbers=numbers))
    assert [list(kinds["displaymath"].values()) for kinds in numbers.values()] == [
        [("6", "1"), ("6", "2")],
        [("8b", "1")],
        [(6,)],
    ]


def test_the_icon_script_of_the_theme_is_found_and_left_out(extension, tmp_path):
    theme = Path(pydata_sphinx_theme.__file__).parent / "theme" / "pydata_sphinx_theme"
    macros = (theme / "static" / "webpack-macros.html").read_text("utf8")
    line = next(line for line in macros.splitlines() if "fontawesome.js" in line)
    line = line.replace("{{ pathto('_static/scripts/fontawesome.js', 1) }}", "../_static/scripts/fontawesome.js")
    page, script = tmp_path / "book" / "page.html", tmp_path / "_static" / "scripts" / "fontawesome.js"
    for file, text in ((page, f"<head>\n{line}\n</head>"), (script, "x")):
        file.parent.mkdir(parents=True)
        file.write_text(text)
    app = SimpleNamespace(builder=SimpleNamespace(format="html"), outdir=tmp_path)
    extension("lighter").leave_out_scripts(app, None)
    assert page.read_text() == "<head>\n</head>"
    assert not script.exists()
    # The fonts that draw the icons in its place come with the theme's style.
    style = (theme / "static" / "styles" / "pydata-sphinx-theme.css").read_text("utf8")
    assert "fa-bars:before" in style
    assert "fa-solid-900.woff2" in style


def test_what_widgets_hold_and_the_font_of_brands_are_left_out(extension, tmp_path):
    page = tmp_path / "page.html"
    state = '<script type="application/vnd.jupyter.widget-state+json">\n{"state": {}}\n</script>'
    font = '<link rel="preload" as="font" href="../webfonts/fa-brands-400.woff2" crossorigin />'
    page.write_text(f'{font}<i class="fab fa-github"></i>{state}<script>kept()</script>')
    app = SimpleNamespace(builder=SimpleNamespace(format="html"), outdir=tmp_path)
    extension("lighter").leave_out_scripts(app, None)
    assert page.read_text() == '<i class="fas fa-code-branch"></i><script>kept()</script>'


def test_scripts_wait_for_the_text_and_pages_without_search_or_formulas_need_none_of_theirs(extension, tmp_path):
    options = (
        '<script src="../_static/documentation_options.js?v=1"></script><script>DOCUMENTATION_OPTIONS.a = 1</script>'
    )
    tools = '<script src="../_static/doctools.js"></script><script data-sd-tabs="id" src="../_static/tabs.js"></script>'
    search = '<script src="../_static/searchtools.js"></script><script src="../searchindex.js"></script>'
    formulas = '<script defer="defer" src="../_static/mathjax/tex-chtml.js"></script>'
    head = options + tools + search + formulas
    pages = {name: tmp_path / f"{name}.html" for name in ("plain", "formula", "search")}
    body = {"plain": "<p>", "formula": '<div class="math notranslate">', "search": "<p>"}
    for name, page in pages.items():
        page.write_text(head + body[name])
    app = SimpleNamespace(builder=SimpleNamespace(format="html"), outdir=tmp_path)
    extension("lighter").leave_out_scripts(app, None)
    waiting = tools.replace("<script ", "<script defer ")
    assert pages["plain"].read_text() == options + waiting + body["plain"]
    assert pages["formula"].read_text() == options + waiting + formulas + body["formula"]
    assert pages["search"].read_text() == options + tools + search + body["search"], (
        "its scripts call each other at once"
    )


def test_pictures_become_webp_of_the_same_colours_and_pages_name_them(extension, tmp_path):
    page, picture = tmp_path / "notebooks" / "page.html", tmp_path / "_images" / "made.png"
    for folder in (page.parent, picture.parent):
        folder.mkdir()
    ramp = np.indices((60, 80)).sum(0)
    pixels = np.stack([ramp, 200 - ramp, ramp * 0 + 90], axis=-1).astype(np.uint8)
    Image.fromarray(pixels).convert("RGBA").save(picture)
    page.write_text('<a href="../_images/made.png"><img src="../_images/made.png"></a> _images/made.png said a text')
    app = SimpleNamespace(builder=SimpleNamespace(format="html"), outdir=tmp_path)
    extension("lighter").pictures_as_webp(app, None)
    assert page.read_text() == (
        '<a href="../_images/made.webp"><img src="../_images/made.webp"></a> _images/made.png said a text'
    )
    assert [path.name for path in picture.parent.iterdir()] == ["made.webp"]
    with Image.open(picture.with_suffix(".webp")) as made:
        assert np.abs(np.asarray(made.convert("RGB")).astype(int) - pixels).mean() < 2


def test_pictures_named_by_their_content_are_packed_once(extension, tmp_path):
    (tmp_path / "_images").mkdir()
    app = SimpleNamespace(builder=SimpleNamespace(format="html"), outdir=tmp_path)
    shades = {}
    for shade in (10, 200):
        for name in ("0f" * 32, "named-by-hand"):
            Image.new("RGB", (8, 8), (shade, shade, shade)).save(tmp_path / "_images" / f"{name}.png")
        extension("lighter").pictures_as_webp(app, None)
        for name in ("0f" * 32, "named-by-hand"):
            with Image.open(tmp_path / "_images" / f"{name}.webp") as made:
                shades[name, shade] = made.convert("L").getpixel((4, 4))
    assert shades["named-by-hand", 200] == pytest.approx(200, abs=3)
    assert shades["0f" * 32, 200] == shades["0f" * 32, 10] == pytest.approx(10, abs=3)
    assert len([*(tmp_path / "_images").iterdir()]) == 2


def test_films_and_pairs_wait_in_files_and_a_notebook_needs_none(extension, tmp_path):
    frames = np.random.default_rng(0).integers(0, 255, (5, 32, 48, 3), np.uint8)
    picture = Image.fromarray(frames[0])
    figures = [show.film(frames, "Noise", "Noise").data, show.compare({"two": (picture, picture)}).data]
    figures.append(show.turnable(lambda level: np.full((8, 8), level), {"L": [0.0, 1.0]}, "One grey").data)
    page = tmp_path / "notebooks" / "page.html"
    page.parent.mkdir()
    page.write_text("".join(figures))
    app = SimpleNamespace(builder=SimpleNamespace(format="html"), outdir=tmp_path)
    extension("lighter").waiting_as_files(app, None)
    poster, film = re.search(r'<video [^>]*preload="none" [^>]*poster="(.*?)" src="(.*?)">', page.read_text()).groups()
    with av.open(str(page.parent / film)) as container:
        assert len(list(container.decode(video=0))) == 5
    with Image.open(page.parent / poster) as first:
        assert first.size == (48, 32)
    pair = re.findall(r'<img loading="lazy" src="(.*?)"', page.read_text())
    assert pair[0] == pair[1], "the same picture is one file"
    with Image.open(page.parent / pair[0]) as one:
        assert one.size == (48, 32)
    assert page.read_text().endswith(figures[2]), "the frames of a figure that turns stay in the page"


def test_the_first_picture_is_loaded_at_once_and_the_others_when_they_are_seen(extension):
    tree = nodes.section("", *(nodes.image(uri=f"{i}.png") for i in range(3)))
    extension("lighter").load_when_seen(None, tree, "page")
    assert [picture.get("loading") for picture in tree.findall(nodes.image)] == [None, "lazy", "lazy"]


def entry(kind, aliased=False):
    return SimpleNamespace(objtype=kind, aliased=aliased)


CODE = """from colorlib import color, Colorizer
from colorlib.data.loaders import dataloaders as loaders

lab = color.rgb_to_lab(rgb).mean()
paint = Colorizer.from_pretrained(loaders=2)
other.color.rgb_to_lab
loaders(size=color.size)
"""
KNOWN = {
    "colorlib.color.rgb_to_lab": entry("function"),
    "colorlib.data.dataloaders": entry("function"),
    "colorlib.colorize.Colorizer": entry("class"),
    "colorlib.colorize.colorizer.Colorizer": entry("class", aliased=True),
    "colorlib.colorize.Point.color": entry("attribute"),
}


def test_names_of_the_package_in_code_lead_to_the_reference(extension):
    linked_code = extension("linked_code")
    names = linked_code.imported([CODE, "!pip list"])
    assert names == {
        "color": "colorlib.color",
        "Colorizer": "colorlib.Colorizer",
        "loaders": "colorlib.data.loaders.dataloaders",
    }
    shown = highlight(CODE, PythonLexer(), HtmlFormatter(cssclass="highlight-python3 notranslate"))
    page = linked_code.linked(shown + "<p>color</p>", names, KNOWN, lambda name: f"#{name}")
    links = re.findall('<a class="code-link" href="#([^"]*)">(.*?)</a>', page)
    text = [(target, re.sub("<[^>]*>", "", code)) for target, code in links]
    assert text == [
        ("colorlib.colorize.Colorizer", "Colorizer"),
        ("colorlib.data.dataloaders", "loaders"),
        ("colorlib.color.rgb_to_lab", "color.rgb_to_lab"),
        ("colorlib.colorize.Colorizer", "Colorizer"),
        ("colorlib.data.dataloaders", "loaders"),
    ]
    assert re.sub("</?a[^>]*>", "", page) == shown + "<p>color</p>"


def test_a_name_that_a_page_gives_to_something_of_its_own_is_no_link(extension):
    code = ["from colorlib.metrics import psnr, ab_error", "for psnr in (1, 2): pass", "def f(ab_error): pass"]
    assert extension("linked_code").imported(code) == {}
