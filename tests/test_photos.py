"""Which photographs there are: folders, packages, archives, splits, greys and broken files."""

import http.server
import random
import tarfile
import threading
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageCms

from colorlib import archives
from colorlib.opening import open_rgb, read_rgb
from colorlib.photos import (
    find_photographs,
    mixed_photographs,
    package_photographs,
    package_split,
    scan_photographs,
    split_photographs,
    training_photographs,
    untar,
)


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


class TestOpening:
    def test_rotation_of_the_camera_is_applied(self, tmp_path):
        exif = Image.Exif()
        exif[0x0112] = 6  # the camera was held upright
        path = save(tmp_path / "upright.jpg", size=(90, 60), exif=exif)
        assert open_rgb(path).size == (60, 90)
        assert read_rgb(path).shape == (3, 90, 60)

    def test_both_readers_see_the_same_photograph(self, tmp_path):
        for path in package_photographs().values():
            plain = torch.from_numpy(np.array(open_rgb(path))).permute(2, 0, 1).int()
            assert (read_rgb(path).int() - plain).abs().max() <= 2, path

    @pytest.mark.parametrize(
        ("mode", "suffix"), [("L", "jpg"), ("CMYK", "jpg"), ("P", "png"), ("LA", "png"), ("RGBA", "png"), ("1", "png")]
    )
    def test_every_mode_becomes_rgb(self, tmp_path, mode, suffix):
        path = tmp_path / f"picture.{suffix}"
        open_rgb(save(tmp_path / "source.png")).convert(mode).save(path)
        assert open_rgb(path).mode == "RGB"
        assert read_rgb(path).shape == (3, 60, 90)

    def test_transparency_is_laid_on_white(self, tmp_path):
        Image.new("RGBA", (4, 4), (255, 0, 0, 0)).save(tmp_path / "clear.png")
        assert open_rgb(tmp_path / "clear.png").getpixel((0, 0)) == (255, 255, 255)

    def test_sixteen_bit_grey_is_scaled_not_clipped(self, tmp_path):
        Image.fromarray(np.full((4, 4), 32896, np.uint16)).save(tmp_path / "deep.png")
        assert open_rgb(tmp_path / "deep.png").getpixel((0, 0)) == (128, 128, 128)

    def test_an_embedded_profile_is_obeyed_and_a_damaged_one_ignored(self, tmp_path):
        lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB"))  # no RGB profile: cannot be applied
        path = save(tmp_path / "odd.jpg", icc_profile=lab.tobytes())
        assert open_rgb(path).getpixel((80, 30))[0] > 150
        # An RGB profile with its red and green primaries exchanged, so that obeying it must show.
        srgb = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes().replace(b"sRGB", b"swap"))
        red, green = srgb.find(b"rXYZ"), srgb.find(b"gXYZ")
        srgb[red : red + 4], srgb[green : green + 4] = b"gXYZ", b"rXYZ"
        swapped = save(tmp_path / "swapped.jpg", colour=(220, 30, 30), icc_profile=bytes(srgb))
        r, g, _ = open_rgb(swapped).getpixel((80, 30))
        assert g > r + 50
        assert read_rgb(swapped)[1, 30, 80] == g

    def test_large_jpegs_are_decoded_small_but_not_too_small(self, tmp_path):
        path = save(tmp_path / "large.jpg", size=(1600, 1200))
        assert 100 <= min(open_rgb(path, shorter_side=100).size) < 200
        assert open_rgb(path, shorter_side=5000).size == (1600, 1200)

    @pytest.mark.parametrize("reader", [open_rgb, read_rgb])
    def test_damaged_and_false_files_are_named(self, tmp_path, reader):
        text = tmp_path / "letter.jpg"
        text.write_text("dear aunt")
        with pytest.raises(ValueError, match=r"letter\.jpg cannot be read \(not a picture file\)"):
            reader(text)
        for suffix in ("jpg", "png"):
            with pytest.raises(ValueError, match=rf"cut\.{suffix} cannot be read"):
                reader(truncate(save(tmp_path / f"cut.{suffix}")))
        with pytest.raises(FileNotFoundError, match="gone"):
            reader(tmp_path / "gone.jpg")


