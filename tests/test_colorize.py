"""The colorizer keeps the lightness and the shape of what it is given, whatever that is."""

import subprocess
import sys

import numpy as np
import pytest
import torch
from PIL import Image
from skimage import data as pictures
from torch import nn

from colorlib.color import lab_to_rgb, lightness, rgb_to_lab
from colorlib.colorize import Colorizer
from colorlib.gamut import fit_gamut, in_gamut
from colorlib.guesses import fold_batch_norms, multiple_of
from colorlib.hints import Point
from colorlib.models import UNet, build_generator
from colorlib.weights import save_weights


class Painter(nn.Module):
    """Paints every pixel in one colour (a, b in CIE units) and remembers what it was shown."""

    multiple = 32

    def __init__(self, a=20.0, b=-15.0):
        super().__init__()
        self.colour = nn.Parameter(torch.tensor([a, b]) / 110)
        self.seen = []

    def forward(self, L):
        self.seen.append(L)
        return self.colour.view(1, 2, 1, 1).expand(len(L), 2, *L.shape[-2:])


def lab_of(rgb):
    """Lab of an array (H, W, 3) of any dtype, as (3, H, W)."""
    scale = 1 if rgb.dtype == np.float32 else np.iinfo(rgb.dtype).max
    return rgb_to_lab(torch.from_numpy(rgb.astype(np.float64) / scale).permute(2, 0, 1)[None])[0]


@pytest.fixture(scope="module")
def photograph():
    return np.ascontiguousarray(pictures.astronaut()[:300, :452])


@pytest.mark.parametrize("colour", [(20.0, -15.0), (90.0, 80.0), (-100.0, -100.0)])
def test_lightness_is_the_input_s_own(photograph, colour):
    result = Colorizer(Painter(*colour), size=64)(photograph)
    truth = lightness(torch.from_numpy(photograph / 255).permute(2, 0, 1)[None])[0, 0]
    # One 8-bit step is up to 1.3 units of L in the darkest blues and well below 0.5 elsewhere.
    difference = (lab_of(result)[0] - truth).abs()
    assert difference.max() < 1.3
    assert difference.mean() < 0.15


def test_colour_arrives_where_the_gamut_has_room():
    grey = np.full((50, 70), 128, np.uint8)
    lab = lab_of(Colorizer(Painter(20, -15), size=64)(grey))
    assert lab[1].mean() == pytest.approx(20, abs=0.6)
    assert lab[2].mean() == pytest.approx(-15, abs=0.6)


@pytest.mark.parametrize(
    ("shape", "seen"),
    [
        ((100, 100), (64, 64)),
        ((100, 150), (64, 96)),
        ((480, 640), (64, 96)),  # 64 x 85, mirrored to 96
        ((640, 480), (96, 64)),
        ((20, 10), (128, 64)),  # enlarged to the size
        ((1, 1), (64, 64)),
        ((1, 2000), (32, 256)),  # at most four times the size
        ((2000, 3), (256, 32)),
    ],
)
def test_network_sees_a_padded_never_a_squashed_picture(shape, seen):
    painter = Painter()
    ramp = np.add.outer(np.linspace(0, 120, shape[0]), np.linspace(0, 120, shape[1])).astype(np.uint8)
    result = Colorizer(painter, size=64)(ramp)
    assert result.shape == (*shape, 3)
    assert painter.seen[0].shape == (2, 1, *seen), "the picture and its mirror image"
    assert painter.seen[0].min() >= -1
    assert painter.seen[0].max() <= 1


def test_what_the_network_sees_has_square_pixels():
    """A disc stays a disc: its width and height agree in the network's picture."""
    y, x = np.mgrid[:240, :400]
    disc = np.where((y - 120) ** 2 + (x - 200) ** 2 < 90**2, 255, 0).astype(np.uint8)
    painter = Painter()
    Colorizer(painter, size=96)(disc)
    bright = painter.seen[0][0, 0] > 0
    rows, columns = bright.any(1).sum().item(), bright.any(0).sum().item()
    assert rows == pytest.approx(2 * 90 * 96 / 240, abs=2)
    assert columns == pytest.approx(rows, abs=1)


