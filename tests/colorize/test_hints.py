"""Hints are obeyed where they are given, reach what belongs to them, and leave the rest alone."""

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor

from colorlib.color.lab import lab_to_rgb, rgb_to_lab
from colorlib.colorize import hints
from colorlib.colorize.hints import Point
from colorlib.data.sources import package_photographs
from helpers.colorize import on_tensors

RED = "#c03020"
follow_points, follow_reference = on_tensors(hints.follow_points), on_tensors(hints.follow_reference)


def photograph(name: str, side: int = 128) -> tuple[Tensor, Tensor]:
    """L and the true ab of a package photograph."""
    with Image.open(package_photographs()[name]) as image:
        image = image.convert("RGB")
        image.thumbnail((side, side), Image.Resampling.LANCZOS)
        rgb = torch.from_numpy(np.array(image)).permute(2, 0, 1)[None] / 255
    lab = rgb_to_lab(rgb)
    return lab[:, :1], lab[:, 1:]


def true_points(L: Tensor, ab: Tensor, count: int, seed: int) -> list[Point]:
    """Random places with the colour the photograph has there."""
    height, width = L.shape[-2:]
    rng = np.random.default_rng(seed)
    rgb = (lab_to_rgb(torch.cat([L, ab], dim=1)) * 255).round().int()[0]
    places = zip(rng.integers(0, height, count), rng.integers(0, width, count), strict=True)
    return [Point((c + 0.5) / width, (r + 0.5) / height, tuple(rgb[:, r, c].tolist())) for r, c in places]


def error(ab: Tensor, truth: Tensor) -> float:
    """Mean absolute error in CIE units."""
    return (ab - truth).abs().mean().item()


def flat(height: int = 48, width: int = 64, lightness: float = 60) -> tuple[Tensor, Tensor]:
    """An even picture and a brownish guess."""
    guess = torch.tensor([6.0, 14.0]).view(1, 2, 1, 1).expand(1, 2, height, width)
    return torch.full((1, 1, height, width), lightness), guess


@pytest.mark.parametrize("name", ["astronaut", "coffee", "flower"])
def test_true_points_beat_grey_and_more_are_better(name):
    L, truth = photograph(name)
    grey = torch.zeros_like(truth)
    errors = [
        np.mean([error(follow_points(L, grey, true_points(L, truth, count, seed)), truth) for seed in range(3)])
        for count in (1, 5, 20)
    ]
    assert error(grey, truth) > errors[0] > errors[1] > errors[2]
    assert errors[2] < 0.75 * error(grey, truth)


def test_a_point_is_obeyed_and_so_is_its_neighbourhood():
    L, _ = photograph("coffee")
    guess = torch.full((1, 2, *L.shape[-2:]), 10.0)
    points = [Point(0.45, 0.6, "#2050c0"), Point(0.1, 0.15, RED), Point(1, 1, "gold"), Point(0, 0, (128, 128, 128))]
    result = follow_points(L, guess, points)
    assert result.shape == guess.shape
    assert result.dtype == torch.float32
    for point in points:
        row, column = point.pixel(*L.shape[-2:])
        assert (result[0, :, row, column] - torch.tensor(point.ab())).abs().max() < 0.1
    row, column = points[0].pixel(*L.shape[-2:])
    near = result[0, :, row - 1 : row + 2, column - 1 : column + 2]
    assert (near - torch.tensor(points[0].ab()).view(2, 1, 1)).abs().mean() < 4


def test_the_guess_is_untouched_far_away_and_the_input_unchanged():
    L, guess = flat(96, 128)
    guess = guess.clone()
    before = guess.clone()
    result = follow_points(L, guess, [Point(0.1, 0.5, "#2050c0")])
    assert torch.equal(guess, before)
    torch.testing.assert_close(result[..., 100:], guess[..., 100:], atol=0.5, rtol=0)
    wanted = torch.tensor(Point(0, 0, "#2050c0").ab()).view(2, 1, 1)
    torch.testing.assert_close(result[0, :, 43:54, 8:18], wanted.expand(2, 11, 10), atol=2, rtol=0)


def test_a_hint_that_agrees_with_the_guess_changes_nothing():
    L, truth = photograph("chelsea")
    point = Point(0.5, 0.5, RED)
    row, column = point.pixel(*L.shape[-2:])
    guess = truth.clone()
    guess += torch.tensor(point.ab()).view(1, 2, 1, 1) - guess[..., row : row + 1, column : column + 1]
    torch.testing.assert_close(follow_points(L, guess, [point]), guess, atol=1e-3, rtol=0)


