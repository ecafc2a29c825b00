"""The colorizer keeps the lightness and the shape of what it is given, whatever that is."""

import subprocess
import sys

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from colorlib.color.gamut import in_gamut
from colorlib.color.lab import lightness, rgb_to_lab
from colorlib.colorize.colorizer import Colorizer
from colorlib.colorize.hints import Point
from colorlib.models.registry import build_generator
from colorlib.models.unet import UNet
from colorlib.models.weights import save_weights
from helpers.colorize import GREY, FlatGenerator, SizeTeller, lab_of


def test_unknown_kind_missing_and_damaged_file(tmp_path):
    colorizer = Colorizer(FlatGenerator(), size=32)
    with pytest.raises(TypeError, match="cannot colorize a int"):
        colorizer(3)
    with pytest.raises(FileNotFoundError, match=r"nowhere\.jpg"):
        colorizer(tmp_path / "nowhere.jpg")
    (tmp_path / "text.jpg").write_text("not a picture")
    with pytest.raises(ValueError, match=r"text\.jpg"):
        colorizer(tmp_path / "text.jpg")


def test_from_pretrained_takes_the_size_of_the_card(tmp_path, photograph):
    generator = UNet(downs=3, filters=4)
    arguments = {"downs": 3, "filters": 4}
    path = save_weights(generator, tmp_path / "w.safetensors", "unet", arguments, {"size": 48})
    colorizer = Colorizer.from_pretrained(path)
    assert colorizer.sizes == (48,)
    assert Colorizer.from_pretrained(path, size=40).sizes == (40,)
    direct = Colorizer(generator, size=48)(photograph).astype(int)
    assert np.abs(colorizer(photograph).astype(int) - direct).max() <= 2


def test_from_pretrained_knows_shipped_names_and_checks_the_file(tmp_path, monkeypatch):
    monkeypatch.setattr("colorlib.models.shipped.SHIPPED", tmp_path)
    generator = build_generator("light", pretrained=False)
    path = save_weights(generator, tmp_path / "natural.safetensors", "light", {"pretrained": False}, {"size": 96})
    colorizer = Colorizer.from_pretrained(size=(64, 96), flip=False, saturation=1.5)
    assert (colorizer.sizes, colorizer.flip, colorizer.saturation) == ((64, 96), False, 1.5)
    assert Colorizer.from_pretrained("natural").sizes == (96,)
    with pytest.raises(FileNotFoundError, match=r"unnatural.*natural"):
        Colorizer.from_pretrained("unnatural")
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    with pytest.raises(ValueError, match="sha256"):
        Colorizer.from_pretrained("natural")


def test_saturation_multiplies_chroma():
    for saturation in (0, 0.5, 1, 1.5):
        lab = lab_of(Colorizer(FlatGenerator(20, -15), size=64, saturation=saturation)(GREY))
        assert lab[1].mean() == pytest.approx(20 * saturation, abs=0.7)
        assert lab[2].mean() == pytest.approx(-15 * saturation, abs=0.7)


def test_the_most_saturation_that_is_taken_is_no_grey():
    """E: from 1e5 on the result was grey, and nothing said so."""
    chroma = lab_of(Colorizer(FlatGenerator(20, -15), size=64, saturation=100)(GREY))[1:].norm(dim=0)
    assert (
        chroma.min() > lab_of(Colorizer(FlatGenerator(20, -15), size=64, saturation=1)(GREY))[1:].norm(dim=0).max() + 10
    )


def test_sizes_of_numpy_are_whole_numbers_too():
    sizes = Colorizer(FlatGenerator(), size=np.int64(64)).sizes
    assert sizes == (64,)
    assert type(sizes[0]) is int
    assert Colorizer(FlatGenerator(), size=np.array([48, 64])).sizes == (48, 64)


def test_pictures_without_pixels_and_masked_arrays_are_refused():
    colorizer, values = Colorizer(FlatGenerator(), size=32), np.full((20, 30), 0.5)
    for size in ((0, 5), (5, 0), (0, 0)):
        with pytest.raises(ValueError, match=f"must have pixels, not {size[0]} x {size[1]}"):
            colorizer(Image.new("L", size))
    values[3] = np.nan
    for masked in (np.ma.masked_invalid(values), np.ma.masked_array(GREY, np.zeros_like(GREY, bool))):
        with pytest.raises(ValueError, match=r"must not be masked.*image\.filled"):
            colorizer(masked)
    assert colorizer(np.ma.masked_invalid(values).filled(0)).shape == (20, 30, 3)


def test_much_saturation_stays_in_the_gamut_and_keeps_lightness(photograph):
    result = Colorizer(FlatGenerator(20, -15), size=64, saturation=10)(photograph.astype(np.float32) / 255)
    truth = lightness(torch.from_numpy(photograph / 255).permute(2, 0, 1)[None])[0, 0]
    assert (lab_of(result)[0] - truth).abs().max() < 0.3
    batch = torch.from_numpy(photograph / 255).float().permute(2, 0, 1)[None]
    assert in_gamut(rgb_to_lab(Colorizer(FlatGenerator(20, -15), size=64, saturation=10)(batch))).all()


