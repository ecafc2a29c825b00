"""Figures that turn: what is in the page, and what hand, keys and print get to see."""

import base64
import json
import math
import re
from io import BytesIO

import numpy as np
import pytest
from matplotlib import pyplot as plt
from PIL import Image

from colorlib import show
from colorlib.show import View, turnable, turning

BASE = np.full((40, 80, 3), 0.5)


def known(html):
    """What the script of a figure knows."""
    return json.loads(re.search(r'<script type="application/json">(.*?)</script>', html.data)[1])


def picture(uri):
    return np.asarray(Image.open(BytesIO(base64.b64decode(uri.split(",")[1]))).convert("RGB")).astype(int)


def red_green(red, green):
    frame = np.zeros((40, 80, 3))
    frame[...] = (red / 10, green / 10, 0)
    return View(frame, {"sum": red + green, "ratio, <1>": green / (red + green)})


def boxed(row, column):
    """A square of 10 pixels at one of 3 x 7 places."""
    return View(BASE, {"place": 10 * row + column}, [(10 * column, 10 * row, 10, 10)])


TWO = {"red <R>": [2, 5, 9], "green": [1, 8]}
PLACES = {"row": range(3), "column": range(7)}


def test_every_place_has_its_own_frame_and_numbers():
    html = turnable(red_green, TWO, "A colour", start=(5, 8))
    page = known(html)
    assert page["names"] == [["2", "5", "9"], ["1", "8"]]
    for state, (red, green) in zip(page["states"], [(r, g) for r in (2, 5, 9) for g in (1, 8)], strict=True):
        seen = picture(page["frames"][state["frame"]])[20, 40]
        assert np.abs(seen - [25.5 * red, 25.5 * green, 0]).max() < 12
        assert state["numbers"] == pytest.approx([red + green, green / (red + green)], abs=1e-6)
    assert 'alt="A colour: red &lt;R&gt; 5, green 8"' in html.data
    assert "<b>13</b>" in html.data, "the numbers stand there without a script"
    assert re.findall(r'value="(\d)" aria-label="([^"]+)"', html.data) == [("1", "red &lt;R&gt;"), ("1", "green")]
    assert "http" not in html.data


def test_a_picture_that_stays_is_kept_once():
    page = known(turnable(boxed, PLACES, "Places"))
    assert len(page["states"]) == 21
    assert len(page["frames"]) == 1
    assert page["states"][8]["boxes"] == [[15 / 80, 15 / 40, 10 / 80, 10 / 40]]


def test_a_figure_of_matplotlib_is_a_picture():
    def draw(level):
        with show.style():
            fig, ax = plt.subplots(figsize=(2, 1))
        ax.axhline(level)
        plt.close(fig)
        return fig

    page = known(turnable(draw, {"level": [0, 1]}, "A line"))
    assert [picture(uri).shape for uri in page["frames"]] == [(150, 300, 3)] * 2


def test_large_pictures_are_made_small_and_small_ones_are_kept_as_they_are():
    large = turnable(lambda level: np.full((300, 600), level), {"L": [0.2, 0.5]}, "Grey", width=200)
    assert picture(known(large)["frames"][0]).shape == (200, 400, 3)
    assert 'width="200" height="100"' in large.data
    small = turnable(lambda level: np.full((30, 60), level), {"L": [0.2, 0.5]}, "Grey", width=200)
    assert picture(known(small)["frames"][0]).shape == (30, 60, 3)
    assert 'width="200" height="100"' in small.data, "shown as large as the others"


@pytest.mark.parametrize(
    ("draw", "sliders", "start", "message"),
    [
        (red_green, {}, None, "one to three sliders, not 0"),
        (red_green, {"red": [1], "green": []}, None, "green: there are no values"),
        (red_green, TWO, (3, 1), r"red <R>: start must be one of \[2, 5, 9\], not 3"),
        (red_green, TWO, (2,), "start must have one value for each of red <R>, green"),
        (lambda n: np.zeros((n, 4)), {"n": [4, 5]}, None, "X: all frames must have one shape"),
        (lambda n: View(BASE, {str(n): 1}), {"n": [4, 5]}, None, "X: all frames must have the same numbers"),
        (lambda n: View(BASE, {}, [(0, 0, 1, 1)] * n), {"n": [1, 2]}, None, "as many boxes"),
        (lambda n: View(BASE, {"PSNR": math.inf}), {"n": [1]}, None, "X: PSNR is inf; a number must be finite"),
    ],
)
def test_what_does_not_fit_is_refused(draw, sliders, start, message):
    with pytest.raises(ValueError, match=message):
        turnable(draw, sliders, "X", start)