def test_colour_lies_where_the_lightness_is():
    """A network that paints the light half red and the dark half blue does so at the right pixels, off-centre."""

    class Sides(nn.Module):
        multiple = 64

        def forward(self, L):
            return torch.cat([L, L], dim=1) * 0.3

    grey = np.full((90, 230), 60, np.uint8)
    grey[:, 150:] = 200
    lab = lab_of(Colorizer(Sides(), size=60)(grey))
    assert (lab[1, :, :145] < -5).all()
    assert (lab[1, :, 155:] > 10).all()


@pytest.mark.parametrize(("downs", "multiple"), [(3, 8), (5, 32)])
def test_real_networks_get_the_multiple_they_need(downs, multiple, photograph):
    colorizer = Colorizer(UNet(downs=downs, filters=4), size=40)
    assert multiple_of(colorizer.generator) == multiple
    assert colorizer(photograph).shape == photograph.shape


def test_array_kinds(photograph):
    colorizer = Colorizer(Painter(), size=32)
    eight = colorizer(photograph)
    assert eight.dtype == np.uint8
    sixteen = colorizer(photograph.astype(np.uint16) * 257)
    assert sixteen.dtype == np.uint16
    assert np.abs(sixteen / 257 - eight).max() <= 0.54
    for dtype in (np.float32, np.float64):
        floats = colorizer((photograph / 255).astype(dtype))
        assert floats.dtype == np.float32
        assert np.abs(floats * 255 - eight).max() <= 0.54
    grey = photograph[..., 1]
    assert np.array_equal(colorizer(grey), colorizer(grey[..., None]))
    assert np.array_equal(colorizer(grey), colorizer(np.stack([grey] * 3, -1)))
    assert np.array_equal(colorizer(grey[::-1, ::-1]), colorizer(np.ascontiguousarray(grey[::-1, ::-1])))


def test_sixteen_bits_keep_steps_that_eight_lose():
    ramp = np.arange(30000, 30000 + 64, dtype=np.uint16)[None].repeat(8, 0)
    result = Colorizer(Painter(0, 0), size=32)(ramp)
    assert len(np.unique(result[0, :, 1])) > 40


def test_a_batch_in_gives_a_batch_out(photograph):
    colorizer = Colorizer(Painter(), size=32)
    rgb = torch.from_numpy(photograph / 255).float().permute(2, 0, 1)[None].repeat(3, 1, 1, 1)
    result = colorizer(rgb)
    assert result.shape == rgb.shape
    assert result.dtype == torch.float32
    single = torch.from_numpy(colorizer(photograph) / 255).permute(2, 0, 1)
    assert (result[2] - single).abs().max() < 0.6 / 255
    assert colorizer(rgb[:, :1]).shape == rgb.shape


def test_paths_and_pil_pictures(tmp_path, photograph):
    colorizer = Colorizer(Painter(), size=32)
    image = Image.fromarray(photograph)
    path = tmp_path / "photo.png"
    image.save(path)
    for given in (path, str(path), image):
        result = colorizer(given)
        assert isinstance(result, Image.Image)
        assert result.mode == "RGB"
        assert np.array_equal(np.asarray(result), colorizer(photograph))
    for mode in ("L", "1", "P", "RGBA", "LA", "CMYK"):
        assert colorizer(image.convert(mode)).size == image.size


def test_exif_rotation_is_applied(tmp_path, photograph):
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was turned: rotate by 90 degrees to look at it
    path = tmp_path / "turned.jpg"
    Image.fromarray(photograph).save(path, exif=exif)
    assert Colorizer(Painter(), size=32)(path).size == photograph.shape[:2]


