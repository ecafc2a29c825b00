"""What `images.find_photographs` promises."""

import pytest

from colorlib.images.folder import find_photographs
from helpers.photos import save


class TestFolders:
    def test_sorted_recursive_any_case_nothing_hidden(self, tmp_path):
        for name in ("b/2.JPG", "b/1.png", "a.jpeg", "b/.hidden.jpg", "notes.txt"):
            (tmp_path / name).parent.mkdir(exist_ok=True)
            (tmp_path / name).touch()
        names = [path.relative_to(tmp_path).as_posix() for path in find_photographs(tmp_path)]
        assert names == ["a.jpeg", "b/1.png", "b/2.JPG"]

    def test_missing_empty_and_a_file(self, tmp_path):
        with pytest.raises(FileNotFoundError, match="nowhere does not exist"):
            find_photographs(tmp_path / "nowhere")
        with pytest.raises(ValueError, match=r"no photographs in .*expected .*\.jpg"):
            find_photographs(tmp_path)
        with pytest.raises(ValueError, match="is a file"):
            find_photographs(save(tmp_path / "one.jpg"))
