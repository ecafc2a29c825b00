"""What `metrics.frechet` promises."""

import numpy as np
import pytest
import torch

from colorlib.color.lab import grey_rgb, lightness
from colorlib.metrics import frechet as frechet_room
from helpers.metrics import crops, distance


def test_frechet_distance_sees_colour(frechet):
    photographs = crops(48, size=32)
    grey = grey_rgb(lightness(photographs))
    faded = (photographs + grey) / 2
    same, half, none = (distance(frechet, photographs, other) for other in (photographs, faded, grey))
    assert same < 1e-2
    assert half > 5
    assert none > 2 * half


def test_frechet_features_are_of_the_picture_alone(frechet):
    features = frechet_room.FrechetFeatures().train()
    assert not any(module.training for module in features.modules())
    pictures = crops(4, size=32)
    together = features(pictures)
    assert together.shape == (4, frechet_room.FrechetFeatures.num_features) == (4, 176)
    torch.testing.assert_close(features(pictures[2:3])[0], together[2], rtol=1e-3, atol=1e-4)
    assert not any(parameter.requires_grad for parameter in features.parameters())


def test_frechet_distance_equals_its_formula(frechet):
    real, fake = crops(300, size=32, seed=1), crops(300, size=32, seed=2).flip(1)
    value = distance(frechet, real, fake)
    features = frechet_room.FrechetFeatures()
    a, b = (features(pictures).double().numpy() for pictures in (real, fake))
    cov_a, cov_b = np.cov(a, rowvar=False), np.cov(b, rowvar=False)
    root = np.sqrt(np.linalg.eigvals(cov_a @ cov_b).astype(complex)).real.sum()
    expected = ((a.mean(0) - b.mean(0)) ** 2).sum() + np.trace(cov_a) + np.trace(cov_b) - 2 * root
    assert value == pytest.approx(expected, rel=1e-3)


def test_frechet_distance_refuses_what_it_cannot_do(frechet, monkeypatch):
    with pytest.raises(ValueError, match="choose lite0 or inception"):
        frechet_room.FrechetDistance("vgg")
    frechet.reset()
    frechet.update(crops(1, size=32), real=True)
    with pytest.raises(RuntimeError, match="More than one sample"):
        frechet.compute()

    def no_network(*args, **kwargs):
        raise OSError("no route to host")

    monkeypatch.setattr(frechet_room.FrechetInceptionDistance, "__init__", no_network)
    with pytest.raises(RuntimeError, match='offline use features="lite0"'):
        frechet_room.FrechetDistance("inception")
