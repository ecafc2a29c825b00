"""Somebody who means to forge marks gets none for it: what is judged with is in another process."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch import nn

from colorlib.teach.checks import judge
from colorlib.teach.export import answer_key, write_json
from colorlib.teach.grade import judged, mark_folder
from colorlib.teach.plain import packed, unpacked
from helpers.handed_in import ALL, EXERCISES, NAMES, handed_in

WRONG = {exercise.name: exercise.wrong[0] for exercise in EXERCISES}
FORGED = {
    # every check in reach says that it holds
    "overwrites": """
import colorlib.teach, colorlib.teach.checks as checks, colorlib.teach.exercises as known
from colorlib.teach import compare
check = checks.check = colorlib.teach.check = lambda *a, **k: print("right.")
checks.judge = colorlib.teach.judge = lambda name, *a, **k: checks.Judgement(name, True, "right.")
for name in known.exercises():
    known.EXERCISES[name] = lambda *a, **k: None
for name in ("difference", "number", "called", "choice"):
    setattr(compare, name, lambda *a, **k: None)
""",
    # lines that look like marks, on every channel that is open
    "speaks": """
import json, os
lines = "".join(json.dumps({"name": n, "passed": True, "message": "right.", "answer": ""}) + "\\n" for n in NAMES)
print(lines)
for channel in range(1, 64):
    try:
        os.write(channel, lines.encode())
    except OSError:
        pass
""",
    # an answer that is equal to anything
    "equals": """
class Anything(float):
    __eq__ = __le__ = __lt__ = __ge__ = __gt__ = lambda self, other: True
    __sub__ = __rsub__ = lambda self, other: Anything(0)
    __abs__ = lambda self: Anything(0)
    __hash__ = float.__hash__
    def __call__(self, *a):
        return self
ANSWERS
""",
    # the key, wherever in memory it may lie
    "searches": """
import gc, inspect
for thing in gc.get_objects():
    if isinstance(thing, dict) and ("hidden" in thing or "solution" in thing or "seed" in thing):
        if isinstance(thing.get("solution"), str):
            exec(thing["solution"], globals())
""",
}


@pytest.fixture(scope="module")
def marks(tmp_path_factory):
    """What the forgers get, who have wrong answers, by student and exercise."""
    folder = tmp_path_factory.mktemp("class")
    answers = "\n".join(f"{name} = Anything(0)" for exercise in EXERCISES for name in exercise.answers)
    for student, code in FORGED.items():
        code = code.replace("NAMES", repr(NAMES)).replace("ANSWERS", answers)
        wrong = {name: f"{wrong}\n{answers if student == 'equals' else ''}" for name, wrong in WRONG.items()}
        handed_in(wrong, folder / f"{student}.ipynb", code)
    key = write_json(tmp_path_factory.mktemp("key") / "key.json", answer_key(EXERCISES))
    return {(mark.student, mark.exercise): mark for mark in mark_folder(folder, key, seconds=20)}


@pytest.mark.parametrize("student", FORGED)
def test_a_forger_gets_nothing(marks, student):
    assert [marks[student, name].points for name in NAMES] == [0, 0, 0], [marks[student, name] for name in NAMES]


def returned(function):
    """A function whose arguments and results cross, as they do when a notebook is marked."""

    def call(*given):
        functions = []
        return unpacked(packed(function(*given), functions), functions.__getitem__)

    return call


@pytest.mark.parametrize("exercise", ALL, ids=lambda exercise: exercise.name)
def test_every_solution_holds_after_it_has_crossed(exercise):
    names, functions = {}, []
    exec(exercise.solution, names)
    sent = [packed(names[name], functions) for name in exercise.answers]
    answers = [unpacked(content, lambda place: returned(functions[place])) for content in sent]
    found = judge(exercise.name, *answers, seed=77)
    assert found.passed, found.message


@pytest.mark.parametrize(
    "value",
    [None, ..., True, 3, 2.5, "text", [1, (2, "b")], {"a": 1, 5: [2.0]}, np.eye(3, dtype=np.float32), np.int64(4)],
    ids=repr,
)
def test_data_crosses_as_it_is(value):
    arrived = unpacked(packed(value, []), None)
    np.testing.assert_equal(arrived, value)
    assert isinstance(arrived, np.ndarray if isinstance(value, np.generic) else type(value))


def test_tensors_cross_and_objects_do_not():
    half = unpacked(packed(torch.ones(2, 3, dtype=torch.bfloat16, requires_grad=True), []), None)
    assert torch.equal(half, torch.ones(2, 3))
    assert type(unpacked(packed(object(), []), None)).__name__ == "object"
    functions = []
    assert unpacked(packed(nn.Identity(), functions), functions.__getitem__) is functions[0]


@pytest.mark.parametrize(
    "content",
    [
        {"pickle": "x"},
        {"array": ["|O", [1], "AAAA"]},
        {"array": ["<f4", [9], "AAAA"]},
        {"dict": [[[], 1]]},
        {},
        {"tuple": 3},
    ],
    ids=str,
)
def test_what_nobody_would_send_is_refused(content):
    with pytest.raises(ValueError, match="cannot be read"):
        unpacked(content, None)


@pytest.mark.parametrize(
    "said",
    [
        {},
        {"raises": 5},
        {"raises": ["MemoryError"]},
        {"answers": 3, "missing": [], "trouble": None},
        {"answers": [1, 2, 3], "missing": [], "trouble": None},
        {"answers": [{"array": ["(", [1], ""]}], "missing": [], "trouble": None},
        {"answers": [{"function": "x"}], "missing": 7, "trouble": []},
    ],
    ids=str,
)
def test_whatever_a_process_says_is_judged_and_stops_nobody(said):
    exercise = EXERCISES[1]
    entry = answer_key([exercise])["exercises"][exercise.name]
    notebook = SimpleNamespace(function=None, gone=None)
    found = judged(exercise.name, entry, said, notebook, 1)
    assert not found.passed
    assert "could not be looked at" in found.message
