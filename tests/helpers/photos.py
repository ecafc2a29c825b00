"""What several test files share: photos."""

from pathlib import Path

import numpy as np
from PIL import Image


def save(path: Path, colour=(200, 60, 40), size=(90, 60), **options) -> Path:
    """A picture of one hue with some structure."""
    path.parent.mkdir(parents=True, exist_ok=True)
    ramp = np.linspace(0.3, 1, size[0])[None, :, None] * np.ones((size[1], 1, 1))
    Image.fromarray((ramp * colour).astype(np.uint8)).save(path, **options)
    return path


def truncate(path: Path) -> Path:
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])
    return path
