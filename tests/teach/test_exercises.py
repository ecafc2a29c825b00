"""Each checked exercise: its solution holds, its gap does not, and wrong answers are told what is wrong."""

import re
from collections import Counter

import pytest

from colorlib.teach.checks import judge
from colorlib.teach.exercises import exercises
from colorlib.teach.export import KINDS
from helpers.handed_in import ALL, CHAPTERS

each = pytest.mark.parametrize("exercise", ALL, ids=lambda exercise: exercise.name)
# What a message may say of any number, since it does not give the answer away.
WORDS = r"[a-zA-Z]{3,}"


def answered(exercise, *codes, seed=0):
    """What a check says after some code has run, each piece in the names of the one before."""
    names = {}
    for code in codes:
        exec(code, names)
    return judge(exercise.name, *(names[answer] for answer in exercise.answers), seed=seed)


@each
@pytest.mark.parametrize("seed", [0, 77])
def test_its_solution_holds(exercise, seed):
    found = answered(exercise, exercise.solution, seed=seed)
    assert found.passed, found.message


@each
def test_its_gap_does_not(exercise):
    assert not answered(exercise, exercise.gap).passed


@each
def test_wrong_answers_are_told_what_is_wrong(exercise):
    assert len(exercise.wrong) == 3
    messages = []
    for code in exercise.wrong:
        found = answered(exercise, exercise.solution, code)
        assert not found.passed, code
        messages.append(found.message)
    assert all(len(re.findall(WORDS, message)) >= 4 for message in messages), messages
    assert len(set(messages)) == 3, f"two different mistakes are told the same: {messages}"
    assert not any("could not be looked at" in message for message in messages), messages


def test_every_chapter_has_one_of_each_kind():
    for path in CHAPTERS:
        kinds = Counter(exercise.kind for exercise in ALL if exercise.chapter == path.stem)
        assert set(kinds) == set(KINDS), f"{path.stem}: {dict(kinds)}"


def test_the_package_knows_these_and_no_others():
    names = [exercise.name for exercise in ALL]
    assert len(names) == len(set(names))
    assert set(names) == set(exercises())


@each
def test_it_stands_on_its_own(exercise):
    names = {}
    exec(exercise.gap, names)
    assert "cfg" not in exercise.solution, "it would depend on the profile"
    assert not re.search(r"open\(|urlopen|/work|recorded_", exercise.solution)


@each
def test_a_judgement_has_a_rubric_for_all_but_one_of_its_points(exercise):
    if exercise.kind == "judgement":
        assert len(exercise.rubric) == exercise.points - 1
        assert all(line in exercise.explanation for line in exercise.rubric)
    else:
        assert not exercise.rubric
