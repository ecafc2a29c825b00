"""Random breaks and changes while a film is coloured in parts: it is all of one kind, in order and whole, or refused.

The command is a black box. Frames carry their number and the version of the film in lightness; the weights and the
reference show in the colour.
"""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test
from marks import TINTS, tint_weights
from model_films import copy_weights, make_film, read_film, reference_picture, whole
from zygote import Answer, Call, Zygote

PATCHES = {"colorlib.film.colorize.SEGMENT": 3, "colorlib.film.frame_colorizer.WARM_UP": 4}
DROPPED = re.compile(r"PyAV library exception being dropped:\nTraceback.*?\n(?=\S*Error)", re.DOTALL)  # PyAV's own
NAMES = ["film.mkv", "film: one.mp4", "-film.mkv", "%03d [red] \U0001f600.mp4", "a" * 80 + "e\u0301.mkv", "12:30.mov"]


class Films(RuleBasedStateMachine):
    """One film, its result, and the weights and the reference that lie under a name."""

    zygote: Zygote
    weights: dict[str, Path]

    @initialize(name=st.sampled_from(NAMES), result=st.sampled_from(NAMES), mode=st.sampled_from(["off", "flow"]))
    def begin(self, name, result, mode):
        self.root = Path(tempfile.mkdtemp(prefix="film-"))
        (self.root / "results").mkdir()
        self.source, self.out = self.root / name, self.root / "results" / result
        self.parts = self.out.with_name(self.out.name + ".parts")
        self.version, self.tint, self.mode = 0, "warm", mode
        self.at_work: tuple | None = None  # what the parts are of, when that is certain
        self.foreign: dict[Path, bytes] = {}
        self.by_reference = False
        make_film(self.source, 7)
        self.tinted("warm")

    def teardown(self):
        shutil.rmtree(getattr(self, "root", "/nonexistent"), ignore_errors=True)

    def tinted(self, tint: str) -> None:
        """Put other weights, or another reference, under the same name."""
        self.tint = tint
        copy_weights(self.weights[tint], self.root / "w.safetensors")
        reference_picture(self.root / "reference.png", tint)

    def state(self) -> tuple:
        return self.version, self.tint, self.mode

    # --- changes between calls ---

    @rule(tint=st.sampled_from(TINTS))
    def other_weights(self, tint):
        self.tinted(tint)

    @rule()
    @precondition(lambda self: self.version < 20)
    def other_film(self):
        self.version += 1
        make_film(self.source, 7, self.version)

    @rule(mode=st.sampled_from(["off", "flow", "exponential"]))
    def other_mode(self, mode):
        self.mode = mode

    @rule(data=st.data())
    @precondition(lambda self: len(self.segments()) > 1)
    def lose_a_part(self, data):
        data.draw(st.sampled_from(self.segments())).unlink()

    @rule(data=st.data(), share=st.floats(0, 0.9))
    @precondition(lambda self: bool(self.segments()))
    def cut_a_part(self, data, share):
        path = data.draw(st.sampled_from(self.segments()))
        path.write_bytes(path.read_bytes()[: int(share * path.stat().st_size)])

    @rule(name=st.sampled_from(["mine.nut", "0001.nut", "notes.txt", ".hidden.part.nut"]))
    @precondition(lambda self: self.parts.is_dir())
    def somebody_elses_file(self, name):
        path = self.parts / name
        if not path.exists():
            path.write_bytes(b"mine")
            self.foreign[path] = b"mine"

    @rule()
    @precondition(lambda self: self.out.exists())
    def take_the_result_away(self):
        self.out.unlink()

    def segments(self) -> list[Path]:
        found = self.parts.iterdir() if self.parts.is_dir() else ()
        return sorted(path for path in found if re.fullmatch(r"[0-9]{6}\.nut", path.name))

    # --- calls ---

    def call(self, *options: str, **more: object) -> Call:
        arguments = ["video", "--weights", os.fspath(self.root / "w.safetensors"), "--mode", self.mode, *options]
        if self.by_reference:
            arguments += ["--reference", os.fspath(self.root / "reference.png")]
        arguments += ["--", os.fspath(self.source), os.fspath(self.out)]
        return Call(arguments, watched=os.fspath(self.root / "results"), patches=PATCHES, **more)

    @rule()
    def colour(self):
        self.check([self.call()])

    @rule(how=st.sampled_from(["KILL", "KILL", "KILL", "INT", "ENOSPC"]), at=st.integers(1, 40), again=st.booleans())
    def colour_and_be_stopped(self, how, at, again):
        answer = self.check([self.call(breaks=how, at=at)])[0]
        if answer.code == 0 or not again or self.out.exists():
            return
        if answer.broken:
            before = answer.output
            after = self.check([self.call()])[0]  # the very same call goes on, unless it was refused before
            assert after.code == 0 or "error:" in before or self.differs(after), self.told

    @rule(at=st.integers(8, 40), what=st.sampled_from(["weights", "film", "part", "mode"]))
    def be_killed_and_find_another(self, at, what):
        """What is changed is named and refused, and begun anew when that is said."""
        if self.out.exists() or self.check([self.call("--no-resume", breaks="KILL", at=at)])[0].code == 0:
            return
        there = len(self.segments())
        if what == "weights":
            self.tinted("cold" if self.tint == "warm" else "warm")
        elif what == "film":
            self.other_film()
        elif what == "mode":
            self.mode = "off" if self.mode == "flow" else "flow"
        elif there > 1:
            self.segments()[0].unlink()
        answer = self.check([self.call()])[0]
        if there > 1:
            mended = what == "part" and answer.code == 0 and "000000.nut" in answer.output
            assert mended or self.differs(answer), self.told
        self.check([self.call("--no-resume")])

    @rule(most=st.integers(0, 4000))
    def colour_with_little_room(self, most):
        self.check([self.call(most_bytes=most)])

    @rule()
    def two_at_once(self):
        fresh = not self.out.exists() and not self.parts.exists()
        answers = self.check([self.call(), self.call()])
        if fresh:
            assert any(answer.code == 0 for answer in answers), self.told

    @rule()
    def begin_anew(self):
        there = self.out.exists()
        answer = self.check([self.call("--no-resume")])[0]
        assert (answer.code == 0) == (not there), self.told

    # --- what must be true ---

    def differs(self, answer: Answer) -> bool:
        """Whether an answer is a refusal that says what is wrong with the parts."""
        return answer.code == 2 and "error:" in answer.output and "--no-resume" in answer.output

    def check(self, calls: list[Call]) -> list[Answer]:
        """Run calls at once. A result is whole and of one kind, or there is none and the call says why."""
        before = self.out.read_bytes() if self.out.exists() else None
        inputs = {path: path.read_bytes() for path in self.root.iterdir() if path.is_file()}
        answers = self.zygote.run(*calls)
        self.told = "\n".join(f"{call}\n-> {answer}" for call, answer in zip(calls, answers, strict=True))
        assert {path: path.read_bytes() for path in inputs} == inputs, f"an input was changed\n{self.told}"
        for path, content in self.foreign.items():
            assert path.is_file(), f"{path} is gone\n{self.told}"
            assert path.read_bytes() == content, f"{path} was changed\n{self.told}"
        if before is not None:
            assert self.out.read_bytes() == before, f"the result was replaced\n{self.told}"
        elif self.out.exists():
            assert whole(self.out, 7, self.version, self.tint), f"{read_film(self.out)}\n{self.told}"
        for answer in answers:
            assert "Traceback" not in DROPPED.sub("", answer.output), self.told
            assert answer.code == 0 or answer.broken or "error:" in answer.output, self.told
            if answer.code == 0:
                assert self.out.exists(), self.told
        if self.out.exists() and before is None and not any(answer.broken for answer in answers):
            left = {path for path in self.out.parent.rglob("*") if path.is_file()} - {self.out, *self.foreign}
            assert not left, f"{left} was left\n{self.told}"
        return answers


