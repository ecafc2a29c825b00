"""The adversarial loop: who learns from what, and that it equals the game written out plainly."""

import copy
import warnings

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from colorlib.data.loaders import dataloaders
from colorlib.data.sources import package_split
from colorlib.devices import fast_precision
from colorlib.models.patchgan import PatchGAN
from colorlib.models.unet import UNet
from colorlib.training.checkpoint import Checkpoint
from colorlib.training.learner import learner


def loaders(batch_size=4, crops=1, size=32):
    photographs, valid = package_split()
    return dataloaders(photographs, valid, size=size, batch_size=batch_size, crops=crops, workers=0, device="cpu")


def players(dropout=0.5):
    torch.manual_seed(0)
    return UNet(downs=3, filters=4, dropout=dropout), PatchGAN(filters=4, patch=16)


def quiet(learn, epochs=1, **arguments):
    with learn.no_bar(), learn.no_logging():
        learn.fit(epochs, **arguments)
    return learn


def snapshot(network):
    return {name: value.clone() for name, value in network.state_dict().items()}


def changed(network, before):
    return any(not torch.equal(value, before[name]) for name, value in network.named_parameters())


def plain_loop(generator, discriminator, batches, lr=2e-4, lambda_l1=100.0):
    """The game of Isola et al. 2017 with nothing but torch."""
    bce = functional.binary_cross_entropy_with_logits
    opt_g = torch.optim.Adam(generator.parameters(), lr=lr, betas=(0.5, 0.999))
    opt_d = torch.optim.Adam(discriminator.parameters(), lr=lr, betas=(0.5, 0.999))
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


def test_the_game_equals_the_plain_loop():
    dls = loaders()
    generator, discriminator = players(dropout=0.0)
    plain_g, plain_d = copy.deepcopy(generator), copy.deepcopy(discriminator)
    learn = learner(dls, generator, discriminator, precision="fp32")
    learn.create_opt()
    learn.totals = {}
    batches = [tuple(batch) for batch in dls.train]
    for L, ab in batches:
        learn.play(L, ab)
    plain_loop(plain_g, plain_d, batches)
    for ours, plain in ((generator, plain_g), (discriminator, plain_d)):
        for (name, a), b in zip(ours.named_parameters(), plain.parameters(), strict=True):
            torch.testing.assert_close(a, b, rtol=1e-3, atol=2e-5, msg=name)


WHO_MOVES = {"generator": (True, False), "critic": (False, True), "both": (True, True)}


@pytest.mark.parametrize(("who", "moves"), WHO_MOVES.items())
def test_only_the_players_learn(who, moves):
    generator, discriminator = players()
    learn = learner(loaders(), generator, discriminator)
    learn.players = who
    before = snapshot(generator), snapshot(discriminator)
    quiet(learn)
    assert (changed(generator, before[0]), changed(discriminator, before[1])) == moves


def test_the_pixel_loss_never_reaches_the_critic():
    steps = []
    for lambda_l1 in (0.0, 1e4):
        generator, discriminator = players(dropout=0.0)
        learn = learner(loaders(), generator, discriminator, lambda_l1=lambda_l1, precision="fp32")
        learn.create_opt()
        learn.totals = {}
        learn.play(*learn.dls.train.one_batch())
        steps.append(snapshot(discriminator))
    assert all(torch.equal(steps[0][name], steps[1][name]) for name in steps[0])


def test_no_reading_from_the_device_inside_an_epoch(monkeypatch):
    reads = []
    item = torch.Tensor.item
    monkeypatch.setattr(torch.Tensor, "item", lambda self: reads.append(1) or item(self))
    counts = []
    for crops in (2, 6):
        learn = learner(loaders(crops=crops), *players())
        reads.clear()
        quiet(learn)
        counts.append(len(reads))
    assert len(learn.dls.train) >= 10
    assert counts[0] == counts[1]


