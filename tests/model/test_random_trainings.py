"""Random breaks and changes while a network is trained: the result is that of the recipe on record, or refused.

The command is a black box. What an uninterrupted run gives is the measure, bit by bit.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from pathlib import Path

import numpy as np
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test
from marks import tint_weights
from PIL import Image
from safetensors.numpy import load_file
from zygote import Answer, Call, Zygote

RECIPE = """
title = "tiny"
seed = {seed}
{start}
[data]
photographs = "{photographs}"
size = {size}
batch_size = 4
[generator]
kind = "unet"
downs = 3
filters = {filters}
[loss]
pixel = "{pixel}"
[[phase]]
trains = "generator"
epochs = {epochs}
lr = {lr}
"""
FIRST = {
    "seed": 1, "start": "", "photographs": "a", "size": 32, "filters": 4, "pixel": "l1", "epochs": 2, "lr": 1e-3,
}  # fmt: skip
CHANGES = {
    "seed": [2], "start": ["warm", "cold"], "photographs": ["b"], "size": [16], "filters": [5], "pixel": ["l2"],
    "epochs": [3], "lr": [5e-3],
}  # fmt: skip
CHANGE = st.one_of(st.just(""), st.just("back"), st.sampled_from(sorted(CHANGES)))
KEYS = {"photographs": "photographs|data", "pixel": "pixel|loss", "filters": "filters|generator|networks"}


def photographs(folder: Path, seed: int) -> None:
    """Make a few colour photographs for training, of noise."""
    chance = np.random.default_rng(seed)
    for half, count in (("train", 8), ("val", 4)):
        (folder / half).mkdir(parents=True)
        for number in range(count):
            small = Image.fromarray(chance.integers(0, 255, (4, 4, 3), np.uint8))
            small.resize((48, 40), Image.Resampling.BICUBIC).save(folder / half / f"{number}.png")


class Trainings(RuleBasedStateMachine):
    """One folder of results, and a recipe that changes between calls."""

    zygote: Zygote
    data: Path
    known: dict[str, str]

    @initialize()
    def begin(self):
        self.root = Path(tempfile.mkdtemp(prefix="train-"))
        self.out, self.recipe, self.begun = self.root / "out", dict(FIRST), None

    def teardown(self):
        shutil.rmtree(getattr(self, "root", "/nonexistent"), ignore_errors=True)

    def change(self, key: str) -> None:
        """Change one key of the recipe, or go back to the first one."""
        if key == "back":
            self.recipe = dict(FIRST)
        elif key:
            values = [FIRST[key], *CHANGES[key]]
            self.recipe[key] = values[(values.index(self.recipe[key]) + 1) % len(values)]

    @rule(key=CHANGE)
    def train(self, key):
        self.change(key)
        self.check(self.call())

    @rule(key=CHANGE)
    def train_for_one_epoch(self, key):
        self.change(key)
        self.check(self.call("--minutes", "0"))

    @rule(how=st.sampled_from(["KILL", "KILL", "INT", "ENOSPC"]), at=st.integers(1, 14), key=CHANGE)
    def train_and_be_stopped(self, how, at, key):
        self.check(self.call(breaks=how, at=at))
        self.change(key)
        self.check(self.call())

    def written(self, folder: Path) -> Path:
        """The recipe as a file, for a run of any folder: the name is the same."""
        start = f'start = "{self.data / self.recipe["start"]}.safetensors"' if self.recipe["start"] else ""
        fields = self.recipe | {"start": start, "photographs": self.data / self.recipe["photographs"]}
        path = folder / "tiny.toml"
        path.write_text(RECIPE.format(**fields))
        return path

    def call(self, *options: str, **more: object) -> Call:
        arguments = ["train", os.fspath(self.written(self.root)), "--out", os.fspath(self.out), *options]
        return Call(arguments, watched=os.fspath(self.out), **more)

    def uninterrupted(self, recipe: dict) -> str:
        """What a run of a recipe gives that nobody has broken off, as a sum over its weights."""
        key = json.dumps(recipe, sort_keys=True)
        if key not in self.known:
            with tempfile.TemporaryDirectory() as folder:
                answer = self.zygote.run(
                    Call(["train", os.fspath(self.written(Path(folder))), "--out", f"{folder}/out"])
                )[0]
                assert answer.code == 0, answer
                self.known[key] = weights_sum(Path(folder, "out"))
        return self.known[key]

    def check(self, call: Call) -> Answer:
        """Train. It ends well with exactly the recipe's weights on record, or it is refused and nothing changes."""
        before = {path: path.read_bytes() for path in self.out.rglob("*") if path.is_file()}
        answer = self.zygote.run(call)[0]
        told = f"{call}\n-> {answer}\nbegun with {self.begun}"
        assert "Traceback" not in answer.output, told
        changed = [key for key in self.recipe if self.begun and self.begun[key] != self.recipe[key]]
        if answer.broken:
            if not before and not (self.out / "checkpoint.pt").exists():
                return answer
            self.begun = self.begun or dict(self.recipe)
        elif answer.code == 0:
            record = json.loads((self.out / "record.json").read_text())
            shown = {key: record["recipe"][key] for key in ("seed",)} | {"lr": record["recipe"]["phase"][0]["lr"]}
            assert shown == {key: self.recipe[key] for key in shown}, told
            if record["epochs"] >= self.recipe["epochs"]:
                assert weights_sum(self.out) == self.uninterrupted(self.recipe), f"other weights than on record\n{told}"
            else:
                assert "--minutes" in call.arguments, told
            self.begun = dict(self.recipe)
            assert not [path for path in self.out.rglob("*") if ".part" in path.name], told
        else:
            assert answer.code == 2, told
            assert "error:" in answer.output, told
            assert changed, f"refused though nothing is different\n{told}"
            names = [KEYS.get(key, key).split("|") for key in changed]
            assert all(any(name in answer.output for name in each) for each in names), told
            after = {path: path.read_bytes() for path in self.out.rglob("*") if path.is_file()}
            assert after.items() >= before.items(), f"refused, and yet changed\n{told}"
        return answer


def weights_sum(out: Path) -> str:
    """A sum over the numbers of the weights in a folder."""
    tensors = load_file(out / "generator.safetensors")
    return hashlib.sha256(b"".join(name.encode() + tensors[name].tobytes() for name in sorted(tensors))).hexdigest()


def test_the_weights_are_those_of_the_recipe_on_record(zygote, tmp_path, model_settings):
    Trainings.zygote, Trainings.data, Trainings.known = zygote, tmp_path, {}
    for number, name in enumerate("ab"):
        photographs(tmp_path / name, number)
    for tint in ("warm", "cold"):
        tint_weights(tmp_path / f"{tint}.safetensors", tint)
    run_state_machine_as_test(Trainings, settings=model_settings(examples=8, steps=5))