class ByReference(Films):
    """The same with one set of weights, and the colours of a reference."""

    def tinted(self, tint: str) -> None:
        self.tint, self.by_reference = tint, True
        copy_weights(self.weights["plain"], self.root / "w.safetensors")
        reference_picture(self.root / "reference.png", tint)


def test_a_film_is_of_one_kind(zygote, tmp_path, model_settings):
    Films.zygote = zygote
    Films.weights = {tint: tint_weights(tmp_path / f"{tint}.safetensors", tint) for tint in TINTS}
    run_state_machine_as_test(Films, settings=model_settings(examples=6, steps=7))


@pytest.mark.parametrize("what", ["weights", "film", "mode", "part"])
@pytest.mark.parametrize("kind", [Films, ByReference])
def test_what_has_changed_since_a_kill_is_not_mixed(zygote, tmp_path, what, kind):
    names = TINTS if kind is Films else ("plain",)
    kind.zygote, kind.weights = zygote, {name: tint_weights(tmp_path / f"{name}.safetensors", name) for name in names}
    machine = kind()
    try:
        machine.begin(name="film.mkv", result="result.mkv", mode="off")
        machine.be_killed_and_find_another(at=16, what=what)
        assert machine.out.exists(), machine.told
    finally:
        machine.teardown()


def test_a_film_has_the_colours_of_one_reference(zygote, tmp_path, model_settings):
    ByReference.zygote = zygote
    ByReference.weights = {"plain": tint_weights(tmp_path / "plain.safetensors", "plain")}
    run_state_machine_as_test(ByReference, settings=model_settings(examples=3, steps=6))
