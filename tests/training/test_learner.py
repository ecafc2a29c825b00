"""Training: which network learns from what, and what a run keeps when it is stopped, measured or averaged."""

import warnings

import numpy as np
import pytest
import torch
from torch import nn

from colorlib.data.loaders import dataloaders
from colorlib.data.sources import package_split
from colorlib.devices import autocast, fast_precision
from colorlib.models.patchgan import PatchGAN
from colorlib.models.unet import UNet
from colorlib.training.checkpoint import Checkpoint
from colorlib.training.learner import ColorizationLearner


def loaders(batch_size=4, crops=1, size=32):
    photographs, valid = package_split()
    return dataloaders(photographs, valid, size=size, batch_size=batch_size, crops=crops, workers=0, device="cpu")


def networks(dropout=0.5):
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


LEARNS = {"generator": (True, False), "discriminator": (False, True), "both": (True, True)}


@pytest.mark.parametrize(("trains", "moves"), LEARNS.items())
def test_only_what_trains_learns(trains, moves):
    generator, discriminator = networks()
    learn = ColorizationLearner(loaders(), generator, discriminator)
    learn.trains = trains
    before = snapshot(generator), snapshot(discriminator)
    quiet(learn)
    assert (changed(generator, before[0]), changed(discriminator, before[1])) == moves


def test_no_reading_from_the_device_inside_an_epoch(monkeypatch):
    reads = []
    item = torch.Tensor.item
    monkeypatch.setattr(torch.Tensor, "item", lambda self: reads.append(1) or item(self))
    counts = []
    for crops in (2, 6):
        learn = ColorizationLearner(loaders(crops=crops), *networks())
        reads.clear()
        quiet(learn)
        counts.append(len(reads))
    assert len(learn.dls.train) >= 10
    assert counts[0] == counts[1]


def test_training_lowers_the_error_below_grey(tmp_path):
    photographs, _ = package_split()
    (coffee,) = [path for path in photographs if "coffee" in path.name]
    dls = dataloaders([coffee], package_split()[1], size=32, batch_size=8, crops=40, workers=0, device="cpu")
    learn = ColorizationLearner(dls, UNet(downs=3, filters=8), PatchGAN(filters=4, patch=16), lr=2e-3, lambda_l1=100.0)
    learn.trains = "generator"
    quiet(learn, 3)
    learn.trains = "both"
    quiet(learn, 3)
    grey = np.mean([ab.abs().mean().item() for _, ab in dls.train])
    assert learn.history["loss_pixel"].iloc[-1] < 0.6 * grey
    assert learn.history["trains"].tolist() == ["generator"] * 3 + ["both"] * 3


def test_log_has_grey_and_truth_beside_the_model(tmp_path):
    learn = quiet(ColorizationLearner(loaders(), *networks(), log=tmp_path / "deep" / "log.csv"), 2)
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
    whole = ColorizationLearner(loaders(), *networks(), ema=0.9)
    quiet(whole, 4)
    half = ColorizationLearner(loaders(), *networks(), ema=0.9, checkpoint=tmp_path / "half.pt")

    class Stop(Checkpoint):
        order = 90

        def after_epoch(self):
            if self.epoch == 1:
                raise KeyboardInterrupt

    half.add_cb(Stop(tmp_path / "unused"))
    with pytest.raises(KeyboardInterrupt):
        quiet(half, 4)
    again = ColorizationLearner(loaders(), *networks(), ema=0.9)
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

    whole = rates(ColorizationLearner(loaders(), *networks(), checkpoint=tmp_path / "whole.pt"))
    again = ColorizationLearner(loaders(), *networks())
    again.first = again.resume(tmp_path / "whole.pt")
    again.rows, again.epochs_done = again.rows[:2], 2
    assert rates(again, start_epoch=2) == pytest.approx(whole)
    assert again.opt.hypers[-1]["mom"] == 0.5  # Adam's first beta stays the paper's
    assert again.opt_d.hypers[-1]["lr"] == pytest.approx(again.opt.hypers[-1]["lr"])


def test_a_checkpoint_of_another_architecture_is_named(tmp_path):
    quiet(ColorizationLearner(loaders(), *networks(), checkpoint=tmp_path / "a.pt"))
    other = ColorizationLearner(loaders(), UNet(downs=4, filters=4), PatchGAN(filters=4, patch=16))
    with pytest.raises(ValueError, match=r"a\.pt: not a checkpoint of these networks"):
        other.resume(tmp_path / "a.pt")
    (tmp_path / "text.pt").write_text("hello")
    with pytest.raises(ValueError, match=r"text\.pt"):
        other.resume(tmp_path / "text.pt")
    with pytest.raises(FileNotFoundError):
        other.resume(tmp_path / "missing.pt")


def test_moving_average_is_validated_and_kept():
    generator, discriminator = networks()
    learn = quiet(ColorizationLearner(loaders(crops=4), generator, discriminator, lr=1e-2, ema=0.99), 2)
    average = learn.generator
    assert average is not generator
    assert changed(generator, snapshot(average))
    L, ab = next(iter(learn.dls.valid))
    with torch.no_grad(), autocast(L.device, learn.precision):
        loss = learn.loss_func(average.eval()(L).float(), ab).item()
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
    quiet(ColorizationLearner(loaders(), *networks(), clip=0.01))
    assert norms
    assert max(norms) <= 0.0101


def test_lr_find_leaves_both_networks_as_they_were():
    generator, discriminator = networks()
    learn = ColorizationLearner(loaders(), generator, discriminator, ema=0.9)
    before = snapshot(generator), snapshot(discriminator)
    with learn.no_bar(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        suggestion = learn.lr_find(num_it=20, show_plot=False)
    assert suggestion.valley > 0
    assert not changed(generator, before[0])
    assert not changed(discriminator, before[1])
    assert learn.trains == "both"
    assert learn.epochs_done == 0
    assert learn.history.empty


def test_precisions():
    assert fast_precision("cpu") in ("bf16", "fp32")
    for precision in ("fp32", "bf16"):
        learn = quiet(ColorizationLearner(loaders(), *networks(), precision=precision))
        assert np.isfinite(learn.history["loss_pixel"]).all()
    with pytest.raises(ValueError, match="precision"):
        ColorizationLearner(loaders(), *networks(), precision="int4")


def test_what_trains_is_checked():
    learn = ColorizationLearner(loaders(), UNet(downs=3, filters=4))
    assert learn.trains == "generator"
    with pytest.raises(ValueError, match="needs a discriminator"):
        learn.trains = "both"
    with pytest.raises(ValueError, match="choose one of"):
        learn.trains = "noone"
    with pytest.raises(ValueError, match="nothing to learn from"):
        ColorizationLearner(loaders(), *networks(), lambda_l1=0.0).trains = "generator"


def test_frozen_means_frozen():
    generator, discriminator = networks()
    encoder = list(generator.block.down.parameters()) + list(generator.block.inside.down.parameters())
    rest = [p for p in generator.parameters() if not any(p is q for q in encoder)]
    learn = ColorizationLearner(loaders(), generator, discriminator, splitter=lambda _: [encoder, rest])
    learn.freeze()
    before = snapshot(generator)
    quiet(learn)
    down = [name for name in before if name.startswith(("block.down", "block.inside.down"))]
    assert len(down) > len(encoder)  # statistics of batch norms too
    assert all(torch.equal(generator.state_dict()[name], before[name]) for name in down)
    assert changed(generator, before)