def test_a_figure_too_heavy_for_a_page_is_refused(monkeypatch):
    monkeypatch.setattr(turning, "HEAVIEST", 2000)
    noise = np.random.default_rng(0)
    with pytest.raises(ValueError, match=r"3 frames weigh [\d,]+ bytes, more than the 2,000"):
        turnable(lambda n: noise.random((60, 60, 3)), {"n": [1, 2, 3]}, "Noise")


@pytest.fixture
def tab(browser):
    """A page with two figures, opened as a file would be: no server, no kernel."""
    page = browser.new_page(viewport={"width": 900, "height": 900})
    figures = [turnable(red_green, TWO, "A colour", width=80)]
    figures.append(turnable(boxed, PLACES, "Places", start=(1, 3), width=80))
    page.set_content("<!doctype html><body>" + "".join(figure.data for figure in figures))
    yield page
    page.close()


def pixel(tab, figure):
    """The colour in the middle of the picture that is seen."""
    content = tab.locator(f".colorlib-turn:nth-of-type({figure}) img").first.screenshot()
    seen = np.asarray(Image.open(BytesIO(content)).convert("RGB")).astype(int)
    return seen[seen.shape[0] // 2, seen.shape[1] // 2]


def test_keys_turn_one_figure_and_not_the_other(tab):
    first, second = tab.locator(".colorlib-turn").nth(0), tab.locator(".colorlib-turn").nth(1)
    before = second.locator("img").get_attribute("alt")
    red, green = first.locator("input").nth(0), first.locator("input").nth(1)
    red.press("ArrowRight")
    red.press("End")
    green.press("ArrowRight")
    assert np.abs(pixel(tab, 1) - [0.9 * 255, 0.8 * 255, 0]).max() < 12
    assert first.locator("img").get_attribute("alt") == "A colour: red <R> 9, green 8"
    assert red.get_attribute("aria-valuetext") == "9"
    assert first.locator("label span").all_inner_texts() == ["9", "8"]
    assert first.locator("b").all_inner_texts() == ["17", "0.471"]
    assert first.locator(".course").inner_text() == "Each line runs over: green."
    dots = first.locator("circle").evaluate_all("all => all.map(dot => Number(dot.getAttribute('cx')))")
    assert dots == [96, 96], "at the right end of the course"
    assert second.locator("img").get_attribute("alt") == before


def test_the_pointer_chooses_the_nearest_mark(tab):
    figure = tab.locator(".colorlib-turn").nth(1)
    mark = figure.locator(".outline-mark").bounding_box()
    box = figure.locator("img").bounding_box()
    assert mark["x"] + mark["width"] / 2 == pytest.approx(box["x"] + 35, abs=1)
    tab.mouse.move(box["x"] + 62, box["y"] + 26)
    assert figure.locator("img").get_attribute("alt") == "Places: row 2, column 6"
    assert figure.locator("b").inner_text() == "26"
    mark = figure.locator(".outline-mark").bounding_box()
    assert mark["x"] + mark["width"] / 2 == pytest.approx(box["x"] + 65, abs=1)
    assert mark["y"] + mark["height"] / 2 == pytest.approx(box["y"] + 25, abs=1)


def test_without_marks_the_picture_is_dragged(tab):
    figure = tab.locator(".colorlib-turn").nth(0)
    box = figure.locator("img").bounding_box()
    tab.mouse.move(box["x"] + 75, box["y"] + 20)
    assert figure.locator("input").nth(0).input_value() == "0", "a pointer that only passes turns nothing"
    tab.mouse.down()
    assert figure.locator("input").nth(0).input_value() == "2"
    tab.mouse.move(box["x"] + 41, box["y"] + 20)
    assert figure.locator("input").nth(0).input_value() == "1"
    tab.mouse.move(box["x"] - 50, box["y"] + 20)
    assert figure.locator("input").nth(0).input_value() == "0"
    tab.mouse.up()


def test_print_shows_a_still_with_its_place(tab):
    tab.locator("input").nth(0).press("End")
    tab.emulate_media(media="print")
    first = tab.locator(".colorlib-turn").nth(0)
    assert not any(handle.is_visible() for handle in tab.locator("input").all())
    assert first.locator("img").is_visible()
    assert np.abs(pixel(tab, 1) - [0.9 * 255, 25.5, 0]).max() < 12
    assert first.locator("label").first.inner_text() == "red <R>: 9"


def test_without_scripts_a_still_stays_and_no_dead_slider(browser):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.set_content("<!doctype html>" + turnable(red_green, TWO, "A colour", start=(9, 8)).data)
    assert page.locator("img").is_visible()
    assert page.locator("img").get_attribute("alt") == "A colour: red <R> 9, green 8"
    assert not page.locator("input").first.is_visible()
    context.close()
