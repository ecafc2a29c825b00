"""The code that a chapter shows: the whole of it, legible, with the place where it stands."""

import ast
import inspect
import textwrap
from html.parser import HTMLParser
from pathlib import Path

import pytest
import torch
from torch import nn

import colorlib
from colorlib import settings, show
from colorlib.models import PatchGAN, UNet, UNetBlock, receptive_field
from colorlib.show.source_code import INKS, LONG, Source, source

ROOT = Path(colorlib.__file__).resolve().parents[1]


class Text(HTMLParser):
    """The text of a page without its style, and its links."""

    def __init__(self, page):
        super().__init__()
        self.text, self.links, self.inside = "", [], []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.inside.append(tag)
        self.links += [value for key, value in attrs if key == "href"]

    def handle_endtag(self, tag):
        while self.inside.pop() != tag:
            pass

    def handle_data(self, data):
        self.text += "" if "style" in self.inside else data


def without_docstrings(code):
    tree = ast.parse(textwrap.dedent(code))
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef | ast.FunctionDef) and ast.get_docstring(node) is not None:
            node.body = node.body[1:] or [ast.Pass()]
    return ast.dump(tree)


@pytest.mark.parametrize("thing", [UNetBlock, UNetBlock.forward, PatchGAN, receptive_field, UNet.start_grey])
def test_what_is_shown_is_the_code_but_for_docstrings(thing):
    found = source(thing)
    whole = inspect.getsource(inspect.unwrap(thing))
    assert without_docstrings(found.code) == without_docstrings(whole)
    assert len(found.code.splitlines()) <= len(whole.splitlines())


def test_docstrings_keep_their_first_line():
    assert '"""One level of the U: a step down, what lies inside, a step up, and a skip around it."""' in (
        source(UNetBlock).code
    )
    assert "Parameters\n" not in source(UNet).code
    assert '"""Colour a batch: L (B, 1, H, W) in [-1, 1] to ab (B, 2, H, W) in (-1, 1)."""' in source(UNet).code


def test_the_page_holds_signature_code_and_place():
    found = source(receptive_field)
    page = Text(found._repr_html_())
    assert show.source(receptive_field) == found
    assert found.signature == "colorlib.models.patchgan.receptive_field(module)"
    assert found.signature in page.text
    assert all(line in page.text for line in found.code.splitlines())
    assert page.links == [found.address]


def test_the_address_leads_to_the_lines():
    found = source(PatchGAN)
    base, lines = found.address.split("#")
    assert base == f"{settings.repository()}/blob/{settings.revision()}/colorlib/models/patchgan.py"
    first, last = (int(number.removeprefix("L")) for number in lines.split("-"))
    file = (ROOT / "colorlib" / "models" / "patchgan.py").read_text("utf8").splitlines()
    assert file[first - 1] == "class PatchGAN(nn.Module):"
    assert "\n".join(file[first - 1 : last]) == inspect.getsource(PatchGAN).rstrip()
    assert found.place == f"colorlib/models/patchgan.py, lines {first} to {last}"


def test_only_what_is_long_can_be_folded_away():
    short, long = source(UNetBlock.forward), source(UNetBlock)
    assert len(short.code.splitlines()) <= LONG < len(long.code.splitlines())
    assert "<details" not in short._repr_html_()
    assert long._repr_html_().count("<details") == 1
    assert f"({len(long.code.splitlines())} lines)" in long._repr_html_()


def test_letters_are_escaped():
    page = Source("less(a='<b>')", "a < b", "x.py, line 1", None)._repr_html_()
    assert "less(a=&#x27;&lt;b&gt;&#x27;)" in page
    assert "<b>" not in page
    assert "<a " not in page


def test_a_terminal_gets_text():
    assert repr(source(UNetBlock.forward)).splitlines() == [
        "# colorlib.models.unet.UNetBlock.forward(x)",
        f"# {source(UNetBlock.forward).place}",
        *source(UNetBlock.forward).code.splitlines(),
    ]


def test_properties_and_class_methods():
    assert source(colorlib.Colorizer.sha256).code.startswith("@property\ndef sha256(self)")
    assert source(colorlib.Colorizer.from_pretrained).signature.startswith(
        "colorlib.colorize.colorizer.Colorizer.from_pretrained(name='natural', size=None"
    )


def test_code_from_elsewhere_has_no_address_in_the_repository():
    found = source(nn.Linear.forward)
    assert found.address is None
    assert found.place.startswith("linear.py, lines ")
    assert str(Path(torch.__file__).parent) not in repr(found) + found._repr_html_()


@pytest.mark.parametrize("thing", [3, "UNet", UNet(downs=2, filters=1), len, torch])
def test_what_has_no_code_is_refused(thing):
    with pytest.raises(TypeError, match="the code of"):
        source(thing)


def test_the_letters_are_dark_on_light_and_light_on_dark():
    page = source(receptive_field)._repr_html_()
    for shades in INKS.values():
        assert all(shade in page for shade in shades)
        on_white, on_black = ([contrast(shade, ground) for ground in ("#ffffff", "#111111")] for shade in shades)
        assert on_white[0] >= 4.5
        assert on_black[1] >= 4.5


def contrast(letters, ground):
    def light(colour):
        values = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
        linear = [value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in values]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    dim, bright = sorted((light(letters), light(ground)))
    return (bright + 0.05) / (dim + 0.05)
