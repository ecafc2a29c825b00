"""The handle between two pictures, and the film: what they show, and to whom."""

import base64
import re
from io import BytesIO

import av
import numpy as np
import pytest
import torch
from PIL import Image

from colorlib.show.widgets import compare, film


def test_the_pair_is_in_the_page_itself_and_is_labelled():
    grey, red = Image.new("RGB", (80, 40), "grey"), Image.new("RGB", (80, 40), "red")
    text = compare({'a "red" rose': (grey, red)}, height=20).data
    found = re.findall(
        r'<img loading="lazy" src="data:image/webp;base64,([^"]+)" width="40" height="20" draggable="false" '
        r'alt="([^"]+)">',
        text,
    )
    assert [alt for _, alt in found] == ["a &quot;red&quot; rose, before", "a &quot;red&quot; rose, after"]
    pictures = [Image.open(BytesIO(base64.b64decode(content))) for content, _ in found]
    assert [picture.size for picture in pictures] == [(80, 40)] * 2
    red_pixel = pictures[1].convert("RGB").getpixel((40, 20))
    assert red_pixel[0] > 200 > 60 > red_pixel[1]
    assert text.count('type="range"') == 1
    assert '<label class="colorlib-slider">a &quot;red&quot; rose<input' in text
    assert "http" not in text


def test_pictures_are_never_enlarged():
    small = Image.new("RGB", (30, 20))
    content = re.search(r"base64,([^\"]+)", compare({"small": (small, small)}, height=200).data)[1]
    assert Image.open(BytesIO(base64.b64decode(content))).size == (30, 20)


def test_the_ends_have_names():
    """They are the alternative texts, and under the handle for those who look."""
    picture = Image.new("RGB", (8, 4))
    text = compare({"rose": (picture, picture)}, ends=("grey & old", "coloured")).data
    assert re.findall(r'alt="([^"]+)"', text) == ["rose, grey &amp; old", "rose, coloured"]
    assert "<span>grey &amp; old</span><span>coloured</span>" in text
    assert 'aria-label="rose: how much is grey &amp; old, in per cent"' in text


def test_tensors_and_arrays_are_pictures_too():
    red, green = torch.zeros(1, 3, 8, 12), np.zeros((8, 12, 3), np.uint8)
    red[:, 0], green[..., 1] = 1, 255
    found = re.findall(r"base64,([^\"]+)", compare({"two": (red, green)}).data)
    seen = [Image.open(BytesIO(base64.b64decode(content))).convert("RGB").getpixel((6, 4)) for content in found]
    assert seen[0][0] > 200 > 60 > seen[0][1]
    assert seen[1][1] > 200 > 60 > seen[1][0]


def test_other_numbers_of_pictures_are_refused():
    picture = Image.new("L", (4, 4))
    with pytest.raises(ValueError, match=r"portrait: 3 pictures for 2 ends"):
        compare({"portrait": (picture,) * 3})


def test_the_truth_takes_the_place_of_the_right_picture_while_its_box_is_ticked(browser):
    colours = ("grey", "red", "blue")
    pictures = [Image.new("RGB", (200, 100), name) for name in colours]
    page = browser.new_page(viewport={"width": 600, "height": 400})
    page.set_content(compare({"portrait": pictures}, ("grey", "coloured", "true"), height=100).data)

    def right():
        shot = Image.open(BytesIO(page.locator(".picture").screenshot())).convert("RGB")
        return shot.getpixel((round(0.75 * shot.width), shot.height // 2))

    ends = page.locator(".ends")
    assert right()[0] > 200 > 60 > right()[2]
    assert ends.inner_text().split() == ["grey", "coloured"]
    page.get_by_label("true instead of coloured").press("Space")
    assert right()[2] > 200 > 60 > right()[0]
    assert ends.inner_text().split() == ["grey", "true"]
    page.close()


def test_two_shapes_are_refused():
    with pytest.raises(ValueError, match=r"portrait: before is .* give one shape"):
        compare({"portrait": (Image.new("L", (4, 4)), Image.new("RGB", (4, 5)))})


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


def test_the_picture_itself_is_dragged(browser):
    grey, red = Image.new("L", (200, 100), 90), Image.new("RGB", (200, 100), "red")
    page = browser.new_page(viewport={"width": 600, "height": 400})
    page.set_content(compare({"portrait": (grey, red)}, height=100).data)
    slider, box = page.locator("input"), page.locator(".colorlib-compare .picture").bounding_box()
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
