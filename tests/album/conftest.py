"""What several test files of `album` share."""

import pytest

from helpers.files import make


@pytest.fixture
def album(tmp_path):
    make(tmp_path / "album/b.jpg", tmp_path / "album/1999/a.png", tmp_path / "album/1999/sea/c.TIF")
    (tmp_path / "album/notes.txt").write_text("not a photograph")
    return tmp_path / "album"