def test_training_lowers_the_error_below_grey(tmp_path):
    photographs, _ = package_split()
    (coffee,) = [path for path in photographs if "coffee" in path.name]
    dls = dataloaders([coffee], package_split()[1], size=32, batch_size=8, crops=40, workers=0, device="cpu")
    learn = learner(dls, UNet(downs=3, filters=8), PatchGAN(filters=4, patch=16), lr=2e-3, lambda_l1=100.0)
    learn.players = "generator"
    quiet(learn, 3)
    learn.players = "both"
    quiet(learn, 3)
    grey = np.mean([ab.abs().mean().item() for _, ab in dls.train])
    assert learn.history["loss_pixel"].iloc[-1] < 0.6 * grey
    assert learn.history["players"].tolist() == ["generator"] * 3 + ["both"] * 3


def test_log_has_grey_and_truth_beside_the_model(tmp_path):
    learn = quiet(learner(loaders(), *players(), log=tmp_path / "deep" / "log.csv"), 2)
    written = (tmp_path / "deep" / "log.csv").read_text().splitlines()
    assert len(written) == 3
    for column in ("valid_psnr", "valid_psnr_grey", "valid_ab_l1", "valid_ab_l1_grey", "valid_colorfulness_truth"):
        assert column in written[0].split(",")
    assert learn.history["epoch"].tolist() == [1, 2]
    # an untrained generator paints grey, so grey's error is almost the model's after one epoch at a tiny rate
    assert learn.history["valid_psnr_grey"].iloc[0] == pytest.approx(learn.history["valid_psnr"].iloc[0], abs=1.5)
    assert learn.history["valid_colorfulness_truth"].iloc[0] > 10


def test_validation_is_validation_data_and_every_epoch_the_same():
    dls = loaders()
    first, second = list(dls.valid), list(dls.valid)
    assert all(torch.equal(a[0], b[0]) for a, b in zip(first, second, strict=True))
    assert sum(len(L) for L, _ in first) == len(package_split()[1])


def test_resumed_run_equals_the_uninterrupted_one(tmp_path):
    whole = learner(loaders(), *players(), ema=0.9)
    quiet(whole, 4)
    half = learner(loaders(), *players(), ema=0.9, checkpoint=tmp_path / "half.pt")

    class Stop(Checkpoint):
        order = 90

        def after_epoch(self):
            if self.epoch == 1:
                raise KeyboardInterrupt

    half.add_cb(Stop(tmp_path / "unused"))
    with pytest.raises(KeyboardInterrupt):
        quiet(half, 4)
    again = learner(loaders(), *players(), ema=0.9)
    assert again.resume(tmp_path / "half.pt") == 2
    quiet(again, 4, start_epoch=2)
    for name, value in whole.generator.state_dict().items():
        torch.testing.assert_close(again.generator.state_dict()[name], value, rtol=0, atol=0, msg=name)
    for name, value in whole.discriminator.state_dict().items():
        torch.testing.assert_close(again.discriminator.state_dict()[name], value, rtol=0, atol=0, msg=name)
    assert again.history["loss_pixel"].tolist() == whole.history["loss_pixel"].tolist()
    assert again.history["epoch"].tolist() == [1, 2, 3, 4]


def test_one_cycle_goes_on_where_it_stopped(tmp_path):
    def rates(learn, **arguments):
        with learn.no_bar(), learn.no_logging():
            learn.fit_one_cycle(4, 1e-3, **arguments)
        return learn.history["lr"].tolist()

    whole = rates(learner(loaders(), *players(), checkpoint=tmp_path / "whole.pt"))
    again = learner(loaders(), *players())
    again.first = again.resume(tmp_path / "whole.pt")
    again.rows, again.epochs_done = again.rows[:2], 2
    assert rates(again, start_epoch=2) == pytest.approx(whole)
    assert again.opt.hypers[-1]["mom"] == 0.5  # Adam's first beta stays the paper's
    assert again.opt_d.hypers[-1]["lr"] == pytest.approx(again.opt.hypers[-1]["lr"])


