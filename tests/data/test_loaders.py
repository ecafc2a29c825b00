"""Photographs to batches: what the network receives, in which order, and the traps others fell into."""

import inspect
import random

import numpy as np
import pytest
import torch
from PIL import Image

from colorlib.data import dataset as data
from colorlib.data.dataset import LabTransform, Photographs
from colorlib.data.loaders import PhotographLoader, dataloaders, set_epoch, validation_loader
from helpers.data import identities, loaders


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
        degraded = (LabTransform(0.3)(rgb)[0] != clean).flatten(1).any(1)
        assert 0.2 < degraded.float().mean() < 0.4
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