def test_no_hint_crosses_a_strong_edge():
    L, guess = flat()
    L[..., 32:] = 20
    result = follow_points(L, guess, [Point(0.4, 0.5, "#2050c0")])
    changed = (result - guess).abs().amax(dim=(0, 1))
    assert changed[:, 34:].max() < 1
    assert changed[20:28, 18:31].min() > 20


def test_edges_hold_where_both_sides_are_alike_in_lightness():
    """A dark line around the point is a wall, though what is behind it is as light as the point."""
    L, guess = flat(64, 64)
    L[..., 8:56, 8:11] = L[..., 8:56, 53:56] = L[..., 8:11, 8:56] = L[..., 53:56, 8:56] = 10
    result = follow_points(L, guess, [Point(0.5, 0.5, "#2050c0")])
    changed = (result - guess).abs().amax(dim=(0, 1))
    assert changed[:7].max() < 0.1 * changed[32, 32]
    assert changed[16:48, 16:48].min() > 0.5 * changed[32, 32]


def test_a_hint_reaches_equally_far_at_every_resolution():
    reach = []
    for side in (64, 128, 256):
        L, guess = flat(side, side)
        changed = (follow_points(L, guess, [Point(0.5, 0.5, "#2050c0")]) - guess).abs()[0, 0, side // 2]
        reach.append((changed > changed.max() / 2).sum().item() / side)
    assert max(reach) < 1.2 * min(reach)
    assert reach[1] == pytest.approx(2 / 3, rel=0.15)  # a third of the side each way, as the docstring says


def test_a_speck_of_grain_does_not_wall_its_point_in():
    L, guess = flat()
    L[..., 24, 32] = 80
    result = follow_points(L, guess, [Point(32.5 / 64, 24.5 / 48, "#2050c0")])
    assert (result - guess).abs()[0, 1, 20:29, 28:37].min() > 20


def test_two_points_share_the_picture_between_them():
    L, guess = flat(40, 80)
    blue, red = Point(0.25, 0.5, "#2050c0"), Point(0.75, 0.5, RED)
    result = follow_points(L, guess, [blue, red])[0, 0, 20]
    assert result[25] < result[40] < result[55]
    assert result[30] == pytest.approx(blue.ab()[0], abs=0.35 * (red.ab()[0] - blue.ab()[0]))
    later = follow_points(L, guess, [blue, Point(*blue[:2], RED)])
    torch.testing.assert_close(later, follow_points(L, guess, [Point(*blue[:2], RED)]))


def test_of_two_points_the_one_of_like_lightness_decides():
    """Inside a bright thing, far from its own point and near that of the dark ground, its own point has the word."""
    L, guess = flat(64, 96, lightness=25)
    L[..., 16:48, 24:72] = 75
    thing, ground = Point(0.3, 0.5, RED), Point(0.8, 0.5, "#2050c0")
    result = follow_points(L, guess, [thing, ground])[0, :, 24:40, 64:70].mean(dim=(1, 2))
    own, other = (torch.tensor(point.ab()) for point in (thing, ground))
    assert (result - own).norm() < 0.3 * (result - other).norm()


def test_a_picture_of_one_pixel_and_plain_tuples():
    L, guess = flat(1, 1)
    result = follow_points(L, guess, [(0.3, 1.0, RED)])
    torch.testing.assert_close(result.flatten(), torch.tensor(Point(0, 0, RED).ab()), atol=1e-4, rtol=0)


def test_a_point_is_read_as_it_is_typed():
    assert Point.parse("0.4,0.7,#c03020") == Point(0.4, 0.7, "#c03020")
    assert Point.parse(" 0 , 1, rgb(192, 48, 32) ").ab() == Point(0, 0, RED).ab() == Point(0, 0, (192, 48, 32)).ab()
    assert Point.parse("1,0,Tomato").pixel(10, 20) == (0, 19)
    assert Point(0.5, 0.5, RED).pixel(10, 21) == (5, 10)


@pytest.mark.parametrize("text", ["", "0.5", "0.5,0.5", "0.5,0.5,", "left,top,#c03020", "0.5;0.5;#c03020"])
def test_what_is_no_point_is_refused_with_an_example(text):
    with pytest.raises(ValueError, match=r"no colour|such as 0\.4,0\.7,#c03020"):
        Point.parse(text)


@pytest.mark.parametrize("text", ["1.1,0.5,red", "0.5,-0.1,red", "nan,0.5,red", "40,70,#c03020"])
def test_a_point_outside_is_refused(text):
    with pytest.raises(ValueError, match="from 0 to 1"):
        Point.parse(text)
    x, y, color = text.split(",")
    with pytest.raises(ValueError, match="from 0 to 1"):
        follow_points(*flat(), [Point(float(x), float(y), color)])


@pytest.mark.parametrize(
    "color", ["#c0302", "c03020", "reddish", "#c0302080", "", (1, 2), (0, 0, 256), (-1, 0, 0), (0.8, 0.2, 0.1), 7, None]
)
def test_what_is_no_colour_is_refused(color):
    with pytest.raises(ValueError, match="is no colour: give"):
        follow_points(*flat(), [Point(0.5, 0.5, color)])


def test_no_points_and_batches_are_refused():
    L, guess = flat()
    with pytest.raises(ValueError, match="no points"):
        follow_points(L, guess, [])
    L, guess = np.full((8, 9), 50, np.float32), np.zeros((8, 9, 2), np.float32)
    for function, hint in (
        (hints.follow_points, [Point(0, 0, RED)]),
        (hints.follow_reference, np.ones((4, 4, 3), np.float32)),
    ):
        for wrong in ((L[None], guess[None]), (L, guess[:, 1:]), (L[:0], guess[:0])):
            with pytest.raises(ValueError, match="one picture"):
                function(*wrong, hint)


@pytest.mark.parametrize("name", sorted(package_photographs()))
def test_the_truth_as_reference_is_no_worse(name):
    """For a guess that is grey, and for one with the right colours in half of their strength and noise on them."""
    L, truth = photograph(name, 96)
    noise = torch.nn.functional.avg_pool2d(torch.randn(truth.shape, generator=torch.manual_seed(0)), 9, 1, 4)
    weak = 0.5 * truth + 20 * noise
    for guess in (torch.zeros_like(truth), weak):
        result = follow_reference(L, guess, torch.cat([L, truth], dim=1))
        assert result.shape == truth.shape
        assert result.dtype == torch.float32
        assert (result - truth).square().mean() <= (guess - truth).square().mean() + 1e-6
        torch.testing.assert_close(result.mean(dim=(2, 3)), truth.mean(dim=(2, 3)), atol=1.5, rtol=0)


def test_shadows_take_after_shadows_and_lights_after_lights():
    L = torch.linspace(0, 100, 101).view(1, 1, 1, 101).expand(1, 1, 8, 101)
    reference = torch.cat([L, torch.where(L > 50, 30.0, -30.0), torch.zeros_like(L)], dim=1)
    result = follow_reference(L, torch.zeros(1, 2, 8, 101), reference)
    assert result[0, 0, :, :30].max() < -15
    assert result[0, 0, :, 70:].min() > 15
    assert result[0, 1].abs().max() < 1e-3


def test_a_reference_changes_the_spread_within_bounds():
    L, truth = photograph("coffee")
    loud = torch.cat([L, truth * 20], dim=1)
    centred = follow_reference(L, truth, loud)
    assert centred.isfinite().all()
    # The means are those asked for; around them no more than half as strong again.
    quiet = follow_reference(torch.full_like(L, 50), truth, torch.cat([torch.full_like(L, 50), truth * 20], dim=1))
    assert quiet.std(dim=(2, 3)).numpy() == pytest.approx(1.5 * truth.std(dim=(2, 3)).numpy(), rel=1e-3)
    still = follow_reference(torch.full_like(L, 50), truth, torch.tensor([50.0, 30, 10]).view(1, 3, 1, 1))
    assert still.std(dim=(2, 3)).numpy() == pytest.approx(0.5 * truth.std(dim=(2, 3)).numpy(), rel=1e-3)


@pytest.mark.parametrize("shape", [(1, 1), (1, 2), (300, 1)])
def test_a_tiny_reference_gives_its_colour(shape):
    L, guess = flat()
    colour = torch.tensor([40.0, 30, -20]).view(1, 3, 1, 1).expand(1, 3, *shape)
    result = follow_reference(L, guess, colour)
    torch.testing.assert_close(result, torch.tensor([30.0, -20]).view(1, 2, 1, 1).expand_as(result), atol=1e-3, rtol=0)


def test_a_reference_without_colour_is_refused():
    L, guess = flat()
    grey = rgb_to_lab(torch.rand(1, 1, 20, 20).expand(1, 3, 20, 20))
    with pytest.raises(ValueError, match="the reference has no colour"):
        follow_reference(L, guess, grey)
    with pytest.raises(ValueError, match="not finite"):
        follow_reference(L, guess, torch.full((1, 3, 4, 4), float("nan")))
    for shape in ((4, 4), (2, 4, 4, 3), (4, 4, 1), (0, 4, 3)):
        with pytest.raises(ValueError, match=r"the reference must be \(H, W, 3\)"):
            hints.follow_reference(np.ones((8, 9)), np.ones((8, 9, 2)), np.ones(shape))
