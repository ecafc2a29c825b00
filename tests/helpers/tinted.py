"""Pictures and films that are grey but not neutral, and pictures in colour that are nearly grey; for tests."""

from functools import lru_cache

import cv2
import numpy as np
from PIL import Image

from colorlib.data.sources import package_photographs

SIZE = (180, 240)


@lru_cache
def photographs() -> list[np.ndarray]:
    """The photographs of installed packages, sRGB of 8 bits, without those of which crops are in one tint."""
    left_out = {"hubble_deep_field", "retina", "immunohistochemistry", "rocket"}
    shipped = package_photographs()
    return [np.asarray(Image.open(path).convert("RGB")) for name, path in shipped.items() if name not in left_out]


def scene(rng: np.random.Generator) -> np.ndarray:
    """A picture with colours, (180, 240, 3) of 8 bits: not only the grey wall in a corner of a photograph."""
    while np.percentile(np.ptp(found := any_scene(rng), axis=2), 75) < 40:
        pass
    return found


def any_scene(rng: np.random.Generator) -> np.ndarray:
    """A crop of a photograph, or hills under a sky with houses, trees and people."""
    height, width = SIZE
    if rng.random() < 0.7:
        photo = photographs()[rng.integers(len(photographs()))]
        high = int(min(photo.shape[0], photo.shape[1] * height / width) * rng.uniform(0.6, 1))
        wide = int(high * width / height)
        y, x = rng.integers(photo.shape[0] - high + 1), rng.integers(photo.shape[1] - wide + 1)
        crop = cv2.resize(photo[y : y + high, x : x + wide], (width, height), interpolation=cv2.INTER_AREA)
        return crop[:, :: rng.choice([-1, 1])]
    y, x = np.mgrid[0:height, 0:width]
    picture = np.empty((height, width, 3))
    picture[:] = rng.uniform(0.3, 0.9, 3) * 200 * (0.5 + y / (2 * height))[..., None]
    ground = y > height * rng.uniform(0.4, 0.7) + 12 * np.sin(x / rng.uniform(10, 40))
    picture[ground] = rng.uniform(20, 160, 3)
    for _ in range(rng.integers(4, 14)):
        color, (cy, cx) = rng.uniform(10, 230, 3), rng.uniform(0, 1, 2) * SIZE
        ry, rx = rng.uniform(8, 45, 2)
        inside = ((y - cy) / ry) ** 2 + ((x - cx) / rx) ** 2 < 1
        picture[inside] = color * rng.uniform(0.7, 1.1, inside.sum())[:, None]
    return (picture + rng.normal(0, 4, (height, width, 1))).clip(0, 255).astype(np.uint8)


def grey_of(rgb: np.ndarray) -> np.ndarray:
    """The brightness of a picture, in three channels."""
    return cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY)[..., None].repeat(3, 2)


def pale(rgb: np.ndarray, saturation: float) -> np.ndarray:
    """The picture with less colour."""
    grey = grey_of(rgb).astype(float)
    return (grey + saturation * (rgb - grey)).clip(0, 255).round().astype(np.uint8)


