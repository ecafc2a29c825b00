"""Photographs to batches: what the network receives, in which order, and the traps others fell into."""

import inspect
import os
import random
import warnings
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from skimage.color import rgb2lab

from colorlib import data, eightbit
from colorlib.color import from_network, lab_to_rgb, rgb_to_lab, to_network
from colorlib.data import LabTransform, PhotographLoader, Photographs, dataloaders, set_epoch, validation_loader
from colorlib.eightbit import bytes_to_network
from colorlib.photos import package_split


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> list[Path]:
    """Twenty-one small photographs, each of its own hue, so that a batch tells which they are."""
    root = tmp_path_factory.mktemp("photographs")
    paths = []
    for i in range(21):
        hue = Image.new("HSV", (96, 64), (i * 12, 200, 200)).convert("RGB")
        ramp = np.linspace(0.4, 1, 96)[None, :, None]
        path = root / f"{i:02d}.png"
        Image.fromarray((np.asarray(hue) * ramp).astype(np.uint8)).save(path)
        paths.append(path)
    return paths


def identities(batches, paths) -> list[int]:
    """Which photograph each item of the batches is, told by its mean hue."""
    means = torch.stack([validation_loader([path], 32, 1, 0).one_batch()[1].mean((0, 2, 3)) for path in paths])
    angles = torch.atan2(means[:, 1], means[:, 0])
    found = []
    for _, ab in batches:
        mean = ab.mean((2, 3))
        difference = torch.atan2(mean[:, 1], mean[:, 0])[:, None] - angles
        found += torch.atan2(difference.sin(), difference.cos()).abs().argmin(1).tolist()
    return found


def loaders(folder, **options):
    return dataloaders(folder[:16], folder[16:], **{"size": 32, "batch_size": 4, "workers": 0, **options})


class TestLab:
    @pytest.mark.parametrize("quick_cbrt", [False, True])
    def test_8_bit_colours_are_those_of_color(self, monkeypatch, quick_cbrt):
        monkeypatch.setattr(eightbit, "_QUICK_CBRT", quick_cbrt)  # both ways, whatever this machine prefers
        steps = torch.tensor([*range(0, 256, 5), 1, 2, 9, 10, 11, 12], dtype=torch.uint8)
        cube = torch.cartesian_prod(steps, steps, steps).T.reshape(1, 3, len(steps), -1)
        L, ab = bytes_to_network(cube)
        expected_L, expected_ab = to_network(rgb_to_lab(cube.double() / 255))
        assert (L - expected_L).abs().max() * 50 < 1e-3
        assert (ab - expected_ab).abs().max() * 110 < 1e-3

    def test_agrees_with_scikit_image(self):
        rgb = torch.randint(0, 256, (2, 3, 9, 7), dtype=torch.uint8)
        lab = from_network(*bytes_to_network(rgb))
        expected = rgb2lab(rgb.permute(0, 2, 3, 1).numpy())
        assert np.abs(lab.permute(0, 2, 3, 1).numpy() - expected).max() < 1e-3

    @settings(max_examples=20, deadline=None)
    @given(st.integers(1, 5), st.integers(1, 40), st.integers(1, 40), st.integers(0, 2**31))
    def test_any_shape_and_round_trip(self, batch, height, width, seed):
        rgb = torch.randint(0, 256, (batch, 3, height, width), generator=torch.Generator().manual_seed(seed)).byte()
        L, ab = bytes_to_network(rgb)
        assert L.shape == (batch, 1, height, width)
        assert ab.shape == (batch, 2, height, width)
        assert ((lab_to_rgb(from_network(L, ab)) * 255).round().byte() == rgb).all()

    def test_large_pictures_are_converted_in_pieces_to_the_same_numbers(self):
        rgb = torch.randint(0, 256, (3, 3, 300, 300), dtype=torch.uint8)
        together = bytes_to_network(rgb)
        for i in range(3):
            one = bytes_to_network(rgb[i : i + 1])
            assert all(torch.equal(a[i : i + 1], b) for a, b in zip(together, one, strict=True))

    def test_transform_takes_float_too(self):
        rgb = torch.randint(0, 256, (2, 3, 8, 8), dtype=torch.uint8)
        for a, b in zip(LabTransform()(rgb), LabTransform()(rgb / 255), strict=True):
            assert torch.allclose(a, b, atol=1e-5)

    def test_wrong_input_is_refused(self):
        with pytest.raises(ValueError, match="expected uint8"):
            bytes_to_network(torch.zeros(1, 3, 4, 4))
        with pytest.raises(ValueError, match=r"\(1, 4, 4, 3\)"):
            bytes_to_network(torch.zeros(1, 4, 4, 3, dtype=torch.uint8))


