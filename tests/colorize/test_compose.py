"""What `colorize.compose` promises."""

import subprocess
import sys

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from colorlib.color.gamut import fit_gamut
from colorlib.color.lab import lab_to_rgb, lightness
from colorlib.colorize.colorizer import Colorizer
from helpers.colorize import FlatGenerator, as_array, as_tensor, lab_of


@pytest.mark.parametrize("colour", [(20.0, -15.0), (90.0, 80.0), (-100.0, -100.0)])
def test_lightness_is_the_input_s_own(photograph, colour):
    result = Colorizer(FlatGenerator(*colour), size=64)(photograph)
    truth = lightness(torch.from_numpy(photograph / 255).permute(2, 0, 1)[None])[0, 0]
    # One 8-bit step is up to 1.3 units of L in the darkest blues and well below 0.5 elsewhere.
    difference = (lab_of(result)[0] - truth).abs()
    assert difference.max() < 1.3
    assert difference.mean() < 0.15


def test_colour_arrives_where_the_gamut_has_room():
    grey = np.full((50, 70), 128, np.uint8)
    lab = lab_of(Colorizer(FlatGenerator(20, -15), size=64)(grey))
    assert lab[1].mean() == pytest.approx(20, abs=0.6)
    assert lab[2].mean() == pytest.approx(-15, abs=0.6)


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


def test_array_kinds(photograph):
    colorizer = Colorizer(FlatGenerator(), size=32)
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
    result = Colorizer(FlatGenerator(0, 0), size=32)(ramp)
    assert len(np.unique(result[0, :, 1])) > 40


def test_a_batch_in_gives_a_batch_out(photograph):
    colorizer = Colorizer(FlatGenerator(), size=32)
    rgb = torch.from_numpy(photograph / 255).float().permute(2, 0, 1)[None].repeat(3, 1, 1, 1)
    result = colorizer(rgb)
    assert result.shape == rgb.shape
    assert result.dtype == torch.float32
    single = torch.from_numpy(colorizer(photograph) / 255).permute(2, 0, 1)
    assert (result[2] - single).abs().max() < 0.6 / 255
    assert colorizer(rgb[:, :1]).shape == rgb.shape


def test_paths_and_pil_pictures(tmp_path, photograph):
    colorizer = Colorizer(FlatGenerator(), size=32)
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
    assert Colorizer(FlatGenerator(), size=32)(path).size == photograph.shape[:2]


def test_a_16_bit_file_is_not_clipped_at_8_bits(tmp_path):
    values = np.linspace(0, 65535, 40 * 60).reshape(40, 60).astype(np.uint16)
    for suffix in ("png", "tif"):
        Image.fromarray(values).save(tmp_path / f"deep.{suffix}")
        result = np.asarray(Colorizer(FlatGenerator(0, 0), size=32)(tmp_path / f"deep.{suffix}"))
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
        Colorizer(FlatGenerator(), size=32)(bad)


# Large pictures: bands, tables, memory


def exact(colorizer, values):
    """What the array should become: everything at once, in floats, without tables."""
    scale = np.iinfo(values.dtype).max
    grey = values if values.ndim == 3 else np.stack([values] * 3, -1)
    L = lightness(torch.from_numpy(grey.astype(np.float32) / scale).permute(2, 0, 1)[None])
    ab = as_tensor(colorizer.ab(as_array(L)))
    return lab_to_rgb(fit_gamut(torch.cat([L, ab], dim=1)))[0].permute(1, 2, 0).numpy() * 255


@pytest.mark.parametrize("colour", [(20.0, -15.0), (-60.0, 50.0), (90.0, -100.0)])
@pytest.mark.parametrize("band", [5000, 2**18])
def test_8_bit_results_are_within_one_level_of_the_exact_ones(photograph, colour, band, monkeypatch):
    monkeypatch.setattr("colorlib.colorize.compose.PIXELS_AT_ONCE", band)
    colorizer = Colorizer(FlatGenerator(*colour), size=64)
    for values in (photograph, photograph[..., 1]):
        difference = np.abs(colorizer(values) - exact(colorizer, values))
        assert difference.max() < 1
        assert (difference > 0.55).mean() < 1e-3, "nearly all are rounded to the nearest"


def test_every_grey_and_depth_keeps_its_lightness():
    for values in (np.arange(256, dtype=np.uint8)[None], np.arange(0, 65536, 97, dtype=np.uint16)[None]):
        result = Colorizer(FlatGenerator(0, 0), size=16)(values)
        assert np.abs(result.astype(float) - values[..., None]).max() <= (1 if values.dtype == np.uint8 else 12)


def test_pictures_that_may_not_be_written_are_left_alone(photograph):
    frozen = photograph.copy()
    frozen.flags.writeable = False
    assert np.array_equal(Colorizer(FlatGenerator(), size=32)(frozen), Colorizer(FlatGenerator(), size=32)(photograph))
    assert np.array_equal(frozen, photograph)


LARGE = """
from pathlib import Path
import numpy as np
from colorlib.colorize.colorizer import Colorizer
from colorlib.models.registry import build_generator
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
