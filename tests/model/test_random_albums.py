"""Random albums and random calls: a result is of its own photograph, or the call says which is not.

The command is a black box. After every call: each result has the mark of the photograph whose name it has and the
colour of the settings it was made with; a photograph that has no such result is named; inputs and other people's
files are as they were; nothing unfinished lies about; exit code 0 means that all is right.
"""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from pathlib import Path

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule
from marks import TINTS, tint_weights
from model_albums import BATCH, GOOD, OTHER, Result, Source, is_tint, named, read_result
from zygote import Answer, Call, Zygote

MOST = 20  # sources of one album
OURS = re.compile(
    r"(report|left-out|contact-sheet)(-\d+)?\.(csv|html)|contact-sheet-files/[0-9a-f]{20}-(before|after)\.jpg"
)
RECORDS = re.compile(r"\.colorlib/[^/.]+(\.jsonl|\.json|\.lock)?")
UNFINISHED = re.compile(r"(^|/)\.[^/]*\.(lock|part(\.\w*)?)$")

FOLDERS = st.sampled_from([["x"], ["x"], ["x", "y"], ["y"]])
SETTINGS = st.tuples(st.sampled_from(TINTS), st.sampled_from([1.0, 1.0, 0.45]))
JOBS = st.integers(1, 8)


def snapshot(*folders: Path) -> dict[str, tuple[bytes, int]]:
    """The bytes and the time of every file below some folders."""
    files = (path for folder in folders for path in folder.rglob("*") if path.is_file())
    return {os.fspath(path): (path.read_bytes(), path.stat().st_mtime_ns) for path in files}