class TestPackages:
    def test_shipped_photographs_exist_and_have_colour(self):
        photographs = package_photographs()
        assert {"astronaut", "chelsea", "china", "coffee", "flower", "grace_hopper", "rocket"} <= set(photographs)
        assert list(photographs) == sorted(photographs)
        scan = scan_photographs(list(photographs.values()))
        assert len(scan.colour) == len(photographs)

    def test_split_by_photograph(self):
        train, valid = package_split()
        assert len(train) >= 5
        assert len(valid) >= 2
        assert not set(train) & set(valid), "a validation photograph was a training photograph"
        assert set(train) | set(valid) == set(package_photographs().values())
        # The stereo pair is one photograph: its right half would be a copy of the left.
        assert sum("motorcycle" in path.name for path in train + valid) == 1


class TestSplit:
    def test_the_papers_numbers(self):
        paths = [Path(f"{i:05d}.jpg") for i in range(20_000)]
        train, test = split_photographs(paths)
        assert (len(train), len(test)) == (8000, 2000)
        # Frozen: another order on another machine or in another version would be another experiment.
        assert [path.stem for path in train[:3] + test[:3]] == ["05117", "06573", "18851", "01958", "12948", "05594"]

    @given(st.permutations([Path(f"{i}.jpg") for i in range(30)]), st.integers(0, 2**31))
    def test_order_of_the_file_system_does_not_matter(self, paths, seed):
        train, test = split_photographs(paths, 20, 10, seed)
        assert (train, test) == split_photographs(sorted(paths), 20, 10, seed)
        assert not set(train) & set(test)
        assert len(set(train + test)) == 30

    def test_too_few(self):
        with pytest.raises(ValueError, match=r"3 photographs are too few for 8000 \+ 2000"):
            split_photographs([Path("a"), Path("b"), Path("c")])
        with pytest.raises(ValueError, match="1 photographs are too few"):
            split_photographs([Path("a"), Path("a")], 1, 1)  # the same one cannot be on both sides


class TestScan:
    def test_grey_and_broken_are_counted_and_named(self, tmp_path):
        colour = save(tmp_path / "colour.jpg")
        grey = save(tmp_path / "grey.png", (200, 200, 200))
        noise = np.random.default_rng(0).normal(128, 30, (60, 90, 1)).repeat(3, 2).clip(0, 255).astype(np.uint8)
        noise[..., 2] += 1  # a JPEG's grey is not exactly grey
        Image.fromarray(noise).save(tmp_path / "noise.jpg", quality=50)
        cut = truncate(save(tmp_path / "cut.jpg"))
        (tmp_path / "text.jpg").write_text("no picture")
        scan = scan_photographs(find_photographs(tmp_path), workers=2)
        assert scan.colour == [colour]
        assert scan.grey == [grey, tmp_path / "noise.jpg"]
        assert [path for path, _ in scan.broken] == [cut, tmp_path / "text.jpg"]
        assert scan.summary().startswith("1 in colour, 2 grey (not for training), 2 broken (skipped)")
        assert "cut.jpg" in scan.summary()
        assert "text.jpg" in scan.summary()

    def test_one_coloured_corner_is_enough(self, tmp_path):
        pixels = np.full((200, 300, 3), 128, np.uint8)
        pixels[:30, :30] = (180, 90, 90)
        Image.fromarray(pixels).save(tmp_path / "corner.png")
        assert scan_photographs([tmp_path / "corner.png"]).colour

    def test_one_stray_pixel_is_not(self, tmp_path):
        pixels = np.full((600, 900, 3), 128, np.uint8)
        pixels[0, 0] = (255, 0, 0)
        Image.fromarray(pixels).save(tmp_path / "stray.png")
        assert scan_photographs([tmp_path / "stray.png"]).grey

    def test_order_is_kept_with_any_number_of_threads(self, tmp_path):
        paths = [save(tmp_path / f"{i}.jpg") for i in range(12)]
        random.Random(0).shuffle(paths)
        assert scan_photographs(paths, workers=4).colour == paths


