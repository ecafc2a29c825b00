"""Every chapter has two quizzes, each wrong answer an explanation, and every format all of them."""

import json
import re
import zipfile
from html.parser import HTMLParser
from importlib import import_module
from pathlib import Path
from xml.etree import ElementTree as Xml

import pytest

ROOT = Path(__file__).resolve().parents[2]
CHAPTERS = [path.stem for path in sorted((ROOT / "notebooks").glob("*.ipynb"))][1:]  # without the door, 00
SMALL = {"ask": "What is {1}?", "right": "It = b", "wrong": {"`a` ~ *all*": "No: a # b"}}


@pytest.fixture(scope="module")
def formats():
    return import_module("quizzes")


@pytest.fixture(scope="module")
def quizzes(formats):
    return {path.stem: formats.read_quizzes(path) for path in formats.FOLDER.glob("*.yml")}


def test_every_chapter_has_two_of_five_questions(quizzes):
    assert set(quizzes) == set(CHAPTERS)
    for chapter, pair in quizzes.items():
        assert [len(quiz.questions) for quiz in pair] == [5, 5], chapter


def test_every_wrong_answer_is_explained_and_no_answer_stands_twice(quizzes):
    asked = [question for pair in quizzes.values() for quiz in pair for question in quiz.questions]
    assert len({question.ask for question in asked}) == len(asked)
    for question in asked:
        assert question.ask.endswith("?"), question.ask
        assert len(question.wrong) >= 2, question.ask
        assert len(set(question.answers)) == len(question.wrong) + 1, question.ask
        for answer, why in question.wrong.items():
            assert why.endswith("."), (question.ask, answer)
            assert len(why.split()) >= 3, (question.ask, answer)


def test_the_right_answer_is_at_every_place(quizzes):
    """Nobody can pass by always taking the same place."""
    places = [q.answers.index(q.right) for pair in quizzes.values() for quiz in pair for q in quiz.questions]
    assert max(places.count(place) for place in range(3)) < 0.5 * len(places)


class Form(HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.inputs, self.labels, self.status = [], 0, 0
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        found = dict(attrs)
        self.inputs += [found] if tag == "input" else []
        self.labels += tag == "label"
        self.status += found.get("role") == "status"


def test_a_form_can_be_used_by_keys_and_ear(formats, quizzes):
    page = import_module("quizzes_page")
    for pair in quizzes.values():
        for quiz in pair:
            text = page.as_html(quiz, "k")
            form = Form(text)
            answers = sum(len(question.answers) for question in quiz.questions)
            assert len(form.inputs) == form.labels == answers
            assert all(found["type"] == "radio" and found["data-told"] for found in form.inputs)
            assert sum("data-right" in found for found in form.inputs) == 5
            assert (
                len({found["name"] for found in form.inputs}) == text.count("<fieldset>") == text.count("<legend>") == 5
            )
            assert form.status == 6
            assert text.count("<noscript>") == 5


def test_gift_escapes_what_it_gives_a_meaning_to(formats):
    small = formats.Quiz("A: b", [formats.Question(**SMALL)])
    text = formats.as_gift(small)
    assert r"::A\: b 1::What is \{1\}? {" in text
    assert "\t=It \\= b\n" in text
    assert "\t~a \\~ all#No\\: a \\# b\n" in text


def test_all_formats_hold_all_questions(formats, quizzes, tmp_path):
    files = formats.write_all(tmp_path / "quizzes")
    assert len(files) == 2 * 2 * len(CHAPTERS) + 1
    for path in files:
        if path.suffix == ".json":
            for question in json.loads(path.read_text("utf8")):
                assert question["type"] == "many_choice"
                assert sum(answer["correct"] for answer in question["answers"]) == 1
                assert all(answer["feedback"] for answer in question["answers"])
        if path.suffix == ".gift":
            assert len(re.findall(r"(?m)^::", path.read_text("utf8"))) == 5
    with zipfile.ZipFile(files[-1]) as package:
        names = set(package.namelist())
        space = {"c": formats.MANIFEST}
        listed = {
            file.get("href") for file in Xml.fromstring(package.read("imsmanifest.xml")).iterfind(".//c:file", space)
        }
        assert listed == names - {"imsmanifest.xml"}
        assert len(listed) == 2 * len(CHAPTERS)
        for name in listed:
            root = Xml.fromstring(package.read(name))
            items = root.findall(".//{*}item")
            assert len(items) == 5
            for item in items:
                idents = {label.get("ident") for label in item.iterfind(".//{*}response_label")}
                right = [c for c in item.iterfind(".//{*}respcondition") if c.find("{*}setvar") is not None]
                assert len(right) == 1
                assert right[0].find(".//{*}varequal").text in idents
                links = {link.get("linkrefid") for link in item.iterfind(".//{*}displayfeedback")}
                assert links == {feedback.get("ident") for feedback in item.iterfind("{*}itemfeedback")}
                assert len(links) == len(idents) - 1


def test_a_quiz_in_a_browser(browser, quizzes):
    """By keys alone: a wrong answer is explained, the right one is said to be, and the end is counted."""
    page = import_module("quizzes_page")
    quiz = quizzes["05_what_a_loss_wants"][0]
    script = (ROOT / "book" / "_static" / "quiz.js").read_text("utf8")
    tab = browser.new_page()
    try:
        tab.set_content(f"<main>{page.as_html(quiz, 'k')}</main>")
        tab.add_script_tag(content=script)
        first = quiz.questions[0]
        for answer in (next(iter(first.wrong)), first.right):
            tab.get_by_label(answer, exact=True).first.focus()
            tab.keyboard.press("Space")
            said = tab.locator("fieldset .told").first.inner_text()
            assert said == (f"No. {first.wrong[answer]}" if answer in first.wrong else "Right.")
        for question in quiz.questions[1:]:
            tab.get_by_role("group", name=question.ask).get_by_label(question.right, exact=True).check()
        assert tab.locator(".score").inner_text() == "All 5. At the first try: 4."
    finally:
        tab.close()
