"""Colour or grey: tints, logos, stamps, casts, noise and rainbows make nothing coloured; pale colours are colours."""

import csv

import cv2
import numpy as np
import pytest
from PIL import Image

from colorlib.images.color_or_grey import judge_film, judge_picture
from colorlib.images.folder import has_color
from helpers.tinted import cast, grey_of, jpeg, logo, pale, rainbows, scene, stamp, tape, toned

FAULTS = (toned, cast, logo, stamp)
ALL = 200  # of each; every second is a film


def moving(picture, rng, frames=4):
    """A film that goes over a picture: crops of it, three quarters of its size."""
    height, width = (3 * side // 4 for side in picture.shape[:2])
    start, end = (rng.uniform(0, 0.25, 2) * picture.shape[:2] for _ in "ab")
    places = np.linspace(start, end, frames).astype(int)
    return [picture[y : y + height, x : x + width] for y, x in places]


def grey_print(seed):
    rng = np.random.default_rng(seed)
    picture = grey_of(scene(rng))
    chosen = [fault for fault in FAULTS if rng.random() < 0.5] or [FAULTS[rng.integers(len(FAULTS))]]
    for fault in chosen:
        picture = fault(picture, rng)
    return jpeg(picture, int(rng.integers(60, 95)))


def grey_film(seed):
    """The logo, the stamp and the tone stay; noise and rainbows are new in each frame."""
    rng = np.random.default_rng(seed)
    fixed = [fault for fault in FAULTS if rng.random() < 0.4]
    each = (tape, rainbows, None)[rng.integers(3)]
    frames = []
    for frame in moving(grey_of(scene(rng)), rng):
        for fault in fixed:
            frame = fault(frame, np.random.default_rng(seed))
        frames.append(jpeg(frame if each is None else each(frame, rng), 80))
    return frames


def color_print(seed):
    rng = np.random.default_rng(seed)
    return jpeg(pale(scene(rng), rng.uniform(0.3, 1)), int(rng.integers(60, 95)))


def color_film(seed):
    rng = np.random.default_rng(seed)
    frames = moving(pale(scene(rng), rng.uniform(0.35, 1)), rng)
    return [
        jpeg(tape(frame, rng) if seed % 4 == 1 else logo(frame, np.random.default_rng(seed)), 80) for frame in frames
    ]


def test_at_most_one_in_a_hundred_is_taken_for_the_other():
    for prints, films, in_color in ((grey_print, grey_film, False), (color_print, color_film, True)):
        found = [judge_picture(prints(seed)) if seed % 2 else judge_film(films(seed)) for seed in range(ALL)]
        wrong = {seed: str(one) for seed, one in enumerate(found) if one.in_color is not in_color}
        assert len(wrong) <= ALL / 100, wrong


@pytest.mark.parametrize("seed", range(5))
def test_a_small_red_coat_is_a_colour_and_the_same_in_a_corner_is_a_logo(seed):
    grey = grey_of(scene(np.random.default_rng(seed)))
    for place, in_color in (((90, 130), True), ((4, 4), False), ((160, 215), False)):
        y, x = place
        picture = grey.copy()
        picture[y : y + 16, x : x + 20] = picture[y : y + 16, x : x + 20] * 0.4 + (130, 10, 20)
        assert judge_picture(picture).in_color is in_color
    coat = []
    for step in range(8):
        frame = grey.copy()
        frame[80:100, 60 + 8 * step :][:, :20] = (150, 30, 40)
        coat.append(frame)
    assert judge_film(coat).in_color


def test_a_sign_that_stays_where_it_is_makes_no_film_coloured():
    rng = np.random.default_rng(3)
    frames = [frame.copy() for frame in moving(grey_of(scene(rng)), rng)]
    for frame in frames:
        cv2.circle(frame, (frame.shape[1] // 2, frame.shape[0] // 2), 9, (30, 90, 220), -1)
    assert not judge_film(frames).in_color
    assert judge_picture(frames[0]).in_color, "in one picture nobody can tell"


def test_snow_and_an_evening_are_in_colour():
    """Colours that change slowly over the picture, as a cast does, but through opposite hues; and blue shadows."""
    height, width = 180, 240
    y, x = np.mgrid[0 : 1 : height * 1j, 0 : 1 : width * 1j]
    evening = np.stack([90 + 150 * y, 110 + 30 * y, 200 - 150 * y], axis=2)
    assert judge_picture(evening.astype(np.uint8)).in_color
    snow = np.full((height, width, 3), 235.0)
    shadows = (np.sin(9 * x + 4 * np.sin(5 * y)) > 0.3)[..., None]
    snow = np.where(shadows, (170, 190, 225), snow)
    snow[100:130, 100:112] = (60, 70, 40)
    assert judge_picture(snow.astype(np.uint8)).in_color


def test_depth_shape_and_size_do_not_matter():
    rng = np.random.default_rng(0)
    picture = scene(rng)
    for change in (
        lambda p: p.astype(np.uint16) * 257,
        lambda p: p.transpose(1, 0, 2),
        lambda p: cv2.resize(p, (1500, 1100)),
        lambda p: cv2.resize(p, (40, 30), interpolation=cv2.INTER_AREA),
    ):
        assert judge_picture(change(picture)).in_color
        assert not judge_picture(change(cast(grey_of(picture), np.random.default_rng(1)))).in_color
    assert not judge_picture(picture[..., 0]).in_color
    assert not judge_picture(np.zeros((1, 1, 3), np.uint8)).in_color
    assert not judge_film([]).in_color


def test_the_decision_is_said_with_its_number():
    colour, grey = judge_picture(scene(np.random.default_rng(0))), judge_film([np.full((8, 8), 99, np.uint8)] * 3)
    assert str(colour) == f"in colour: {100 * colour.share:.2g} % of the picture is off one tint"
    assert 0.05 < colour.share < 1
    assert str(grey).startswith("grey (0 of 3 frames looked at): ")
    assert str(grey).endswith(": 0 % of the picture is off one tint")


def test_no_torch_is_needed():
    import subprocess
    import sys

    code = "import sys, colorlib.images.color_or_grey, colorlib.film.combs; assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_has_colour_without_tones_is_the_same_decision():
    rng = np.random.default_rng(5)
    stamped = stamp(cast(grey_of(scene(rng)), rng), rng)
    assert has_color(Image.fromarray(stamped))
    assert not has_color(Image.fromarray(stamped), toned=False)


def test_the_report_gives_the_number_and_the_count_is_of_all(tmp_path):
    from typer.testing import CliRunner

    from colorlib.cli import app
    from colorlib.models.unet import UNet
    from colorlib.models.weights import save_weights

    arguments = {"downs": 3, "filters": 4}
    weights = save_weights(UNet(**arguments), tmp_path / "tiny.safetensors", "unet", arguments, {"size": 32})
    rng = np.random.default_rng(2)
    (tmp_path / "album").mkdir()
    pictures = {"one": scene(rng), "two": scene(rng), "print": stamp(cast(grey_of(scene(rng)), rng), rng)}
    for name, picture in pictures.items():
        Image.fromarray(picture).save(tmp_path / f"album/{name}.png")
    call = ["colorize", tmp_path / "album", "--out", tmp_path / "out", "--weights", weights, "--skip-color"]
    result = CliRunner().invoke(app, list(map(str, call)), env={"COLUMNS": "200"})
    assert "1 colorized, 2 skipped (already in colour)" in result.stderr
    with (tmp_path / "out/report.csv").open() as file:
        reasons = {row["file"].rpartition("/")[2]: row["reason"] for row in csv.DictReader(file)}
    assert reasons["one.png"] == f"already {judge_picture(pictures['one'])}"
    assert not reasons["print.png"].startswith("already")
