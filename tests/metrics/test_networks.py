"""Which judging networks there are."""

import pytest
import torch
import torchvision
from torchmetrics.functional.image import learned_perceptual_image_patch_similarity

from colorlib.metrics import networks
from helpers.metrics import crops


@pytest.fixture
def empty_hub(tmp_path, monkeypatch):
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path))
    (tmp_path / "checkpoints").mkdir()
    return tmp_path / "checkpoints"


def test_what_is_not_here_is_said_with_how_to_get_it(empty_hub):
    lacking = networks.unavailable()
    assert set(lacking) == {"lpips", "frechet_inception"}
    assert "alexnet" in lacking["lpips"]
    assert set(networks.measuring_networks(torch.device("cpu"))) == {"frechet"}


def test_lpips_is_measured_where_its_network_is(empty_hub, monkeypatch):
    """With random weights in AlexNet: the arithmetic is the same."""
    torch.manual_seed(0)
    alexnet = torchvision.models.alexnet(weights=None)
    monkeypatch.setattr(torchvision.models, "alexnet", lambda weights: alexnet)
    (empty_hub / "alexnet-owt-7be5be79.pth").touch()
    assert "lpips" not in networks.unavailable()
    network = networks.measuring_networks(torch.device("cpu"))["lpips"]
    truth = crops(3, 64)
    other = truth.flip(1)
    assert networks.lpips(network, truth, truth).tolist() == [0, 0, 0]
    found = networks.lpips(network, other, truth)
    expected = [
        learned_perceptual_image_patch_similarity(one[None], two[None], "alex", normalize=True).item()
        for one, two in zip(other, truth, strict=True)
    ]
    assert found.tolist() == pytest.approx(expected, rel=1e-4)
    assert min(expected) > 0