class TestBatches:
    def test_shapes_scales_and_counts(self, folder):
        dls = loaders(folder)
        batches = list(dls.train)
        assert len(batches) == len(dls.train) == 4
        for L, ab in batches:
            assert L.shape == (4, 1, 32, 32)
            assert ab.shape == (4, 2, 32, 32)
            assert L.dtype == ab.dtype == torch.float32
            assert -1 <= L.min() < L.max() <= 1
            assert 0.05 < ab.abs().max() <= 1
        assert isinstance(batches[0], tuple)
        assert dls.n_inp == 1
        assert dls.device == torch.device("cpu")

    def test_train_drops_the_last_valid_drops_nothing_and_keeps_the_order(self, folder):
        dls = dataloaders(folder[:10], folder[10:], size=32, batch_size=4, workers=0)
        assert [len(L) for L, _ in dls.train] == [4, 4]
        assert [len(L) for L, _ in dls.valid] == [4, 4, 3]
        assert identities(dls.valid, folder) == list(range(10, 21))

    def test_crops_repeat_every_photograph(self, folder):
        dls = loaders(folder, crops=3)
        seen = identities(dls.train, folder)
        assert len(seen) == 48
        assert sorted(seen) == sorted([*range(16)] * 3)
        assert len(list(dls.valid)) == 2

    def test_lab_is_the_only_batch_transform_and_items_are_bytes(self, folder):
        """The trap: per-image rgb2lab in the loader, every epoch."""
        dls = loaders(folder)
        item = dls.train.dataset[0]
        assert item.dtype == torch.uint8
        assert item.shape == (3, 32, 32)
        calls = []
        convert = data.bytes_to_network
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(data, "bytes_to_network", lambda rgb: calls.append(len(rgb)) or convert(rgb))
            list(dls.train)
        assert calls == [4, 4, 4, 4], "Lab is converted once per batch"
        assert "rgb2lab" not in inspect.getsource(data)

    def test_conversion_runs_on_the_batchs_device(self):
        L, ab = LabTransform()(torch.zeros(2, 3, 4, 4, dtype=torch.uint8, device="meta"))
        assert L.device.type == ab.device.type == "meta"

    def test_aspect_ratio_is_kept(self, tmp_path):
        """A disc stays a disc: resized by its shorter side and cropped, never squashed."""
        y, x = np.mgrid[:200, :600]
        disc = ((y - 100) ** 2 + (x - 300) ** 2 < 40**2)[..., None] * np.array([255, 200, 200])
        Image.fromarray(disc.astype(np.uint8)).save(tmp_path / "disc.png")
        dataset = Photographs([tmp_path / "disc.png"], size=100)
        seen = dataset[0][0] > 127
        height, width = seen.any(1).sum().item(), seen.any(0).sum().item()
        assert abs(height - width) <= 1
        assert abs(height - 40) <= 1
        moved = Photographs([tmp_path / "disc.png"], size=100, augment=True)
        ratios = []
        for epoch in range(150):
            moved.epoch = epoch
            seen = moved[0][0] > 127
            if seen.any() and not (seen[0].any() or seen[-1].any() or seen[:, 0].any() or seen[:, -1].any()):
                ratios.append(seen.any(1).sum().item() / seen.any(0).sum().item())
        assert len(ratios) > 3, "some crops hold the whole disc"
        assert all(abs(ratio - 1) < 0.06 for ratio in ratios)

    def test_training_flips_half_and_validation_never(self, folder):
        dls = loaders(folder[:20], crops=8)
        brighter_left = [L[..., :8].mean((1, 2, 3)) > L[..., -8:].mean((1, 2, 3)) for L, _ in dls.train]
        share = torch.cat(brighter_left).float().mean()
        assert 0.35 < share < 0.65
        assert all((L[..., :8].mean((1, 2, 3)) < L[..., -8:].mean((1, 2, 3))).all() for L, _ in dls.valid)

    def test_validation_is_the_same_every_time(self, folder):
        dls = loaders(folder)
        first, second = list(dls.valid), list(dls.valid)
        assert all(torch.equal(a[1], b[1]) for a, b in zip(first, second, strict=True))

    def test_photographs_smaller_than_the_crop_are_enlarged(self, tmp_path):
        Image.new("RGB", (3, 9), (200, 40, 40)).save(tmp_path / "tiny.png")
        for augment in (False, True):
            assert Photographs([tmp_path / "tiny.png"], 64, augment=augment)[0].shape == (3, 64, 64)