class TestTrainingPhotographs:
    def test_package(self):
        assert training_photographs("package") == package_split()

    def test_train_and_val_folders_are_taken_at_their_word(self, tmp_path):
        inside = [save(tmp_path / "train" / f"dogs/{i}.jpg") for i in range(3)]
        outside = [save(tmp_path / "val" / f"dogs/{i}.jpg") for i in range(2)]
        save(tmp_path / "train/dogs/grey.jpg", (90, 90, 90))
        said = []
        assert training_photographs(tmp_path, report=said.append) == (inside, outside)
        assert "3 in colour, 1 grey" in said[0]

    def test_a_plain_folder_is_split(self, tmp_path):
        paths = {save(tmp_path / f"{i}.jpg") for i in range(10)}
        train, valid = training_photographs(str(tmp_path), report=lambda _: None)
        assert (len(train), len(valid)) == (8, 2)
        assert set(train) | set(valid) == paths
        assert (train, valid) == training_photographs(tmp_path, report=lambda _: None)

    def test_nothing_to_learn_from(self, tmp_path):
        save(tmp_path / "grey.jpg", (90, 90, 90))
        with pytest.raises(ValueError, match="no colour photographs in"):
            training_photographs(tmp_path, report=lambda _: None)
        save(tmp_path / "colour.jpg")
        with pytest.raises(ValueError, match="one colour photograph: at least two"):
            training_photographs(tmp_path, report=lambda _: None)
        with pytest.raises(FileNotFoundError, match="elsewhere does not exist"):
            training_photographs(tmp_path / "elsewhere")


class TestMixtures:
    def test_collections_are_listed_as_often_as_asked(self, tmp_path):
        cats = [save(tmp_path / f"cats/train/{i}.jpg") for i in range(2)]
        dogs = [save(tmp_path / f"dogs/train/{i}.jpg") for i in range(3)]
        save(tmp_path / "cats/train/grey.jpg", (90, 90, 90))
        unseen = [save(tmp_path / "cats/val/9.jpg"), save(tmp_path / "dogs/valid/9.jpg", (90, 90, 90))]
        save(tmp_path / "dogs/valid/8.jpg")
        save(tmp_path / "birds/train/0.jpg")  # not asked for
        said = []
        train, valid = mixed_photographs(tmp_path, {"cats": 3, "dogs": 1}, report=said.append)
        assert sorted(train) == sorted([*cats * 3, *dogs])
        assert set(unseen) <= set(valid)
        assert len(valid) == 3, "each validation photograph once; grey ones are welcome there"
        assert any("2 in colour, 1 grey" in line for line in said)

    def test_a_missing_or_empty_collection_is_named(self, tmp_path):
        save(tmp_path / "cats/train/0.jpg")
        with pytest.raises(FileNotFoundError, match=r"dogs.* does not exist"):
            mixed_photographs(tmp_path, {"cats": 1, "dogs": 1}, report=lambda _: None)
        (tmp_path / "dogs/train").mkdir(parents=True)
        with pytest.raises(ValueError, match=r"no photographs in .*dogs"):
            mixed_photographs(tmp_path, {"dogs": 1}, report=lambda _: None)
        save(tmp_path / "dogs/train/0.jpg", (90, 90, 90))
        with pytest.raises(ValueError, match=r"no colour photographs in .*dogs"):
            mixed_photographs(tmp_path, {"dogs": 1}, report=lambda _: None)


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
    monkeypatch.setattr(archives, "_expected_stats", lambda url: right)
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

        for attribute in archives.ARCHIVES.values():
            size, md5 = archives._expected_stats(getattr(URLs, attribute))
            assert size > 10**7
            assert len(md5) == 32
