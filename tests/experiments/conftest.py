"""What several test files of `experiments` share."""

import pytest

from helpers.recipes import TINY


@pytest.fixture
def tiny(tmp_path):
    path = tmp_path / "tiny.toml"
    path.write_text(TINY.format(crops=1))
    return path