def test_a_16_bit_file_is_not_clipped_at_8_bits(tmp_path):
    values = np.linspace(0, 65535, 40 * 60).reshape(40, 60).astype(np.uint16)
    for suffix in ("png", "tif"):
        Image.fromarray(values).save(tmp_path / f"deep.{suffix}")
        result = np.asarray(Colorizer(Painter(0, 0), size=32)(tmp_path / f"deep.{suffix}"))
        assert np.abs(result.astype(float) - (values / 257)[..., None]).max() <= 1


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (np.zeros((4, 4, 4), np.uint8), r"alpha channel out: image\[..., :3\]"),
        (np.zeros((4, 4, 2), np.uint8), r"not \(4, 4, 2\)"),
        (np.zeros((0, 4), np.uint8), r"not \(0, 4\)"),
        (np.zeros((4, 4), np.int32), "not int32"),
        (np.full((4, 4), 200.0), r"in \[0, 1\], not 200"),
        (np.full((4, 4), np.nan), "not nan"),
        (torch.zeros(3, 4, 4), r"not \(3, 4, 4\)"),
        (torch.zeros(1, 3, 4, 4, dtype=torch.uint8), "divide 8-bit values by 255"),
        (torch.full((1, 1, 4, 4), 255.0), "divide 8-bit values by 255"),
    ],
)
def test_what_is_no_picture_is_refused(bad, message):
    with pytest.raises(ValueError, match=message):
        Colorizer(Painter(), size=32)(bad)


def test_unknown_kind_missing_and_damaged_file(tmp_path):
    colorizer = Colorizer(Painter(), size=32)
    with pytest.raises(TypeError, match="cannot colorize a int"):
        colorizer(3)
    with pytest.raises(FileNotFoundError, match=r"nowhere\.jpg"):
        colorizer(tmp_path / "nowhere.jpg")
    (tmp_path / "text.jpg").write_text("not a picture")
    with pytest.raises(ValueError, match=r"text\.jpg"):
        colorizer(tmp_path / "text.jpg")
    with pytest.raises(ValueError, match="at least 1 pixel"):
        Colorizer(Painter(), size=0)


