"""A training step of the paper's networks: the package against the plain loop. Aim: 3.3 times on a CPU with AMX."""

import time

import pytest
import torch
from torch.nn import functional

from colorlib.data.loaders import dataloaders
from colorlib.data.sources import package_split
from colorlib.devices import fast_precision
from colorlib.models.patchgan import PatchGAN
from colorlib.models.unet import UNet
from colorlib.training.learner import ColorizationLearner

SIZE, BATCH = 256, 16


@pytest.fixture(scope="module")
def batch():
    """A batch of noise: what is in the pictures does not change the time. L and ab, (16, 1 or 2, 256, 256)."""
    torch.manual_seed(0)
    return torch.rand(BATCH, 1, SIZE, SIZE) * 2 - 1, torch.rand(BATCH, 2, SIZE, SIZE) * 2 - 1


def plain_step(L, ab):
    """One step in fp32 as tutorials write it, as a function: nothing but torch's defaults."""
    generator, discriminator = UNet(), PatchGAN()
    bce = functional.binary_cross_entropy_with_logits
    opt_g = torch.optim.Adam(generator.parameters(), lr=2e-4, betas=(0.5, 0.999))
    opt_d = torch.optim.Adam(discriminator.parameters(), lr=2e-4, betas=(0.5, 0.999))

    def step():
        fake = generator(L)
        discriminator.requires_grad_(True)
        fake_logits = discriminator(torch.cat([L, fake.detach()], 1))
        real_logits = discriminator(torch.cat([L, ab], 1))
        loss_d = (bce(fake_logits, torch.zeros_like(fake_logits)) + bce(real_logits, torch.ones_like(real_logits))) / 2
        opt_d.zero_grad()
        loss_d.backward()
        opt_d.step()
        discriminator.requires_grad_(False)
        fooled = discriminator(torch.cat([L, fake], 1))
        loss_g = bce(fooled, torch.ones_like(fooled)) + 100 * functional.l1_loss(fake, ab)
        opt_g.zero_grad()
        loss_g.backward()
        opt_g.step()

    return step


def seconds_of(step, rounds=2):
    """Seconds of the fastest call after a first one that warms up."""
    step()
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        step()
        times.append(time.perf_counter() - start)
    return min(times)


def test_training_step(benchmark, batch):
    L, ab = batch
    plain = seconds_of(plain_step(L, ab))
    train, valid = package_split()
    learn = ColorizationLearner(dataloaders(train, valid, size=SIZE, batch_size=8, device="cpu"), UNet(), PatchGAN())
    learn.create_opt()
    learn.totals = {}
    ours = tuple(x.contiguous(memory_format=torch.channels_last) for x in batch)
    benchmark.pedantic(learn.play, args=ours, rounds=3, warmup_rounds=1)
    benchmark.extra_info["precision"] = fast_precision("cpu")
    benchmark.extra_info["amx"] = bool(getattr(torch.cpu, "_is_amx_tile_supported", bool)())
    benchmark.extra_info["plain_images_per_second"] = round(BATCH / plain, 2)
    benchmark.extra_info["images_per_second"] = round(BATCH / benchmark.stats.stats.min, 2)
    benchmark.extra_info["ratio"] = round(plain / benchmark.stats.stats.min, 2)
    print(f"training step: {benchmark.extra_info}")
    assert all(torch.isfinite(p).all() for p in learn.model.parameters())
