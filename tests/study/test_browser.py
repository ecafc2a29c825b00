"""A study in a browser: by keyboard and touch, interrupted in every way, and nothing lost or doubled."""

import json
import re

import pytest

from colorlib.study.answers import parse_answers, trial_rows
from colorlib.study.design import REAL_OR_COLOURED, WHICH_IS_BETTER
from colorlib.study.server import DATABASE
from colorlib.study.store import read_answers

PAUSE = 300  # milliseconds: longer than what counts as a double click
ENDED = "() => /Thank you|have not arrived|last step/.test(document.querySelector('h1')?.textContent)"


def press_main(page):
    """Press the one button of a page of text."""
    page.wait_for_timeout(PAUSE)
    page.keyboard.press("Enter")


def go_on(page, name):
    """Press the button of that name when it comes, and wait for a picture."""
    page.get_by_role("button", name=name, exact=True).wait_for()
    press_main(page)
    page.wait_for_selector("figure img")


def begin(page):
    """Consent, read how it works, and see the first picture."""
    page.get_by_role("button", name="I agree, begin").wait_for()
    press_main(page)
    go_on(page, "Begin")


def has_arrived(page):
    page.get_by_text("Your answers have arrived").wait_for()


def progress(page):
    return page.locator(".progress span").inner_text()


def answer_until(page, stop=None, key="1"):
    """Answer by keyboard, also the page between practice and what counts; return what the progress said."""
    seen = []
    while not page.evaluate(ENDED):
        heading = page.locator("h1").first.inner_text()
        if heading == "From now on it counts":
            go_on(page, "Go on")
            continue
        seen.append(progress(page))
        if seen[-1].startswith(f"{stop} "):
            return seen
        page.wait_for_timeout(PAUSE)
        page.keyboard.press(key)
        changed = "(was) => document.querySelector('.progress span')?.textContent !== was"
        page.wait_for_function(changed, arg=seen[-1])
        page.wait_for_selector("h1")
    return seen


def stored(folder):
    return [json.loads(body) for body in read_answers(folder / DATABASE)]


@pytest.mark.parametrize("design", [REAL_OR_COLOURED, WHICH_IS_BETTER])
def test_a_whole_study_by_keyboard(served, visit, design):
    folder, key, address = served(design)
    total = len(key["slots"][0])
    page = visit(address)
    begin(page)
    alts = page.eval_on_selector_all("img", "images => images.map((image) => image.alt)")
    assert alts in (["Photograph"], ["First photograph", "Second photograph"])
    seen = answer_until(page, key="2")
    has_arrived(page)
    assert seen == [f"{n} of {total}" for n in range(1, total + 1)]
    (answers,) = stored(folder)
    rows = trial_rows(parse_answers(json.dumps(answers), key), key)
    assert {row["answer"] for row in rows} == {"second" if design == WHICH_IS_BETTER else "coloured"}
    assert all(row["ms"] >= 250 and row["shown"] == 1 for row in rows)


def test_reload_closed_tab_and_back_button_lose_and_double_nothing(served, visit):
    folder, key, address = served()
    total = len(key["slots"][0])
    page = visit(address)
    begin(page)
    answer_until(page, stop=3)
    page.reload()
    go_on(page, "Begin")
    assert progress(page).startswith("3 ")
    answer_until(page, stop=4)
    page.goto(f"{address}/LICENSE-jspsych.txt")
    page.go_back()
    if page.locator("h1").first.inner_text() == "How it works":
        go_on(page, "Begin")
    assert progress(page).startswith("4 ")
    other = page.context.new_page()
    page.close()
    other.goto(address)
    go_on(other, "Begin")
    assert progress(other).startswith("4 ")
    answer_until(other)
    has_arrived(other)
    other.reload()
    has_arrived(other)
    other.go_back()
    (answers,) = stored(folder)
    assert [one["trial"] for one in answers["answers"]] == list(range(total))
    assert answers["answers"][2]["shown"] == 2  # seen again after the reload, and said so


def test_double_clicks_answer_once(served, visit):
    folder, key, address = served()
    total = len(key["slots"][0])
    page = visit(address)
    page.get_by_role("button", name="I agree, begin").wait_for()
    page.wait_for_timeout(PAUSE)
    page.get_by_role("button", name="I agree, begin").dblclick()
    go_on(page, "Begin")
    for number in range(total):
        if page.locator("h1").first.inner_text() == "From now on it counts":
            go_on(page, "Go on")
        assert progress(page) == f"{number + 1} of {total}"
        page.wait_for_timeout(PAUSE)
        page.get_by_role("button", name="The first").dblclick()
        page.wait_for_timeout(50)
    has_arrived(page)
    (answers,) = stored(folder)
    assert [one["answer"] for one in answers["answers"]] == ["first"] * total
    assert min(one["ms"] for one in answers["answers"]) >= 250


def test_two_tabs_answer_every_trial_once(served, visit):
    folder, key, address = served()
    page = visit(address)
    begin(page)
    other = page.context.new_page()
    other.goto(address)
    go_on(other, "Begin")
    answer_until(page, key="1")
    has_arrived(page)
    answer_until(other, key="2")
    has_arrived(other)
    (answers,) = stored(folder)
    assert [one["trial"] for one in answers["answers"]] == list(range(len(key["slots"][0])))
    assert {one["answer"] for one in answers["answers"]} == {"first"}