@pytest.mark.parametrize(
    "error", [torch.OutOfMemoryError("CUDA"), RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried")]
)
def test_out_of_memory_is_told_with_a_remedy(error):
    class Hungry(nn.Module):
        def forward(self, L):
            raise error

    with pytest.raises(MemoryError, match=r"50x40 pixels at size 32: take a smaller size"):
        Colorizer(Hungry(), size=32)(np.zeros((40, 50), np.uint8))


def test_another_error_of_the_network_is_not_hidden():
    class Broken(nn.Module):
        def forward(self, L):
            raise RuntimeError("shapes do not match")

    with pytest.raises(RuntimeError, match="shapes do not match"):
        Colorizer(Broken(), size=32)(np.zeros((40, 50), np.uint8))


def test_numbers_that_are_not_finite_are_not_painted():
    with pytest.raises(FloatingPointError, match="not finite"):
        Colorizer(Painter(float("nan"), 0), size=32)(np.zeros((40, 50), np.uint8))


def test_dropout_is_off_and_modes_come_back(photograph):
    generator = UNet(downs=4, filters=4).train()
    generator.block.inside.eval()  # a frozen part stays frozen
    modes = [module.training for module in generator.modules()]
    colorizer = Colorizer(generator, size=32)
    assert np.array_equal(colorizer(photograph), colorizer(photograph))
    assert [module.training for module in generator.modules()] == modes


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
    monkeypatch.setattr("colorlib.weights.SHIPPED", tmp_path)
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


# Sizes, mirror image, saturation, uncertainty


class SizeTeller(nn.Module):
    """Its colour depends on the side of the picture it is shown: a = the side / 10, and b on the place across."""

    multiple = 8

    def forward(self, L):
        a = torch.full_like(L, L.shape[-2] / 10 / 110)
        b = torch.linspace(0, 20 / 110, L.shape[-1]).expand_as(L)
        return torch.cat([a, b], dim=1)


GREY = np.full((80, 80), 128, np.uint8)


def test_the_guesses_of_several_sizes_are_averaged():
    for sizes, a in (((40,), 4.0), ((80,), 8.0), ((40, 80), 6.0), ((80, 40, 120), 8.0)):
        lab = lab_of(Colorizer(SizeTeller(), size=sizes, flip=False)(GREY))
        assert float(lab[1].mean()) == pytest.approx(a, abs=0.6), sizes


def test_flip_averages_with_the_mirror_image():
    once = lab_of(Colorizer(SizeTeller(), size=80, flip=False)(GREY))[2]
    assert once[:, -8:].mean() - once[:, :8].mean() > 15
    both = lab_of(Colorizer(SizeTeller(), size=80)(GREY))[2]
    assert both[:, -8:].mean() == pytest.approx(float(both[:, :8].mean()), abs=0.3)
    assert both.mean() == pytest.approx(10, abs=0.5)


def test_a_mirrored_picture_gets_mirrored_colours(photograph):
    torch.manual_seed(0)
    colorizer = Colorizer(nn.Conv2d(1, 2, 9, padding=4), size=64)
    result, mirrored = colorizer(photograph), colorizer(np.ascontiguousarray(photograph[:, ::-1]))
    assert np.abs(result.astype(int) - mirrored[:, ::-1]).mean() < 0.5
    without = Colorizer(colorizer.generator, size=64, flip=False)
    assert np.abs(without(photograph).astype(int) - without(photograph[:, ::-1])[:, ::-1]).mean() > 0.5


def test_saturation_multiplies_chroma():
    for saturation in (0, 0.5, 1, 1.5):
        lab = lab_of(Colorizer(Painter(20, -15), size=64, saturation=saturation)(GREY))
        assert lab[1].mean() == pytest.approx(20 * saturation, abs=0.7)
        assert lab[2].mean() == pytest.approx(-15 * saturation, abs=0.7)


def test_much_saturation_stays_in_the_gamut_and_keeps_lightness(photograph):
    result = Colorizer(Painter(20, -15), size=64, saturation=10)(photograph.astype(np.float32) / 255)
    truth = lightness(torch.from_numpy(photograph / 255).permute(2, 0, 1)[None])[0, 0]
    assert (lab_of(result)[0] - truth).abs().max() < 0.3
    batch = torch.from_numpy(photograph / 255).float().permute(2, 0, 1)[None]
    assert in_gamut(rgb_to_lab(Colorizer(Painter(20, -15), size=64, saturation=10)(batch))).all()


def test_uncertainty_is_the_spread_of_the_guesses(photograph):
    sure = Colorizer(Painter(), size=64).uncertainty(photograph)
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


@pytest.mark.parametrize("wrong", [{"size": ()}, {"size": (64, 0)}, {"saturation": -1}, {"saturation": float("nan")}])
def test_arguments_out_of_range_are_refused(wrong):
    with pytest.raises(ValueError, match=f"the {next(iter(wrong))} must be"):
        Colorizer(Painter(), **wrong)


# Hints


def test_a_point_has_the_colour_it_names_whatever_the_saturation():
    wanted = lab_of(np.full((1, 1, 3), (200, 100, 60), np.uint8))[1:, 0, 0]
    for saturation in (0.0, 1.0, 2.0):
        colorizer = Colorizer(Painter(0, 0), size=64, saturation=saturation)
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
        Colorizer(Painter(), size=32)(torch.rand(2, 1, 32, 32), points=[Point(0.5, 0.5, "red")])


# Large pictures: bands, tables, memory


def exact(colorizer, values):
    """What the array should become: everything at once, in floats, without tables."""
    scale = np.iinfo(values.dtype).max
    grey = values if values.ndim == 3 else np.stack([values] * 3, -1)
    L = lightness(torch.from_numpy(grey.astype(np.float32) / scale).permute(2, 0, 1)[None])
    return lab_to_rgb(fit_gamut(torch.cat([L, colorizer.ab(L)], dim=1)))[0].permute(1, 2, 0).numpy() * 255


@pytest.mark.parametrize("colour", [(20.0, -15.0), (-60.0, 50.0), (90.0, -100.0)])
@pytest.mark.parametrize("band", [5000, 2**18])
def test_8_bit_results_are_within_one_level_of_the_exact_ones(photograph, colour, band, monkeypatch):
    monkeypatch.setattr("colorlib.painting.BAND", band)
    colorizer = Colorizer(Painter(*colour), size=64)
    for values in (photograph, photograph[..., 1]):
        difference = np.abs(colorizer(values) - exact(colorizer, values))
        assert difference.max() < 1
        assert (difference > 0.55).mean() < 1e-3, "nearly all are rounded to the nearest"


def test_every_grey_and_depth_keeps_its_lightness():
    for values in (np.arange(256, dtype=np.uint8)[None], np.arange(0, 65536, 97, dtype=np.uint16)[None]):
        result = Colorizer(Painter(0, 0), size=16)(values)
        assert np.abs(result.astype(float) - values[..., None]).max() <= (1 if values.dtype == np.uint8 else 12)


def test_pictures_that_may_not_be_written_are_left_alone(photograph):
    frozen = photograph.copy()
    frozen.flags.writeable = False
    assert np.array_equal(Colorizer(Painter(), size=32)(frozen), Colorizer(Painter(), size=32)(photograph))
    assert np.array_equal(frozen, photograph)


LARGE = """
from pathlib import Path
import numpy as np
from colorlib.colorize import Colorizer
from colorlib.models import build_generator
import torch
torch.set_num_threads(1)
grey = np.broadcast_to(np.arange(10000, dtype=np.uint16)[:, None] // 40, (10000, 10000)).astype(np.uint8)
result = Colorizer(build_generator("light", pretrained=False).eval(), size=256)(grey)
assert result.shape == (10000, 10000, 3)
assert abs(result[5000, 5000].astype(int) - int(grey[5000, 5000])).max() < 40
print(Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0])
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the peak is read from /proc")
def test_100_megapixels_take_less_than_2_gigabytes():
    """A process of its own: torch, the network, 100 MB of grey and 300 MB of colour, and no floats of all that.

    The peak comes from /proc: ru_maxrss of a child begins with that of its parent.
    """
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", LARGE], capture_output=True, text=True, check=True)
    assert int(done.stdout) * 1024 < 2e9


# What is imported


def test_colouring_imports_torch_and_little_else(tmp_path):
    """A user who colours waits for no training library."""
    weights = tmp_path / "w.safetensors"
    save_weights(build_generator("light", pretrained=False), weights, "light", {"pretrained": False}, {"size": 32})
    Image.fromarray(GREY).save(tmp_path / "grey.jpg")
    code = f"""
import sys
from colorlib.colorize import Colorizer
Colorizer.from_pretrained({str(weights)!r})({str(tmp_path / "grey.jpg")!r})
heavy = ("fastai", "fastcore", "timm", "torchvision", "pandas", "matplotlib", "skimage", "scipy", "torchmetrics")
print([name for name in heavy if name in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("kind", ["light", "unet", "dynamic_unet"])
def test_folded_batch_norms_give_the_same_answers(kind):
    torch.manual_seed(3)
    generator = build_generator(kind, **({} if kind == "unet" else {"pretrained": False})).eval()
    norms = [module for module in generator.modules() if isinstance(module, nn.BatchNorm2d)]
    for norm in norms:
        for values in (norm.weight.data, norm.bias.data, norm.running_mean, norm.running_var):
            values.uniform_(0.5, 1.5)
    L = torch.rand(2, 1, 256, 256) * 2 - 1
    with torch.no_grad():
        before = generator(L)
        fold_batch_norms(generator)
        after = generator(L)
    assert (after - before).abs().max() < 1e-3 * before.std()
    left = sum(isinstance(module, nn.BatchNorm2d) for module in generator.modules())
    assert left == 0 if kind == "light" else left < len(norms)
    assert not any(module.training for module in generator.modules())