class TestShuffling:
    def test_the_loader_shuffles_anew_every_epoch(self, folder):
        """The trap: fixed batches because the loader did not shuffle."""
        dls = loaders(folder)
        orders = [identities(dls.train, folder) for _ in range(3)]
        assert all(sorted(order) == list(range(16)) for order in orders)
        assert len({tuple(order) for order in orders}) == 3
        assert orders[0] != list(range(16))
        companions = [set(order[:4]) for order in orders]
        assert companions[0] != companions[1], "the same photographs must not share a batch every epoch"

    def test_crops_differ_between_epochs(self, folder):
        dataset = loaders(folder).train.dataset
        items = []
        for epoch in range(2):
            dataset.epoch = epoch
            items.append(dataset[0])
        assert not torch.equal(*items)

    @pytest.mark.parametrize("workers", [0, 2])
    def test_an_epoch_depends_on_seed_and_number_alone(self, folder, workers):
        def epoch(number, seed=1, dls=None):
            dls = dls or loaders(folder, seed=seed, workers=workers)
            set_epoch(dls, number)
            return torch.cat([torch.cat(batch, 1) for batch in dls.train])

        torch.manual_seed(random.randrange(2**32))
        used = loaders(folder, seed=1, workers=workers)
        list(used.train)
        list(used.train)
        assert torch.equal(epoch(5), epoch(5, dls=used))
        assert not torch.equal(epoch(5), epoch(6))
        assert not torch.equal(epoch(5), epoch(5, seed=2))

    def test_workers_change_nothing(self, folder):
        batches = []
        for workers in (0, 1, 2):
            dls = loaders(folder, workers=workers)
            set_epoch(dls, 3)
            batches.append(torch.cat([torch.cat(batch, 1) for batch in dls.train]))
        assert torch.equal(batches[0], batches[1])
        assert torch.equal(batches[0], batches[2])

    def test_passes_are_consecutive_epochs(self, folder):
        one, two = loaders(folder), loaders(folder)
        list(one.train)
        second = torch.cat([ab for _, ab in one.train])
        set_epoch(two, 1)
        assert torch.equal(second, torch.cat([ab for _, ab in two.train]))

    def test_set_epoch_starts_the_other_random_numbers(self, folder):
        dls = loaders(folder)

        def draw(epoch):
            set_epoch(dls, epoch)
            return random.random(), np.random.rand(), torch.rand(1).item()

        assert draw(4) == draw(4)
        assert all(a != b for a, b in zip(draw(4), draw(5), strict=True))

    def test_a_copy_of_the_loader_keeps_its_seed(self, folder):
        loader = loaders(folder, seed=9).train
        assert isinstance(loader.new(shuffle=False), PhotographLoader)
        assert loader.new(shuffle=False).dataset.seed == 9


