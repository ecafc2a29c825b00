"""What several test files of `show` share."""

import numpy as np
import pandas as pd
import pytest


@pytest.fixture
def log() -> pd.DataFrame:
    trains = ["generator"] * 2 + ["both"] * 3
    return pd.DataFrame(
        {
            "epoch": range(5),
            "trains": trains,
            "loss_pixel": [0.5, 0.4, 0.3, 0.2, 0.1],
            "loss_gan": [np.nan, np.nan, 1.0, 1.1, 1.2],
            "valid_colorfulness": [5.0, 8, 9, 12, 15],
            "valid_colorfulness_truth": [30.0] * 5,
            "valid_psnr": [24.0, 24.1, 24.2, 24.3, 24.4],
            "valid_psnr_grey": [24.5] * 5,
            "seconds": [3.0] * 5,
        }
    )
