"""What `color.fast` promises."""

import numpy as np
import pytest
import torch

from colorlib.color import fast
from colorlib.color import lab as color


@pytest.mark.parametrize(("dtype", "full"), [(np.uint8, 255), (np.uint16, 65535), (np.float32, 1)])
def test_lightness_and_lab_are_those_of_the_tensors(dtype, full):
    rng = np.random.default_rng(0)
    values = (
        rng.random((60, 50, 3)).astype(dtype) if full == 1 else rng.integers(0, full + 1, (60, 50, 3)).astype(dtype)
    )
    values[0], values[1] = 0, full
    floats = torch.from_numpy(values / full).double().permute(2, 0, 1)[None]
    wanted = color.rgb_to_lab(floats)[0].permute(1, 2, 0).numpy()
    assert np.abs(fast.lab_of_pixels(values) - wanted).max() < 1e-3
    assert np.abs(fast.lightness_of_pixels(values) - wanted[..., 0]).max() < 1e-3
    grey = np.ascontiguousarray(values[..., 1])
    wanted = color.lightness(floats[:, 1:2].expand(-1, 3, -1, -1))[0, 0].numpy()
    assert np.abs(fast.lightness_of_pixels(grey) - wanted).max() < 1e-3
