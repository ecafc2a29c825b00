"""A class hands in: good work is marked, and nothing that a notebook does harms the marking or the machine."""

import csv
import json

import pytest

from colorlib.teach.export import answer_key, read_notebook, student_notebook, write_json
from colorlib.teach.grade import exercises_in, mark_folder, read_answer_key
from colorlib.teach.marks import Mark, write_marks
from helpers.cli import call, error_line
from helpers.handed_in import CHAPTER, EXERCISES, NAMES, handed_in

# What each of the students writes in front of an otherwise right answer to the first exercise.
HOSTILE = {
    "loops": "while True:\n    try:\n        pass\n    except:\n        pass",
    "crashes": "import os\nos._exit(3)",
    "deletes": "import pathlib, shutil\npathlib.Path({victim!r}).unlink()",
    "shells": "import os\nos.system('rm -f ' + {victim!r})",
    "shouts": "print('x' * 50_000_000)",
    "calls": "import socket\nsocket.create_connection(('127.0.0.1', {port}), 2)",
    "grows": "hoard = bytearray(40 * 2**30)",
}


@pytest.fixture(scope="module")
def key(tmp_path_factory):
    content = answer_key(EXERCISES)
    content["exercises"][NAMES[1]]["hidden"] = "assert seen != 485, 'that was copied'"
    return write_json(tmp_path_factory.mktemp("key") / "key.json", content)


@pytest.fixture(scope="module")
def right():
    return {exercise.name: exercise.solution for exercise in EXERCISES}


@pytest.fixture(scope="module")
def marks(tmp_path_factory, key, right):
    """A whole class, marked once: by student and exercise."""
    import socket
    from threading import Thread

    folder = tmp_path_factory.mktemp("class")
    victim = tmp_path_factory.mktemp("teacher") / "grades.txt"
    victim.write_text("mine")
    server = socket.create_server(("127.0.0.1", 0))
    reached = []
    Thread(target=lambda: reached.append(server.accept()), daemon=True).start()
    handed_in(right, folder / "good.ipynb")
    handed_in({}, folder / "nothing.ipynb")
    handed_in({NAMES[0]: EXERCISES[0].wrong[0], NAMES[1]: "seen = 485"}, folder / "group" / "wrong.ipynb")
    for name, code in HOSTILE.items():
        handed_in(right, folder / f"{name}.ipynb", code.format(victim=str(victim), port=server.getsockname()[1]))
    (folder / "broken.ipynb").write_text("{")
    found = mark_folder(folder, key, seconds=8)
    return {(mark.student, mark.exercise): mark for mark in found}, victim, reached


def test_right_answers_get_their_points_and_a_reason_waits_for_its_reader(marks):
    found, _, _ = marks
    assert [found["good", name].points for name in NAMES] == [3, 2, 1]
    judged = found["good", NAMES[2]]
    assert judged.of == 4
    assert "rim of the cup" in judged.to_read
    assert "moving windows" in judged.rubric
    assert not found["good", NAMES[0]].to_read


def test_gaps_and_wrong_answers_get_none_and_are_told_why(marks):
    found, _, _ = marks
    for student in ("nothing", "group/wrong"):
        assert [found[student, name].points for name in NAMES] == [0, 0, 0]
    assert "laid beside" in found["group/wrong", NAMES[0]].feedback
    assert "no notebook" in found["broken", ""].feedback


@pytest.mark.parametrize("student", HOSTILE)
def test_what_a_notebook_does_costs_at_most_that_exercise(marks, student):
    found, _, _ = marks
    assert [found[student, name].points for name in NAMES[1:]] == [2, 1], found[student, NAMES[1]].feedback
    told = {"loops": "longer than 8 s", "crashes": "crashed"}
    if student in told:
        assert found[student, NAMES[0]].points == 0
        assert told[student] in found[student, NAMES[0]].feedback


def test_nothing_outside_is_touched(marks):
    _, victim, reached = marks
    assert victim.read_text() == "mine"
    assert not reached


def test_the_teachers_own_check_is_asked_and_never_travels(key, right, tmp_path):
    handed_in(right | {NAMES[1]: "seen = 484.2"}, tmp_path / "a.ipynb")
    content = json.loads(key.read_text())
    content["exercises"][NAMES[1]]["hidden"] = "assert isinstance(seen, int), 'count, do not measure'"
    found = mark_folder(tmp_path, write_json(tmp_path / "key.json", content), 8)
    assert [mark.points for mark in found] == [3, 0, 1]
    assert found[1].feedback == "the teacher's own check: count, do not measure"
    text = json.dumps(student_notebook(read_notebook(CHAPTER)))
    assert "hidden" not in text.replace("hide-", "")


def test_students_get_no_solution():
    text = json.dumps(student_notebook(read_notebook(CHAPTER)))
    for exercise in EXERCISES:
        own = [line.strip() for line in exercise.solution.split("\n") if line.strip() not in exercise.gap]
        assert own
        assert not any(json.dumps(line)[1:-1] in text for line in own if len(line) > 12)
        assert not any(part and part in text for part in exercise.rubric)
        assert f'check(\\"{exercise.name}\\"' in text
    assert "{solution}" not in text
    assert text.count("{hint}") == len(EXERCISES), "hints stay"


def test_code_belongs_to_the_exercise_before_whose_check_it_stands(right, key, tmp_path):
    path = handed_in(right, tmp_path / "a.ipynb")
    found = exercises_in(read_notebook(path), read_answer_key(key))
    assert list(found) == NAMES
    assert [code.strip() for code in found[NAMES[0]]] == [right[NAMES[0]]]
    notebook = read_notebook(path)
    for cell in notebook["cells"]:
        cell["metadata"] = {}  # as some editors leave it
    assert right[NAMES[0]] in "".join(exercises_in(notebook, read_answer_key(key))[NAMES[0]])


def test_what_students_write_is_no_formula_in_the_table(tmp_path):
    write_marks([Mark("=a", "c", "e", "judgement", 1, 4, "@x", '=HYPERLINK("x")\nline', "")], tmp_path / "marks.csv")
    with open(tmp_path / "marks.csv", encoding="utf-8-sig", newline="") as file:
        (row,) = csv.DictReader(file)
    assert row["to_read"] == '\'=HYPERLINK("x")\nline'
    assert row["student"] == "'=a"
    assert row["points"] == "1"


def test_the_command_writes_a_table_and_replaces_none(right, key, tmp_path):
    handed_in(right, tmp_path / "class" / "ada.ipynb")
    out = tmp_path / "marks.csv"
    done = call("teach", "grade", tmp_path / "class", "--key", key, "--out", out)
    assert done.exit_code == 0, done.output
    assert "1 notebooks, 3 marks; 1 reasons wait" in done.stdout
    assert "ada: 6 of 9" in done.stderr
    assert out.read_text("utf-8-sig").splitlines()[0].startswith("student,chapter,exercise,kind,points,of,feedback")
    assert "already" in error_line(call("teach", "grade", tmp_path / "class", "--key", key, "--out", out))


def test_bad_input_is_named(key, tmp_path):
    assert "no notebooks" in error_line(call("teach", "grade", tmp_path, "--key", key, "--out", tmp_path / "m.csv"))
    (tmp_path / "key.json").write_text("[]")
    result = call("teach", "grade", tmp_path, "--key", tmp_path / "key.json", "--out", tmp_path / "m.csv")
    assert "no answer key" in error_line(result)
