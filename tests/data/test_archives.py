"""What an archive may hold, and that it is the same one as the first time."""

import hashlib
import io
import tarfile

import pytest

from colorlib.data import downloads
from colorlib.data.downloads import unpack, untar


def member(name, kind=tarfile.REGTYPE, link="", content=b"", mode=0o644):
    info = tarfile.TarInfo(name)
    info.type, info.linkname, info.size, info.mode = kind, link, len(content), mode
    return info, content


def archive_of(path, *members):
    with tarfile.open(path, "w:gz") as tar:
        for info, content in members:
            tar.addfile(info, io.BytesIO(content) if content else None)
    return path


GOOD = member("coco_sample/train/a.jpg", content=b"photograph")

BAD = {
    "above": [member("coco_sample/../../outside.txt", content=b"x")],
    "far above": [member("../../../outside.txt", content=b"x")],
    "link outside": [member("coco_sample/link", tarfile.SYMTYPE, "../../../outside.txt")],
    "absolute link": [member("coco_sample/link", tarfile.SYMTYPE, "/etc/passwd")],
    "hard link outside": [member("coco_sample/link", tarfile.LNKTYPE, "../../outside.txt")],
    "through a link": [
        member("coco_sample/door", tarfile.SYMTYPE, ".."),
        member("coco_sample/door/../../outside.txt", content=b"x"),
    ],
    "device": [member("coco_sample/null", tarfile.CHRTYPE)],
    "block device": [member("coco_sample/disk", tarfile.BLKTYPE)],
    "pipe": [member("coco_sample/pipe", tarfile.FIFOTYPE)],
}


def everything(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


@pytest.mark.parametrize("members", BAD.values(), ids=BAD)
def test_nothing_gets_out_of_the_folder(tmp_path, members):
    home = tmp_path / "deep" / "home"
    home.mkdir(parents=True)
    path = archive_of(tmp_path / "deep" / "bad.tgz", GOOD, *members)
    before = everything(tmp_path)
    with pytest.raises(tarfile.FilterError):
        unpack(path, home / "coco_sample")
    assert everything(tmp_path) == before


def test_an_absolute_name_lies_inside_and_rights_are_tamed(tmp_path):
    outside = tmp_path / "outside.txt"
    wild = member("coco_sample/wild", content=b"x", mode=0o6777)
    unpack(archive_of(tmp_path / "a.tgz", GOOD, member(str(outside), content=b"x"), wild), tmp_path / "home" / "data")
    assert not outside.exists()
    assert (tmp_path / "home" / "data" / "coco_sample" / "wild").stat().st_mode & 0o6022 == 0


def test_one_folder_gets_the_wanted_name_and_several_go_into_it(tmp_path):
    unpack(archive_of(tmp_path / "one.tgz", GOOD), tmp_path / "data" / "wanted")
    assert everything(tmp_path / "data") == ["wanted", "wanted/train", "wanted/train/a.jpg"]
    unpack(archive_of(tmp_path / "two.tgz", GOOD, member("b.txt", content=b"x")), tmp_path / "more")
    assert everything(tmp_path / "more") == ["b.txt", "coco_sample", "coco_sample/train", "coco_sample/train/a.jpg"]


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A shelf that serves an archive by its file: address, and fastai's home."""
    from fastai.data.external import URLs, fastai_cfg
    from fastdownload import path_stats

    shelf = tmp_path / "shelf"
    shelf.mkdir()
    monkeypatch.setenv("FASTAI_HOME", str(tmp_path / "home"))
    fastai_cfg.cache_clear()  # it remembers the home of whoever asked first
    monkeypatch.setattr(URLs, "COCO_SAMPLE", (shelf / "coco_sample.tgz").as_uri())
    # Who controls the address can pass fastai's check of size and first megabyte: here it always passes.
    monkeypatch.setattr(downloads, "_expected_stats", lambda _: path_stats(shelf / "coco_sample.tgz"))
    yield tmp_path / "home" / "archive" / "coco_sample.tgz"
    fastai_cfg.cache_clear()


def test_another_file_at_the_same_address_is_refused(home, tmp_path):
    shelf = tmp_path / "shelf" / "coco_sample.tgz"
    archive_of(shelf, GOOD)
    folder = untar("coco-sample")
    assert everything(folder) == ["train", "train/a.jpg"]
    noted = home.with_name("coco_sample.tgz.sha256")
    assert noted.read_text().split() == [hashlib.sha256(shelf.read_bytes()).hexdigest(), "coco_sample.tgz"]
    for left in (home, folder / "train" / "a.jpg"):
        left.unlink()
    (folder / "train").rmdir()
    folder.rmdir()
    first = shelf.read_bytes()
    archive_of(shelf, member("coco_sample/train/a.jpg", content=b"another"))
    with pytest.raises(ValueError, match=r"coco_sample\.tgz is another file than the one .* first downloaded") as error:
        untar("coco-sample")
    assert str(noted) in str(error.value)
    assert not folder.exists()
    assert not home.exists()
    shelf.write_bytes(first)
    assert untar("coco-sample") == folder


@pytest.mark.parametrize("members", BAD.values(), ids=BAD)
def test_a_malicious_archive_is_named_and_deleted(home, tmp_path, members):
    archive_of(tmp_path / "shelf" / "coco_sample.tgz", GOOD, *members)
    with pytest.raises(ValueError, match=r"coco_sample\.tgz cannot be unpacked"):
        untar("coco-sample")
    assert not home.exists()
    assert not home.with_name("coco_sample.tgz.sha256").exists()
    assert not (tmp_path / "outside.txt").exists()
    assert not list((tmp_path / "home").rglob("*.jpg"))


def test_an_old_python_says_so_before_the_download(home, monkeypatch):
    monkeypatch.delattr(tarfile, "data_filter")
    with pytest.raises(RuntimeError, match=r"3\.11\.4 or later"):
        untar("coco-sample")
    assert not home.exists()
