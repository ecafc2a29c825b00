"""What `album.plan` promises."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from colorlib.album.run import plan
from colorlib.images.folder import PHOTO_SUFFIXES, THUMBNAILS
from helpers.files import go, make

# --- plan ---


def test_folder_layout_is_kept_in_sorted_order(album, tmp_path):
    out = tmp_path / "coloured"
    jobs = plan([album], out)
    assert [job.target for job in jobs] == [out / "1999/a.png", out / "1999/sea/c.TIF", out / "b.jpg"]
    assert [job.source for job in jobs] == [album / "1999/a.png", album / "1999/sea/c.TIF", album / "b.jpg"]
    assert [job.name for job in jobs] == ["1999/a.png", "1999/sea/c.TIF", "b.jpg"]
    assert not out.exists()


def test_files_and_folders_together_each_once(album, tmp_path):
    make(tmp_path / "single.webp")
    jobs = plan([tmp_path / "single.webp", album / "b.jpg", album, str(album / "b.jpg")], tmp_path / "out")
    assert [job.target.name for job in jobs] == ["single.webp", "b.jpg", "a.png", "c.TIF"]


def test_every_kind_of_picture_is_found(tmp_path):
    suffixes = sorted({*PHOTO_SUFFIXES, ".gif"})
    make(*(tmp_path / f"album/a{number}{suffix}" for number, suffix in enumerate(suffixes)))
    report = go(plan([tmp_path / "album"], tmp_path / "out"), tmp_path / "out")
    assert [Path(outcome.job.name).suffix for outcome in report.of("done")] == suffixes
    for path in (tmp_path / "out").glob("a*"):
        with Image.open(path) as image:
            assert np.abs(np.asarray(image.convert("RGB"), int) - (204, 31, 31)).max() <= 6, path


def test_another_format_is_another_suffix(album, tmp_path):
    names = [job.name for job in plan([album], tmp_path / "out", "tiff")]
    assert names == ["1999/a.tif", "1999/sea/c.TIF", "b.tif"]
    with pytest.raises(ValueError, match="unknown format 'jpg2'"):
        plan([album], tmp_path / "out", "jpg2")
    make(album / "b.png")
    with pytest.raises(ValueError, match=r"b\.png and .*b\.jpg would both become"):
        plan([album], tmp_path / "out", "tiff")


def test_output_inside_the_input_is_no_input(album):
    out = album / "coloured"
    make(out / "b.jpg", album / "earlier" / THUMBNAILS / "small.jpg")
    assert [job.source.name for job in plan([album], out)] == ["a.png", "c.TIF", "b.jpg"]
    with pytest.raises(ValueError, match="everything given is a result"):
        plan([out / "b.jpg", album / "earlier"], out / "..")


@pytest.mark.parametrize("given", [".", "b.jpg", "../album", "1999/.."])
def test_output_folder_that_is_the_input_folder_is_refused(album, given):
    with pytest.raises(ValueError, match=r"is the folder of the input .* give another --out"):
        plan([album / given], album)


def test_output_folder_is_recognised_behind_a_link(album, tmp_path):
    (tmp_path / "link").symlink_to(album)
    with pytest.raises(ValueError, match="is the folder of the input"):
        plan([album], tmp_path / "link")


def test_two_inputs_for_one_result_are_refused(tmp_path):
    make(tmp_path / "mum/1.jpg", tmp_path / "dad/1.jpg")
    with pytest.raises(ValueError, match=r"dad.1\.jpg and .*mum.1\.jpg would both become"):
        plan([tmp_path / "mum", tmp_path / "dad"], tmp_path / "out")


def test_bad_inputs_name_the_file(album, tmp_path):
    with pytest.raises(FileNotFoundError, match=r"nowhere\.jpg: no such file"):
        plan([tmp_path / "nowhere.jpg"], tmp_path / "out")
    with pytest.raises(ValueError, match=r"notes\.txt: not a photograph; expected \.bmp"):
        plan([album / "notes.txt"], tmp_path / "out")
    (tmp_path / "empty").mkdir()
    with pytest.raises(ValueError, match=r"no photographs in .*empty"):
        plan([tmp_path / "empty"], tmp_path / "out")
    with pytest.raises(ValueError, match=r"notes\.txt: the output is a file"):
        plan([album], album / "notes.txt")


def test_a_photograph_that_links_into_the_output_is_not_written(album, tmp_path):
    """The result of a link must never land on the photograph it points to."""
    make(tmp_path / "out/real.jpg")
    (album / "real.jpg").symlink_to(tmp_path / "out/real.jpg")
    assert "real.jpg" not in [job.source.name for job in plan([album], tmp_path / "out")]


def test_a_folder_of_the_output_that_links_into_the_album_is_refused(album, tmp_path):
    """E: new files appeared among the originals. A link to anywhere else is the user's own business."""
    make(album / "sub/a.png")
    (tmp_path / "out").mkdir()
    (album / "other").mkdir()
    (tmp_path / "out/sub").symlink_to(album / "other")
    with pytest.raises(ValueError, match=r"out/sub leads into .*other, a folder of the inputs; remove the link"):
        plan([album], tmp_path / "out")
    (tmp_path / "disk").mkdir()
    (tmp_path / "out/sub").unlink()
    (tmp_path / "out/sub").symlink_to(tmp_path / "disk")
    assert tmp_path / "out/sub/a.png" in [job.target for job in plan([album], tmp_path / "out")]
