"""The losses against values worked out by hand."""

import math

import pytest
import torch
from torch import nn

from colorlib.training.losses import AdversarialLoss, pixel_loss

REAL = torch.tensor([[2.0, -1.0]])
FAKE = torch.tensor([[0.0, 3.0]])


def softplus(x):
    return math.log1p(math.exp(x))


def test_vanilla_is_binary_cross_entropy_on_logits():
    loss = AdversarialLoss("vanilla")
    real = (softplus(-2) + softplus(1)) / 2  # -log sigmoid(x)
    fake = (softplus(0) + softplus(3)) / 2  # -log(1 - sigmoid(x))
    assert loss.discriminator(REAL, FAKE).item() == pytest.approx((real + fake) / 2, rel=1e-5)
    assert loss.generator(FAKE).item() == pytest.approx((softplus(0) + softplus(-3)) / 2, rel=1e-5)


def test_an_undecided_discriminator_pays_log_2():
    undecided = torch.zeros(4, 1, 30, 30)
    loss = AdversarialLoss("vanilla")
    assert loss.discriminator(undecided, undecided).item() == pytest.approx(math.log(2))
    assert loss.generator(undecided).item() == pytest.approx(math.log(2))


def test_lsgan_is_the_squared_distance_to_the_labels():
    loss = AdversarialLoss("lsgan")
    assert loss.discriminator(REAL, FAKE).item() == pytest.approx(((1 + 4) / 2 + (0 + 9) / 2) / 2)
    assert loss.generator(FAKE).item() == pytest.approx((1 + 4) / 2)


def test_hinge_wants_a_margin_of_one():
    loss = AdversarialLoss("hinge")
    assert loss.discriminator(REAL, FAKE).item() == pytest.approx((0 + 2) / 2 + (1 + 4) / 2)
    assert loss.discriminator(torch.tensor([1.5]), torch.tensor([-1.0])).item() == 0
    assert loss.generator(FAKE).item() == pytest.approx(-1.5)


@pytest.mark.parametrize("kind", ["vanilla", "lsgan", "hinge"])
def test_each_side_pulls_its_own_way(kind):
    loss = AdversarialLoss(kind)
    real, fake = torch.full((3,), 0.5, requires_grad=True), torch.full((3,), 0.5, requires_grad=True)
    loss.discriminator(real, fake).backward()
    assert (real.grad < 0).all()  # a step downhill raises the logits of real pictures
    assert (fake.grad > 0).all()
    fooled = torch.full((3,), 0.5, requires_grad=True)
    loss.generator(fooled).backward()
    assert (fooled.grad < 0).all()


@pytest.mark.parametrize("kind", ["vanilla", "lsgan", "hinge"])
def test_half_precision_logits_are_raised_to_float32(kind):
    loss = AdversarialLoss(kind)
    low = loss.discriminator(REAL.bfloat16(), FAKE.bfloat16())
    assert low.dtype == torch.float32
    torch.testing.assert_close(low, loss.discriminator(REAL, FAKE))
    assert loss.generator(FAKE.bfloat16()).dtype == torch.float32


def test_extreme_logits_stay_finite():
    extreme = torch.tensor([-1e4, 1e4])
    for kind in ("vanilla", "lsgan", "hinge"):
        assert AdversarialLoss(kind).discriminator(extreme, extreme).isfinite()


def test_pixel_losses_by_hand():
    ab = torch.tensor([0.02, -0.2]).view(1, 2, 1, 1)
    truth = torch.zeros(1, 2, 1, 1)
    assert pixel_loss("l1")(ab, truth).item() == pytest.approx(0.11)
    assert pixel_loss("l2")(ab, truth).item() == pytest.approx((0.0004 + 0.04) / 2)
    # Below beta 0.5 d^2 / beta, above it d - beta / 2.
    assert pixel_loss("smooth_l1")(ab, truth).item() == pytest.approx((0.5 * 0.0004 / 0.05 + 0.2 - 0.025) / 2)
    assert pixel_loss("smooth_l1", beta=0.5)(ab, truth).item() == pytest.approx((0.0004 + 0.04) / 2)


@pytest.mark.parametrize("kind", ["l1", "l2", "smooth_l1"])
def test_pixel_loss_takes_a_half_precision_guess(kind):
    loss = pixel_loss(kind)(torch.full((1, 2, 4, 4), 0.5, dtype=torch.bfloat16), torch.zeros(1, 2, 4, 4))
    assert isinstance(pixel_loss(kind), nn.Module)
    assert loss.dtype == torch.float32


def test_unknown_kinds_list_the_known_ones():
    with pytest.raises(ValueError, match="vanilla, lsgan, hinge"):
        AdversarialLoss("wasserstein")
    with pytest.raises(ValueError, match="l1, l2, smooth_l1"):
        pixel_loss("l3")
