"""How big a run may be, and that a seed decides every random number."""

import importlib.metadata
import json
import random
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from colorlib.settings import profile, revision, set_seed


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch):
    monkeypatch.delenv("COLORLIB_PROFILE", raising=False)
    monkeypatch.delenv("COLORLIB_DATA", raising=False)


@pytest.mark.parametrize(("gpu", "name", "device"), [(False, "quick", "cpu"), (True, "colab", "cuda")])
def test_the_machine_chooses(monkeypatch, gpu, name, device):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: gpu)
    chosen = profile()
    assert (chosen.name, chosen.device.type) == (name, device)


def test_the_environment_chooses_and_an_argument_wins(monkeypatch):
    monkeypatch.setenv("COLORLIB_PROFILE", "paper")
    chosen = profile()
    assert (chosen.name, chosen.size, chosen.data, chosen.crops) == ("paper", 256, "coco-sample", 1)
    assert profile("quick").name == "quick"


def test_colorlib_data_replaces_the_data_of_any_profile(monkeypatch):
    quick = profile("quick")
    assert quick.data == "package"
    assert quick.crops > 1
    monkeypatch.setenv("COLORLIB_DATA", "/some/folder")
    for name in ("quick", "colab", "paper"):
        assert profile(name).data == "/some/folder"
        assert profile(name).crops == 1, "a folder brings enough photographs"
    monkeypatch.setenv("COLORLIB_DATA", "package")
    assert profile("colab").crops == quick.crops


def test_a_misspelt_profile_lists_the_real_ones(monkeypatch):
    monkeypatch.setenv("COLORLIB_PROFILE", "quik")
    with pytest.raises(ValueError, match=r"'quik'.*quick, colab, paper"):
        profile()


def test_a_profile_cannot_be_changed_by_accident():
    with pytest.raises(AttributeError):
        profile("quick").size = 3


def test_set_seed_starts_all_three_sources():
    def draw():
        return random.random(), np.random.rand(), torch.rand(1).item()

    set_seed(7)
    first = draw()
    set_seed(7)
    assert draw() == first
    set_seed(8)
    assert all(a != b for a, b in zip(draw(), first, strict=True))
    set_seed(2**40 + 1)  # numpy takes 32 bits only


GIT = {"url": "https://github.com/some/body", "vcs_info": {"vcs": "git", "commit_id": "1" * 40}}


@pytest.mark.parametrize(
    ("direct", "expected"), [(GIT, "1" * 40), ({"url": "file:///somewhere", "dir_info": {}}, "main"), (None, "main")]
)
def test_links_lead_to_the_commit_that_was_installed(monkeypatch, direct, expected):
    package = SimpleNamespace(read_text={"direct_url.json": direct and json.dumps(direct)}.get)
    monkeypatch.setattr(importlib.metadata, "distribution", lambda name: package)
    assert revision() == expected


def test_without_an_installed_package_links_lead_to_main(monkeypatch):
    def missing(name):
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(importlib.metadata, "distribution", missing)
    assert revision() == "main"
