"""What `data.dataset` promises."""

import os
import warnings
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from skimage.color import rgb2lab

from colorlib.color import batches
from colorlib.color.batches import bytes_to_network
from colorlib.color.lab import lab_to_rgb, rgb_to_lab
from colorlib.color.scale import from_network, to_network
from colorlib.data import dataset as data
from colorlib.data.dataset import LabTransform
from colorlib.data.loaders import dataloaders, validation_loader
from colorlib.data.sources import package_split
from helpers.data import identities, loaders


class TestLab:
    @pytest.mark.parametrize("quick_cbrt", [False, True])
    def test_8_bit_colours_are_those_of_color(self, monkeypatch, quick_cbrt):
        monkeypatch.setattr(batches, "_QUICK_CBRT", quick_cbrt)  # both ways, whatever this machine prefers
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
