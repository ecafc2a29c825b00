"""What several test files of `data` share."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> list[Path]:
    """Twenty-one small photographs, each of its own hue, so that a batch tells which they are."""
    root = tmp_path_factory.mktemp("photographs")
    paths = []
    for i in range(21):
        hue = Image.new("HSV", (96, 64), (i * 12, 200, 200)).convert("RGB")
        ramp = np.linspace(0.4, 1, 96)[None, :, None]
        path = root / f"{i:02d}.png"
        Image.fromarray((np.asarray(hue) * ramp).astype(np.uint8)).save(path)
        paths.append(path)
    return paths
