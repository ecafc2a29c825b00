"""What the page makes of a photograph is what `Colorizer` makes of it."""

import gzip
import io
from functools import partial
from xml.etree import ElementTree

import numpy as np
import pytest
import torch
from PIL import Image

from colorlib import Colorizer
from colorlib.color import rgb_to_lab
from colorlib.colorize.hints import Point
from colorlib.data import package_photographs
from colorlib.demo import page
from colorlib.images.label import SOURCE_TYPE

NEAR = 2  # CIE units of a and b


def picture_of(content):
    """What the page saved, as a picture."""
    return Image.open(io.BytesIO(content))


def lab(picture):
    """A picture as Lab (3, H, W)."""
    return rgb_to_lab(torch.from_numpy(np.array(picture.convert("RGB"))).permute(2, 0, 1) / 255)


def settled(tab, act):
    """Do something that colours again, and wait for the result."""
    tab.evaluate("document.getElementById('colour').dataset.state = 'asked'")
    act()
    tab.wait_for_selector("#colour[data-state=done]")


def assert_alike(picture, expected):
    """Lightness is equal but for rounding, a and b are within the promise, at every pixel."""
    assert picture.size == expected.size
    far = (lab(picture) - lab(expected)).abs()
    assert far[0].max() <= 1
    assert far[1:].max() <= NEAR


@pytest.fixture(scope="module")
def colorizer(built, tmp_path_factory):
    """Make a `Colorizer` of the file that the page fetches, which computes with 32 bits as the page does."""
    packed = np.frombuffer(gzip.decompress(next(built.glob("model-*.bin")).read_bytes()), np.uint8)
    path, half = tmp_path_factory.mktemp("model") / "model.onnx", (len(packed) + 1) // 2
    whole = np.empty_like(packed)
    whole[::2], whole[1::2] = packed[:half], packed[half:]
    path.write_bytes(whole)
    return partial(Colorizer.from_pretrained, path)


@pytest.fixture
def photograph(tmp_path):
    """A file of a photograph at full size, lying on its side, with the EXIF entry that puts it upright."""
    upright = Image.open(package_photographs()["china"])
    exif = Image.Exif()
    exif[0x0112] = 6
    path = tmp_path / "temple.jpg"
    upright.transpose(Image.Transpose.ROTATE_90).save(path, exif=exif, quality=95)
    return path


def test_a_photograph_is_coloured_as_in_python(tab, colour, save, colorizer, photograph):
    says = colour(tab, str(photograph))
    assert "640 x 427 pixels" in says
    result = picture_of(save())
    assert_alike(result, colorizer()(photograph))
    # The torch network computes with fewer digits where the processor is quicker at that.
    torch_result = Colorizer.from_pretrained("natural")(photograph)
    assert (lab(result) - lab(torch_result)).abs()[1:].mean() <= NEAR


def test_the_dials_and_the_sizes_are_those_of_python(tab, colour, save, colorizer, photograph):
    colour(tab, str(photograph))
    three = page.defaults("natural")["sizes"][-1]["of"]
    settled(tab, lambda: tab.select_option("#colour-sizes", ",".join(map(str, three))))
    settled(tab, lambda: tab.fill("#colour-vividness", "0.85"))
    settled(tab, lambda: tab.fill("#colour-strength", "1.4"))
    result = picture_of(save())
    assert_alike(result, colorizer(three, vividness=0.85, saturation=1.4)(photograph))


def test_a_pinned_colour_spreads_as_in_python(tab, colouring_site, colour, save, colorizer, photograph):
    tab.goto(colouring_site.address)  # the dials stay where they are, and Firefox keeps them when a page is reloaded
    colour(tab, str(photograph))
    tab.focus("#colour-stage")
    for _ in range(10):
        tab.keyboard.press("ArrowLeft")
    tab.keyboard.press("ArrowUp")
    settled(tab, lambda: tab.keyboard.press("Enter"))
    settled(tab, lambda: tab.fill("#colour-pins input", "#c03020"))
    assert "30 % from the left, 48 % from above" in tab.get_attribute("#colour-pins input", "aria-label")
    result = picture_of(save())
    plain = colorizer()(photograph)
    # Where two pixels of the small picture meet, rounding decides which of them is meant.
    pinned = [colorizer()(photograph, points=[Point(x, 0.48, "#c03020")]) for x in (0.2999, 0.3001)]
    assert (lab(pinned[0]) - lab(plain)).abs()[1:].max() > 20
    assert min((lab(result) - lab(one)).abs()[1:].max() for one in pinned) <= NEAR
    settled(tab, lambda: tab.click("#colour-pins button"))
    assert_alike(picture_of(save()), plain)


@pytest.mark.parametrize(("button", "kind"), [("#save", "PNG"), ("#save-jpeg", "JPEG")])
def test_a_saved_file_says_that_a_machine_coloured_it(tab, colour, save, photograph, button, kind):
    colour(tab, str(photograph))
    content = save(button)
    picture = picture_of(content)
    assert picture.format == kind
    picture.load()
    packet = picture.info["xmp"] if kind == "JPEG" else picture.info["XML:com.adobe.xmp"].encode()
    source = ElementTree.fromstring(packet).find(".//{http://iptc.org/std/Iptc4xmpExt/2008-02-29/}DigitalSourceType")
    assert source.text == SOURCE_TYPE
    assert b"Colours predicted by colorlib" in content


def test_a_tiny_picture_and_a_very_long_one(tab, colour, save, tmp_path):
    rng = np.random.default_rng(0)
    for shape in ((3, 5), (40, 1200)):
        path = tmp_path / "picture.png"
        Image.fromarray(rng.integers(0, 256, shape, dtype=np.uint8)).save(path)
        colour(tab, str(path))
        result = picture_of(save())
        assert result.size == shape[::-1]
        difference = lab(result)[0] - lab(Image.open(path))[0]
        assert difference.abs().max() <= 1
