"""What several test files of `cli` share."""

import numpy as np
import pytest
from PIL import Image

from colorlib.models.unet import UNet
from colorlib.models.weights import save_weights
from helpers.cli import ARGUMENTS


@pytest.fixture
def weights(tmp_path):
    return save_weights(UNet(**ARGUMENTS), tmp_path / "tiny.safetensors", "unet", ARGUMENTS, {"size": 32})


@pytest.fixture
def album(tmp_path):
    rng = np.random.default_rng(0)
    for name in ("one.jpg", "deep/er/two.png"):
        path = tmp_path / "album" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        small = Image.fromarray(rng.integers(0, 255, (5, 6, 3), dtype=np.uint8))
        small.resize((60, 50), Image.Resampling.BICUBIC).save(path)
    return tmp_path / "album"
