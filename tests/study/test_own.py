"""A study in one page, for oneself: whole, sends nothing, and tells the right share."""

import re

import pytest

from colorlib.study.design import ORIGINAL, REAL_OR_COLOURED
from colorlib.study.own import own_study
from colorlib.study.scores import wilson

PAUSE = 300


@pytest.fixture
def page_file(make_study, tmp_path):
    folder, key = make_study(REAL_OR_COLOURED, checks=1)
    (tmp_path / "own.html").write_text(own_study(folder), "utf8")
    return tmp_path / "own.html", key


def test_the_page_needs_nothing_else(page_file):
    text = page_file[0].read_text("utf8")
    assert not re.findall(r'(?:src|href)="(?!data:)', text.replace("<img src", ""))
    assert len(re.findall("data:image/jpeg;base64,", text)) == len(page_file[1]["pictures"])


def test_only_one_question_has_a_result_of_ones_own(make_study):
    folder, _ = make_study("which-is-better")
    with pytest.raises(ValueError, match="only real-or-coloured"):
        own_study(folder)
    with pytest.raises(FileNotFoundError):
        own_study(folder / "nothing")


@pytest.mark.parametrize("framed", [False, True])
def test_the_own_fooling_rate_with_its_interval(page_file, visit, framed):
    """Every second photograph is taken for real, in the page itself and in a frame of another page, as in the book."""
    path, key = page_file
    page = visit("about:blank")
    asked = []
    page.on("request", lambda request: asked.append(request.url) if request.url.startswith("http") else None)
    if framed:
        page.goto(path.as_uri())  # an origin that may store something
        page.evaluate(
            "html => { document.body.innerHTML = ''; const f = document.createElement('iframe');"
            "f.width = 800; f.height = 800; f.srcdoc = html; document.body.append(f); }",
            path.read_text("utf8"),
        )
        frame = page.frame_locator("iframe")
    else:
        page.goto(path.as_uri())
        frame = page

    frame.get_by_role("button", name="I agree, begin").wait_for()
    assert page.evaluate("document.activeElement === document.body") == framed  # a frame takes no focus by itself

    def press(name):
        button = frame.get_by_role("button", name=name)
        button.wait_for()
        page.wait_for_timeout(PAUSE)
        button.click()

    press("I agree, begin")
    press("Begin")
    data = re.search(r"window\.STUDY = (\{.*?\});</script>", path.read_text("utf8"))[1].replace("<\\/", "</")
    assert '"own":[' in data
    fooled = coloured = missed = originals = 0
    fill = page.frames[-1].evaluate("window.STUDY.slots.length")
    assert fill == len(key["slots"])
    state = "Object.values(localStorage).map(JSON.parse).find((one) => one?.slot !== undefined).slot"
    slot = key["slots"][page.frames[-1].evaluate(state)]
    for number, (kind, files) in enumerate(slot):
        if number and slot[number - 1][0] == "practice" != kind:
            press("Go on")
        frame.get_by_text(f"{number + 1} of {len(slot)}").wait_for()
        real = number % 2 == 0
        press("Its own colours" if real else "Coloured afterwards")
        method = key["pictures"][files[0]]["method"]
        if kind == "trial" and method == ORIGINAL:
            originals, missed = originals + 1, missed + (not real)
        elif kind == "trial":
            coloured, fooled = coloured + 1, fooled + real
    frame.get_by_text("Your result").wait_for()
    for where, k, n in ((".fooled", fooled, coloured), (".missed", missed, originals)):
        rate = wilson(k, n)
        share, low, high = (int(100 * part + 0.5) for part in rate)
        expected = f"{k} of {n}, {share} % (95 % interval: {low} to {high} %)"
        assert frame.locator(where).inner_text() == expected
    assert frame.locator(".gallery img").count() == fooled
    assert asked == []
    press("Forget them, and begin again")
    frame.get_by_role("button", name="I agree, begin").wait_for()
