"""The colorizer keeps the lightness and the shape of what it is given, whatever that is."""

import numpy as np
import pytest
import torch
from PIL import Image
from skimage import data as pictures
from torch import nn

from colorlib.color import lightness, rgb_to_lab
from colorlib.colorize import Colorizer
from colorlib.models import UNet
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
    assert painter.seen[0].shape == (1, 1, *seen)
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
    assert colorizer.multiple == multiple
    assert colorizer(photograph).shape == photograph.shape


def test_array_kinds(photograph):
    colorizer = Colorizer(Painter(), size=32)
    eight = colorizer(photograph)
    assert eight.dtype == np.uint8
    sixteen = colorizer(photograph.astype(np.uint16) * 257)
    assert sixteen.dtype == np.uint16
    assert np.abs(sixteen / 257 - eight).max() <= 0.51
    for dtype in (np.float32, np.float64):
        floats = colorizer((photograph / 255).astype(dtype))
        assert floats.dtype == np.float32
        assert np.abs(floats * 255 - eight).max() <= 0.51
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


def test_from_file_takes_the_size_of_the_card(tmp_path, photograph):
    generator = UNet(downs=3, filters=4)
    arguments = {"downs": 3, "filters": 4}
    path = save_weights(generator, tmp_path / "w.safetensors", "unet", arguments, {"size": 48})
    colorizer = Colorizer.from_file(path)
    assert colorizer.size == 48
    assert Colorizer.from_file(path, size=40).size == 40
    direct = Colorizer(generator, size=48)(photograph).astype(int)
    assert np.abs(colorizer(photograph).astype(int) - direct).max() <= 2
