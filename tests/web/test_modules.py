"""The pure functions of the page against those of the package, in node's test runner."""

import io
import json
import os
import subprocess
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from colorlib.color import fit_gamut, lab_to_rgb, rgb_to_lab
from colorlib.colorize.compose import shrunk
from colorlib.colorize.hints import Point, follow_points
from colorlib.colorize.predict import network_size, predictions
from colorlib.colorize.torch_backend import TorchNetwork
from colorlib.colorize.upsample import resize, slope_and_rest

HERE = Path(__file__).parent
RNG = np.random.default_rng(3)
COLOURS = [[0, 0, 0], [255, 255, 255], [255, 0, 0], [0, 0, 255], [3, 2, 1], *RNG.integers(0, 256, (40, 3)).tolist()]
TO_MIRROR = ((64, 32), (33, 32), (5, 32), (1, 32), (200, 32))


def smooth(height, width, low, high):
    """A plane with large things and edges in it."""
    y, x = np.mgrid[:height, :width] / max(height, width)
    waves = np.sin(7 * x + 3 * y) + 0.5 * (x * y > 0.2) + 0.1 * RNG.random((height, width))
    return (low + (high - low) * (waves - waves.min()) / np.ptp(waves)).astype(np.float32)


def flat(tensor):
    """Numbers for a file of json."""
    return np.asarray(tensor, dtype=np.float64).ravel().tolist()


def colours():
    """Colours and their Lab, and Lab of which some has no colour."""
    lab = rgb_to_lab(torch.tensor(COLOURS).T[:, None] / 255)[:, 0].T
    wild = torch.from_numpy(RNG.uniform((0, -120, -120), (100, 120, 120), (300, 3))).float()
    shown = lab_to_rgb(fit_gamut(wild.T[:, None]))[:, 0].T * 255
    result = {"colours": COLOURS, "lightness": flat(lab[:, 0]), "ab": lab[:, 1:].tolist()}
    return result | {"lab": wild.tolist(), "shown": shown.tolist()}


def resizings():
    """Resized planes and pictures."""
    planes, pictures = [], []
    for (h, w), (to_h, to_w) in (((20, 31), (7, 11)), ((9, 8), (40, 33)), ((30, 30), (30, 12)), ((1, 1), (5, 4))):
        plane = RNG.random((h, w), dtype=np.float32) * 100
        expected = flat(resize(plane, to_h, to_w))
        planes.append({"plane": flat(plane), "from": [w, h], "to": [to_w, to_h], "expected": expected})
    for (h, w), (to_h, to_w) in (((40, 50), (16, 20)), ((203, 301), (16, 24)), ((5, 4), (20, 16))):
        pixels = RNG.integers(0, 256, (h, w, 3), dtype=np.uint8)
        expected = shrunk(pixels, to_h, to_w).reshape(-1, 3).tolist()
        pixels = pixels.reshape(-1, 3).tolist()
        pictures.append({"pixels": pixels, "from": [w, h], "to": [to_w, to_h], "expected": expected})
    return {"resized": planes, "shrunk": pictures}


class Shift(torch.nn.Module):
    """Stands for a network, here and in modules.test.mjs."""

    multiple = 32

    def forward(self, L):
        right = torch.cat([L[..., 1:], L[..., -1:]], dim=-1)
        return torch.cat([right / 4, L / 8], dim=1)


def network():
    """Sizes, margins, and what several looks give."""
    from colorlib.colorize.predict import _pad

    sides = [(640, 427, 160), (427, 640, 160), (1, 1, 160), (3000, 100, 160), (101, 67, 96), (165, 160, 32)]
    sizes = [[w, h, size, list(network_size(h, w, size))[::-1]] for w, h, size in sides]
    margins = []
    for side, multiple in TO_MIRROR:
        padded, (_, left) = _pad(np.tile(np.arange(side), (32, 1)), multiple)
        index = padded[0].tolist()
        margins.append({"side": side, "multiple": multiple, "index": index, "before": left})
    L = smooth(40, 53, 5, 95)
    ab = predictions(TorchNetwork(Shift()), L, (32, 40), flip=True).mean(0).transpose(2, 0, 1)
    predicted = {"L": flat(L), "width": 53, "height": 40, "sizes": [32, 40], "expected": [flat(p) for p in ab]}
    return {"sizes": sizes, "mirrored": margins, "predicted": predicted}


def colours_at_places():
    """Slopes, and what pinned colours change."""
    L, a, b = smooth(60, 80, 10, 90), smooth(60, 80, -20, 30), smooth(60, 80, -30, 10)
    slope, rest = (part[..., 0] for part in slope_and_rest(L, np.dstack([a, b])))
    places = [(0.303, 0.52, (200, 40, 30)), (0.711, 0.26, (30, 60, 220)), (0.72, 0.27, (30, 200, 60))]
    points = [Point(*place) for place in places]
    expected = follow_points(L, np.dstack([a, b]), points).transpose(2, 0, 1)
    size = {"L": flat(L), "width": 80, "height": 60}
    pins = [{"x": x, "y": y, "rgb": rgb} for x, y, rgb in places]
    return {
        "slopes": size | {"plane": flat(a), "slope": flat(slope), "rest": flat(rest)},
        "pinned": size | {"ab": [flat(a), flat(b)], "points": pins, "expected": [flat(p) for p in expected]},
    }


def headers():
    """The first bytes of files, and what they say."""
    found = []
    for kind, options in (
        ("PNG", {}),
        ("JPEG", {"progressive": True, "exif": b"Exif\0\0" + bytes(300)}),
        ("WebP", {}),
        ("WebP", {"lossless": True}),
        ("WebP", {"exif": b"Exif\0\0MM\0*\0\0\0\x08\0\0\0\0\0\0"}),
        ("AVIF", {}),
        ("GIF", {}),
        ("BMP", {}),
        ("TIFF", {}),
    ):
        file = io.BytesIO()
        Image.new("RGB", (70, 43), "tomato").save(file, kind, **options)
        size = {} if kind == "TIFF" else {"width": 70, "height": 43}
        header = {"kind": kind} | size
        found.append({"name": f"{kind} {options}", "bytes": list(file.getvalue()), "header": header})
    cut = {"kind": "picture that ends in its header", "width": 0, "height": 0}
    for name, content, header in (
        ("nothing", b"", None),
        ("text", b"Dear grandmother", None),
        ("pdf", b"%PDF-1.7", None),
        ("svg", b" \n<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>", {"kind": "SVG"}),
        ("xml", b"<?xml version='1.0'?><svg/>", {"kind": "SVG"}),
        ("video", b"\0\0\0\x18ftypmp42", None),
        ("cut PNG", b"\x89PNG\r\n\x1a\n\0\0", cut),
        ("cut JPEG", b"\xff\xd8\xff\xe0\0\x10", cut),
    ):
        found.append({"name": name, "bytes": list(content), "header": header})
    return {"headers": found}


def test_the_modules_compute_what_python_computes(tmp_path):
    try:
        node = Path(import_module("web").npm()).with_name("node")
    except FileNotFoundError as error:
        if os.environ.get("CI", "").lower() in ("1", "true"):
            raise
        pytest.skip(str(error))
    numbers = tmp_path / "numbers.json"
    numbers.write_text(json.dumps(colours() | resizings() | network() | colours_at_places() | headers()))
    command = [str(node), "--test", str(HERE / "modules.test.mjs")]
    result = subprocess.run(command, env=os.environ | {"NUMBERS": str(numbers)}, capture_output=True, text=True)
    assert result.returncode == 0, result.stdout + result.stderr
    assert "pass 13" in result.stdout, result.stdout
