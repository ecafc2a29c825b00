"""One training step: it equals the loop written out plainly, and each loss reaches what it should."""

import copy

import pytest
import torch
from torch.nn import functional

from colorlib.models.class_unet import ClassUNet
from colorlib.models.fusion import FusionNet
from colorlib.models.patchgan import PatchGAN
from colorlib.models.unet import UNet
from colorlib.training.gan_step import GanStep


def networks(dropout=0.0):
    torch.manual_seed(0)
    return UNet(downs=3, filters=4, dropout=dropout), PatchGAN(filters=4, patch=16)


def batches(number=3, size=32):
    torch.manual_seed(1)
    return [(torch.rand(4, 1, size, size) * 2 - 1, torch.rand(4, 2, size, size) - 0.5) for _ in range(number)]


def adam(network):
    return torch.optim.Adam(network.parameters(), lr=2e-4, betas=(0.5, 0.999))


def equal(ours, plain):
    for (name, a), b in zip(ours.state_dict().items(), plain.state_dict().values(), strict=True):
        torch.testing.assert_close(a, b, rtol=1e-5, atol=1e-6, msg=name)


def plain_loop(generator, discriminator, batches, lambda_l1=100.0):
    """The training of Isola et al. 2017 with nothing but torch."""
    bce = functional.binary_cross_entropy_with_logits
    opt_g, opt_d = adam(generator), adam(discriminator)
    for L, ab in batches:
        fake = generator(L)
        real_logits = discriminator(torch.cat([L, ab], 1))
        fake_logits = discriminator(torch.cat([L, fake.detach()], 1))
        loss_d = (bce(real_logits, torch.ones_like(real_logits)) + bce(fake_logits, torch.zeros_like(fake_logits))) / 2
        opt_d.zero_grad()
        loss_d.backward()
        opt_d.step()
        fooled = discriminator(torch.cat([L, fake], 1))
        loss_g = bce(fooled, torch.ones_like(fooled)) + lambda_l1 * functional.l1_loss(fake, ab)
        opt_g.zero_grad()
        loss_g.backward()
        opt_g.step()


def test_steps_equal_the_plain_loop():
    generator, discriminator = networks()
    plain_g, plain_d = copy.deepcopy(generator), copy.deepcopy(discriminator)
    step = GanStep(generator, discriminator, adam(generator), adam(discriminator))
    for L, ab in batches():
        step(L, ab)
    plain_loop(plain_g, plain_d, batches())
    equal(generator, plain_g)
    equal(discriminator, plain_d)


def test_auxiliary_losses_are_added_to_the_pixel_loss():
    torch.manual_seed(0)
    net = FusionNet(4, whole=32, fusion={"classes": 3, "vector": 8, "alpha": 0.5})
    plain, label = copy.deepcopy(net), torch.tensor([0, 2, 1, 1])
    step = GanStep(net, None, adam(net), None, trains="generator", lambda_l1=2.0)
    optimizer = adam(plain)
    for L, ab in batches():
        _, loss, parts = step(L, ab, label)
        fake, said = plain(L, auxiliary=True)
        cross_entropy = 0.5 * functional.cross_entropy(said.logits, label)
        plain_loss = 2 * functional.l1_loss(fake, ab) + cross_entropy
        optimizer.zero_grad()
        plain_loss.backward()
        optimizer.step()
        torch.testing.assert_close(loss, plain_loss.detach())
        torch.testing.assert_close(parts["class"], cross_entropy.detach())
    equal(net, plain)


def test_a_generator_may_learn_from_its_auxiliary_loss_alone():
    torch.manual_seed(0)
    net = ClassUNet(downs=4, filters=4)
    step = GanStep(net, None, adam(net), None, trains="generator", lambda_l1=0.0)
    before = copy.deepcopy(net)
    _, loss, parts = step(*batches(1)[0])
    assert loss == parts["bins"]
    assert any(not torch.equal(a, b) for a, b in zip(net.parameters(), before.parameters(), strict=True))


def test_a_network_can_be_copied_after_a_step():
    net = FusionNet(4, whole=32, fusion={"classes": 3})
    step = GanStep(net, None, adam(net), None, trains="generator")
    step(*batches(1)[0], torch.tensor([0, 2, 1, 1]))
    equal(copy.deepcopy(net), net)  # tensors that a graph hangs on could not be copied


def test_the_pixel_loss_never_reaches_the_discriminator():
    weights = []
    for lambda_l1 in (0.0, 1e4):
        generator, discriminator = networks()
        step = GanStep(generator, discriminator, adam(generator), adam(discriminator), lambda_l1=lambda_l1)
        step(*batches(1)[0])
        weights.append(discriminator.state_dict())
    assert all(torch.equal(weights[0][name], weights[1][name]) for name in weights[0])


def test_the_discriminator_joins_without_a_jolt():
    generator, discriminator = networks()
    step = GanStep(generator, discriminator, adam(generator), adam(discriminator), trains="generator")
    for L, ab in batches(12):
        step(L, ab)
    before = copy.deepcopy(generator)
    step.trains = "both"
    step(*batches(1)[0])
    moved = max((a - b).abs().max().item() for a, b in zip(generator.parameters(), before.parameters(), strict=True))
    assert moved < 3 * 2e-4  # Adam's step is about the learning rate, unless gradients jump


@pytest.mark.parametrize(
    ("trains", "parts"),
    [("generator", {"pixel"}), ("discriminator", {"d", "pixel"}), ("both", {"d", "pixel", "gan"})],
)
def test_each_loss_is_reported_without_its_graph(trains, parts):
    generator, discriminator = networks()
    step = GanStep(generator, discriminator, adam(generator), adam(discriminator), trains=trains)
    L, ab = batches(1)[0]
    fake, loss, found = step(L, ab)
    assert set(found) == parts
    assert fake.shape == ab.shape
    assert not any(value.requires_grad for value in (fake, loss, *found.values()))
