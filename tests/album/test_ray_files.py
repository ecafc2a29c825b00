"""What `album.ray_files` promises; how a cluster uses it is in `test_ray_cluster`."""

import pytest
from PIL import Image

pytest.importorskip("pyarrow", reason="the extra `archive` is not installed")
from colorlib.album import ray_files


def make(folder, names):
    for path in (folder / name for name in names):
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("L", (40, 30)).save(path)


def test_addresses_are_planned_like_folders(tmp_path):
    make(tmp_path / "album", ["b.jpg", "1999/a.png"])
    make(tmp_path / "album/out", ["b.jpg"])
    album = (tmp_path / "album").as_uri()
    jobs = ray_files.plan_on_cluster([album], f"{album}/out", "webp")
    assert [(str(job.source), str(job.target)) for job in jobs] == [
        (f"{album}/1999/a.png", f"{album}/out/1999/a.webp"),
        (f"{album}/b.jpg", f"{album}/out/b.webp"),
    ]
    assert [job.name for job in ray_files.plan_on_cluster([f"{album}/b.jpg"], f"{album}/out")] == ["b.jpg"]
    with pytest.raises(ValueError, match="is the folder of the input"):
        ray_files.plan_on_cluster([album], album)
    with pytest.raises(FileNotFoundError, match="nowhere: no such file or folder"):
        ray_files.plan_on_cluster([f"{album}/nowhere"], f"{album}/out")
    with pytest.raises(ValueError, match="cannot be reached"):
        ray_files.plan_on_cluster(["nonsense://bucket/folder"], f"{album}/out")
    make(tmp_path / "album", ["b.png"])
    with pytest.raises(ValueError, match="would both become"):
        ray_files.plan_on_cluster([album], f"{album}/out", "webp")
