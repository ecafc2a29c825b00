"""What `experiments.recipe` promises."""

import inspect
import json
from typing import get_args

import pytest

from colorlib.data.loaders import validation_loader
from colorlib.data.sources import package_split
from colorlib.experiments.recipe import SHIPPED, TRAINS, load_recipe, variants
from colorlib.experiments.run import run_recipe
from colorlib.metrics.evaluate import evaluate
from colorlib.models.registry import GENERATORS
from colorlib.models.weights import load_weights
from colorlib.training.gan_step import Trains
from helpers.cli import fresh_python
from helpers.recipes import VARIANTS


def test_a_recipe_is_read_without_torch():
    code = "import sys; from colorlib.experiments.recipe import load_recipe; load_recipe('vivid')"
    assert fresh_python(f"{code}; print({{'torch', 'fastai'}} & set(sys.modules))") == "set()"
    assert get_args(Trains) == TRAINS  # the same words, said twice so that a recipe needs no torch


@pytest.mark.parametrize("path", sorted(SHIPPED.glob("*.toml")), ids=lambda path: path.stem)
def test_shipped_recipes_are_well_formed(path):
    for variant in variants(path.stem) or [None]:
        recipe = load_recipe(path.stem, variant)
        assert recipe.title
        assert sum(phase.epochs for phase in recipe.phase) > 0
        known = inspect.signature(GENERATORS[recipe.generator["kind"]]).parameters
        assert set(recipe.generator) - {"kind"} <= set(known), recipe.folder


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("crops = 1", "corps = 1", "did you mean 'crops'"),
        ("epochs = 3", "epochs = 'three'", "epochs in .* must be of type int"),
        ('kind = "unet"', 'kind = "unett"', "unett"),
        ('trains = "generator"', 'trains = "decoder"', "trains must be one of generator, discriminator, both"),
        ('trains = "generator"', 'train = "generator"', "did you mean 'trains'"),
        ('schedule = "decay"', 'schedule = "decai"', "schedule must be one of"),
        ('title = "tiny"', "", "title"),
        ('frames = ["flower"]', 'frames = ["lena"]', "lena"),
        ("[data]", "[data", "not a TOML file"),
        ("[data]", "[data]\ndegraded = 1.5", "degraded is a share .* 0 to 1, not 1.5"),
        ("[data]", "[data]\ndegraded = -0.1", "degraded is a share"),
        ("[data]", "[data]\nsmallest_crop = 0", "smallest_crop is a part .* not 0"),
        ("[data]", "[data]\nsmallest_crop = 1.1", "smallest_crop is a part"),
        ("[data]", "[data]\nepoch = -1", "epoch is a number of photographs"),
        ("[data]", "[data]\nepoch = 2", "epoch of 2 photographs does not fill a batch of 4"),
        ("size = 32", "size = 36\ndegraded = 0.5", "multiple of 8, not 36"),
        ("size = 32", "size = 32\ntest_size = 36", "test_size must be a multiple of 8, not 36"),
        ("size = 32", "size = 32\ntest_size = -8", "test_size is a number of pixels"),
        ("[data]", '[data]\nmix = "cats"', r"\[data.mix\] must be a table"),
        ("[data]", "[data]\nmix = {cats = 0}", "cats in .* positive whole number, not 0"),
        ("[data]", "[data]\nmix = {cats = 1.5}", "cats in .* positive whole number, not 1.5"),
        ("[data]", "[data]\nmix = {cats = true}", "cats in .* positive whole number, not True"),
        ("epochs = 3", "epochs = 3\nfrozen = -1", "frozen counts groups"),
        ("epochs = 3", "epochs = 3\nfrozen = 1", r"1 group\(s\) of parameters; the last is never frozen"),
    ],
)
def test_mistakes_are_named(tiny, tmp_path, old, new, message):
    text = tiny.read_text()
    assert old in text
    tiny.write_text(text.replace(old, new))
    with pytest.raises(ValueError, match=message):
        run_recipe(load_recipe(tiny), tmp_path / "out")


def test_the_trained_network_may_look_closer_than_in_training(tiny, tmp_path):
    tiny.write_text(tiny.read_text().replace("size = 32", "size = 32\ntest_size = 48"))
    learn = run_recipe(load_recipe(tiny), tmp_path / "out", minutes=0)
    _, card = load_weights(tmp_path / "out" / "generator.safetensors")
    assert card["size"] == 48
    record = json.loads((tmp_path / "out" / "record.json").read_text())
    at = {size: evaluate(learn.generator, validation_loader(package_split()[1], size))["ab_l1"] for size in (32, 48)}
    assert record["metrics"]["grey"]["ab_l1"] == pytest.approx(at[48]["grey"], abs=1e-4)
    assert at[48]["grey"] != pytest.approx(at[32]["grey"], abs=1e-3)


def test_missing_recipe_lists_what_there_is():
    with pytest.raises(FileNotFoundError, match="paper-128"):
        load_recipe("paper-129")


def test_a_variant_says_only_what_differs(tiny):
    tiny.write_text(tiny.read_text() + VARIANTS)
    recipe = load_recipe(tiny, "short", 7)
    assert (recipe.title, recipe.seed, recipe.data.crops, recipe.data.size) == ("half of it", 7, 2, 32)
    assert recipe.generator == {"kind": "unet", "downs": 3, "filters": 4}
    assert [phase.epochs for phase in recipe.phase] == [1]
    assert recipe.command == "colorlib train tiny --variant short --seed 7"
    assert recipe.folder == "tiny/short-7"
    with pytest.raises(ValueError, match="choose a variant; there are short, colours"):
        load_recipe(tiny)
    with pytest.raises(ValueError, match="no variant 'long'; there are short, colours"):
        load_recipe(tiny, "long")
    with pytest.raises(ValueError, match="no variant 'short'; the recipe has none"):
        load_recipe("quick", "short")
