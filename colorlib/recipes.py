"""A named experiment: read from a small TOML file, checked, run, and its results written down."""

import dataclasses
import difflib
import os
import subprocess
import tomllib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, get_args

from fastai.callback.core import Callback
from fastai.callback.schedule import ParamScheduler, SchedLin, SchedNo, combine_scheds
from PIL import Image

from colorlib.colorize import Colorizer
from colorlib.data import dataloaders, validation_loader
from colorlib.metrics import FrechetDistance, evaluate
from colorlib.models import PatchGAN, build_generator
from colorlib.parallel import is_main, together
from colorlib.photos import package_photographs, split_photographs, training_photographs
from colorlib.profile import set_seed
from colorlib.train import ColorizationLearner, Players, learner
from colorlib.weights import atomic, save_weights

SHIPPED = Path(__file__).parent / "recipes"
SCHEDULES = ("constant", "one_cycle", "decay")
FRAME_SIDE = 192  # shorter side of the small pictures that show a run's progress


@dataclass(frozen=True)
class Data:
    """Which photographs: `photographs` as in `photos.training_photographs`; `train` takes the first so many of a
    seeded shuffle (0: all); `size`, `batch_size` and `crops` as in `data.dataloaders`."""

    photographs: str = "package"
    train: int = 0
    size: int = 128
    batch_size: int = 16
    crops: int = 1


@dataclass(frozen=True)
class Loss:
    """What training wants: as in `train.learner`."""

    pixel: str = "l1"
    adversarial: str = "vanilla"
    lambda_l1: float = 100.0


@dataclass(frozen=True)
class Phase:
    """A stretch of training: who plays for how many epochs, at which rate, and how the rate changes.

    "constant" keeps it; "decay" keeps it for the first half and then lowers it to 0 in a straight line, as pix2pix
    does; "one_cycle" is fastai's.
    """

    epochs: int
    players: str = "both"
    lr: float = 2e-4
    schedule: str = "constant"


@dataclass(frozen=True)
class Recipe:
    """An experiment, as its TOML file says it.

    Parameters
    ----------
    title : str
        One line for the reader.
    phase : list of Phase
        In order.
    generator : dict
        `kind` and the arguments of `models.build_generator`.
    discriminator : dict
        The arguments of `models.PatchGAN`.
    data, loss : Data, Loss
    ema, clip : float
        As in `train.learner`; 0 for none.
    frames : list of str
        Package photographs (never trained on) that are coloured after every epoch.
    seed : int
    """

    title: str
    phase: list[Phase]
    generator: dict[str, Any] = field(default_factory=lambda: {"kind": "unet"})
    discriminator: dict[str, Any] = field(default_factory=dict)
    data: Data = field(default_factory=Data)
    loss: Loss = field(default_factory=Loss)
    ema: float = 0.0
    clip: float = 0.0
    frames: list[str] = field(default_factory=list)
    seed: int = 42


def load_recipe(name: str | Path) -> Recipe:
    """Read and check a recipe.

    Parameters
    ----------
    name : str or Path
        The name of a shipped recipe, or a TOML file.

    Returns
    -------
    Recipe

    Raises
    ------
    FileNotFoundError
        If there is no such recipe; the message lists the shipped ones.
    ValueError
        If the file is no TOML, has a key that no recipe has (with the likely spelling), lacks a needed one, or a value
        is of the wrong kind.
    """
    path = SHIPPED / f"{name}.toml" if (SHIPPED / f"{name}.toml").is_file() else Path(name)
    if not path.is_file():
        shipped = ", ".join(sorted(file.stem for file in SHIPPED.glob("*.toml")))
        raise FileNotFoundError(f"{name}: no such recipe; give a TOML file or one of {shipped}")
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ValueError(f"{path}: not a TOML file ({error})") from error
    phases = content.get("phase", [])
    if not isinstance(phases, list) or not phases:
        raise ValueError(f"{path}: a recipe needs at least one [[phase]] with a number of epochs")
    content["phase"] = [_checked(Phase, phase, path, "[[phase]]") for phase in phases]
    for key, kind in (("data", Data), ("loss", Loss)):
        content[key] = _checked(kind, content.get(key, {}), path, f"[{key}]")
    recipe = _checked(Recipe, content, path, "the recipe")
    for phase in recipe.phase:
        _one_of(phase.players, get_args(Players), path, "players")
        _one_of(phase.schedule, SCHEDULES, path, "schedule")
    if unknown := [name for name in recipe.frames if name not in package_photographs()]:
        raise ValueError(f"{path}: no package photograph {unknown[0]!r}; there are {', '.join(package_photographs())}")
    return recipe


