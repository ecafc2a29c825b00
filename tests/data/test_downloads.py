"""What `data.downloads` promises."""

import http.server
import tarfile
import threading
from functools import partial

import numpy as np
import pytest
from PIL import Image

from colorlib.data import downloads
from colorlib.data.downloads import untar
from colorlib.data.sources import (
    training_photographs,
)
from colorlib.images.folder import find_photographs


@pytest.fixture
def archive_server(tmp_path, monkeypatch):
    """A local stand-in for fastai's storage, with an archive laid out like COCO_SAMPLE."""
    shelf = tmp_path / "server"
    rng = np.random.default_rng(0)
    for i in range(4):
        (tmp_path / "coco_sample/train_sample").mkdir(parents=True, exist_ok=True)
        pixels = rng.integers(0, 255, (480, 640, 3), dtype=np.uint8)  # noise: the archive outgrows the hashed megabyte
        Image.fromarray(pixels).save(tmp_path / f"coco_sample/train_sample/{i:012d}.jpg", quality=100)
    shelf.mkdir()
    archive = shelf / "coco_sample.tgz"
    with tarfile.open(archive, "w:gz") as tar:
        tar.add(tmp_path / "coco_sample", "coco_sample")

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_):
            served.append(self.path)

    served = []
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(shelf)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    from fastai.data.external import URLs, fastai_cfg
    from fastdownload import path_stats

    monkeypatch.setenv("FASTAI_HOME", str(tmp_path / "home"))
    fastai_cfg.cache_clear()  # it remembers the home of whoever asked first
    monkeypatch.setattr(URLs, "COCO_SAMPLE", f"http://127.0.0.1:{server.server_port}/coco_sample.tgz")
    right = path_stats(archive)
    monkeypatch.setattr(downloads, "_expected_stats", lambda url: right)
    yield archive, served
    server.shutdown()
    server.server_close()
    fastai_cfg.cache_clear()


class TestUntar:
    def test_downloads_once_and_unpacks(self, archive_server, tmp_path):
        _, served = archive_server
        folder = untar("coco-sample")
        assert folder.is_relative_to(tmp_path / "home")
        assert [path.parent.name for path in find_photographs(folder)] == ["train_sample"] * 4
        assert untar("coco-sample") == folder
        assert len(served) == 1
        train, valid = training_photographs("coco-sample", report=lambda _: None)
        assert (len(train), len(valid)) == (3, 1)

    def test_a_damaged_start_is_found_after_the_download_and_deleted(self, archive_server, tmp_path):
        archive, served = archive_server
        whole = archive.read_bytes()
        archive.write_bytes(whole[:1000] + bytes([whole[1000] ^ 255]) + whole[1001:])
        with pytest.raises(ValueError, match=r"coco_sample\.tgz is damaged.*run again"):
            untar("coco-sample")
        assert not list((tmp_path / "home").rglob("*.tgz"))
        assert not list((tmp_path / "home").rglob("*.jpg"))
        archive.write_bytes(whole)
        assert len(find_photographs(untar("coco-sample"))) == 4
        assert len(served) == 2

    def test_a_short_download_is_named(self, archive_server, tmp_path):
        archive, _ = archive_server
        archive.write_bytes(archive.read_bytes()[:-100])
        with pytest.raises(ValueError, match=r"is damaged \(\d+ bytes, expected \d+"):
            untar("coco-sample")

    def test_damage_behind_the_hashed_megabyte_is_found_too(self, archive_server, tmp_path, monkeypatch):
        archive, _ = archive_server
        data = bytearray(archive.read_bytes())
        assert len(data) > 2**20 + 2000, "the archive of this test is too small"
        data[-1500:-1000] = bytes(500)
        archive.write_bytes(data)
        with pytest.raises(ValueError, match=r"cannot be unpacked.*run again"):
            untar("coco-sample")
        assert not list((tmp_path / "home").rglob("*.tgz"))
        assert not list((tmp_path / "home").rglob("*.jpg")), "half an archive must not look like a whole one"

    def test_an_archive_left_by_an_interrupted_download_is_replaced(self, archive_server, tmp_path):
        archive, served = archive_server
        left = tmp_path / "home/archive/coco_sample.tgz"
        left.parent.mkdir(parents=True)
        left.write_bytes(archive.read_bytes()[:5000])
        assert len(find_photographs(untar("coco-sample"))) == 4
        assert len(served) == 1

    def test_no_network(self, archive_server):
        archive, _ = archive_server
        archive.unlink()
        with pytest.raises(ConnectionError, match="COLORLIB_DATA"):
            untar("coco-sample")

    def test_unknown(self):
        with pytest.raises(ValueError, match="coco-sample, imagenette-160, imagenette-320"):
            untar("imagenet")

    def test_fastai_has_size_and_hash_of_all_three(self):
        from fastai.data.external import URLs

        for attribute in downloads.ARCHIVES.values():
            size, md5 = downloads._expected_stats(getattr(URLs, attribute))
            assert size > 10**7
            assert len(md5) == 32
