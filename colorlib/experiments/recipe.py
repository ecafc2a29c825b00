"""A named experiment, as a small TOML file says it; `colorlib.experiments` runs it."""

import dataclasses
import difflib
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from colorlib.data.sources import package_photographs

SHIPPED = Path(__file__).parent / "recipes"
TRAINS = ("generator", "discriminator", "both")
SCHEDULES = ("constant", "one_cycle", "decay")


@dataclass(frozen=True)
class Data:
    """Which photographs, as for `data.training_photographs`, `mixed_photographs`, `dataloaders`.

    `train` and `valid` take the first so many of a seeded shuffle (0: all). `test_size` is the size
    at which the network is measured and used (0: `size`): a random crop shows things larger than a
    whole photograph does (Touvron et al. 2019).
    """

    photographs: str = "package"
    train: int = 0
    valid: int = 0
    size: int = 128
    test_size: int = 0
    batch_size: int = 16
    crops: int = 1
    smallest_crop: float = 0.6
    degraded: float = 0.0
    epoch: int = 0
    labels: bool = False
    mix: dict[str, int] = field(default_factory=dict)

    @property
    def final_size(self) -> int:
        """The size at which the trained network looks at photographs."""
        return self.test_size or self.size


@dataclass(frozen=True)
class Loss:
    """What training minimises: as in `training.ColorizationLearner`."""

    pixel: str = "l1"
    adversarial: str = "vanilla"
    lambda_l1: float = 100.0


@dataclass(frozen=True)
class Phase:
    """A stretch of training: which networks learn, how long, at which rate and schedule.

    "constant" keeps it; "decay" keeps it for the first half and then lowers it to 0 in a straight
    line, as pix2pix does; "one_cycle" is fastai's. The first `frozen` groups of the generator's
    parameters (a pretrained encoder, see `models.encoder_decoder`) stand still; those that learn do
    so at a tenth of the rate, but for the last group.

    A run that is there already may go on with more epochs than its recipe had. At a constant rate
    that is the longer run. The other schedules are stretched: the rate rises to where the longer
    phase would be, which no single run does. A phase that is added says plainly what is meant.
    """

    epochs: int
    trains: str = "both"
    lr: float = 2e-4
    schedule: str = "constant"
    frozen: int = 0


@dataclass(frozen=True)
class Recipe:
    """An experiment, as its TOML file says it."""

    title: str  # one line for the reader
    name: str  # of its file
    phase: list[Phase]  # in order
    # `kind` and the arguments of `models.build_generator`; the arguments of `models.PatchGAN`
    generator: dict[str, Any] = field(default_factory=lambda: {"kind": "unet"})
    discriminator: dict[str, Any] = field(default_factory=dict)
    data: Data = field(default_factory=Data)
    loss: Loss = field(default_factory=Loss)
    start: str = ""  # weights to start from: the name of shipped ones, or a safetensors file
    beta1: float = 0.5  # Adam's momentum; 0.5 is the habit of adversarial training
    ema: float = 0.0  # as in `training.ColorizationLearner`, and `clip`; 0 for none
    clip: float = 0.0
    frames: list[str] = field(default_factory=list)  # package photographs coloured every epoch
    frame_side: int = 192  # their shorter side in pixels
    seed: int = 42
    variant: str = ""  # which of the recipe's variants this is

    @property
    def command(self) -> str:
        """What to type to run it again."""
        return f"colorlib train {self.name}" + (
            f" --variant {self.variant} --seed {self.seed}" if self.variant else ""
        )

    @property
    def folder(self) -> str:
        """Where its results lie, below a folder of results: a variant has one for each seed."""
        return f"{self.name}/{self.variant}-{self.seed}" if self.variant else self.name


@dataclass(frozen=True)
class SeededRecipe(Recipe):
    """A recipe with another seed than the one in its file: its results lie apart."""

    @property
    def command(self) -> str:
        """What to type to run it again."""
        return super().command if self.variant else f"{super().command} --seed {self.seed}"

    @property
    def folder(self) -> str:
        """Where its results lie, below a folder of results."""
        return super().folder if self.variant else f"{super().folder}-{self.seed}"