def test_a_lost_network_is_said_and_the_next_try_arrives_once(served, visit):
    folder, _, address = served()
    page = visit(address)
    begin(page)
    page.context.set_offline(True)
    answer_until(page)
    page.get_by_text("Your answers have not arrived yet").wait_for()
    assert "cannot be reached" in page.locator(".reason").inner_text()
    press_main(page)
    page.get_by_text("Your answers have not arrived yet").wait_for()
    assert stored(folder) == []
    page.context.set_offline(False)  # the page notices by itself
    has_arrived(page)
    assert len(stored(folder)) == 1


def test_a_reply_that_is_lost_does_not_double_the_answers(served, visit):
    """The server stores the answers, its reply gets lost, and the page sends them again."""
    folder, _, address = served()
    page = visit(address)

    def lose(route):
        route.fetch()
        route.abort()

    page.route("**/api/answers", lose, times=1)
    begin(page)
    answer_until(page)
    page.get_by_text("Your answers have not arrived yet").wait_for()
    assert len(stored(folder)) == 1
    press_main(page)
    has_arrived(page)
    assert len(stored(folder)) == 1


def test_from_a_disk_the_answers_become_one_file(make_study, visit):
    folder, key = make_study(REAL_OR_COLOURED)
    page = visit((folder / "site" / "index.html").as_uri(), accept_downloads=True)
    begin(page)
    answer_until(page, stop=3)
    page.reload()
    go_on(page, "Begin")
    answer_until(page)
    page.get_by_text("One last step").wait_for()
    page.wait_for_timeout(PAUSE)
    with page.expect_download() as download:
        page.get_by_role("button", name="Save my answers").click()
    page.get_by_text("Thank you!").wait_for()
    answers = parse_answers(download.value.path().read_bytes(), key)
    assert re.fullmatch(rf"study-{key['study']}-{answers['participant']}\.json", download.value.suggested_filename)
    page.reload()
    page.get_by_text("Thank you!").wait_for()
    page.wait_for_timeout(PAUSE)
    page.get_by_role("button", name="Somebody else takes part here").click()
    page.get_by_role("button", name="I agree, begin").wait_for()


def test_a_browser_that_stores_nothing_can_take_part(served, visit):
    folder, key, address = served()
    page = visit("about:blank")
    page.add_init_script("Storage.prototype.setItem = () => { throw new Error('full'); };")
    page.goto(address)
    begin(page)
    answer_until(page)
    has_arrived(page)
    (answers,) = stored(folder)
    assert len(answers["answers"]) == len(key["slots"][0])


def test_a_picture_that_fails_is_left_out_and_recorded(served, visit):
    folder, key, address = served()
    file = key["slots"][0][2][1][1]
    (folder / "site" / "pictures" / file).unlink()
    page = visit(address)
    begin(page)
    answer_until(page)
    has_arrived(page)
    (answers,) = stored(folder)
    lost = [n for n, (_, files) in enumerate(key["slots"][answers["slot"]]) if file in files]
    assert lost
    assert [one["trial"] for one in answers["answers"] if one.get("left_out")] == lost


def test_all_pictures_are_there_before_the_first_is_shown(served, visit):
    folder, key, address = served()
    asked = []
    page = visit("about:blank")
    page.on("request", lambda request: asked.append(request.url.rsplit("/", 1)[1]))
    page.goto(address)
    begin(page)
    before = {name for name in asked if name.endswith(".jpg")}
    answer_until(page)
    assert {name for name in asked if name.endswith(".jpg")} == before
    slot = stored(folder)[0]["slot"]
    assert before == {file for _, files in key["slots"][slot] for file in files}


def test_a_timed_picture_disappears_and_can_still_be_judged(served, visit):
    _, _, address = served(REAL_OR_COLOURED, seconds=2)
    page = visit(address)
    begin(page)
    assert page.locator("figure img").is_visible()
    page.locator("figure.gone").wait_for(state="attached")
    assert not page.locator("figure img").is_visible()
    page.keyboard.press("1")
    page.wait_for_function("() => !document.querySelector('figure.gone')")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_on_a_phone_everything_fits_and_touch_works(served, visit, scheme):
    _, _, address = served()
    phone = {"viewport": {"width": 360, "height": 640}, "has_touch": True, "is_mobile": True}
    page = visit(address, color_scheme=scheme, **phone)
    begin(page)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    boxes = [button.bounding_box() for button in page.locator("[data-answer]").all()]
    assert all(box["height"] >= 44 and box["y"] + box["height"] <= 640 for box in boxes)
    first, second = (image.bounding_box() for image in page.locator("figure img").all())
    assert first["y"] + first["height"] <= second["y"]
    colors = "(e) => [getComputedStyle(e).color, getComputedStyle(document.body).backgroundColor]"
    ink, ground = (
        sum(map(int, re.findall(r"\d+", text)[:3])) / 3 for text in page.locator("h1").first.evaluate(colors)
    )
    assert (ink - ground > 150) == (scheme == "dark")
    assert abs(ink - ground) > 150
    page.wait_for_timeout(PAUSE)
    page.get_by_role("button", name="The second").tap()
    page.wait_for_function("() => !document.querySelector('.progress span')?.textContent.startsWith('1 ')")
