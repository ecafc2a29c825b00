"""Two processes that train together learn what one process learns from both their batches."""

import json
import os
import subprocess
import sys
from pathlib import Path
from unittest import mock

import pandas as pd
import pytest
import torch
from torch import nn

from colorlib.data.loaders import dataloaders
from colorlib.data.sources import package_split
from colorlib.models.patchgan import PatchGAN
from colorlib.models.unet import UNet
from colorlib.training import distributed
from colorlib.training.learner import ColorizationLearner

# What `accelerate launch` starts on GPUs; on CPUs accelerate leaves the starting to torchrun or MPI.
TORCHRUN = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node"]


def frozen_norm(network):
    """Batch norm that uses its stored statistics, also in training: a batch's own would depend on its size."""
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.eval()
            module.train = lambda mode=True, module=module: module
    return network


def train_one_epoch(batch_size):
    """One epoch on eight package photographs; the gradients that each network learned from."""
    photographs, valid = package_split()
    torch.manual_seed(0)
    generator = frozen_norm(UNet(downs=3, filters=4, dropout=0.0))
    discriminator = frozen_norm(PatchGAN(filters=4, patch=16))
    dls = dataloaders(photographs[:8], valid, size=32, batch_size=batch_size, workers=0, device="cpu")
    learn = ColorizationLearner(dls, generator, discriminator, precision="fp32", clip=1e9)
    gradients = {}

    def remember(parameters, limit):
        parameters = list(parameters)
        name = "discriminator" if parameters[0] is next(discriminator.parameters()) else "generator"
        gradients[name] = [p.grad.clone() for p in parameters]

    patched = mock.patch.object(nn.utils, "clip_grad_norm_", remember)
    with patched, distributed.together(learn), learn.no_bar(), learn.no_logging():
        learn.fit(1)
    return gradients, learn.history


def run_two(*command):
    """Run a command in two processes that meet through gloo."""
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    launched = [*TORCHRUN, "2", *map(str, command)]
    done = subprocess.run(launched, env=environment, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr[-3000:]


def test_two_processes_have_the_gradients_of_one_with_the_doubled_batch(tmp_path):
    run_two(Path(__file__), tmp_path)
    first, second = (torch.load(tmp_path / f"{rank}.pt") for rank in range(2))
    alone, history = train_one_epoch(batch_size=8)
    for network, gradients in alone.items():
        assert any(gradient.abs().sum() > 0 for gradient in gradients)
        for mine, other, whole in zip(first[network], second[network], gradients, strict=True):
            torch.testing.assert_close(mine, other, rtol=0, atol=0)
            torch.testing.assert_close(mine, whole, rtol=1e-3, atol=1e-6)
    together = pd.read_csv(tmp_path / "log.csv")
    assert together["valid_psnr_grey"].iloc[0] == pytest.approx(history["valid_psnr_grey"].iloc[0], abs=2.5)


def test_a_recipe_runs_in_two_processes(tmp_path):
    recipe = tmp_path / "two.toml"
    recipe.write_text("""
title = "two"
ema = 0.9
generator = {kind = "unet", downs = 3, filters = 4}
discriminator = {filters = 4, patch = 16}
data = {size = 32, batch_size = 4}
phase = [{trains = "generator", epochs = 1}, {epochs = 2}]
""")
    run_two("-m", "colorlib", "train", recipe, "--out", tmp_path / "out")
    assert pd.read_csv(tmp_path / "out" / "log.csv")["epoch"].tolist() == [1, 2, 3]  # written once, not by each
    assert json.loads((tmp_path / "out" / "record.json").read_text())["epochs"] == 3


def test_alone_nothing_is_sent():
    assert not distributed.is_parallel()
    assert distributed.is_main()
    values = torch.ones(3)
    assert distributed.sum_over_processes(values) is values


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    found, log = train_one_epoch(batch_size=4)
    rank = torch.distributed.get_rank()
    assert torch.distributed.get_world_size() == 2
    assert torch.distributed.get_backend() == "gloo"
    torch.save(found, folder / f"{rank}.pt")
    if rank == 0:
        log.to_csv(folder / "log.csv", index=False)