def test_a_checkpoint_of_another_architecture_is_named(tmp_path):
    quiet(learner(loaders(), *players(), checkpoint=tmp_path / "a.pt"))
    other = learner(loaders(), UNet(downs=4, filters=4), PatchGAN(filters=4, patch=16))
    with pytest.raises(ValueError, match=r"a\.pt: not a checkpoint of these networks"):
        other.resume(tmp_path / "a.pt")
    (tmp_path / "text.pt").write_text("hello")
    with pytest.raises(ValueError, match=r"text\.pt"):
        other.resume(tmp_path / "text.pt")
    with pytest.raises(FileNotFoundError):
        other.resume(tmp_path / "missing.pt")


def test_moving_average_is_validated_and_kept():
    generator, discriminator = players()
    learn = quiet(learner(loaders(crops=4), generator, discriminator, lr=1e-2, ema=0.99), 2)
    average = learn.generator
    assert average is not generator
    assert changed(generator, snapshot(average))
    with torch.no_grad(), learn.autocast():
        L, ab = next(iter(learn.dls.valid))
        loss = learn.pixel_loss(average.eval()(L).float(), ab).item()
    assert learn.recorder.values[-1][1] == pytest.approx(loss, rel=1e-2)
    assert learn.model is generator


def test_clipping_bounds_the_gradient(monkeypatch):
    norms = []
    clip = nn.utils.clip_grad_norm_

    def spy(parameters, limit):
        parameters = list(parameters)
        clip(parameters, limit)
        norms.append(torch.linalg.vector_norm(torch.stack([p.grad.norm() for p in parameters])).item())

    monkeypatch.setattr(nn.utils, "clip_grad_norm_", spy)
    quiet(learner(loaders(), *players(), clip=0.01))
    assert norms
    assert max(norms) <= 0.0101


def test_lr_find_leaves_both_players_as_they_were():
    generator, discriminator = players()
    learn = learner(loaders(), generator, discriminator, ema=0.9)
    before = snapshot(generator), snapshot(discriminator)
    with learn.no_bar(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        suggestion = learn.lr_find(num_it=20, show_plot=False)
    assert suggestion.valley > 0
    assert not changed(generator, before[0])
    assert not changed(discriminator, before[1])
    assert learn.players == "both"
    assert learn.epochs_done == 0
    assert learn.history.empty


def test_precisions():
    assert fast_precision("cpu") in ("bf16", "fp32")
    for precision in ("fp32", "bf16"):
        learn = quiet(learner(loaders(), *players(), precision=precision))
        assert np.isfinite(learn.history["loss_pixel"]).all()
    with pytest.raises(ValueError, match="precision"):
        learner(loaders(), *players(), precision="int4")


def test_players_are_checked():
    learn = learner(loaders(), UNet(downs=3, filters=4))
    assert learn.players == "generator"
    with pytest.raises(ValueError, match="needs a discriminator"):
        learn.players = "both"
    with pytest.raises(ValueError, match="choose one of"):
        learn.players = "noone"
    with pytest.raises(ValueError, match="nothing to learn from"):
        learner(loaders(), *players(), lambda_l1=0.0).players = "generator"


def test_the_critic_joins_without_a_jolt():
    learn = learner(loaders(crops=8), *players(dropout=0.0), precision="fp32")
    learn.players = "generator"
    quiet(learn, 2)
    before = snapshot(learn.model)
    learn.players = "both"
    learn.totals = {}
    learn.play(*learn.dls.train.one_batch())
    moved = max((value - before[name]).abs().max().item() for name, value in learn.model.named_parameters())
    assert moved < 3 * learn.opt.hypers[-1]["lr"]  # Adam's step is about the learning rate, unless gradients jump


def test_frozen_means_frozen():
    generator, discriminator = players()
    encoder = list(generator.block.down.parameters()) + list(generator.block.inside.down.parameters())
    rest = [p for p in generator.parameters() if not any(p is q for q in encoder)]
    learn = learner(loaders(), generator, discriminator, splitter=lambda _: [encoder, rest])
    learn.freeze()
    before = snapshot(generator)
    quiet(learn)
    down = [name for name in before if name.startswith(("block.down", "block.inside.down"))]
    assert len(down) > len(encoder)  # statistics of batch norms too
    assert all(torch.equal(generator.state_dict()[name], before[name]) for name in down)
    assert changed(generator, before)