def toned(rgb: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Sepia, selenium or blue, in the shadows more or in the lights more."""
    light = rgb.astype(float) / 255
    tone = {"sepia": (0.9, 1.0, 1.25), "selenium": (1.0, 1.08, 0.98), "blue": (1.15, 1.03, 0.9)}
    powers = 1 + (np.array(tone[str(rng.choice(list(tone)))]) - 1) * rng.uniform(0.4, 1.5)
    return (255 * light**powers).astype(np.uint8)


def cast(rgb: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Yellowed or faded on one side, or from a corner, in the paper more than in the ink."""
    height, width = rgb.shape[:2]
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    angle = rng.uniform(0, 2 * np.pi)
    along = (np.cos(angle) * x + np.sin(angle) * y + rng.uniform(-0.4, 0.8)) * rng.uniform(0.6, 2)
    strength = rng.uniform(0.08, 0.3) / (1 + np.exp(-2 * along))
    less = np.array(((0.05, 0.25, 1.0), (0.0, 0.6, 0.7), (0.5, 0.1, 0.0))[rng.choice(3, p=(0.7, 0.2, 0.1))])
    return (rgb * (1 - strength[..., None] * less)).astype(np.uint8)


def logo(rgb: np.ndarray, rng: np.random.Generator, kind: tuple | None = None) -> np.ndarray:
    """A coloured sign in a corner: a disc with a bar, or a box, up to a seventh of the width."""
    rgb = rgb.copy()
    height, width = rgb.shape[:2]
    size = int(rng.uniform(0.06, 0.15) * width)
    y = int(rng.uniform(0.02, 0.07) * height)
    x = int(rng.uniform(0.02, 0.07) * width)
    y, x = (y, height - size - y)[rng.integers(2)], (x, width - size - x)[rng.integers(2)]
    one, two = (
        tuple(map(int, rng.choice([[220, 30, 30], [20, 60, 220], [30, 160, 50], [240, 200, 20]]))) for _ in "ab"
    )
    if rng.random() < 0.5:
        cv2.circle(rgb, (x + size // 2, y + size // 2), size // 2, one, -1)
        cv2.rectangle(rgb, (x + size // 4, y + 2 * size // 5), (x + 3 * size // 4, y + 3 * size // 5), two, -1)
    else:
        cv2.rectangle(rgb, (x, y), (x + size, y + 2 * size // 3), one, -1)
    return rgb


def stamp(rgb: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A date in orange, as cameras print it, or a longer text in yellow along the lower edge."""
    rgb = rgb.copy()
    height, width = rgb.shape[:2]
    text, color = (("'94 12 24", (255, 120, 20)), ("11.07.1987 18:32", (250, 230, 40)))[rng.integers(2)]
    scale = width / 240 * rng.uniform(0.4, 0.6)
    wide = cv2.getTextSize(text, cv2.FONT_HERSHEY_SIMPLEX, scale, 1)[0][0]
    x = (int(0.04 * width), max(0, int(0.96 * width) - wide))[rng.integers(2)]
    place = (x, int(height * rng.choice([0.1, 0.95])))
    cv2.putText(rgb, text, place, cv2.FONT_HERSHEY_SIMPLEX, scale, color, rng.integers(1, 3))
    return rgb


def tape(rgb: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The noise of colour of an old tape, in streaks."""
    noise = rng.normal(0, rng.uniform(6, 20), (*rgb.shape[:2], 2)).astype(np.float32)
    noise = cv2.GaussianBlur(noise, (0, 0), sigmaX=3, sigmaY=0.7)
    return with_chroma(rgb, noise)


def rainbows(rgb: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Cross colour: where the brightness is finely striped, a decoder sees colours that turn with the stripes."""
    light = rgb[..., 1].astype(np.float32)
    fine = np.abs(light - cv2.GaussianBlur(light, (0, 0), 2))
    y, x = np.mgrid[: rgb.shape[0], : rgb.shape[1]]
    phase = 2 * np.pi * (x / rng.uniform(6, 20) + y / rng.uniform(4, 12) + rng.random())
    strength = cv2.GaussianBlur(fine, (0, 0), 3) * rng.uniform(0.5, 1.5)
    return with_chroma(rgb, (strength * np.stack([np.cos(phase), np.sin(phase)])).transpose(1, 2, 0))


def with_chroma(rgb: np.ndarray, added: np.ndarray) -> np.ndarray:
    """The picture with something added to Cr and Cb."""
    ycc = cv2.cvtColor(rgb, cv2.COLOR_RGB2YCrCb).astype(np.float32)
    ycc[..., 1:] += added
    return cv2.cvtColor(ycc.clip(0, 255).round().astype(np.uint8), cv2.COLOR_YCrCb2RGB)


def jpeg(rgb: np.ndarray, quality: int) -> np.ndarray:
    """The picture after a JPEG."""
    return cv2.imdecode(cv2.imencode(".jpg", rgb[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])[1], 1)[..., ::-1]