class Albums(RuleBasedStateMachine):
    """Two folders of photographs, one folder of results, and what is done to them."""

    zygote: Zygote
    weights: dict[str, Path]

    @initialize(batch=BATCH)
    def begin(self, batch):
        self.root = Path(tempfile.mkdtemp(prefix="album-"))
        self.out = self.root / "out"
        for name in ("x", "y"):
            (self.root / name).mkdir()
        self.sources: dict[str, Source] = {}  # by folder and name
        self.foreign: dict[str, tuple[bytes, int]] = {}
        self.pictures = 0
        self.told = ""
        self.add(batch)

    def teardown(self):
        shutil.rmtree(getattr(self, "root", "/nonexistent"), ignore_errors=True)

    # --- what is in the folders ---

    def put(self, source: Source) -> None:
        path = f"{source.folder}/{source.name}"
        if path in self.sources or not (self.root / path).exists():
            source.write(self.root)
            self.sources[path] = source

    @rule(batch=BATCH)
    @precondition(lambda self: len(self.sources) < MOST)
    def add(self, batch):
        folder, start, end, kinds = batch
        for kind in kinds:
            self.put(named(self.pictures, folder, start, end, kind))
            self.pictures += 1

    def pick(self, data, kinds=tuple(GOOD)) -> Source | None:
        there = sorted(path for path, source in self.sources.items() if source.kind in kinds)
        return self.sources[data.draw(st.sampled_from(there))] if there else None

    @rule(data=st.data())
    def scan_anew(self, data):
        source = self.pick(data)
        if source and source.version % 16 < 15:
            self.put(source.changed())

    @rule(data=st.data())
    def same_name_in_the_other_folder(self, data):
        source = self.pick(data)
        if source and source.folder == "x":
            self.put(Source("y", source.name, source.kind, self.pictures))
            self.pictures += 1

    @rule(data=st.data())
    def swap_names(self, data):
        one, two = self.pick(data), self.pick(data)
        if one and one.kind == two.kind and one != two:
            paths = [f"{source.folder}/{source.name}" for source in (one, two)]
            (self.root / paths[0]).rename(self.root / "waiting")
            (self.root / paths[1]).rename(self.root / paths[0])
            (self.root / "waiting").rename(self.root / paths[1])
            for path, own, other in ((paths[0], one, two), (paths[1], two, one)):
                self.sources[path] = Source(own.folder, own.name, own.kind, other.picture, other.version)

    @rule(data=st.data(), how=st.sampled_from(["case", "form"]))
    def add_a_twin(self, data, how):
        source = self.pick(data)
        if source and source.version < 16 and len(self.sources) < MOST:
            self.put(source.twin(how))

    @rule(data=st.data())
    def lose_a_result(self, data):
        results = sorted(os.fspath(path) for path in self.results())
        if results:
            Path(data.draw(st.sampled_from(results))).unlink()

    @rule(data=st.data(), content=st.sampled_from([b"", b"not a picture", b"\xff\xd8\xff half"]))
    def somebody_elses_file(self, data, content):
        source = self.pick(data)
        if source and source.kind != "png-without-suffix":
            path = self.out / source.name
            path.parent.mkdir(parents=True, exist_ok=True)
            if not path.exists():
                path.write_bytes(content)
                self.foreign[os.fspath(path)] = (content, path.stat().st_mtime_ns)

    # --- calls ---

    def call(self, folders, settings, jobs, redo=False, **more) -> Call:
        tint, strength = settings
        arguments = ["colorize", *(os.fspath(self.root / name) for name in folders), "--out", os.fspath(self.out)]
        arguments += ["--weights", os.fspath(self.weights[tint]), "--saturation", str(strength), "--jobs", str(jobs)]
        arguments += ["--redo"] if redo else []
        return Call(arguments, watched=os.fspath(self.out), **more)

    @rule(folders=FOLDERS, settings=SETTINGS, jobs=JOBS, redo=st.booleans())
    def colorize(self, folders, settings, jobs, redo=False):
        self.finish(folders, settings, self.run([settings], self.call(folders, settings, jobs, redo))[0])
        self.nothing_unfinished()

    @rule(
        folders=FOLDERS,
        settings=SETTINGS,
        jobs=JOBS,
        how=st.sampled_from(["KILL", "KILL", "INT"]),
        at=st.integers(1, 90),
        redo=st.booleans(),
    )
    def colorize_and_be_stopped(self, folders, settings, jobs, how, at, redo):
        answer = self.run([settings], self.call(folders, settings, jobs, redo, breaks=how, at=at))[0]
        if not answer.broken:
            self.finish(folders, settings, answer)
        elif how == "INT":
            assert answer.code in (0, 1, 130), answer
        self.colorize(folders, settings, jobs)

    @rule(folders=FOLDERS, settings=SETTINGS, jobs=JOBS, at=st.integers(1, 90))
    def colorize_onto_a_full_disk(self, folders, settings, jobs, at):
        answer = self.run([settings], self.call(folders, settings, jobs, breaks="ENOSPC", at=at))[0]
        self.finish(folders, settings, answer)

    @rule(folders=FOLDERS, settings=SETTINGS, jobs=JOBS, most=st.integers(0, 3000))
    def colorize_with_little_room(self, folders, settings, jobs, most):
        answer = self.run([settings], self.call(folders, settings, jobs, most_bytes=most))[0]
        self.finish(folders, settings, answer)
        self.colorize(folders, settings, jobs)

    @rule(first=st.tuples(FOLDERS, SETTINGS, JOBS), second=st.tuples(FOLDERS, SETTINGS, JOBS, st.booleans()))
    def two_at_once(self, first, second):
        answers = self.run([first[1], second[1]], self.call(*first), self.call(*second))
        for (folders, settings, *_), answer in zip((first, second), answers, strict=True):
            if not second[3] or first[1] == second[1]:  # what the one has made the other may have made anew
                self.finish(folders, settings, answer)
        self.colorize(*first)

    # --- what must be true ---

    def run(self, settings, *calls: Call) -> list[Answer]:
        """Run calls at once; what was there before stays, and what is new is right."""
        inputs = snapshot(self.root / "x", self.root / "y")
        before = snapshot(self.out)
        answers = self.zygote.run(*calls)
        self.told = "\n".join(f"{call}\n-> {answer}" for call, answer in zip(calls, answers, strict=True))
        assert snapshot(self.root / "x", self.root / "y") == inputs, f"an input was changed\n{self.told}"
        after = snapshot(self.out)
        for path, state in self.foreign.items():
            assert after.get(path) == state, f"{path} of somebody else was changed\n{self.told}"
        assert not any("Traceback" in answer.output for answer in answers), self.told
        assert not any("\x1b" in answer.output or "\x07" in answer.output for answer in answers), self.told
        for path in self.results():
            if before.get(os.fspath(path)) == after[os.fspath(path)]:
                continue
            told = any("--redo" in call.arguments for call in calls)
            assert told or os.fspath(path) not in before, f"{path!r} was replaced\n{self.told}"
            result = read_result(path)
            source = self.source_of(path, result)
            assert source, f"{path!r} is not of its own photograph: {result}\n{self.told}"
            assert result.marks == source.pages, f"{path!r} is of another version than {source}: {result}\n{self.told}"
            assert any(all(is_tint(tint, *each) for tint in result.tints) for each in settings), (
                f"{path!r} has other settings: {result}\n{self.told}"
            )
        return answers

    def results(self) -> list[Path]:
        """The files in the folder of results that claim to be coloured photographs."""
        found = []
        for path in self.out.rglob("*") if self.out.exists() else ():
            name = path.relative_to(self.out).as_posix()
            ours = OURS.fullmatch(name) or RECORDS.fullmatch(name) or UNFINISHED.search(name)
            if path.is_file() and not ours and os.fspath(path) not in self.foreign:
                found.append(path)
        return found

    def fits(self, path: Path, source: Source) -> bool:
        """Whether a result has the name of a source, with the same suffix or another."""
        name, own = path.relative_to(self.out).as_posix(), source.name
        return name.startswith(own) or (name.rpartition(".")[0] == own.rpartition(".")[0] and "." in own)

    def source_of(self, path: Path, result: Result) -> Source | None:
        """Which source a new result is of, if that source has its name."""
        candidates = [source for source in self.sources.values() if self.fits(path, source)]
        return next((source for source in candidates if result.marks == source.pages), None)

    def finish(self, folders, settings, answer: Answer) -> None:
        """A call that was not broken off: every photograph has its own right result or is named."""
        assert answer.code in (0, 1, 2), self.told
        said = "".join(answer.output.split())
        results = {path: read_result(path) for path in self.results()}
        missing = []
        for source in self.sources.values():
            if source.folder not in folders or source.kind in OTHER:
                continue
            if source.hidden:
                assert "hidden" in said, self.told
                continue
            right = any(self.fits(path, source) and result.is_of(source, *settings) for path, result in results.items())
            if not right:
                missing.append(source)
        if not missing:
            return
        assert answer.code != 0, f"exit code 0, but not right: {missing}\n{self.told}"
        if answer.code == 2:
            assert "error:" in answer.output, self.told
            return
        silent = [source for source in missing if source.token not in said.lower() and not source.hidden]
        assert not silent, f"not right and not named: {silent}\n{self.told}"

    def nothing_unfinished(self) -> None:
        """No temporary file is left."""
        for path in self.out.rglob("*") if self.out.exists() else ():
            name = path.relative_to(self.out).as_posix()
            known = OURS.fullmatch(name) or RECORDS.fullmatch(name) or os.fspath(path) in self.foreign
            if path.is_file() and not known:
                assert read_result(path).marks, f"{name!r} was left\n{self.told}"


def test_every_result_is_of_its_own_photograph(zygote, tmp_path, model_settings):
    from hypothesis.stateful import run_state_machine_as_test

    Albums.zygote = zygote
    Albums.weights = {tint: tint_weights(tmp_path / f"{tint}.safetensors", tint) for tint in TINTS}
    run_state_machine_as_test(Albums, settings=model_settings(examples=14, steps=6))