def test_uncertainty_is_the_spread_of_the_predictions(photograph):
    sure = Colorizer(FlatGenerator(), size=64).uncertainty(photograph)
    assert sure.shape == photograph.shape[:2]
    assert sure.dtype == np.float32
    assert sure.max() < 1e-3, "always the same answer"
    for size in (48, (40, 80)):
        assert Colorizer(SizeTeller(), size=size, flip=False).uncertainty(GREY).min() > 0.5


def test_uncertainty_is_in_cie_units():
    class LeftRight(nn.Module):
        """a = 12 in the left half of what it sees, 0 in the right one."""

        multiple = 8

        def forward(self, L):
            a = torch.zeros_like(L)
            a[..., : L.shape[-1] // 2] = 12 / 110
            return torch.cat([a, torch.zeros_like(L)], dim=1)

    # The picture says 12, its mirror image 0: both lie 6 from their mean.
    spread = Colorizer(LeftRight(), size=(40, 80)).uncertainty(GREY)
    assert spread[:, :30].mean() == pytest.approx(6, abs=0.1)
    assert spread[:, 50:].mean() == pytest.approx(6, abs=0.1)


def test_uncertainty_takes_what_a_call_takes(tmp_path, photograph):
    colorizer, image = Colorizer(SizeTeller(), size=48), Image.fromarray(photograph)
    image.save(tmp_path / "photo.png")
    wanted = colorizer.uncertainty(photograph)
    for given in (image, tmp_path / "photo.png", str(tmp_path / "photo.png")):
        assert np.array_equal(colorizer.uncertainty(given), wanted)


@pytest.mark.parametrize(
    "wrong",
    [
        *({"size": size} for size in ((), 0, (64, 0), 256.0, (256.0,), "256", None, 5000, 10**9, float("nan"))),
        *({"saturation": saturation} for saturation in (-1, float("nan"), 1e5, float("inf"))),
    ],
)
def test_arguments_out_of_range_are_refused(wrong):
    with pytest.raises(ValueError, match=f"the {next(iter(wrong))} must be"):
        Colorizer(FlatGenerator(), **wrong)


# Hints


def test_a_point_has_the_colour_it_names_whatever_the_saturation():
    wanted = lab_of(np.full((1, 1, 3), (200, 100, 60), np.uint8))[1:, 0, 0]
    for saturation in (0.0, 1.0, 2.0):
        colorizer = Colorizer(FlatGenerator(0, 0), size=64, saturation=saturation)
        lab = lab_of(colorizer(GREY, points=[Point(0.5, 0.5, (200, 100, 60))]))
        assert torch.allclose(lab[1:, 40, 40], wanted, atol=1.5)


def test_a_reference_gives_its_colours(tmp_path, photograph):
    colorizer = Colorizer(UNet(downs=3, filters=4), size=64)
    warm = np.clip(photograph * np.array([1.0, 0.8, 0.5]), 0, 255).astype(np.uint8)
    Image.fromarray(warm).save(tmp_path / "warm.png")
    results = [colorizer(photograph, reference=given) for given in (warm, tmp_path / "warm.png", Image.fromarray(warm))]
    assert all(np.array_equal(result, results[0]) for result in results)
    ours, plain, theirs = (lab_of(x)[1:].mean(dim=(1, 2)) for x in (results[0], colorizer(photograph), warm))
    assert (ours - theirs).norm() < (plain - theirs).norm() / 3


def test_hints_are_for_one_picture():
    with pytest.raises(ValueError, match="not for a batch"):
        Colorizer(FlatGenerator(), size=32)(torch.rand(2, 1, 32, 32), points=[Point(0.5, 0.5, "red")])


# What is imported


def test_colouring_imports_nothing_heavy(tmp_path):
    """A user who colours waits for no training library, and with own weights for torch alone."""
    weights = tmp_path / "w.safetensors"
    save_weights(build_generator("light", pretrained=False), weights, "light", {"pretrained": False}, {"size": 32})
    Image.fromarray(GREY).save(tmp_path / "grey.jpg")
    heavy = ("torch", "onnx", "fastai", "fastcore", "timm", "torchvision", "pandas", "matplotlib", "skimage", "scipy")
    for name, wanted in (("natural", []), (str(weights), ["torch"])):
        code = f"""
import sys
from colorlib.colorize.colorizer import Colorizer
Colorizer.from_pretrained({name!r}, backend={"torch" if wanted else "onnx"!r})({str(tmp_path / "grey.jpg")!r})
print([name for name in {heavy} if name in sys.modules])
"""
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        assert done.stdout.strip() == str(wanted)
