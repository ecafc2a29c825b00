"""The part of a page that colours, its samples, and where its dials stand."""

from html.parser import HTMLParser

from PIL import Image

from colorlib.demo import page
from colorlib.images.label import SOURCE_TYPE


class Ids(HTMLParser):
    """What a page names, and what its labels name."""

    def __init__(self, text):
        super().__init__()
        self.ids, self.wanted, self.pictures = [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        found = dict(attrs)
        self.ids += [found["id"]] if "id" in found else []
        self.wanted += [found[key] for key in ("for", "aria-describedby") if key in found]
        self.pictures += [found] if tag == "img" else []


def test_the_samples_are_grey_and_small(tmp_path):
    widths = page.write_samples(tmp_path)
    assert list(widths) == list(page.SAMPLES)
    for name, width in widths.items():
        with Image.open(tmp_path / f"{name}.jpg") as sample, Image.open(tmp_path / f"{name}-small.webp") as small:
            assert sample.mode == "L"
            assert max(sample.size) <= page.SIDE
            assert small.height == page.SMALL
            assert abs(small.width - 2 * width) <= 1
    assert sum(file.stat().st_size for file in tmp_path.glob("*-small.webp")) < 40_000


def test_the_part_has_the_promised_names_once():
    part = Ids(page.fragment("there/", {"china": 96}, "Nothing is sent."))
    assert {"photo", "result", "save"} <= set(part.ids)
    assert len(part.ids) == len(set(part.ids))
    assert set(part.wanted) <= set(part.ids)
    (picture,) = part.pictures
    assert picture["src"] == "there/samples/china-small.webp"
    assert picture["alt"] == "A temple by a lake, a grey photograph"


def test_what_is_said_is_text():
    part = page.fragment("", {}, "<script>", missing="a < b")
    assert "<script>" not in part
    assert 'role="status">a &lt; b</p>' in part


def test_the_dials_begin_where_the_colorizer_does():
    begin = page.defaults("natural")
    assert begin["sizes"][0]["of"] == [160]
    assert len(begin["sizes"][1]["of"]) == 3
    assert begin["vividness"] == 0.5
    assert page.defaults("vivid")["vividness"] == 1
    assert SOURCE_TYPE in begin["mark"]


def test_a_page_of_its_own_allows_no_other_server():
    whole = page.whole_page("<p>part</p>", '<script src="x.js"></script>')
    assert "<p>part</p>" in whole
    assert '<script src="x.js">' in whole
    assert "http-equiv" in whole
    sources = {word for rule in page.POLICY.split("; ") for word in rule.split()[1:]}
    assert not {word for word in sources if "." in word or "*" in word or word.startswith("http")}