class TestPartsOfTheData:
    def test_an_epoch_is_that_many_photographs_none_twice(self, folder):
        dls = loaders(folder, epoch=8)
        assert len(dls.train) == 2
        draws = [identities(dls.train, folder) for _ in range(12)]
        assert all(len(set(draw)) == 8 for draw in draws), "within an epoch no photograph comes twice"
        assert len({frozenset(draw) for draw in draws}) > 6, "drawn anew every epoch"
        assert {i for draw in draws for i in draw} == set(range(16)), "everything has its turn"

    @pytest.mark.parametrize("workers", [0, 2])
    def test_the_draw_depends_on_seed_and_epoch_alone(self, folder, workers):
        used, fresh = loaders(folder, epoch=8, seed=3), loaders(folder, epoch=8, seed=3, workers=workers)
        for _ in range(3):
            third = torch.cat([torch.cat(batch, 1) for batch in used.train])
        set_epoch(fresh, 2)  # as a resumed run does
        assert torch.equal(third, torch.cat([torch.cat(batch, 1) for batch in fresh.train]))

    def test_a_photograph_listed_three_times_is_drawn_three_times_as_often(self, folder):
        dls = dataloaders([*folder[:4] * 3, *folder[4:16]], folder[16:], 32, 4, workers=0, epoch=8)
        seen = [i for _ in range(60) for i in identities(dls.train, folder)]
        often = sum(i < 4 for i in seen) / len(seen)
        assert 0.44 < often < 0.56  # twelve of the twenty-four entries

    def test_zero_and_too_many_mean_all(self, folder):
        for epoch in (0, 1000):
            assert sorted(identities(loaders(folder, epoch=epoch).train, folder)) == list(range(16))
        assert len(loaders(folder, epoch=8).valid.dataset) == 5

    def test_an_epoch_must_fill_a_batch(self, folder):
        with pytest.raises(ValueError, match="epoch of 3 photographs does not fill a batch of 4"):
            loaders(folder, epoch=3)

    def test_smallest_crop(self, folder):
        def brightness_range(smallest):
            """A photograph grows brighter to the right: a small crop sees little of the ramp."""
            dls = dataloaders(folder[:1], folder[16:], 32, 16, 64, workers=0, smallest_crop=smallest)
            return torch.cat([L.amax((1, 2, 3)) - L.amin((1, 2, 3)) for L, _ in dls.train])

        whole, small = brightness_range(1.0), brightness_range(0.2)
        assert whole.min() > 0.8 * whole.max()
        assert small.min() < 0.35 * whole.max()
        assert small.max() > 0.7 * whole.max()


class TestAgedGreys:
    def test_the_grey_ages_and_the_colours_stay(self, folder):
        rgb = torch.stack([validation_loader([path], 32, 1, 0).dataset[0] for path in folder])
        torch.manual_seed(0)
        for picture in (rgb, rgb / 255):
            clean_L, clean_ab = LabTransform()(picture)
            L, ab = LabTransform(1.0)(picture)
            assert torch.equal(ab, clean_ab)
            assert L.shape == clean_L.shape
            assert -1.001 <= L.min() <= L.max() <= 1.001
            assert ((L - clean_L).abs().mean((1, 2, 3)) > 0.005).all()

    def test_only_their_share_ages(self, folder):
        rgb = torch.randint(0, 256, (400, 3, 16, 16), generator=torch.Generator().manual_seed(0)).byte()
        clean = LabTransform()(rgb)[0]
        torch.manual_seed(0)
        aged = (LabTransform(0.3)(rgb)[0] != clean).flatten(1).any(1)
        assert 0.2 < aged.float().mean() < 0.4
        assert torch.equal(LabTransform(0.0)(rgb)[0], clean)

    def test_in_training_and_never_in_validation(self, folder):
        dls, clean = loaders(folder, degraded=1.0), loaders(folder)
        for other in (dls, clean):
            set_epoch(other, 1)
        assert all(torch.equal(a[0], b[0]) for a, b in zip(dls.valid, clean.valid, strict=True))
        for (L, ab), (clean_L, clean_ab) in zip(dls.train, clean.train, strict=True):
            assert torch.equal(ab, clean_ab)
            assert not torch.equal(L, clean_L)

    def test_the_size_must_suit_jpeg(self, folder):
        with pytest.raises(ValueError, match="multiple of 8, not 36"):
            loaders(folder, size=36, degraded=0.1)
        assert len(loaders(folder, size=36).train) == 4


