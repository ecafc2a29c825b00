"""The handle between two pictures: what it shows, and to whom."""

import base64
import re
from io import BytesIO

import av
import numpy as np
import pytest
from PIL import Image

from colorlib.show.widgets import before_after, film, frame_slider


def test_the_pair_is_in_the_page_itself_and_is_labelled():
    grey, red = Image.new("RGB", (80, 40), "grey"), Image.new("RGB", (80, 40), "red")
    text = before_after({'a "red" rose': (grey, red)}, height=20).data
    found = re.findall(
        r'<img src="data:image/webp;base64,([^"]+)" width="40" height="20" draggable="false" alt="([^"]+)">', text
    )
    assert [alt for _, alt in found] == ["a &quot;red&quot; rose, before", "a &quot;red&quot; rose, after"]
    pictures = [Image.open(BytesIO(base64.b64decode(content))) for content, _ in found]
    assert [picture.size for picture in pictures] == [(80, 40)] * 2
    red_pixel = pictures[1].convert("RGB").getpixel((40, 20))
    assert red_pixel[0] > 200 > 60 > red_pixel[1]
    assert text.count('type="range"') == text.count("aria-label=") == 1
    assert "http" not in text


def test_pictures_are_never_enlarged():
    small = Image.new("RGB", (30, 20))
    content = re.search(r"base64,([^\"]+)", before_after({"small": (small, small)}, height=200).data)[1]
    assert Image.open(BytesIO(base64.b64decode(content))).size == (30, 20)


def test_two_shapes_are_refused():
    with pytest.raises(ValueError, match=r"portrait: before is .* one shape"):
        before_after({"portrait": (Image.new("L", (4, 4)), Image.new("RGB", (4, 5)))})


def test_one_frame_is_seen_at_a_time_and_all_are_in_the_page():
    colours = {'no "points"': "grey", "1 point": "red", "5 points": "blue"}
    frames = {name: Image.new("RGB", (80, 40), colour) for name, colour in colours.items()}
    text = frame_slider(frames, "points <given>", start=1, height=20).data
    found = re.findall(r'<img src="data:image/webp;base64,[^"]+" width="40" height="20" alt="([^"]+)"([^>]*)>', text)
    assert [alt for alt, _ in found] == [
        "points &lt;given&gt;: no &quot;points&quot;",
        "points &lt;given&gt;: 1 point",
        "points &lt;given&gt;: 5 points",
    ]
    assert [rest.endswith(" data-off") for _, rest in found] == [True, False, True]
    assert '<input type="range" min="0" max="2" value="1"' in text
    assert 'aria-valuetext="1 point"' in text
    assert "<span>1 point</span>" in text
    assert "http" not in text


def test_frames_that_do_not_fit_are_refused():
    frame = Image.new("RGB", (8, 4))
    with pytest.raises(ValueError, match="points: there are no frames"):
        frame_slider({}, "points")
    with pytest.raises(ValueError, match="points: all frames must have one shape"):
        frame_slider({"a": frame, "b": Image.new("RGB", (4, 8))}, "points")
    with pytest.raises(ValueError, match="points: start must be from 0 to 0, not 1"):
        frame_slider({"a": frame}, "points", start=1)


def test_a_film_is_in_the_page_itself_and_plays():
    frames = np.random.default_rng(0).integers(0, 255, (5, 32, 48, 3), np.uint8)
    text = film(frames, "Noise & more", 'A film of "noise"', rate=5, tone=440).data
    found = re.search(r'<video controls [^>]*src="data:video/mp4;base64,([^"]+)">([^<]*)</video>', text)
    assert found[2] == "A film of &quot;noise&quot;"
    assert f'aria-label="{found[2]}"' in text
    assert "<figcaption>Noise &amp; more</figcaption>" in text
    poster = Image.open(BytesIO(base64.b64decode(re.search(r'poster="data:image/webp;base64,([^"]+)"', text)[1])))
    assert np.abs(np.asarray(poster, float) - frames[0]).mean() < 60, "the first frame, not another one"
    assert "http" not in text
    assert "autoplay" not in text, "nothing moves before it is told to"
    with av.open(BytesIO(base64.b64decode(found[1]))) as container:
        assert len(container.streams.audio) == 1
        assert [f.to_ndarray(format="rgb24").shape for f in container.decode(video=0)] == [(32, 48, 3)] * 5


def test_the_arrow_keys_choose_a_frame(browser):
    frames = {'no "points"': Image.new("RGB", (8, 4)), "<1> point": Image.new("RGB", (8, 4), "red")}
    tab = browser.new_page()
    try:
        tab.set_content("<!doctype html>" + frame_slider(frames, "points").data)
        tab.locator("input").press("ArrowRight")
        seen = [image.get_attribute("alt") for image in tab.locator("img").all() if image.is_visible()]
        assert seen == ["points: <1> point"]
        assert tab.locator("input").get_attribute("aria-valuetext") == "<1> point"
        assert tab.locator("label span").inner_text() == "<1> point"
    finally:
        tab.close()


def test_the_picture_itself_is_dragged(browser):
    grey, red = Image.new("L", (200, 100), 90), Image.new("RGB", (200, 100), "red")
    page = browser.new_page(viewport={"width": 600, "height": 400})
    page.set_content(before_after({"portrait": (grey, red)}, height=100).data)
    slider, box = page.locator("input"), page.locator(".colorlib-compare > div").bounding_box()
    y = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + 0.25 * box["width"], y)
    assert slider.input_value() == "50", "a pointer that only passes moves nothing"
    page.mouse.down()
    assert slider.input_value() == "25"
    page.mouse.move(box["x"] + 0.8 * box["width"], y, steps=4)
    assert slider.input_value() == "80"
    page.mouse.up()
    assert slider.get_attribute("aria-valuetext") == "80 per cent before"
    style = page.locator(".colorlib-compare").get_attribute("style")
    assert "80%" in style, "the line is where the pointer let go"
    slider.press("ArrowLeft")
    assert slider.get_attribute("aria-valuetext") == "79 per cent before"
    page.close()