def load_recipe(name: str | Path, variant: str | None = None, seed: int | None = None) -> Recipe:
    """Read and check a recipe.

    A recipe that compares has variants: tables ``[variant.NAME]`` that say what differs from the
    rest of the file, key by key. Lists, such as the phases, are replaced whole.

    Parameters
    ----------
    name : str or Path
        The name of a shipped recipe, or a TOML file.
    variant : str, optional
        Which variant; needed when the recipe has some.
    seed : int, optional
        Instead of the recipe's.

    Returns
    -------
    Recipe
        A `SeededRecipe` when the seed was given.

    Raises
    ------
    FileNotFoundError
        If there is no such recipe; the message lists the shipped ones.
    ValueError
        If the file is no TOML, has a key that no recipe has (with the likely spelling), lacks a
        needed one, or a value is of the wrong kind; if it has no such variant, or has some and none
        is chosen.
    """
    path = SHIPPED / f"{name}.toml" if (SHIPPED / f"{name}.toml").is_file() else Path(name)
    if not path.is_file():
        shipped = ", ".join(sorted(file.stem for file in SHIPPED.glob("*.toml")))
        raise FileNotFoundError(f"{name}: no such recipe; give a TOML file or one of {shipped}")
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ValueError(f"{path}: not a TOML file ({error})") from error
    content = _chosen(content, variant, path)
    if seed is not None:
        content["seed"] = seed
    phases = content.get("phase", [])
    if not isinstance(phases, list) or not phases:
        raise ValueError(f"{path}: a recipe needs at least one [[phase]] with a number of epochs")
    content["phase"] = [_checked(Phase, phase, path, "[[phase]]") for phase in phases]
    for key, kind in (("data", Data), ("loss", Loss)):
        content[key] = _checked(kind, content.get(key, {}), path, f"[{key}]")
    recipe = _checked(
        Recipe if seed is None else SeededRecipe, {**content, "name": path.stem}, path, "the recipe"
    )
    for phase in recipe.phase:
        _one_of(phase.trains, TRAINS, path, "trains")
        _one_of(phase.schedule, SCHEDULES, path, "schedule")
        if phase.frozen < 0:
            raise ValueError(
                f"{path}: frozen counts groups of parameters from the first on, not {phase.frozen}"
            )
    _check_data(recipe.data, path)
    if unknown := [name for name in recipe.frames if name not in package_photographs()]:
        raise ValueError(
            f"{path}: no package photograph {unknown[0]!r}; "
            f"there are {', '.join(package_photographs())}"
        )
    return recipe


def variants(name: str) -> list[str]:
    """List the variants of a shipped recipe.

    Returns
    -------
    list of str
        In the order of its file; empty when it has none.
    """
    return list(
        tomllib.loads((SHIPPED / f"{name}.toml").read_text(encoding="utf-8")).get("variant", {})
    )


def _chosen(content: dict[str, Any], variant: str | None, path: Path) -> dict[str, Any]:
    """Return the recipe with what its variant changes."""
    known = content.pop("variant", {})
    if not isinstance(known, dict) or not all(
        isinstance(changes, dict) for changes in known.values()
    ):
        raise ValueError(f"{path}: variants are tables, [variant.NAME]")
    if variant is None and not known:
        return content
    if variant not in known:
        there = f"there are {', '.join(known)}" if known else "the recipe has none"
        raise ValueError(
            f"{path}: {'choose a variant' if variant is None else f'no variant {variant!r}'}; "
            f"{there}"
        )
    return {**_merged(content, known[variant]), "variant": variant}


def _merged(base: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    """Merge a table with the changes of another one, table by table."""
    both = {
        k: _merged(base[k], v)
        for k, v in changes.items()
        if isinstance(v, dict) and isinstance(base.get(k), dict)
    }
    return {**base, **changes, **both}


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
        if expected in (int, float, str, bool) and not isinstance(
            value, (int, float) if expected is float else expected
        ):
            raise ValueError(
                f"{path}: {key} in {where} must be of type {expected.__name__}, not {value!r}"
            )
    try:
        return kind(**content)
    except TypeError as error:
        raise ValueError(f"{path}: {where} is incomplete: {error}") from error


def _check_data(data: Data, path: Path) -> None:
    """Refuse shares and counts that make no sense, before any photograph is looked at."""
    if not 0 <= data.degraded <= 1:
        raise ValueError(
            f"{path}: degraded is a share of the pictures, 0 to 1, not {data.degraded}"
        )
    if not 0 < data.smallest_crop <= 1:
        raise ValueError(
            f"{path}: smallest_crop is a part of the shorter side, above 0 and up to 1, "
            f"not {data.smallest_crop}"
        )
    if data.test_size < 0:
        raise ValueError(
            f"{path}: test_size is a number of pixels, or 0 for the training's, "
            f"not {data.test_size}"
        )
    if data.epoch < 0:
        raise ValueError(
            f"{path}: epoch is a number of photographs, or 0 for all of them, not {data.epoch}"
        )
    if not isinstance(data.mix, dict):
        raise ValueError(
            f"{path}: [data.mix] must be a table of collections and whole numbers, not {data.mix!r}"
        )
    for name, times in data.mix.items():
        if type(times) is not int or times < 1:
            raise ValueError(
                f"{path}: {name} in [data.mix] must be a positive whole number, not {times!r}"
            )


def _one_of(value: str, choices: tuple[str, ...], path: Path, key: str) -> None:
    """Refuse a value that is not among the choices."""
    if value not in choices:
        raise ValueError(f"{path}: {key} must be one of {', '.join(choices)}, not {value!r}")
