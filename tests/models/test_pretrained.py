"""The weights that come with the package: small, whole, described, and better than grey on unseen photographs."""

import numpy as np
import pytest
import torch
from PIL import Image

from colorlib.cli.console import WEIGHTS
from colorlib.color.lab import rgb_to_lab
from colorlib.colorize.colorizer import Colorizer
from colorlib.data.sources import package_photographs
from colorlib.experiments.recipe import load_recipe
from colorlib.images.decode import open_rgb
from colorlib.models.registry import build_generator
from colorlib.models.shipped import SHIPPED, load_named, shipped_points, shipped_weights

NAMES = ("careful", "natural", "vivid")
each = pytest.mark.parametrize("name", NAMES)


def lab_of(pixels: np.ndarray) -> torch.Tensor:
    """An 8-bit picture (H, W, 3) in Lab, (3, H, W)."""
    return rgb_to_lab(torch.from_numpy(pixels.copy()).permute(2, 0, 1)[None] / 255)[0]


@pytest.fixture(scope="module")
def coloured() -> dict[str, dict[str, tuple[torch.Tensor, torch.Tensor]]]:
    """For each set of weights and each everyday photograph: the guess and the truth in Lab."""
    found = {}
    for name in NAMES:
        colorizer = Colorizer.from_pretrained(name)
        found[name] = {}
        for photo in ("astronaut", "chelsea", "china", "coffee", "grace_hopper", "motorcycle", "rocket"):
            picture = open_rgb(package_photographs()[photo])
            picture.thumbnail((320, 320), Image.Resampling.LANCZOS)
            guess = colorizer(np.asarray(picture.convert("L")))
            found[name][photo] = lab_of(guess), lab_of(np.asarray(picture))
    return found


def test_the_package_ships_these_and_no_others():
    assert list(shipped_weights()) == ["light", "paper-24"]
    assert list(shipped_points()) == list(NAMES)
    assert all(name in WEIGHTS for name in NAMES)


def test_they_are_small():
    sizes = [path.stat().st_size for path in SHIPPED.glob("*.safetensors")]
    assert max(sizes) <= 20e6
    assert sum(sizes) <= 30e6


@each
def test_the_card_says_where_they_come_from_and_what_they_can_do(name):
    card = shipped_points()[name]
    for end in (card, card["vivid_end"]):
        recipe = load_recipe(end["recipe"]["name"])
        assert end["command"] == recipe.command
        assert end["size"] == recipe.data.final_size
        assert end["hours"] > 0
        assert len(end["commit"]) == 40
    assert "licence" in card
    for collection in ("imagenette-160", "scenes-144"):
        table = card["metrics"][collection]
        for row in ("model", "grey"):
            for metric in ("psnr", "ab_l1", "colorfulness"):
                assert table[row][f"{metric}_low"] <= table[row][metric] <= table[row][f"{metric}_high"]
        assert table["model"]["ab_l1"] < table["grey"]["ab_l1"]
        assert table["model"]["frechet"] < table["grey"]["frechet"]


def test_the_networks_of_the_paper_are_between_grey_and_the_photographs():
    """The narrow form of the paper's networks: where it is nearer to the truth than grey, and where it is not."""
    card = load_named("paper-24")[1]
    model, grey, truth = (card["metrics"][row] for row in ("model", "grey", "truth"))
    assert card["command"] == load_recipe("paper-24").command
    assert model["psnr_median"] > grey["psnr_median"]
    assert 0.6 < model["colorfulness"] / truth["colorfulness"] < 1.1
    assert model["frechet"] < 0.2 * grey["frechet"]


@each
def test_the_recipe_still_builds_the_network_of_the_weights(name):
    generator, card = load_named(name)
    recipe = load_recipe(card["recipe"]["name"])
    assert card["kind"] == recipe.generator["kind"]
    build_generator(**recipe.generator | {"pretrained": False}).load_state_dict(generator.state_dict())


@each
def test_colours_are_nearer_to_the_truth_than_grey(name, coloured):
    guess = np.mean([(a - b)[1:].abs().mean().item() for a, b in coloured[name].values()])
    grey = np.mean([b[1:].abs().mean().item() for _, b in coloured[name].values()])
    assert guess < grey


@each
def test_trees_are_green_and_the_night_sky_is_blue(name, coloured):
    temple, night = coloured[name]["china"][0], coloured[name]["rocket"][0]
    height, width = temple.shape[1:]
    trees = temple[:, int(0.85 * height) :, int(0.55 * width) : int(0.95 * width)]
    assert trees[1].mean() < -1, "a below 0 is green"
    assert trees[2].mean() > 3, "b above 0 is yellow: leaves, not mint"
    sky = night[:, : int(0.4 * night.shape[1]), int(0.2 * night.shape[2]) : int(0.5 * night.shape[2])]
    assert sky[2].mean() < -3, "b below 0 is blue"


def test_each_is_more_colourful_than_the_one_before(coloured):
    careful, natural, vivid = (
        np.mean([lab[1:].norm(dim=0).mean() for lab, _ in coloured[name].values()]) for name in NAMES
    )
    assert careful < natural < vivid
    assert vivid > 1.1 * careful
