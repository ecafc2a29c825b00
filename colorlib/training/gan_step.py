"""One step of adversarial training after Isola et al. 2017, as chapter 6 prints and explains it."""

from dataclasses import dataclass, field
from functools import partial
from typing import Literal

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from colorlib.devices import autocast
from colorlib.models.auxiliary import Auxiliary, has_auxiliary
from colorlib.training.distributed import average_gradients, unwrapped
from colorlib.training.losses import AdversarialLoss

Trains = Literal["generator", "discriminator", "both"]


@dataclass
class GanStep:
    """One training step of a conditional GAN, called with a batch: ``step(L, ab)``.

    Parameters
    ----------
    generator : nn.Module
        L (B, 1, H, W) to ab (B, 2, H, W). It may have auxiliary losses, see `models.auxiliary`.
    discriminator : nn.Module or None
        L and ab (B, 3, H, W) to logits (B, 1, h, w); None if the generator trains alone.
    opt_g, opt_d : Optimizer
        One for each network.
    trains : {"generator", "discriminator", "both"}
        Which of them learn from the step.
    lambda_l1 : float
        Weight of the pixel loss beside the adversarial one.
    clip : float, optional
        Largest norm of a network's gradient.
    precision : {"fp32", "bf16", "fp16"}
        In which the networks run.
    scaler : GradScaler
        Keeps small gradients from vanishing in fp16; without effect in other formats.

    References
    ----------
    Isola et al. 2017, equations 1 to 4; Goodfellow et al. 2014, algorithm 1.
    """

    generator: nn.Module
    discriminator: nn.Module | None
    opt_g: Optimizer
    opt_d: Optimizer | None
    trains: Trains = "both"
    pixel_loss: nn.Module = field(default_factory=nn.L1Loss)
    adversarial: AdversarialLoss = field(default_factory=AdversarialLoss)
    lambda_l1: float = 100.0
    clip: float | None = None
    precision: str = "fp32"
    scaler: torch.amp.GradScaler = field(
        default_factory=partial(torch.amp.GradScaler, enabled=False)
    )

    def __call__(
        self, L: Tensor, ab: Tensor, *labels: Tensor
    ) -> tuple[Tensor, Tensor, dict[str, Tensor]]:
        """Generate colours, let the discriminator learn from them, then the generator.

        Parameters
        ----------
        L : Tensor, (B, 1, H, W)
            Grey pictures, in [-1, 1].
        ab : Tensor, (B, 2, H, W)
            Their true colours, network scale.
        *labels : Tensor
            What else comes with a batch, such as the classes of the pictures (B,).

        Returns
        -------
        fake : Tensor, (B, 2, H, W)
            The colours that the generator gave.
        loss : Tensor
            The generator's whole loss, a scalar.
        parts : dict of str to Tensor
            Each loss by name: "pixel" and "gan", unweighted, "d" and the auxiliary ones. All stay
            on the device: reading a number here would make a GPU wait.
        """
        parts: dict[str, Tensor] = {}

        # Generate. The graph is kept only if the generator is going to learn from this step.
        with torch.set_grad_enabled(self.trains != "discriminator"):
            fake, auxiliary = generate(self.generator, L, self.precision)  # (B, 2, H, W)

        if self.trains != "generator":
            # The discriminator's loss: true colours should be called real, generated ones
            # fake. `detach` ends the gradient here, and no pixel loss enters: it never learns
            # how far off a colour was, only that it is fake.
            assert self.discriminator is not None
            assert self.opt_d is not None
            self.discriminator.requires_grad_(True)
            real_logits = self.discriminate(L, ab)  # (B, 1, h, w), one for each patch
            fake_logits = self.discriminate(L, fake.detach())  # (B, 1, h, w)
            parts["d"] = self.adversarial.discriminator(real_logits, fake_logits)

            # The discriminator's step.
            self.descend(parts["d"], self.discriminator, self.opt_d)

        # The generator's loss, first term: stay near the truth. Lambda weighs it in the
        # warm-up too. Adam remembers how large gradients were: if they grew a hundred times
        # when the discriminator joins, its first steps would undo what was learned.
        parts["pixel"] = self.pixel_loss(fake, ab)
        loss = self.lambda_l1 * parts["pixel"]

        if auxiliary and self.trains != "discriminator":
            # A network may want more than colours, such as to name what it sees (chapter 14).
            auxiliary_losses = auxiliary.losses(ab, *labels)
            loss = loss + sum(auxiliary_losses.values())
            parts |= auxiliary_losses

        if self.trains == "both":
            # Last term: fool the discriminator that has just learned. It is frozen, so that
            # the gradient flows through it and not into it.
            assert self.discriminator is not None
            self.discriminator.requires_grad_(False)
            fake_logits = self.discriminate(L, fake)  # (B, 1, h, w)
            parts["gan"] = self.adversarial.generator(fake_logits)
            loss = loss + parts["gan"]

        if self.trains != "discriminator":
            # The generator's step.
            self.descend(loss, self.generator, self.opt_g)

        return fake.detach(), loss.detach(), {name: part.detach() for name, part in parts.items()}

    def discriminate(self, L: Tensor, ab: Tensor) -> Tensor:
        """Compute the logits (B, 1, h, w) of colours, beside the grey picture they are for."""
        assert self.discriminator is not None
        with autocast(L.device, self.precision):
            return self.discriminator(torch.cat([L, ab], dim=1))  # (B, 3, H, W)

    def descend(self, loss: Tensor, network: nn.Module, optimizer: Optimizer) -> None:
        """Take one step downhill: gradients, their clipping, the optimizer's step."""
        self.scaler.scale(loss).backward()
        if network is self.discriminator:
            # over all processes; the generator's wrapper does so by itself
            average_gradients(network)
        if self.clip:
            self.scaler.unscale_(optimizer)
            nn.utils.clip_grad_norm_(network.parameters(), self.clip)
        self.scaler.step(optimizer)
        self.scaler.update()
        optimizer.zero_grad()


def generate(generator: nn.Module, L: Tensor, precision: str) -> tuple[Tensor, Auxiliary | None]:
    """Colour a batch, and keep what the generator's auxiliary losses need.

    Parameters
    ----------
    generator : nn.Module
        As in `GanStep`; it may be wrapped for several processes.
    L : Tensor, (B, 1, H, W)
        Grey pictures, in [-1, 1].
    precision : {"fp32", "bf16", "fp16"}

    Returns
    -------
    ab : Tensor, (B, 2, H, W)
        float32.
    auxiliary : Auxiliary or None
        None for a generator without auxiliary losses.
    """
    with autocast(L.device, precision):
        if has_auxiliary(unwrapped(generator)):
            ab, auxiliary = generator(L, auxiliary=True)
        else:
            ab, auxiliary = generator(L), None
    return ab.float(), auxiliary