class TestBadInput:
    def test_a_validation_photograph_that_is_a_training_photograph(self, folder):
        """The trap: "validation" pictures that were training pictures."""
        with pytest.raises(ValueError, match=r"05\.png is a training and a validation photograph"):
            dataloaders(folder[:10], folder[5:], batch_size=2)
        train, valid = package_split()
        dls = dataloaders(train, valid, size=16, batch_size=4, crops=2)
        assert not set(dls.train.dataset.paths) & set(dls.valid.dataset.paths)

    def test_the_same_file_by_another_name_is_found(self, folder):
        around = folder[5].parent / ".." / folder[5].parent.name / folder[5].name
        with pytest.raises(ValueError, match="is a training and a validation photograph"):
            dataloaders(folder[:10], [around], batch_size=2)

    def test_empty_and_too_few(self, folder):
        with pytest.raises(ValueError, match="no photographs to train on"):
            dataloaders([], folder)
        with pytest.raises(ValueError, match="no photographs to validate with"):
            dataloaders(folder, [])
        with pytest.raises(ValueError, match="no photographs"):
            validation_loader([])
        with pytest.raises(ValueError, match=r"3 training photographs.*batch of 16.*--batch-size \(at most 6\)"):
            dataloaders(folder[:3], folder[3:], crops=2)
        assert len(dataloaders(folder[:3], folder[3:], size=16, batch_size=6, crops=2, workers=0).train) == 1

    @pytest.mark.parametrize("crops", [1, 2])
    def test_a_broken_photograph_is_named_and_skipped(self, folder, tmp_path, crops):
        cut, text = tmp_path / "cut.png", tmp_path / "text.jpg"
        cut.write_bytes(folder[0].read_bytes()[:100])
        text.write_text("not a photograph")
        dls = dataloaders([cut, *folder[:9]], [folder[10], text, folder[11]], 32, 3, crops, workers=0)
        with pytest.warns(UserWarning, match=r"skipped: .*cut\.png cannot be read"):
            train = list(dls.train)
        assert len(train) == 3 * crops
        with pytest.warns(UserWarning, match=r"skipped: .*text\.jpg cannot be read"):
            assert identities(dls.valid, folder) == [10, 11]

    def test_nothing_but_broken_photographs_is_an_error(self, folder, tmp_path):
        paths = [tmp_path / f"{i}.jpg" for i in range(4)]
        for path in paths:
            path.write_text("not a photograph")
        dls = dataloaders(paths, folder, 32, 2, workers=0)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with pytest.raises(ValueError, match="too few of 4 photographs could be read"):
                list(dls.train)


def test_many_crops_decode_each_photograph_once(folder, monkeypatch):
    opened = []
    read = data.read_rgb
    monkeypatch.setattr(data, "read_rgb", lambda path, **hint: opened.append(path) or read(path, **hint))
    dls = loaders(folder, crops=4)
    list(dls.train)
    list(dls.train)
    assert sorted(opened) == folder[:16]


def test_file_handles_are_closed(folder):
    before = len(os.listdir("/proc/self/fd")) if Path("/proc/self/fd").exists() else 0
    for _ in range(3):
        list(loaders(folder).train)
    if before:
        assert len(os.listdir("/proc/self/fd")) <= before + 2


@pytest.mark.parametrize("workers", [0, 1])
def test_labels_are_the_folders_in_the_order_of_their_names(folder, tmp_path, workers):
    for number, path in enumerate(folder):
        place = tmp_path / ("zebra", "ant", "moth")[number % 3]
        place.mkdir(exist_ok=True)
        (place / path.name).symlink_to(path)
    paths = sorted(tmp_path.glob("*/*.png"), key=lambda path: path.name)
    dls = dataloaders(paths[:16], paths[16:], 32, 4, workers=workers, labels=True)
    assert dls.train.dataset.classes == ["ant", "moth", "zebra"]
    for loader, part in ((dls.train, paths[:16]), (dls.valid, paths[16:])):
        batches = list(loader)
        seen = identities([(L, ab) for L, ab, _ in batches], paths)
        expected = [dls.train.dataset.classes.index(paths[i].parent.name) for i in seen]
        assert torch.cat([label for *_, label in batches]).tolist() == expected
        assert len(seen) == len(part)
    with pytest.raises(ValueError, match="holds all photographs: labels need a folder for each"):
        dataloaders(folder[:16], folder[16:], 32, 4, labels=True)
    with pytest.raises(ValueError, match=r"zebra.*none of the classes ant, moth"):
        dataloaders([path for path in paths[:16] if "zebra" not in path.parts], paths[18:], 32, 4, labels=True)