def run_recipe(recipe: Recipe, out: str | Path, resume: bool = True) -> ColorizationLearner:
    """Run an experiment; write its log, its weights, its frames and its final metrics.

    After every epoch `out` holds `log.csv`, `generator.safetensors` with its card, the coloured `frames` and
    `checkpoint.pt`, from which an interrupted run goes on. At the end `metrics.csv` compares the generator with grey
    and with the truth on all validation photographs. `COLORLIB_DATA` replaces the recipe's photographs by a folder.

    Parameters
    ----------
    recipe : Recipe
    out : str or Path
        A folder; made when it is missing.
    resume : bool
        Go on from the checkpoint in `out`, if there is one.

    Returns
    -------
    ColorizationLearner
        The trained players.

    Raises
    ------
    ValueError, FileNotFoundError
        If the data, the networks or the checkpoint are not what the recipe asks for.
    """
    out = Path(out)
    set_seed(recipe.seed)
    train, valid = training_photographs(os.environ.get("COLORLIB_DATA") or recipe.data.photographs, seed=recipe.seed)
    if recipe.data.train:
        train, _ = split_photographs(train, recipe.data.train, 0, recipe.seed)
    data = recipe.data
    dls = dataloaders(train, valid, data.size, data.batch_size, data.crops, recipe.seed)
    plays_critic = any(phase.players != "generator" for phase in recipe.phase)
    learn = learner(
        dls,
        build_generator(**recipe.generator),
        PatchGAN(**recipe.discriminator) if plays_critic else None,
        **dataclasses.asdict(recipe.loss),
        ema=recipe.ema or None,
        clip=recipe.clip or None,
        log=out / "log.csv",
        checkpoint=out / "checkpoint.pt",
    )
    learn.add_cb(KeepResults(recipe, out))
    done = learn.resume(out / "checkpoint.pt") if resume and (out / "checkpoint.pt").exists() else 0
    with together(learn):
        for phase in recipe.phase:
            start = min(done, phase.epochs)
            done -= start
            if start < phase.epochs:
                learn.players = phase.players
                SCHEDULE[phase.schedule](learn, phase, start)
    if is_main():
        table = evaluate(learn.generator, validation_loader(valid, data.size, data.batch_size), FrechetDistance())
        with atomic(out / "metrics.csv") as temporary:
            table.to_csv(temporary, index_label="row", float_format="%.6g")
    return learn


class KeepResults(Callback):
    """After every epoch, keep the weights so far, and show what they make of the recipe's frames.

    Parameters
    ----------
    recipe : Recipe
    out : Path
    """

    order = 65

    def __init__(self, recipe: Recipe, out: Path) -> None:
        super().__init__()
        self.recipe, self.out = recipe, out

    def after_epoch(self) -> None:
        if not is_main():
            return
        kind, arguments = self.recipe.generator["kind"], {k: v for k, v in self.recipe.generator.items() if k != "kind"}
        card = {
            "title": self.recipe.title,
            "size": self.recipe.data.size,
            "recipe": dataclasses.asdict(self.recipe),
            "commit": _commit(),
            "metrics": self.learn.rows[-1],
        }
        generator = self.learn.generator
        save_weights(generator, self.out / "generator.safetensors", kind, arguments, card)
        mode = generator.training
        colorizer = Colorizer(generator.eval(), size=self.recipe.data.size)
        (self.out / "frames").mkdir(exist_ok=True)
        for name in self.recipe.frames:
            with Image.open(package_photographs()[name]) as opened:
                picture = opened.convert("RGB")
            scale = FRAME_SIDE / min(picture.size)
            small = picture.resize([round(side * scale) for side in picture.size], Image.Resampling.LANCZOS)
            with atomic(self.out / "frames" / f"{self.learn.rows[-1]['epoch']:03d}-{name}.webp") as temporary:
                colorizer(small).save(temporary, quality=80)
        generator.train(mode)


def _constant(learn: ColorizationLearner, phase: Phase, start: int) -> None:
    """Train at one rate."""
    learn.fit(phase.epochs, phase.lr, start_epoch=start)


def _one_cycle(learn: ColorizationLearner, phase: Phase, start: int) -> None:
    """Train with fastai's one-cycle schedule."""
    learn.fit_one_cycle(phase.epochs, phase.lr, start_epoch=start)


def _decay(learn: ColorizationLearner, phase: Phase, start: int) -> None:
    """Train at one rate for half of the time, then lower it to 0."""
    schedule = combine_scheds([0.5, 0.5], [SchedNo(phase.lr, phase.lr), SchedLin(phase.lr, 0.0)])
    learn.fit(phase.epochs, phase.lr, cbs=ParamScheduler({"lr": schedule}), start_epoch=start)


SCHEDULE: dict[str, Callable[[ColorizationLearner, Phase, int], None]] = {
    "constant": _constant,
    "one_cycle": _one_cycle,
    "decay": _decay,
}


def _checked(kind: type, content: Any, path: Path, where: str) -> Any:
    """Build a dataclass from a table, and say what is misspelt, missing or of the wrong type."""
    if not isinstance(content, dict):
        raise ValueError(f"{path}: {where} must be a table of keys and values")
    fields = {item.name: item for item in dataclasses.fields(kind)}
    for key, value in content.items():
        if key not in fields:
            near = difflib.get_close_matches(key, fields, n=1)
            hint = f"; did you mean {near[0]!r}?" if near else f"; there are {', '.join(fields)}"
            raise ValueError(f"{path}: {where} has no key {key!r}{hint}")
        expected = fields[key].type
        if expected in (int, float, str) and not isinstance(value, (int, float) if expected is float else expected):
            raise ValueError(f"{path}: {key} in {where} must be of type {expected.__name__}, not {value!r}")
    try:
        return kind(**content)
    except TypeError as error:
        raise ValueError(f"{path}: {where} is incomplete: {error}") from error


def _one_of(value: str, choices: tuple[str, ...], path: Path, key: str) -> None:
    """Refuse a value that is not among the choices."""
    if value not in choices:
        raise ValueError(f"{path}: {key} must be one of {', '.join(choices)}, not {value!r}")


def _commit() -> str:
    """The commit of the code that trains, or "unknown" outside a repository."""
    found = subprocess.run(
        ["git", "-C", str(Path(__file__).parent), "rev-parse", "HEAD"], capture_output=True, text=True, check=False
    )
    return found.stdout.strip() or "unknown"
